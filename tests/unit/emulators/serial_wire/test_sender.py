"""A model on a port: when it is asked, and what becomes of its bytes."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import pytest

from emulators.errors import BadConfiguration, PortError
from emulators.serial_wire.sender import Sender
from emulators.serial_wire.wire import LineSettings

SETTINGS = LineSettings(9600, "8N1")
PATIENCE_S = 20.0


class Talker:
    """Says something at given times, counted from the first question."""

    def __init__(self, *sayings: tuple[float, bytes], error: Exception | None = None) -> None:
        self.sayings = list(sayings)
        self.error = error
        self.began_s = asyncio.get_running_loop().time()

    def next_deadline_s(self) -> float | None:
        return self.began_s + self.sayings[0][0] if self.sayings else None

    def step(self, now_s: float) -> bytes:
        due_s = self.next_deadline_s()
        if due_s is None or now_s < due_s:
            return b""
        if self.error is not None:
            raise self.error
        return self.sayings.pop(0)[1]


@pytest.fixture
def pty_pair() -> Iterator[tuple[int, str]]:
    """The far end as a descriptor, and the path of the near end."""
    far, near = os.openpty()
    tty.setraw(near)
    os.set_blocking(far, False)
    yield far, os.ttyname(near)
    os.close(near)
    os.close(far)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await scenario()

    asyncio.run(in_time())


async def arrived(far: int, count: int) -> bytes:
    """So many bytes; the kernel may take its time to carry them from one end of a pty to the other."""
    got = b""
    while len(got) < count:
        with suppress(BlockingIOError):
            got += os.read(far, 100)
        await asyncio.sleep(0)
    return got


def test_it_sends_when_the_model_is_due(pty_pair: tuple[int, str]) -> None:
    far, path = pty_pair

    async def scenario() -> None:
        said = asyncio.Event()
        told: list[tuple[str, bytes]] = []

        def tap(way: str, data: bytes) -> None:
            told.append((way, data))
            if len(told) == 3:
                said.set()

        sender = Sender(Talker((0.0, b"one"), (0.01, b""), (0.01, b"two"), (0.02, b"three")), path, SETTINGS, tap=tap)
        assert told == []
        sender.wake()
        await said.wait()
        sender.close()
        await sender.wait()
        assert told == [("tx", b"one"), ("tx", b"two"), ("tx", b"three")]
        assert await arrived(far, 11) == b"onetwothree"

    run(scenario)


def test_a_closed_port_asks_no_more(pty_pair: tuple[int, str]) -> None:
    _, path = pty_pair

    async def scenario() -> None:
        talker = Talker((0.0, b"one"))
        sender = Sender(talker, path, SETTINGS)
        sender.wake()
        sender.close()
        sender.wake()
        await asyncio.sleep(0)
        assert len(talker.sayings) == 1

    run(scenario)


def test_discarding_cuts_the_cable_too(pty_pair: tuple[int, str]) -> None:
    _, path = pty_pair

    async def scenario() -> None:
        aborted: list[str] = []
        sender = Sender(Talker(), path, SETTINGS, on_abort=lambda: aborted.append("cut"))
        sender.discard()
        sender.close()
        assert aborted == ["cut"]
        other = Sender(Talker(), path, SETTINGS)
        other.discard()
        other.close()

    run(scenario)


def test_a_model_that_fails_ends_the_port(pty_pair: tuple[int, str]) -> None:
    _, path = pty_pair

    async def scenario() -> None:
        sender = Sender(Talker((0.0, b""), error=BadConfiguration("too much")), path, SETTINGS)
        sender.wake()
        with pytest.raises(BadConfiguration, match="too much"):
            await sender.wait()

    run(scenario)


def test_a_port_that_cannot_be_opened() -> None:
    async def scenario() -> None:
        with pytest.raises(PortError, match="there is no such port"):
            Sender(Talker(), "/dev/ttyNONE0", SETTINGS)

    run(scenario)
