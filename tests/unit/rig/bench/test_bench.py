"""One bench: wired up, switched on, used, and switched off again with nothing left open."""

from __future__ import annotations

import os
import random
import socket
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emulators.vehicle.spec import VehicleSpec
from rig.bench import Bench, NotCharging
from rig.bench.bench import SILENT_AFTER_S, UNASKED_AFTER_S, NotAsking
from rig.bench.file import BenchFile, BoardLine, Lines, P1Line, SerialLine, StationEntry, TcpLine
from rig.bench.outlet import CHARGING_WITHIN_S
from rig.clock import Calendar, VirtualLoop, WallLoop
from rig.errors import ConfigurationError, Finding, HarnessError, NotTestableHere, RigError
from rig.handles.settings_face import SettingsFace
from rig.kit import balancing
from rig.kit.balancing import DSMR4, DSMR5
from rig.meters import KINDS, MeterKind
from rig.meters.serial import P1Meter
from rig.supervise import run_supervised
from rig.timeline import Event, Timeline

CAR = VehicleSpec(phases=3, max_a=32.0)


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders go, to see that they go away."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    return scratch


class Room:
    """A loop and a timeline, and the benches that are set up there."""

    def __init__(self, loop: VirtualLoop | WallLoop) -> None:
        self.loop = loop
        self.timeline = Timeline()

    def bench(self, file: BenchFile | None = None, **how: Any) -> Bench:
        meter = how.get("meter", DSMR5)
        how = {"settings": balancing.settings(meter or DSMR5, meter_max_a=25.0), "meter": meter, **how}
        return Bench(
            file or BenchFile(),
            loop=self.loop,
            timeline=self.timeline,
            calendar=Calendar(),
            rng=random.Random(1),
            **how,
        )

    def run(self, body: Callable[[], Awaitable[None]]) -> None:
        async def wrapped() -> None:
            await body()

        run_supervised(self.loop, wrapped())

    def kinds(self, source: str) -> list[str]:
        return [event.kind for event in self.timeline.events if event.source == source]


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room(VirtualLoop())
    yield room
    room.loop.close()


@pytest.fixture
def real_room() -> Iterator[Room]:
    room = Room(WallLoop(1000.0))
    yield room
    room.loop.close()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def external(lines: Lines, settings: dict[str, Any] | None = None) -> BenchFile:
    return BenchFile(station=StationEntry(kind="external", settings=settings or {}), lines=lines)


# -- on and off -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("meter", [None, *balancing.one_of_each_port()], ids=str)
def test_on_and_off_leaves_nothing_open(room: Room, scratch: Path, meter: MeterKind | None) -> None:
    async def body() -> None:
        before = descriptors()
        bench = room.bench(meter=meter)
        assert descriptors() == before
        async with bench:
            assert descriptors() > before
            assert (await bench.observed.pilot("A1", within_s=1.0)) is not None
            await bench.charge(CAR)
        await bench.__aexit__(None, None, None)  # once more does no harm
        assert descriptors() == before
        assert list(scratch.iterdir()) == []
        assert room.loop.ledger.in_flight == 0

    room.run(body)


def test_an_error_on_the_bench_switches_it_off(room: Room, scratch: Path) -> None:
    async def body() -> None:
        before = descriptors()
        with pytest.raises(Finding, match="too late"):
            async with room.bench():
                raise Finding("too late")
        assert descriptors() == before
        assert list(scratch.iterdir()) == []

    room.run(body)


def test_what_happens_after_the_end_is_not_observed(room: Room) -> None:
    async def body() -> None:
        async with room.bench() as bench:
            await bench.observed.pilot("A1", within_s=10.0)
        room.timeline.record(room.loop.time(), "board", "pilot", {"state": "E"})
        assert bench.observed.pilot_state != "E"

    room.run(body)


