"""The TIC port over real descriptors: pseudo-terminals, a TCP socket, and pyserial's loop."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import serial

from emulators.errors import BadConfiguration, PortError
from emulators.site import Site
from emulators.tic import Frame, Meter, decode
from emulators.tic.port import TicPort

EPOCH = datetime(2026, 7, 3, 11, 15, 0, tzinfo=UTC)
# Real time is spent here, so meters are in a hurry.
BAUD = 115_200
PATIENCE_S = 20.0


@pytest.fixture
def pty_pair() -> Iterator[tuple[int, str]]:
    """The far end as a descriptor, and the path of the near end."""
    far, near = os.openpty()
    tty.setraw(near)
    os.set_blocking(far, False)
    yield far, os.ttyname(near)
    os.close(near)
    os.close(far)


def meter(mode: str = "historique", current_a: float = 6.0, **options: Any) -> Meter:
    site = Site()
    site.add_load("house", current_a)
    return Meter(
        mode,
        site.read,
        lambda now_s: EPOCH + timedelta(seconds=now_s % 3600),
        **{"baud": BAUD, "gap_s": 0.002, **options},
    )


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await scenario()

    asyncio.run(in_time())


class Receiver:
    """What arrives at a descriptor; `until` waits for it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.data = bytearray()
        self._more = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, self._read)

    async def until(self, enough: Callable[[bytearray], bool]) -> None:
        while not enough(self.data):
            self._more.clear()
            await self._more.wait()

    def stop(self) -> None:
        asyncio.get_running_loop().remove_reader(self.descriptor)

    def _read(self) -> None:
        self.data += os.read(self.descriptor, 4096)
        self._more.set()


def at_least(count: int) -> Callable[[bytearray], bool]:
    """That many frames, the last one whole."""
    return lambda data: data.count(b"\x03") >= count and data.endswith(b"\x03")


def frames(data: bytearray) -> list[Frame]:
    """All of a stream that consists of whole frames."""
    return [decode(frame + b"\x03") for frame in bytes(data).split(b"\x03")[:-1]]


@pytest.mark.parametrize("mode", ["historique", "standard"])
def test_frames_cross_a_pty(pty_pair: tuple[int, str], mode: str) -> None:
    far, path = pty_pair

    async def scenario() -> None:
        told: list[tuple[str, bytes]] = []
        receiver = Receiver(far)
        port = TicPort(meter(mode), path, tap=lambda way, data: told.append((way, data)))
        await receiver.until(at_least(3))
        receiver.stop()
        port.close()
        port.close()
        await port.wait()
        assert max(receiver.data) < 0x80
        assert {frame["IINST1" if mode == "historique" else "IRMS1"] for frame in frames(receiver.data)} == {6}
        assert b"".join(data for way, data in told if way == "tx").startswith(receiver.data)
        assert port.dropped == 0

    run(scenario)


def test_what_a_receiver_says_is_only_told(pty_pair: tuple[int, str]) -> None:
    far, path = pty_pair

    async def scenario() -> None:
        heard = asyncio.Event()
        told: list[tuple[str, bytes]] = []

        def tap(way: str, data: bytes) -> None:
            if way == "rx":
                told.append((way, data))
                heard.set()

        port = TicPort(meter(), path, tap=tap)
        os.write(far, b"noise")
        await heard.wait()
        port.close()
        assert told == [("rx", b"noise")]

    run(scenario)


def test_a_wire_that_stands_still_costs_whole_frames(pty_pair: tuple[int, str]) -> None:
    far, path = pty_pair

    async def scenario() -> None:
        stuck = asyncio.Event()

        class Port(TicPort):
            def wake(self) -> None:
                super().wake()
                if self.dropped:
                    stuck.set()

        port = Port(meter("standard", baud=4_000_000), path)
        await stuck.wait()
        receiver = Receiver(far)
        await receiver.until(lambda data: len(data) > 8000 and at_least(1)(data))
        receiver.stop()
        port.close()
        assert {frame["IRMS1"] for frame in frames(receiver.data)} == {6}

    run(scenario)


def test_an_interruption_throws_away_what_has_not_left_and_ends_it_with_eot(pty_pair: tuple[int, str]) -> None:
    far, path = pty_pair

    async def scenario() -> None:
        aborted: list[str] = []
        begun = asyncio.Event()
        # Slow, so that the interruption comes in mid-frame.
        slow = meter(baud=600, emit=lambda _at_s, kind, _fields: begun.set() if kind == "telegram" else None)
        receiver = Receiver(far)
        port = TicPort(slow, path, on_abort=lambda: aborted.append("cut"))
        await begun.wait()
        port.interrupt(for_s=0.0)
        await receiver.until(lambda data: b"\x04" in data)
        assert aborted == ["cut"]
        begun.clear()
        await begun.wait()
        port.close()
        receiver.stop()

    run(scenario)


def test_between_frames_there_is_nothing_to_cut(pty_pair: tuple[int, str]) -> None:
    _, path = pty_pair

    async def scenario() -> None:
        aborted: list[str] = []
        later = meter()
        later.interrupt(asyncio.get_running_loop().time(), for_s=3600.0)
        port = TicPort(later, path, on_abort=lambda: aborted.append("cut"))
        port.interrupt(for_s=1.0)
        port.close()
        assert aborted == []

    run(scenario)


def test_a_serial_device_follows_the_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[serial.Serial] = []
    open_url = serial.serial_for_url

    def watched(*arguments: Any, **options: Any) -> serial.Serial:
        assert (options["bytesize"], options["parity"], options["stopbits"]) == (7, "E", 1)
        opened.append(open_url(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr(serial, "serial_for_url", watched)

    async def scenario() -> None:
        echoed = bytearray()
        more = asyncio.Event()

        def tap(way: str, data: bytes) -> None:
            if way == "rx":
                echoed.extend(data)
                more.set()

        async def until(label: bytes) -> None:
            while label not in echoed:
                more.clear()
                await more.wait()

        # The rates are the true ones here, so the frames are cut short.
        made = meter("standard", baud=None, corrupt=lambda frame, _number: frame[:30])
        port = TicPort(made, "loop://", tap=tap)
        await until(b"\nADSC")
        before = opened[0].baudrate
        made.set_mode("historique")
        await until(b"\nADCO")
        assert (before, opened[0].baudrate) == (9600, 1200)
        port.close()

    run(scenario)


def test_a_socket() -> None:
    async def scenario() -> None:
        received = bytearray()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while not at_least(2)(received):
                received.extend(await reader.read(4096))
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = TicPort(meter(), f"socket://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            with pytest.raises(PortError, match="other end closed"):
                await port.wait()
        assert len(frames(received)) >= 2

    run(scenario)


def test_a_meter_that_fails_ends_the_port(pty_pair: tuple[int, str]) -> None:
    _, path = pty_pair

    async def scenario() -> None:
        with pytest.raises(BadConfiguration, match="IINST1: a whole number"):
            await TicPort(meter(current_a=5000.0, short_frames=False), path).wait()

    run(scenario)


def test_line_settings_that_no_port_has(pty_pair: tuple[int, str]) -> None:
    _, path = pty_pair

    async def scenario() -> None:
        with pytest.raises(BadConfiguration, match="character format"):
            TicPort(meter(), path, char_format="7E3")

    run(scenario)
