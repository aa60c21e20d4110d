"""The RS-485 port: over pseudo-terminals in real time, and over the rig's line in virtual time."""

from __future__ import annotations

import asyncio
import os
import random
import struct
import tty
from collections.abc import Awaitable, Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from emulators.errors import BadConfiguration, PortError
from emulators.modbus.bus import RtuBus
from emulators.modbus.description import load
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.pdu import Read, encode_request
from emulators.modbus.rtu import SerialFormat, decode, encode
from emulators.modbus.rtu_port import RtuPort
from emulators.site import Site
from rig.clock import VirtualLoop
from rig.lines import BitFlip, Line
from rig.timeline import Timeline

PATIENCE_S = 20.0
POLLS = 20_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 500
CURRENTS = encode_request(Read(4, 6, 6))
POWERS = encode_request(Read(4, 12, 6))


def meter(model: str = "sdm72d", **options: Any) -> ModbusMeter:
    site = Site()
    site.add_load("house", 10.0, 5.0, 1.0)
    return ModbusMeter(load(model), site.read, **options)


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


async def answer_at(descriptor: int, length: int) -> bytes:
    """The bytes that arrive at a descriptor, when there are so many."""
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    data = b""

    def read() -> None:
        nonlocal data
        data += os.read(descriptor, 4096)
        if len(data) >= length:
            arrived.set()

    loop.add_reader(descriptor, read)
    try:
        await arrived.wait()
    finally:
        loop.remove_reader(descriptor)
    return data


def test_requests_over_a_pty(pty_pair: tuple[int, str]) -> None:
    far, path = pty_pair

    async def scenario() -> None:
        told: list[tuple[str, bytes]] = []
        bus = RtuBus([meter(response_s=0.0)], char_s=0.0, silence_s=1.0)
        port = RtuPort(bus, path, tap=lambda way, data: told.append((way, data)))
        request = encode(1, CURRENTS)
        for _ in range(20):
            os.write(far, request)
            answer = await answer_at(far, 17)
            assert struct.unpack(">3f", decode(answer).pdu[2:]) == (10.0, 5.0, 1.0)
        port.close()
        await port.wait()
        assert b"".join(data for way, data in told if way == "rx") == request * 20
        assert b"".join(data for way, data in told if way == "tx") == answer * 20

    run(scenario)


def test_a_meter_that_fails_ends_the_port(pty_pair: tuple[int, str]) -> None:
    far, path = pty_pair

    def read(_now_s: float) -> Any:
        raise BadConfiguration("a profile gave no number")

    async def scenario() -> None:
        port = RtuPort(RtuBus([ModbusMeter(load("sdm72d"), read, offset_s=1e9)]), path)
        os.write(far, encode(1, CURRENTS))
        with pytest.raises(BadConfiguration, match="a profile gave no number"):
            await port.wait()

    run(scenario)


def test_a_port_that_goes_away_is_reported() -> None:
    async def scenario() -> None:
        far, near = os.openpty()
        port = RtuPort(RtuBus([meter()]), os.ttyname(near))
        os.close(near)
        os.close(far)
        with pytest.raises(PortError, match=r"port /dev/pts/[0-9]+: "):
            await port.wait()

    run(scenario)