def test_two_benches_one_after_the_other(room: Room) -> None:
    async def body() -> None:
        for _ in range(2):
            async with room.bench() as bench:
                await bench.charge(CAR)

    room.run(body)


class Broken:
    """A station that does not start, or not stop."""

    name = "broken"
    capabilities = frozenset[Any]()
    settings_face: SettingsFace | None = None

    def __init__(self, *, at_start: BaseException | None = None, at_stop: BaseException | None = None) -> None:
        self.at_start, self.at_stop = at_start, at_stop

    async def start(self, wiring: Any, settings: Any) -> None:
        wiring.board.attach()
        if self.at_start is not None:
            raise self.at_start

    async def stop(self) -> None:
        if self.at_stop is not None:
            raise self.at_stop

    def configure(self, changes: Any) -> str:
        raise NotImplementedError

    async def reboot(self) -> None:
        raise NotImplementedError

    async def check_meter(self, wiring: Any, settings: Any) -> list[str]:
        raise NotImplementedError


@pytest.mark.parametrize("error", [HarnessError("no port"), ConfigurationError("bad"), RuntimeError("x"), OSError("y")])
def test_a_station_that_does_not_start(room: Room, scratch: Path, error: Exception) -> None:
    async def body() -> None:
        before = descriptors()
        bench = room.bench()
        bench.station = Broken(at_start=error)
        with pytest.raises(type(error), match=str(error)):
            await bench.__aenter__()
        assert descriptors() == before
        assert list(scratch.iterdir()) == []

    room.run(body)


def test_a_station_that_does_not_stop_keeps_nothing_else_open(room: Room, scratch: Path) -> None:
    async def body() -> None:
        before = descriptors()
        bench = room.bench()
        bench.station = Broken(at_stop=RuntimeError("hangs"))
        with pytest.raises(RuntimeError, match="hangs"):
            async with bench:
                pass
        assert descriptors() == before
        assert list(scratch.iterdir()) == []

    room.run(body)


@pytest.mark.parametrize(
    ("lines", "error", "message"),
    [
        (Lines(p1=P1Line("/dev/no-such-port"), board=BoardLine("tcp:127.0.0.1:0")), HarnessError, "does not exist"),
        (
            Lines(tic=SerialLine("/dev/no-such-port"), board=BoardLine("tcp:127.0.0.1:0")),
            HarnessError,
            "does not exist",
        ),
        (
            Lines(rtu=SerialLine("/dev/no-such-port"), board=BoardLine("tcp:127.0.0.1:0")),
            HarnessError,
            "does not exist",
        ),
        (Lines(tcp=TcpLine("tcp:192.0.2.1:502"), board=BoardLine("tcp:127.0.0.1:0")), HarnessError, "cannot listen"),
        (Lines(board=BoardLine("nonsense")), ConfigurationError, "board address 'nonsense'"),
        (Lines(board=BoardLine("tcp:192.0.2.1:7400")), HarnessError, "cannot listen"),
    ],
)
def test_lines_that_do_not_open(
    real_room: Room, scratch: Path, lines: Lines, error: type[RigError], message: str
) -> None:
    async def body() -> None:
        before = descriptors()
        meters = [kind for kind in balancing.one_of_each_port() if getattr(lines, kind.port) is not None]
        bench = real_room.bench(external(lines), settings={}, meter=meters[0] if meters else None)
        with pytest.raises(error, match=message):
            await bench.__aenter__()
        assert descriptors() == before
        assert list(scratch.iterdir()) == []

    async def warmed_up() -> None:
        await real_room.loop.run_in_executor(None, lambda: None)  # the thread pool keeps no descriptor
        await body()

    real_room.run(warmed_up)


def test_a_port_that_makes_no_sense_is_said_before_anything_is_opened(room: Room, scratch: Path) -> None:
    before = descriptors()
    with pytest.raises(ConfigurationError, match="'ttyUSB0' is no port"):
        room.bench(external(Lines(p1=P1Line("ttyUSB0"))), settings={})
    assert descriptors() == before
    assert list(scratch.iterdir()) == []


