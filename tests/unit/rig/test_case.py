"""A case: its name, its own randomness, its loop, and what it asks of a bench."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from rig.bench.file import PROBING, BenchFile, Measuring, StationEntry
from rig.case import Case, case_name
from rig.clock import ClockSpec, Stalled, VirtualLoop, WallLoop
from rig.errors import ConfigurationError, HarnessError, NotTestableHere
from rig.kit import balancing
from rig.meters import KINDS
from rig.options import RunOptions
from rig.timeline import Event


@pytest.fixture
def case() -> Case:
    return Case("ocp/bands/it", RunOptions())


def test_names() -> None:
    path = Path("/anywhere/tests/conformance/ocp/test_bands.py")
    assert case_name(path, "test_trips_at_its_time[105.0%]") == "ocp/bands/trips_at_its_time[105.0%]"
    assert case_name(Path("alb_p1/test_test_x.py"), "test_test_y") == "alb_p1/test_x/test_y"


def test_randomness_depends_on_seed_and_name_only() -> None:
    def throws(name: str, seed: int) -> list[float]:
        case = Case(name, RunOptions(seed=seed))
        case.close()
        return [case.random.random() for _ in range(3)]

    first = throws("a/b/c", 1)
    assert throws("a/b/c", 1) == first
    assert first[0] == 0.10141280202661984  # on every machine, in every version
    assert throws("a/b/d", 1) != first
    assert throws("a/b/c", 2) != first


@pytest.mark.parametrize(("clock", "loop"), [("virtual", VirtualLoop), ("real", WallLoop), ("scaled:50", WallLoop)])
def test_the_clock_is_the_chosen_one(clock: str, loop: type[asyncio.AbstractEventLoop]) -> None:
    case = Case("a/b/c", RunOptions(clock=ClockSpec.parse(clock)))
    assert isinstance(case.loop, loop)
    assert case.now_s() < 1.0
    case.close()
    assert case.loop.is_closed()


def test_time(case: Case) -> None:
    async def body() -> None:
        await case.until(100.0)
        assert case.now_s() == 100.0
        await case.until(50.0)
        assert case.now_s() == 100.0

    case.run(body())
    case.close()
    assert case.now_s() == 100.0  # still known when the result is written


def test_a_stalled_case_says_who_waits(case: Case) -> None:
    async def body() -> None:
        await case.until(3.0)
        await asyncio.Event().wait()

    with pytest.raises(Stalled, match=r"stalled at 3\.000000 s .* the case waits at .*body"):
        case.run(body())
    case.close()


def test_a_fault_in_the_background_is_the_harness(case: Case) -> None:
    async def body() -> None:
        case.loop.call_later(1.0, lambda: 1 // 0)
        await case.until(5.0)

    with pytest.raises(HarnessError, match="a background task failed: ZeroDivisionError"):
        case.run(body())
    case.close()


def test_what_a_case_needs(case: Case) -> None:
    case.need(frozenset({"pilot", "log"}), "pilot")
    with pytest.raises(NotTestableHere, match="this bench has no pilot of the station"):
        case.need(frozenset(), "pilot")
    with pytest.raises(NotTestableHere, match="this bench has no log and no panel of the station"):
        case.need(frozenset({"pilot"}), "pilot", "log", "panel")
    case.close()


def test_the_judge_knows_the_catalogue_and_the_bench() -> None:
    options = RunOptions(bench=BenchFile(measuring=Measuring(uncertainty_s=0.25)))
    case = Case("a/b/c", options)
    case.close()
    start, end = (Event(at_s, "board", "pilot", {}) for at_s in (1.0, 6.0))
    verdict = case.judge.elapsed("OCP-003", "w", start=start, end=end, limit_s=5.0, late_s=0.5, watched_until_s=9.0)
    assert (verdict.case, verdict.uncertainty) == ("a/b/c", 0.25)
    with pytest.raises(ConfigurationError, match="OCP-999"):
        case.judge.holds("OCP-999", "w", holds=True, seen="", promised="")


def test_benches_share_the_loop_the_timeline_and_the_folder_of_the_case(tmp_path: Path) -> None:
    case = Case("a/b/c", RunOptions(), files=tmp_path)
    links: list[list[bool]] = []

    async def body() -> None:
        for _ in range(2):
            async with case.bench({"FeatureLicenseKey": "ALB"}, meter=KINDS["dsmr5"]) as bench:
                assert bench.station.name == "reference station"
                await case.until(case.now_s() + 1.0)
                links.append([event.data["up"] for event in case.timeline.of("link")])

    case.run(body())
    case.close()
    assert links == [[True], [True, False, True]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p1-2.pcapng", "p1.pcapng"]


def test_what_can_be_chosen_of_a_bench_reaches_it() -> None:
    """The feeder turns the phases one way, the meter's terminals the other; a station apart is not seen."""
    case = Case("a/b/c", RunOptions())
    meter = KINDS["dsmr5"]
    shown: list[tuple[float, ...]] = []

    async def body(draw_a: tuple[float, ...], **choice: Any) -> None:
        async with case.bench(balancing.settings(meter, meter_max_a=40.0), meter=meter, **choice) as bench:
            vehicle = await bench.charge(balancing.car())
            await bench.draw(vehicle, *draw_a)
            await bench.readings(2)
            i_a = bench.observed.field("telegram", "i_a")
            assert isinstance(i_a, list | tuple)
            shown.append(tuple(round(a, 3) for a in i_a))

    case.run(body((6.0, 7.0, 8.0), feeder="L2L3L1"))
    case.run(body((6.0, 7.0, 8.0), terminals="L3L1L2"))
    case.run(body((6.0,), phases=1))
    case.run(body((6.0, 7.0, 8.0), behind_meter=False))
    case.close()
    assert shown == [(8.0, 6.0, 7.0), (8.0, 6.0, 7.0), (6.0, 0.0, 0.0), (0.0, 0.0, 0.0)]


def test_the_station_that_can_be_chosen_reaches_a_bench() -> None:
    station = StationEntry(kind="external", sockets=2, feeders=2, settings={"station.phases_2": "L2", PROBING: 0})
    case = Case("a/b/c", RunOptions(bench=BenchFile(station=station)))
    bench = case.bench(sockets=2, feeders=2, feeder="L1", feeder_2="L2")
    assert [outlet.socket.phases for outlet in bench.outlets] == [1, 1]
    with pytest.raises(NotTestableHere, match="a station that probes"):
        case.bench(sockets=2, feeders=2, probing=True)
    case.close()
