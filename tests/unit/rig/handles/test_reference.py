"""The reference station in this process: settings checked, ports tapped, switched on and off."""

from __future__ import annotations

import asyncio
import os
import random
import termios
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

import pytest

from emulators.board.board import Board
from emulators.board.port import BoardPort
from emulators.board.socket import Socket
from rig.captured import Piece
from rig.clock import VirtualLoop
from rig.errors import ConfigurationError, HarnessError
from rig.handles import Port, ReferenceHandle, Wiring
from rig.handles.base import Tap
from rig.handles.reference import Heard, MeterReaderHandle
from rig.kit import balancing
from rig.lines import Line
from rig.meters import KINDS
from rig.paths import fixtures
from rig.replay import transmit
from rig.supervise import run_supervised
from rig.timeline import Timeline

P1_ON = balancing.settings(KINDS["dsmr5"], meter_max_a=25.0)
TIC_ON = balancing.settings(KINDS["linky-standard"], meter_max_a=25.0)
RTU_ON = balancing.settings(KINDS["sdm72d"], meter_max_a=25.0)
TCP_ON = balancing.settings(KINDS["e27"], meter_max_a=25.0)


class Place:
    """A board without a ledger and, when wanted, a port; `heard` is what the taps were told."""

    def __init__(self, folder: Path) -> None:
        self.loop = VirtualLoop()
        self.timeline = Timeline()
        self.address = f"unix:{folder / 'board'}"
        self.attached: list[str] = []
        self.heard: list[tuple[str, str]] = []

    def port(self, name: str, url: str) -> Port:
        def attach() -> Tap:
            self.attached.append(name)
            return lambda direction, _data: self.heard.append((name, direction))

        return Port(url, attach)

    def wiring(self, p1: str | None = None, **others: str) -> Wiring:
        urls = others if p1 is None else {"p1": p1, **others}
        ports = {name: self.port(name, url) for name, url in urls.items()}
        return Wiring(self.timeline, self.port("board", self.address), ports)

    def run(self, body: Callable[[], Awaitable[None]]) -> None:
        async def on_a_board() -> None:
            board = BoardPort(Board([Socket(1)]), self.address)
            await board.start()
            try:
                await body()
            finally:
                await board.stop()

        run_supervised(self.loop, on_a_board())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.loop.close()


def test_on_and_off(place: Place) -> None:
    async def body() -> None:
        handle = ReferenceHandle()
        await handle.stop()  # not on yet
        await handle.start(place.wiring(), {})
        await asyncio.sleep(1.0)
        await handle.stop()
        await handle.stop()

    place.run(body)
    assert place.attached == ["board"]
    assert {("board", "tx"), ("board", "rx")} == set(place.heard)
    assert place.timeline.of("status", "station")


@pytest.mark.parametrize(("settings", "attached"), [({}, ["board"]), (P1_ON, ["board", "p1"])])
def test_only_a_port_that_the_station_opens_is_attached(
    place: Place, settings: Mapping[str, object], attached: list[str]
) -> None:
    async def body() -> None:
        async with Line("p1", loop=place.loop, timeline=Timeline(), rng=random.Random(1)) as line:
            handle = ReferenceHandle()
            await handle.start(place.wiring(line.b.path), settings)
            await handle.stop()

    place.run(body)
    assert place.attached == attached


@pytest.mark.parametrize(
    ("settings", "attached"),
    [(P1_ON, ["board", "p1"]), (TIC_ON, ["board", "tic"]), (RTU_ON, ["board", "rtu"]), ({}, ["board"])],
)
def test_of_several_ports_it_opens_that_of_the_meter_it_is_set_to(
    place: Place, settings: Mapping[str, object], attached: list[str]
) -> None:
    async def body() -> None:
        lines = [
            Line(name, loop=place.loop, timeline=Timeline(), rng=random.Random(1)) for name in ("p1", "tic", "rtu")
        ]
        async with lines[0], lines[1], lines[2]:
            handle = ReferenceHandle()
            await handle.start(place.wiring(**{line.name: line.b.path for line in lines}), settings)
            await handle.stop()

    place.run(body)
    assert place.attached == attached


def test_ports_of_other_meters_are_left_alone(place: Place) -> None:
    async def body() -> None:
        async with Line("tic", loop=place.loop, timeline=Timeline(), rng=random.Random(1)) as line:
            handle = ReferenceHandle()
            wiring = place.wiring("/dev/no-such-port", tic=line.b.path, rtu="/dev/no-such-port")
            await handle.start(wiring, TIC_ON)
            await handle.stop()

    place.run(body)
    assert place.attached == ["board", "tic"]


def test_a_meter_on_tcp_is_where_the_bench_says(place: Place) -> None:
    async def body() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(await reader.read(100))
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        handle = ReferenceHandle()
        address = f"tcp:127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await handle.start(place.wiring(tcp=address), TCP_ON)
        while not asked:
            await asyncio.sleep(0.01)
        await handle.stop()
        server.close()

    asked: list[bytes] = []
    place.run(body)
    assert place.attached == ["board", "tcp"]
    assert asked[0][7] == 3  # holding registers
    assert ("tcp", "tx") in place.heard