def test_a_setting_that_the_station_refuses(room: Room, scratch: Path) -> None:
    async def body() -> None:
        with pytest.raises(ConfigurationError, match="the reference station refuses a setting: Safe-MaxCurrent"):
            async with room.bench(settings={"Safe-MaxCurrent": -5}):
                pytest.fail("never here")
        assert list(scratch.iterdir()) == []

    room.run(body)


def test_captures_do_not_overwrite_each_other(room: Room, tmp_path: Path) -> None:
    async def body() -> None:
        for _ in range(3):
            async with room.bench(files=tmp_path / "files"):
                pass

    room.run(body)
    assert sorted(path.name for path in (tmp_path / "files").iterdir()) == ["p1-2.pcapng", "p1-3.pcapng", "p1.pcapng"]


@balancing.meters(balancing.one_of_each_port())
def test_a_capture_goes_by_its_line(room: Room, tmp_path: Path, meter: MeterKind) -> None:
    async def body() -> None:
        async with room.bench(meter=meter, files=tmp_path / "files"):
            pass

    room.run(body)
    assert [path.name for path in (tmp_path / "files").iterdir()] == [f"{meter.port}.pcapng"]


# -- what is testable -------------------------------------------------------------------------------------------


@balancing.meters(balancing.one_of_each_port())
def test_a_bench_without_the_line_of_the_meter(room: Room, meter: MeterKind) -> None:
    name = meter.port
    with pytest.raises(
        NotTestableHere, match=rf"this bench has no {name.upper()} line; add \[lines\.{name}\] to the bench file"
    ):
        room.bench(BenchFile(lines=Lines(board=BoardLine())), meter=meter)
    room.bench(BenchFile(lines=Lines(board=BoardLine())), meter=None).observed.end()


def test_an_external_station_has_to_be_set_already(room: Room) -> None:
    lines = Lines(p1=P1Line("/dev/ttyUSB0"))
    needed = {"Station-MaxCurrent": 16.0, "FeatureLicenseKey": ""}
    with pytest.raises(
        NotTestableHere, match=r"needs Station-MaxCurrent = 16.0; \[station.settings\] does not say how it is set"
    ):
        room.bench(external(lines), settings=needed)
    declared = {"Station-MaxCurrent": 32, "FeatureLicenseKey": ""}
    with pytest.raises(NotTestableHere, match=r"needs Station-MaxCurrent = 16.0; this station has 32"):
        room.bench(external(lines, declared), settings=needed)
    as_needed = room.bench(external(lines, {**declared, "Station-MaxCurrent": 16}), settings=needed)
    assert as_needed.capabilities == frozenset()
    assert as_needed.station.name == "external station"


def test_what_an_external_bench_can_observe(room: Room) -> None:
    assert room.bench(external(Lines(board=BoardLine("tcp::0"))), settings={}, meter=None).capabilities == {"pilot"}
    assert "log" in room.bench().capabilities


def test_an_external_station_that_is_not_there(real_room: Room) -> None:
    async def body() -> None:
        with pytest.raises(
            HarnessError, match=r"does not come to state A1 within .* board link at tcp:127\.0\.0\.1:\d+"
        ):
            async with real_room.bench(external(Lines(board=BoardLine("tcp::0"))), settings={}, meter=None):
                pytest.fail("never here")

    real_room.run(body)


# -- what one does there ----------------------------------------------------------------------------------------


