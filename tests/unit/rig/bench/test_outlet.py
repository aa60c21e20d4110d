"""Outlets of a bench, one and two of them, with a little station of the test's own on the board link."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import pytest

from emulators.vehicle.spec import VehicleSpec
from rig.bench import Bench, NotCharging
from rig.bench.file import PROBING, BenchFile, BoardLine, Lines, StationEntry
from rig.clock import Calendar, VirtualLoop
from rig.errors import NotTestableHere
from rig.handles import Capability, Wiring
from rig.handles.settings_face import SettingsFace
from rig.supervise import run_supervised
from rig.timeline import Timeline

CAR = VehicleSpec(phases=3, max_a=32.0, reaction_s=0.5)
OFFERS = {1: (26_667, 16.0), 2: (16_667, 10.0)}  # duty in 1/1000 %, A


class Station:
    """Offers a fixed current at each socket and closes the contactor when the car is ready."""

    name = "a station of the test"
    capabilities: frozenset[Capability] = frozenset({"pilot"})
    settings_face: SettingsFace | None = None

    def __init__(self, sockets: int, *, closes: bool = True) -> None:
        self.sockets = sockets
        self.closes = closes
        self.settings: Mapping[str, object] = {}
        self.heard: list[str] = []

    async def start(self, wiring: Wiring, settings: Mapping[str, object]) -> None:
        self.settings = settings
        self.tap = wiring.board.attach()
        reader, self.writer = await asyncio.open_unix_connection(wiring.board.url.removeprefix("unix:"))
        self.say(f"HELLO station 2 {self.sockets}")
        self.task = asyncio.get_running_loop().create_task(self._listen(reader))

    def say(self, line: str) -> None:
        data = line.encode() + b"\n"
        self.writer.write(data)
        self.tap("tx", data)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.readline():
            self.tap("rx", data)
            word, *fields = data.decode().split()
            if word != "SENSE":
                self.heard.append(data.decode().strip())
                continue
            socket, high_mv = int(fields[0]), int(fields[1])
            if not 0 < high_mv < 10_500:
                self.say(f"DRIVE {socket} high 0")
            else:
                self.say(f"DRIVE {socket} {OFFERS[socket][0]} {int(self.closes and high_mv < 7_500)}")

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.writer.close()
        await self.writer.wait_closed()

    def configure(self, changes: Mapping[str, object]) -> str:
        raise NotImplementedError

    async def reboot(self) -> None:
        raise NotImplementedError

    async def check_meter(self, wiring: Wiring, settings: Mapping[str, object]) -> list[str]:
        raise NotImplementedError


class Room:
    """A loop and a timeline, and benches with the station of the test on them."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.timeline = Timeline()

    def bench(self, file: BenchFile | None = None, *, sockets: int = 1, **how: Any) -> Bench:
        bench = Bench(
            file or BenchFile(),
            loop=self.loop,
            timeline=self.timeline,
            calendar=Calendar(),
            rng=random.Random(1),
            settings={},
            sockets=sockets,
            **how,
        )
        bench.station = Station(sockets)
        return bench

    def run(self, body: Callable[[], Awaitable[None]]) -> None:
        async def wrapped() -> None:
            await body()

        run_supervised(self.loop, wrapped())


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    yield room
    room.loop.close()


def external(settings: dict[str, Any] | None = None, **built: int) -> BenchFile:
    entry = StationEntry(kind="external", settings=settings or {}, **built)  # type: ignore[arg-type]
    return BenchFile(station=entry, lines=Lines(board=BoardLine()))


def test_outlet_1_is_meant_where_none_is_named(room: Room) -> None:
    async def body() -> None:
        async with room.bench() as bench:
            (outlet,) = bench.outlets
            assert bench.outlet(1) is outlet
            assert (outlet.number, outlet.socket, outlet.observed) == (1, bench.socket, bench.observed)
            vehicle = await bench.charge(CAR)
            assert bench.socket.vehicle is vehicle
            assert (await bench.draw(vehicle, 7.0)).data["i_a"] == [7.0, 7.0, 7.0]
            bench.unplug()
            assert outlet.socket.vehicle is None
            bench.plug_in(CAR)
            assert await bench.drawing(within_s=10.0) is not None

    room.run(body)


