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
from emulators.modbus.description import Description, Register, load, models
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


RTU_MODELS = [model for model in models() if load(model).transport == "rtu"]
# A request to read: address, function, first register, count, CRC.
REQUEST_B = 8


def one_read(description: Description, register: Register) -> Read:
    """The request that reads a register, which may have several words."""
    bits = int((register.type or description.defaults.type)[-2:])
    return Read(3 if (register.table or description.defaults.table) == "holding" else 4, register.at, bits // 16)


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

    async def answer(self) -> bytes:
        return await self._answers.get()

    async def ask(self, unit: int, pdu: bytes, timeout_s: float = 1.0) -> bytes:
        self.write(encode(unit, pdu))
        return await asyncio.wait_for(self.answer(), timeout_s)

    def close(self) -> None:
        self._loop.remove_reader(self._descriptor)
        self._line.b.detach()
        os.close(self._descriptor)


def on_line(
    script: Callable[[Station, Line], Awaitable[None]],
    *meters: ModbusMeter,
    line: SerialFormat,
    strict: bool = False,
    **options: Any,
) -> Timeline:
    """Play a script on a virtual clock, with meters at end a of a line and a station at end b."""
    loop = VirtualLoop()
    timeline = Timeline()

    async def whole() -> None:
        cable = Line(
            "rs485", loop=loop, timeline=timeline, rng=random.Random(1), baud=line.baud, fmt=line.char_format, **options
        )
        async with cable:
            bus = RtuBus(meters, line=line, strict=strict, emit=timeline.emitter("rs485"))
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


@pytest.mark.parametrize("model", RTU_MODELS)
def test_the_round_trip_of_every_model(model: str) -> None:
    """With the line settings and the delay of its own, whatever it is asked."""
    asked = meter(model)
    description, line = asked.description, asked.line
    assert description.response_s > line.gap_s, "the delay is what counts, not the gap"
    reads = [one_read(description, register) for register in description.registers]

    async def script(station: Station, _line: Line) -> None:
        loop = asyncio.get_running_loop()
        for read in reads:
            began_s = loop.time()
            answer = await station.ask(asked.unit, encode_request(read))
            wire_s = (REQUEST_B + len(answer)) * line.char_s
            assert loop.time() - began_s == pytest.approx(wire_s + description.response_s, abs=1e-6), read
            assert len(decode(answer).pdu) == 2 + 2 * read.count
            await asyncio.sleep(1.0)

    on_line(script, asked, line=line)


@pytest.mark.parametrize("model", RTU_MODELS)
def test_the_silence_that_every_model_wants(model: str) -> None:
    """3.5 characters, or what the model says: a strict bus does not take a request for one that comes sooner."""
    asked = meter(model)
    line = asked.line
    needed_s = max(line.gap_s, asked.description.rtu.quiet_s)
    request = encode_request(one_read(asked.description, asked.description.registers[0]))
    outcomes: list[bool] = []

    async def script(station: Station, _line: Line) -> None:
        for silence_s in (needed_s + 2e-6, needed_s - 2e-6) * 20:
            await station.ask(asked.unit, request)
            await asyncio.sleep(silence_s)
            try:
                await station.ask(asked.unit, request)
            except TimeoutError:
                outcomes.append(False)
            else:
                outcomes.append(True)
            await asyncio.sleep(1.0)

    timeline = on_line(script, asked, line=line, strict=True)
    assert outcomes == [True, False] * 20
    assert {event.data["needed_s"] for event in timeline.of("hurried")} == {needed_s}


@pytest.mark.parametrize("model", RTU_MODELS)
def test_a_silence_within_a_request_of_every_model(model: str) -> None:
    """A request in two parts is one request as long as less than the gap is between them."""
    asked = meter(model)
    line = asked.line
    whole = encode(asked.unit, encode_request(one_read(asked.description, asked.description.registers[0])))
    outcomes: list[bool] = []

    async def script(station: Station, _line: Line) -> None:
        for silence_s in (line.gap_s - 2e-6, line.gap_s + 2e-6) * 20:
            station.write(whole[:3])
            await asyncio.sleep(3 * line.char_s + silence_s)
            station.write(whole[3:])
            try:
                await asyncio.wait_for(station.answer(), 1.0)
            except TimeoutError:
                outcomes.append(False)
            else:
                outcomes.append(True)
            await asyncio.sleep(1.0)

    on_line(script, asked, line=line)
    assert outcomes == [True, False] * 20


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
                    data += await asyncio.wait_for(station.answer(), 1.0)
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