def test_a_session(room: Room) -> None:
    async def body() -> None:
        async with room.bench() as bench:
            await bench.readings(2)
            vehicle = await bench.charge(CAR)
            assert bench.observed.pilot_state == "C2"
            assert bench.observed.contactor_closed
            event = await bench.draw(vehicle, 7.5)
            assert event.data["i_a"] == pytest.approx((7.5, 7.5, 7.5))
            assert bench.observed.drawn_a == pytest.approx((7.5, 7.5, 7.5))
            assert (await bench.draw(vehicle, 7.0, 8.0, 9.0)).data["i_a"] == pytest.approx((7.0, 8.0, 9.0))
            bench.unplug()
            assert await bench.observed.pilot("A1", within_s=10.0) is not None
            assert bench.observed.drawn_a == (0.0, 0.0, 0.0)
            await bench.charge(CAR)

    room.run(body)
    assert {"telegram"} <= set(room.kinds("meter"))
    assert {"pilot", "contactor", "currents"} <= set(room.kinds("board"))
    assert {"frame", "request"} <= set(room.kinds("p1"))


def test_the_meter_sees_house_panels_and_car(room: Room) -> None:
    async def body() -> None:
        async with room.bench() as bench:

            async def shown() -> list[float]:
                await bench.readings(2)
                shown = bench.observed.field("telegram", "i_a")
                assert isinstance(shown, list | tuple)
                return list(shown)

            assert await shown() == [0.0, 0.0, 0.0]
            bench.house(3.0)
            assert await shown() == pytest.approx([3.0, 3.0, 3.0])
            bench.house(1.0, 2.0, 3.0)
            assert await shown() == pytest.approx([1.0, 2.0, 3.0])
            bench.pv(4.0)
            assert await shown() == pytest.approx([-3.0, -2.0, -1.0])
            vehicle = await bench.charge(CAR)
            await bench.draw(vehicle, 6.0)
            assert await shown() == pytest.approx([3.0, 4.0, 5.0])

    room.run(body)


def test_a_station_on_a_connection_of_its_own(room: Room) -> None:
    async def body() -> None:
        async with room.bench(behind_meter=False) as bench:
            bench.house(2.0)
            await bench.charge(CAR)
            await bench.readings(3)
            assert max(bench.observed.drawn_a) > 0.0
            assert bench.observed.field("telegram", "i_a") == pytest.approx((2.0, 2.0, 2.0))

    room.run(body)


def test_one_phase(room: Room) -> None:
    async def body() -> None:
        async with room.bench(phases=1) as bench:
            bench.house(5.0)
            await bench.charge(CAR)
            await bench.readings(2)
            assert bench.observed.drawn_a[1:] == (0.0, 0.0)
            assert bench.observed.drawn_a[0] > 0.0

    room.run(body)


def test_another_meter_takes_the_place_of_the_first(room: Room) -> None:
    async def body() -> None:
        before = descriptors()
        async with room.bench() as bench:
            await bench.readings(3)
            count = descriptors()
            assert isinstance(bench.meter, P1Meter)
            bench.meter.replace(DSMR4)
            assert descriptors() == count
            await bench.readings(2)
            assert (bench.meter.kind, bench.observed.field("telegram", "version")) == (DSMR4, "4.2.2")
            bench.meter.replace(DSMR5)
            await bench.readings(2)
            assert bench.observed.field("telegram", "version") == "5.0.2"
        assert descriptors() == before

    room.run(body)


# -- what arrives of the meter -----------------------------------------------------------------------------------


@balancing.meters(KINDS[name] for name in ("dsmr5", "linky-standard", "sdm72d", "e27"))
def test_arrivals_are_those_of_the_meter(room: Room, meter: MeterKind) -> None:
    async def body() -> None:
        async with room.bench(meter=meter) as bench:
            with pytest.raises(NotAsking, match=f"has heard nothing yet on its {meter.port.upper()} port"):
                _ = bench.last_arrival
            first = await bench.arrival()
            assert (first.kind, first.source, first.data["dir"]) == ("frame", meter.port, "a>b")
            assert first.at_s == pytest.approx(room.loop.time(), abs=1e-6)
            assert bench.last_arrival == first
            await bench.readings(3)
            assert bench.last_arrival.at_s > first.at_s

    room.run(body)
    frames = [event for event in room.timeline.of("frame", meter.port) if event.data["dir"] == "a>b"]
    assert len(frames) == 4


