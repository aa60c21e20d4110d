"""A pyserial port without a descriptor as a wire, over pyserial's own loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import serial

from emulators.errors import PortError
from emulators.serial_wire.bridge import BridgedWire
from emulators.serial_wire.wire import Events

PATIENCE_S = 20.0


class Bench:
    """pyserial's loop (what is written comes back) as a wire."""

    def __init__(self, port: serial.Serial | None = None) -> None:
        self.port = port or serial.serial_for_url("loop://", timeout=0)
        self.sent = bytearray()
        self.received = bytearray()
        self.lost: list[PortError] = []
        self.changed = asyncio.Event()
        events = Events(self._sent, self._received, self._lost)
        self.wire = BridgedWire("loop://", self.port, events, asyncio.get_running_loop())

    async def until(self, what: Callable[[], bool]) -> None:
        while not what():
            self.changed.clear()
            await self.changed.wait()

    def _sent(self, data: bytes) -> None:
        self.sent += data
        self.changed.set()

    def _received(self, data: bytes) -> None:
        self.received += data
        self.changed.set()

    def _lost(self, error: PortError) -> None:
        self.lost.append(error)
        self.changed.set()


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await scenario()

    asyncio.run(in_time())


def bridges() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("loop://")]


def test_bytes_go_out_and_come_in() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.wire.write(b"telegram")
        waiting = bench.wire.pending
        assert waiting
        await bench.until(lambda: bench.received == b"telegram")
        await bench.until(lambda: bench.sent == b"telegram")
        assert not bench.wire.pending
        bench.wire.close()
        bench.wire.close()
        assert not bench.port.is_open
        assert bridges() == []

    run(scenario)


class Held:
    """A stand-in for a port whose writes take until `release` is set."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.written: list[bytes] = []
        self.flushed = threading.Event()
        self.timeout = 0.0
        self.in_waiting = 0

    def write(self, data: bytes) -> None:
        self.release.wait(PATIENCE_S)
        self.written.append(data)

    def read(self, _count: int) -> bytes:
        self.flushed.wait(0.01)
        return b""

    def reset_output_buffer(self) -> None:
        self.flushed.set()

    def close(self) -> None:
        """Nothing to close."""


def test_what_was_thrown_away_is_not_written() -> None:
    async def scenario() -> None:
        port = Held()
        bench = Bench(port)  # type: ignore[arg-type]
        bench.wire.write(b"first")
        bench.wire.write(b"second")
        bench.wire.discard()
        bench.wire.write(b"third")
        port.release.set()
        await bench.until(lambda: bench.sent.endswith(b"third"))
        # The first may have been in the port's hands already; the second was not.
        assert b"second" not in port.written
        assert port.flushed.is_set()
        assert b"".join(port.written) == bench.sent
        assert not bench.wire.pending
        bench.wire.close()

    run(scenario)


def test_modem_lines_and_a_far_end_that_has_not_told_them() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.port.rts = False
        assert not bench.wire.modem_line("cts")
        bench.port.rts = True
        assert bench.wire.modem_line("cts")
        bench.wire.close()
        assert not bench.wire.modem_line("cts")

    run(scenario)


def test_the_baud_rate_changes_between_what_was_written_before_and_after() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.wire.write(b"before")
        bench.wire.set_baud(1200)
        bench.wire.write(b"after")
        await bench.until(lambda: bench.sent == b"beforeafter")
        assert bench.port.baudrate == 1200
        bench.wire.close()

    run(scenario)


def test_a_port_that_fails_is_lost_once() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.port.close()
        bench.wire.write(b"too late")
        await bench.until(lambda: bool(bench.lost))
        assert len(bench.lost) == 1
        assert bridges() == []
        await asyncio.sleep(0)
        assert len(bench.lost) == 1

    run(scenario)
