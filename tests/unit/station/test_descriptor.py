"""A descriptor in a running loop, over real sockets and ptys."""

import asyncio
import os
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from station.descriptor import DescriptorPort


class Ends:
    """One end held by a DescriptorPort, the other by the test."""

    def __init__(self, near: int, tap: Callable[[str, str, bytes], None] | None = None) -> None:
        self.data = b""
        self.lost: list[str] = []
        self.tapped: list[tuple[str, str, int]] = []
        os.set_blocking(near, False)
        self.port = DescriptorPort(near, "board", on_data=self._data, on_lost=self.lost.append, tap=tap or self._tap)

    def _data(self, data: bytes) -> None:
        self.data += data

    def _tap(self, name: str, direction: str, data: bytes) -> None:
        self.tapped.append((name, direction, len(data)))

    def total(self, direction: str) -> int:
        return sum(count for _, way, count in self.tapped if way == direction)


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn until something is so; the test's time-out ends it otherwise."""
    while not condition():
        await asyncio.sleep(0)


def pair() -> tuple[int, socket.socket]:
    near, far = socket.socketpair()
    return near.detach(), far


def test_bytes_both_ways_and_every_one_tapped() -> None:
    async def main() -> None:
        near, far = pair()
        with far:
            ends = Ends(near)
            ends.port.write(b"hello")
            ends.port.write(b"")
            assert far.recv(100) == b"hello"
            far.sendall(b"world!")
            await until(lambda: ends.data)
            assert ends.data == b"world!"
            assert ends.tapped == [("board", "tx", 5), ("board", "rx", 6)]
            ends.port.close()

    run(main())


def test_what_does_not_fit_at_once_follows_in_order() -> None:
    async def main() -> None:
        near, far = pair()
        with far:
            far.setblocking(False)
            ends = Ends(near)
            sent = os.urandom(3_000_000)
            ends.port.write(sent[:2_000_000])
            assert 0 < ends.total("tx") < 2_000_000
            ends.port.write(sent[2_000_000:])
            received = bytearray()
            loop = asyncio.get_running_loop()
            while len(received) < len(sent):
                received += await loop.sock_recv(far, 1 << 20)
                # What was read was tapped before, and what is tapped is in the socket.
                assert len(received) <= ends.total("tx")
            assert bytes(received) == sent
            assert ends.total("tx") == len(sent)
            assert not loop.remove_writer(ends.port.fd), "it would be called for ever"
            ends.port.close()

    run(main())


@pytest.mark.parametrize("kind", ["socket", "pty"])
def test_the_other_end_closes(kind: str) -> None:
    async def main() -> None:
        if kind == "socket":
            near, far = pair()
            ends = Ends(near)
            far.close()
        else:
            master, slave = os.openpty()
            ends = Ends(slave)
            os.close(master)
        await until(lambda: ends.lost)
        assert ends.lost == ["closed at the other end"]
        assert ends.port.closed
        ends.port.write(b"into the void")
        ends.port.close()
        for _ in range(5):
            await asyncio.sleep(0)
        assert len(ends.lost) == 1
        assert ends.tapped == []

    run(main())


def test_a_read_that_fails_says_why() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            near = socket.create_connection(server.getsockname())
            far, _ = server.accept()
        ends = Ends(near.detach())
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset instead of goodbye
        far.close()
        await until(lambda: ends.lost)
        assert ends.lost == ["Connection reset by peer"]

    run(main())


def test_a_write_that_fails_is_a_loss_too() -> None:
    async def main() -> None:
        near, far = pair()
        far.close()
        ends = Ends(near)
        ends.port.write(b"x")
        assert ends.lost == ["Broken pipe"]
        assert ends.port.closed

    run(main())


def test_called_without_anything_to_read() -> None:
    async def main() -> None:
        near, far = pair()
        with far:
            ends = Ends(near)
            ends.port._readable()
            assert (ends.lost, ends.tapped) == ([], [])
            ends.port.close()

    run(main())


def test_closing_while_bytes_wait_drops_them() -> None:
    async def main() -> None:
        near, far = pair()
        with far:
            ends = Ends(near)
            ends.port.write(b"x" * 2_000_000)
            ends.port.close()
            ends.port.close()
            assert ends.lost == []
            sent = ends.total("tx")
            while chunk := far.recv(1 << 20):
                sent -= len(chunk)
            assert sent == 0

    run(main())


def test_a_tap_may_close_the_port() -> None:
    async def main() -> None:
        near, far = pair()
        with far:
            ends = Ends(near, tap=lambda *_: ends.port.close())
            ends.port.write(b"x" * 2_000_000)
            assert ends.port.closed

    run(main())