def test_a_poll_of_several_answers_is_one_reading(room: Room) -> None:
    """The SDM230's preset reads current and power apart."""

    async def body() -> None:
        async with room.bench(meter=KINDS["sdm230"]) as bench:
            await bench.readings(3)

    room.run(body)
    frames = [event for event in room.timeline.of("frame", "rtu") if event.data["dir"] == "a>b"]
    assert len(frames) == 6
    assert 2.0 < frames[-1].at_s < 3.0


@balancing.meters(balancing.one_of_each_port())
def test_what_was_composed_of_new_currents_is_told_from_what_was_before(room: Room, meter: MeterKind) -> None:
    """Also where a telegram is still on the wire at the moment of the change."""

    async def body() -> None:
        async with room.bench(meter=meter) as bench:
            await bench.readings(2)
            changed_s = room.loop.time()
            bench.house(5.0)
            event = await bench.shown(lambda i_a: i_a[0] > 4.0)
            assert meter_arrived(event, meter)
            composed = [e for e in room.timeline.events if bench.meter.composed(e) and e.data["i_a"][0] > 4.0]
            assert changed_s < composed[0].at_s <= event.at_s
            assert bench.last_arrival == event
            arrivals_s = [e.at_s for e in room.timeline.of("frame", meter.port) if meter_arrived(e, meter)]
            assert [at_s for at_s in arrivals_s if at_s >= composed[0].at_s] == [event.at_s]

    room.run(body)


@balancing.meters(balancing.one_of_each_port())
def test_what_does_not_fit_is_passed_over(room: Room, meter: MeterKind) -> None:
    async def body() -> None:
        async with room.bench(meter=meter) as bench:
            room.loop.call_later(7.5, bench.house, 5.0)
            event = await bench.shown(lambda i_a: i_a[0] > 4.0)
            assert event.at_s > 7.5

    room.run(body)


def meter_arrived(event: Event, meter: MeterKind) -> bool:
    return (event.kind, event.source, event.data["dir"]) == ("frame", meter.port, "a>b")


@pytest.mark.parametrize(
    ("meter", "words", "after_s"),
    [("dsmr5", "hears no meter on its P1 port", SILENT_AFTER_S),
     ("sdm72d", "asks no meter on its RTU port", UNASKED_AFTER_S),
     ("e27", "asks no meter on its TCP port", UNASKED_AFTER_S)],
)  # fmt: skip
def test_a_station_that_wants_nothing_of_its_meter(room: Room, meter: str, words: str, after_s: float) -> None:
    async def body() -> None:
        async with room.bench(settings={}, meter=KINDS[meter]) as bench:
            with pytest.raises(NotAsking, match=f"the station {words}: nothing passed in {after_s:g} s"):
                await bench.readings(1)
            assert room.loop.time() == pytest.approx(after_s)
            with pytest.raises(NotAsking, match=f"nothing passed in {after_s:g} s"):
                await bench.shown(lambda _i_a: True)

    room.run(body)


def test_a_slow_meter_is_waited_for_longer(room: Room) -> None:
    async def body() -> None:
        async with room.bench(settings={}, meter=DSMR4) as bench:
            with pytest.raises(NotAsking, match="nothing passed in 30 s"):
                await bench.arrival()

    room.run(body)


def test_not_asking_is_a_finding() -> None:
    assert issubclass(NotAsking, Finding)


# -- which phase is where ----------------------------------------------------------------------------------------