def test_two_outlets_do_not_see_each_other(room: Room) -> None:
    async def body() -> None:
        async with room.bench(sockets=2) as bench:
            first, second = bench.outlets
            assert (first.number, second.number) == (1, 2)
            other = await second.charge(CAR)
            assert (first.observed.pilot_state, second.observed.pilot_state) == ("A1", "C2")
            assert first.observed.offered_a == 0.0
            assert second.observed.offered_a == pytest.approx(10.0, abs=0.01)
            assert bench.observed.drawn_a == (0.0, 0.0, 0.0)
            vehicle = await first.charge(CAR)
            assert first.observed.offered_a == pytest.approx(16.0, abs=0.01)
            assert (await second.draw(other, 6.0)).data == {"socket": 2, "i_a": [6.0, 6.0, 6.0]}
            assert (await first.draw(vehicle, 9.0)).data == {"socket": 1, "i_a": [9.0, 9.0, 9.0]}
            first.unplug()
            assert bench.outlet(2).socket.vehicle is other
            assert second.observed.contactor_closed
            assert await first.observed.pilot("A1", within_s=1.0) is not None
            assert second.observed.drawn_a == (6.0, 6.0, 6.0)

    room.run(body)


@pytest.mark.parametrize(
    ("how", "carried_a"),
    [
        # socket 1 draws 6, 7, 8 A on its L1, L2, L3; socket 2 draws 1, 2, 3 A
        ({}, (9.0, 9.0, 9.0)),
        ({"feeder": "L2L3L1"}, (9.0, 9.0, 9.0)),
        ({"feeders": 2, "feeder_2": "L2L3L1"}, (8.0 + 3.0, 7.0 + 1.0, 6.0 + 2.0)),
        ({"feeders": 2, "feeder": "L3L1L2", "feeder_2": "L1L2L3"}, (7.0 + 1.0, 6.0 + 2.0, 8.0 + 3.0)),
        ({"feeder": "L2"}, (0.0, 6.0 + 1.0, 0.0)),
        ({"feeders": 2, "feeder": "L1", "feeder_2": "L3"}, (6.0, 0.0, 1.0)),
        ({"phases": 1}, (6.0 + 1.0, 0.0, 0.0)),
        ({"behind_meter": False}, (0.0, 0.0, 0.0)),
    ],
)
def test_the_grid_carries_both_where_they_are_connected(
    room: Room, how: dict[str, Any], carried_a: tuple[float, float, float]
) -> None:
    async def body() -> None:
        async with room.bench(sockets=2, **how) as bench:
            one_phase = bench.outlet(1).socket.phases == 1
            assert one_phase == (how.get("phases") == 1 or len(how.get("feeder", "L1L2L3")) == 2)
            for outlet, draws_a in zip(bench.outlets, [(6.0, 7.0, 8.0), (1.0, 2.0, 3.0)], strict=True):
                vehicle = await outlet.charge(CAR)
                await outlet.draw(vehicle, *(draws_a[:1] if one_phase else draws_a))
            assert bench.site.read(room.loop.time()).current_a == pytest.approx(carried_a)

    room.run(body)


def test_how_it_is_built_is_set(room: Room) -> None:
    async def body() -> None:
        async with room.bench(sockets=2, feeders=2, feeder_2="L3L1L2") as bench:
            assert isinstance(bench.station, Station)
            built = {"station.sockets": 2, "station.feeders": 2, "station.phases_2": "L3L1L2"}
            assert built.items() <= bench.station.settings.items()
        async with room.bench() as bench:
            assert isinstance(bench.station, Station)
            assert not {"station.sockets", "station.feeders", "station.phases_2"} & bench.station.settings.keys()

    room.run(body)