class Station:
    """A client in this process at end b of a line."""

    def __init__(self, loop: VirtualLoop, line: Line) -> None:
        self._loop = loop
        self._line = line
        self._descriptor = os.open(line.b.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._tap = line.b.attach("the station")
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()
        loop.add_reader(self._descriptor, self._read)

    def _read(self) -> None:
        data = os.read(self._descriptor, 4096)
        self._tap("rx", data)
        self._answers.put_nowait(data)

    def write(self, data: bytes) -> None:
        os.write(self._descriptor, data)
        self._tap("tx", data)

    async def ask(self, unit: int, pdu: bytes, timeout_s: float = 1.0) -> bytes:
        self.write(encode(unit, pdu))
        return await asyncio.wait_for(self._answers.get(), timeout_s)

    def close(self) -> None:
        self._loop.remove_reader(self._descriptor)
        self._line.b.detach()
        os.close(self._descriptor)


def on_line(
    script: Callable[[Station, Line], Awaitable[None]], *meters: ModbusMeter, line: SerialFormat, **options: Any
) -> Timeline:
    """Play a script on a virtual clock, with meters at end a of a line and a station at end b."""
    loop = VirtualLoop()
    timeline = Timeline()

    async def whole() -> None:
        cable = Line(
            "rs485", loop=loop, timeline=timeline, rng=random.Random(1), baud=line.baud, fmt=line.char_format, **options
        )
        async with cable:
            bus = RtuBus(meters, line=line, emit=timeline.emitter("rs485"))
            port = RtuPort(bus, cable.a.path, tap=cable.a.attach("the meters"))
            station = Station(loop, cable)
            try:
                await script(station, cable)
            finally:
                station.close()
                cable.a.detach()
                port.close()

    try:
        loop.run_until_complete(whole())
    finally:
        loop.close()
    return timeline


@pytest.mark.parametrize(
    ("line", "delay_s"),
    [
        (SerialFormat(9600, "8N1"), 0.03),
        (SerialFormat(9600, "8N1"), 0.0),
        (SerialFormat(2400, "8E1"), 0.03),
        (SerialFormat(19200, "8N2"), 0.1234567),
        (SerialFormat(38400, "8N1"), 0.0),
    ],
)
def test_a_round_trip_is_the_time_on_the_wire_and_the_meters(line: SerialFormat, delay_s: float) -> None:
    expected_s = (8 + 17) * line.char_s + max(delay_s, line.gap_s)

    async def script(station: Station, _line: Line) -> None:
        loop = asyncio.get_running_loop()
        for number in range(POLLS):
            began_s = loop.time()
            answer = await station.ask(1, (CURRENTS, POWERS)[number % 2])
            assert loop.time() - began_s == pytest.approx(expected_s, abs=1e-6)
            assert decode(answer).unit == 1
            await asyncio.sleep(1.0)

    on_line(script, meter(line=line, response_s=delay_s), line=line)


def test_the_gap_is_kept_on_the_wire() -> None:
    line = SerialFormat(9600, "8N1")

    async def script(station: Station, _line: Line) -> None:
        for unit in (1, 2, 3) * 20:
            await station.ask(unit, CURRENTS)
            await asyncio.sleep(line.gap_s)

    meters = [meter(unit=1, response_s=0.0), meter(unit=2, response_s=0.001), meter("sdm72ct", unit=3)]
    timeline = on_line(script, *meters, line=line)
    frames = [event.data for event in timeline.of("frame")]
    assert len(frames) == 120
    for before, after in pairwise(frames):
        assert after["from_s"] - before["to_s"] >= line.gap_s - 1e-6


def test_an_adapter_that_hands_over_in_pieces_is_understood_with_a_longer_silence() -> None:
    line = SerialFormat(9600, "8N1")
    loop = VirtualLoop()

    async def whole() -> None:
        cable = Line("rs485", loop=loop, timeline=Timeline(), rng=random.Random(1), baud=9600, chunk_s=0.016)
        async with cable:
            bus = RtuBus([meter(line=line)], silence_s=0.04)
            port = RtuPort(bus, cable.a.path, tap=cable.a.attach("the meters"))
            station = Station(loop, cable)
            for _ in range(50):
                station.write(encode(1, CURRENTS))
                data = b""
                while len(data) < 17:
                    data += await asyncio.wait_for(station._answers.get(), 1.0)
                assert decode(data).unit == 1
                await asyncio.sleep(0.7731)
            station.close()
            cable.a.detach()
            port.close()

    try:
        loop.run_until_complete(whole())
    finally:
        loop.close()


def test_noise_on_the_line_costs_answers_and_nothing_else() -> None:
    line = SerialFormat(9600, "8N1")
    outcomes: list[bool] = []

    async def script(station: Station, cable: Line) -> None:
        with cable.fault(BitFlip(probability=0.004)):
            for _ in range(300):
                try:
                    answer = await station.ask(1, CURRENTS)
                except TimeoutError:
                    outcomes.append(False)
                else:
                    outcomes.append(len(answer) == 17 and encode(1, answer[1:-2]) == answer)
        await asyncio.sleep(1.0)
        assert decode(await station.ask(1, CURRENTS)).unit == 1

    timeline = on_line(script, meter(line=line), line=line)
    assert 20 < outcomes.count(False) < 280
    assert {event.data["why"] for event in timeline.of("unheard")} >= {"it is no request with a right CRC"}