def test_phases_of_the_feeder(room: Room) -> None:
    """The station's first terminal hangs on the grid's L2, its second on L3, its third on L1."""

    async def body() -> None:
        async with room.bench(feeder="L2L3L1") as bench:
            bench.house(1.0, 0.0, 0.0)
            vehicle = await bench.charge(CAR)
            await bench.draw(vehicle, 6.0, 7.0, 8.0)
            await bench.readings(2)
            assert bench.observed.field("telegram", "i_a") == pytest.approx((9.0, 6.0, 7.0))

    room.run(body)


def test_terminals_of_the_meter(room: Room) -> None:
    """Its first terminal is connected to the grid's L3, its second to L1, its third to L2."""

    async def body() -> None:
        async with room.bench(terminals="L3L1L2") as bench:
            bench.house(1.0, 2.0, 3.0)
            await bench.readings(2)
            assert bench.observed.field("telegram", "i_a") == pytest.approx((3.0, 1.0, 2.0))

    room.run(body)


@pytest.mark.parametrize(("meter", "phases"), [("sdm230", 1), ("sdm72d", 3), (None, 3)])
def test_as_many_phases_as_the_meter_has(room: Room, meter: str | None, phases: int) -> None:
    async def body() -> None:
        async with room.bench(meter=None if meter is None else KINDS[meter]) as bench:
            bench.house(1.0)
            await bench.charge(CAR)
            assert sum(a > 0.0 for a in bench.site.read(room.loop.time()).current_a) == phases
            assert sum(a > 0.0 for a in bench.observed.drawn_a) == phases

    room.run(body)


NOTHING_LEFT = balancing.settings(DSMR5, meter_max_a=6.0)


def test_a_station_that_gives_no_current(room: Room) -> None:
    async def body() -> None:
        async with room.bench(settings=NOTHING_LEFT) as bench:
            bench.house(20.0)
            await bench.readings(2)
            began_s = room.loop.time()
            with pytest.raises(NotCharging, match="the car was plugged in and drew nothing within 60 s"):
                await bench.charge(CAR)
            assert room.loop.time() == began_s + CHARGING_WITHIN_S

    room.run(body)


def test_a_car_without_mains_cannot_draw(room: Room) -> None:
    async def body() -> None:
        async with room.bench(settings=NOTHING_LEFT) as bench:
            bench.house(20.0)
            await bench.readings(2)
            vehicle = bench.plug_in(CAR)
            with pytest.raises(
                NotCharging, match=r"the car was to draw \(10.0,\) A, but the station gives it no current"
            ):
                await bench.draw(vehicle, 10.0)

    room.run(body)


def test_not_charging_is_a_finding() -> None:
    assert issubclass(NotCharging, Finding)


@balancing.meters(balancing.one_of_each_port())
def test_nothing_of_the_machine_is_on_the_timeline(room: Room, scratch: Path, meter: MeterKind) -> None:
    async def body() -> None:
        async with room.bench(meter=meter) as bench:
            await bench.charge(CAR)
            await bench.readings(2)

    room.run(body)
    text = b"".join(room.timeline.lines())
    for trace in (
        b"/dev/",
        b"evse-rig-",
        str(scratch).encode(),
        socket.gethostname().encode(),
        str(os.getpid()).encode(),
    ):
        assert trace not in text


def test_the_timeline_tells_of_the_site_and_of_what_is_wrong_with_the_meter(room: Room) -> None:
    async def body() -> None:
        async with room.bench() as bench:
            bench.house(5.0)
            bench.pv(1.0, 2.0, 3.0)
            with bench.meter.broken("frozen"):
                await bench.readings(1)

    room.run(body)
    assert [event.data for event in room.timeline.of("site", "site")] == [
        {"house_a": [5.0, 5.0, 5.0], "pv_a": [0.0, 0.0, 0.0]},
        {"house_a": [5.0, 5.0, 5.0], "pv_a": [1.0, 2.0, 3.0]},
    ]
    assert [event.data for event in room.timeline.of("break", "meter")] == [
        {"what": "frozen", "on": True},
        {"what": "frozen", "on": False},
    ]