def test_the_reference_station_probes_only_for_cases_about_it(room: Room) -> None:
    async def body() -> None:
        for probing in (False, True):
            async with room.bench(BenchFile(station=StationEntry(settings={PROBING: 30})), probing=probing) as bench:
                assert isinstance(bench.station, Station)
                assert bench.station.settings[PROBING] == (30 if probing else 0.0)

    room.run(body)


def test_the_external_contact(room: Room) -> None:
    async def body() -> None:
        async with room.bench() as bench:
            assert isinstance(bench.station, Station)
            await bench.observed.pilot("A1", within_s=1.0)
            bench.contact(True)
            bench.contact(True)
            await asyncio.sleep(0.1)
            bench.contact(False)
            await asyncio.sleep(0.1)
            told = [line for line in bench.station.heard if line.startswith("CONTACT")]
            assert told == ["CONTACT 0", "CONTACT 1", "CONTACT 0"]

    room.run(body)
    assert [event.data["closed"] for event in room.timeline.of("contact", "board")] == [True, False]


def test_a_car_that_gets_nothing(room: Room) -> None:
    async def body() -> None:
        bench = room.bench()
        bench.station = Station(1, closes=False)
        async with bench:
            with pytest.raises(NotCharging, match="the car was plugged in and drew nothing within 5 s"):
                await bench.outlet(1).charge(CAR, within_s=5.0)
            vehicle = bench.socket.vehicle
            assert vehicle is not None
            with pytest.raises(NotCharging, match=r"was to draw \(10.0,\) A, but the station gives it no current"):
                await bench.outlet(1).draw(vehicle, 10.0)

    room.run(body)


# -- probing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "probing", "waits_s"),
    [
        (None, False, 0.0),
        (external(), False, 62.0),
        (external(), True, 0.0),
        (external({PROBING: 30}), False, 32.0),
        (external({PROBING: 0.0}), False, 0.0),
    ],
)
def test_the_probing_of_somebodys_station_is_waited_out(
    room: Room, file: BenchFile | None, probing: bool, waits_s: float
) -> None:
    async def body() -> None:
        async with room.bench(file, probing=probing) as bench:
            await bench.probed()  # there is no session yet
            assert room.loop.time() < 1.0
            await asyncio.sleep(10.0)
            for _ in range(2):
                await bench.charge(CAR)
                began_s = [event.at_s for event in room.timeline.of("pilot") if event.data["state"] == "C2"][-1]
                drew_s = [event.at_s for event in room.timeline.of("currents")][-1]
                assert room.loop.time() == pytest.approx(max(drew_s, began_s + waits_s), abs=0.01)
                await bench.probed()
                assert room.loop.time() == pytest.approx(max(drew_s, began_s + waits_s), abs=0.01)
                bench.unplug()
                await asyncio.sleep(5.0)

    room.run(body)


def test_every_session_has_a_probing_of_its_own(room: Room) -> None:
    async def body() -> None:
        async with room.bench(external(sockets=2), sockets=2) as bench:
            bench.outlet(2).plug_in(CAR)
            await asyncio.sleep(40.0)
            bench.outlet(1).plug_in(CAR)
            await asyncio.sleep(5.0)
            assert room.loop.time() < 50.0
            await bench.outlet(2).probed()
            assert room.loop.time() == pytest.approx(63.0, abs=2.0)
            await bench.probed()
            assert room.loop.time() == pytest.approx(103.0, abs=2.0)

    room.run(body)


def test_a_station_that_does_not_probe(room: Room) -> None:
    with pytest.raises(NotTestableHere, match=r"needs a station that probes; \[station.settings\] says .* = 0"):
        room.bench(external({PROBING: 0}), probing=True)


def test_an_external_station_has_the_sockets_that_it_has(room: Room) -> None:
    with pytest.raises(NotTestableHere, match="needs a station with sockets = 2"):
        room.bench(external(), sockets=2)
    with pytest.raises(NotTestableHere, match="needs a station with sockets = 1"):
        room.bench(external(sockets=2))
    with pytest.raises(NotTestableHere, match=r"needs station\.phases_2 = L2L3L1"):
        room.bench(external(sockets=2, feeders=2), sockets=2, feeders=2, feeder_2="L2L3L1")