def test_what_the_meter_says_is_on_its_monitor() -> None:
    assert "monitor" in ReferenceHandle().capabilities


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"Foo": 1}, "the reference station refuses a setting: 'Foo': unknown setting"),
        ({"Station-MaxCurrent": 1000}, "refuses a setting: Station-MaxCurrent: 1000"),
        ({"Station-MaxCurrent": "sixteen"}, "refuses a setting: Station-MaxCurrent"),
    ],
)
def test_a_refused_setting_is_the_users(place: Place, settings: Mapping[str, object], message: str) -> None:
    async def body() -> None:
        with pytest.raises(ConfigurationError, match=message):
            await ReferenceHandle().start(place.wiring(), settings)

    place.run(body)
    assert place.attached == []


def test_a_port_that_does_not_open_is_the_machines(place: Place, tmp_path: Path) -> None:
    async def body() -> None:
        handle = ReferenceHandle()
        with pytest.raises(HarnessError, match=r"the reference station cannot start: .*no_such_port"):
            await handle.start(place.wiring(str(tmp_path / "no_such_port")), P1_ON)
        await handle.stop()

    place.run(body)


def test_a_board_that_is_not_there(tmp_path: Path) -> None:
    place = Place(tmp_path)

    async def body() -> None:
        with pytest.raises(HarnessError, match=r"the reference station cannot start: .*board"):
            await ReferenceHandle().start(place.wiring(), {})

    async def without_a_board() -> None:
        await body()

    run_supervised(place.loop, without_a_board())
    place.loop.close()


def test_names() -> None:
    assert ReferenceHandle().name == "reference station"
    assert ReferenceHandle("ours").name == "ours"
    assert ReferenceHandle(factory="station.runtime:StationRuntime").name == "station.runtime:StationRuntime"


def test_another_way_to_build_it(place: Place, tmp_path: Path) -> None:
    (tmp_path / "ours.py").write_text(
        "from station.runtime import StationRuntime\n"
        "def build(settings, *, emit, **ports):\n"
        "    emit(0.0, 'log', {'text': 'built by us', 'documented': False})\n"
        "    return StationRuntime(settings, emit=emit, **ports)\n"
    )

    async def body() -> None:
        handle = ReferenceHandle(factory=f"{tmp_path / 'ours.py'}:build")
        await handle.start(place.wiring(), {})
        await handle.stop()

    place.run(body)
    assert place.timeline.of("log", "station")[0].data["text"] == "built by us"


def test_a_factory_that_is_not_there_is_said_at_once() -> None:
    with pytest.raises(ConfigurationError, match="factory 'nowhere:x'"):
        ReferenceHandle(factory="nowhere:x")


# -- a meter's reader alone; what it reads is tested with `rig.replay` ----------------------------------------------


def test_a_port_that_is_not_there() -> None:
    loop = VirtualLoop()
    handle = MeterReaderHandle("p1", lambda _heard: None)
    try:
        with pytest.raises(HarnessError, match=r"cannot start.*/dev/no-such-port"):
            loop.run_until_complete(handle.start(Port("/dev/no-such-port", lambda: lambda _direction, _data: None)))
    finally:
        loop.close()
    handle.stop()


def test_silence_after_a_beginning_is_reported_at_its_time() -> None:
    loop, told = VirtualLoop(), list[Heard]()

    async def script() -> None:
        handle = MeterReaderHandle("p1", told.append)
        async with Line("p1", loop=loop, timeline=Timeline(), rng=random.Random(1)) as line:
            await handle.start(Port(line.b.path, lambda: line.b.attach("the reader")))
            await transmit(line, [Piece(0, b"/EMU5", interval_s=1.0)], lambda _piece: None)
            handle.stop()
            handle.stop()

    try:
        loop.run_until_complete(script())
    finally:
        loop.close()
    assert [(round(heard.at_s, 6), heard.rejected) for heard in told] == [(0.500434, "malformed")]


def test_a_telegram_that_is_repeated_is_told_as_such() -> None:
    loop, told = VirtualLoop(), list[Heard]()
    telegram = (fixtures() / "p1" / "dsmr50_3p_export.txt").read_bytes()

    async def script() -> None:
        handle = MeterReaderHandle("p1", told.append)
        async with Line("p1", loop=loop, timeline=Timeline(), rng=random.Random(1)) as line:
            await handle.start(Port(line.b.path, lambda: line.b.attach("the reader")))
            await transmit(line, [Piece(0, telegram, interval_s=1.0)] * 2, lambda _piece: None)
            handle.stop()

    try:
        loop.run_until_complete(script())
    finally:
        loop.close()
    assert [heard.rejected for heard in told] == ["", "repeated"]
    assert told[1].reason == "the telegram before once more, with the same date"


def test_a_reader_that_wants_another_speed_gets_it() -> None:
    """Of garbage for longer than a moment, a TIC reader thinks that the line is faster than its port."""
    loop, speeds = VirtualLoop(), list[int]()

    async def script() -> None:
        handle = MeterReaderHandle("tic", lambda _heard: None)
        async with Line("tic", loop=loop, timeline=Timeline(), rng=random.Random(1), baud=9600, fmt="7E1") as line:
            await handle.start(Port(line.b.path, lambda: line.b.attach("the reader")))
            port = os.open(line.b.path, os.O_RDWR | os.O_NOCTTY)
            for pieces in (1, 5):
                await transmit(line, [Piece(0, b"x" * 480, interval_s=0.0)] * pieces, lambda _piece: None)
                speeds.append(termios.tcgetattr(port)[4])
            os.close(port)
            handle.stop()

    try:
        loop.run_until_complete(script())
    finally:
        loop.close()
    assert speeds == [termios.B1200, termios.B9600]
