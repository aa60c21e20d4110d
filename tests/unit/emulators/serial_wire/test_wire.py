"""A descriptor as a wire: partial writes, thrown-away bytes, and its loss."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from emulators.errors import BadConfiguration, PortError
from emulators.serial_wire.wire import DescriptorWire, Events, LineSettings, ModemLine, explain

PATIENCE_S = 20.0


class Bench:
    """One end of a socket pair as a wire; `far` is the other end."""

    def __init__(
        self,
        modem_line: Callable[[ModemLine], bool] = lambda line: line == "cts",
        set_baud: Callable[[int], None] | None = None,
    ) -> None:
        self.near, self.far = socket.socketpair()
        self.near.setblocking(False)
        self.far.setblocking(False)
        self.near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.sent = bytearray()
        self.received = bytearray()
        self.lost: list[PortError] = []
        self.flushed = 0
        self.changed = asyncio.Event()
        self.wire = DescriptorWire(
            "bench",
            self.near.fileno(),
            Events(self._sent, self._received, self._lost),
            asyncio.get_running_loop(),
            flush_output=self._flush,
            modem_line=modem_line,
            close=self.near.close,
            set_baud=set_baud,
        )

    async def until(self, what: Callable[[], bool]) -> None:
        while not what():
            self.changed.clear()
            await self.changed.wait()

    def drain(self) -> bytes:
        data = b""
        while True:
            try:
                more = self.far.recv(65536)
            except BlockingIOError:
                return data
            if not more:
                return data
            data += more

    def close(self) -> None:
        self.wire.close()
        self.far.close()

    def _sent(self, data: bytes) -> None:
        self.sent += data
        self.changed.set()

    def _received(self, data: bytes) -> None:
        self.received += data
        self.changed.set()

    def _lost(self, error: PortError) -> None:
        self.lost.append(error)
        self.changed.set()

    def _flush(self) -> None:
        self.flushed += 1


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await scenario()

    asyncio.run(in_time())


def test_a_large_write_is_resumed_until_all_is_sent() -> None:
    async def scenario() -> None:
        bench = Bench()
        data = bytes(range(256)) * 400
        bench.wire.write(data[:100_000])
        bench.wire.write(data[100_000:])
        waiting = bench.wire.pending
        assert waiting
        arrived = b""
        while len(arrived) < len(data):
            arrived += bench.drain()
            await asyncio.sleep(0)
        assert arrived == data
        assert bench.sent == data
        assert not bench.wire.pending
        bench.wire.write(b"more")
        assert bench.drain() == b"more"
        bench.close()

    run(scenario)


def test_discarded_bytes_are_never_sent() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.wire.write(b"x" * 200_000)
        taken = len(bench.sent)
        assert 0 < taken < 200_000
        bench.wire.discard()
        assert bench.flushed == 1
        assert not bench.wire.pending
        assert bench.drain() == b"x" * taken
        bench.wire.write(b"after")
        assert bench.drain() == b"after"
        bench.close()

    run(scenario)


def test_what_arrives_is_told() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.far.send(b"hello")
        await bench.until(lambda: bool(bench.received))
        assert bench.received == b"hello"
        bench.close()

    run(scenario)


def test_a_closed_other_end_is_told_once() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.far.close()
        await bench.until(lambda: bool(bench.lost))
        bench.wire.discard()
        bench.wire.close()
        assert [str(error) for error in bench.lost] == ["port bench: the other end closed it"]
        assert bench.flushed == 0

    run(scenario)


def test_a_write_that_fails_is_a_loss() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.far.close()
        bench.wire.write(b"into the void")
        assert [str(error) for error in bench.lost] == ["port bench: the other end closed the connection"]
        assert not bench.wire.pending

    run(scenario)


def test_nothing_is_told_after_close() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.far.send(b"too late")
        bench.wire.close()
        await asyncio.sleep(0)
        assert bench.received == b""
        assert bench.lost == []
        bench.far.close()

    run(scenario)


def test_modem_lines() -> None:
    async def scenario() -> None:
        bench = Bench()
        assert bench.wire.modem_line("cts")
        assert not bench.wire.modem_line("dsr")
        bench.close()

        def unplugged(_line: ModemLine) -> bool:
            raise OSError(5, "Input/output error")

        bench = Bench(unplugged)
        assert not bench.wire.modem_line("cts")
        assert [str(error) for error in bench.lost] == ["port bench: it is gone: unplugged, or closed at its other end"]
        bench.far.close()

    run(scenario)


def test_baud_rates() -> None:
    async def scenario() -> None:
        asked: list[int] = []
        bench = Bench(set_baud=asked.append)
        bench.wire.set_baud(9600)
        assert asked == [9600]
        bench.close()
        bench.wire.set_baud(1200)
        assert asked == [9600]
        # A wire without a rate does not mind.
        bench = Bench()
        bench.wire.set_baud(9600)
        assert bench.lost == []
        bench.close()

        def unplugged(_baud: int) -> None:
            raise OSError(5, "Input/output error")

        bench = Bench(set_baud=unplugged)
        bench.wire.set_baud(9600)
        assert [str(error) for error in bench.lost] == ["port bench: it is gone: unplugged, or closed at its other end"]
        bench.far.close()

    run(scenario)


@pytest.mark.parametrize("char_format", ["8N1", "7E1", "8O2"])
def test_line_settings(char_format: str) -> None:
    assert LineSettings(9600, char_format).char_format == char_format


@pytest.mark.parametrize(
    ("baud", "char_format"), [(0, "8N1"), (-9600, "8N1"), (9600, ""), (9600, "9N1"), (9600, "8X1"), (9600, "8N12")]
)
def test_line_settings_that_no_uart_has(baud: int, char_format: str) -> None:
    with pytest.raises(BadConfiguration):
        LineSettings(baud, char_format)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (FileNotFoundError(2, "No such file"), "there is no such port"),
        (OSError(16, "Device or resource busy"), "busy"),
        (OSError("something new"), "something new"),
        (ValueError("invalid URL"), "invalid URL"),
    ],
)
def test_errors_are_explained(error: Exception, message: str) -> None:
    assert str(explain("/dev/ttyUSB0", error)).startswith(f"port /dev/ttyUSB0: {message}")


def test_reading_after_a_spurious_wake_up() -> None:
    async def scenario() -> None:
        bench = Bench()
        # A loop may call a reader without need; that is neither data nor an end.
        bench.wire._read()
        assert bench.received == b""
        assert bench.lost == []
        bench.close()

    run(scenario)
