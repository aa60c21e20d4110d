"""Control pilot cases: both players do the same, and what a scope shows is judged against its window."""

from __future__ import annotations

import asyncio
from typing import Any, get_args

import pytest

from rig.bench import Bench
from rig.bench.file import BenchFile, BoardLine, Lines, StationEntry
from rig.case import Case
from rig.clauses.timings import timing
from rig.kit import pilot
from rig.kit.pilot import DEFECTS, Defect, PlayerName
from rig.options import RunOptions
from rig.timeline import Event
from tests.unit.rig.on_bench import run_on_bench

STATES: dict[Defect, str] = {"pilot open": "A", "earth lost": "A", "pilot shorted": "E", "diode shorted": "C"}


@pytest.mark.parametrize("player", get_args(PlayerName))
def test_both_play_a_session(player: PlayerName) -> None:
    async def body(case: Case, bench: Bench) -> None:
        car = pilot.play(bench, player)
        assert await pilot.powered(bench, car) is not None
        assert bench.observed.pilot_state == "C2"
        await car.stop()
        await case.until(case.now_s() + 1.0)
        assert bench.observed.pilot_state == "B2"
        await car.unplug()
        await case.until(case.now_s() + 1.0)
        assert bench.observed.pilot_state == "A1"
        await car.plug(20)
        await case.until(case.now_s() + 1.0)
        assert bench.socket.sense().pp_ohm == 680

    run_on_bench(body, pilot.settings())


@pytest.mark.parametrize("defect", get_args(Defect))
@pytest.mark.parametrize("player", get_args(PlayerName))
def test_both_have_the_same_defects(player: PlayerName, defect: Defect) -> None:
    async def body(case: Case, bench: Bench) -> None:
        car = pilot.play(bench, player)
        await pilot.powered(bench, car)
        changing = bench.observed.expect("pilot")
        await car.spoil(defect)
        changed = await changing.within(1.0)
        assert changed is not None
        assert changed.data["state"][0] == STATES[defect]
        assert (changed.data["low_v"] > -11.4) == (defect in ("diode shorted", "pilot shorted"))
        await car.unplug()  # which mends it
        await case.until(case.now_s() + 1.0)
        assert await pilot.powered(bench, car) is not None

    assert set(DEFECTS) == set(STATES)
    run_on_bench(body, pilot.settings())


def test_only_the_reference_station_is_told_what_it_is_built_for() -> None:
    file = BenchFile(station=StationEntry(kind="external"), lines=Lines(board=BoardLine("tcp:127.0.0.1:0")))
    for bench, own in ((BenchFile(), {"station.rated_a": 63.0}), (file, {})):
        case = Case("unit/pilot/case", RunOptions(bench=bench))
        assert pilot.of_rating(case, {"Station-MaxCurrent": 40.0}, 63.0) == {"Station-MaxCurrent": 40.0, **own}
        case.close()


@pytest.fixture
def case() -> Any:
    case = Case("unit/pilot/case", RunOptions())
    yield case
    case.close()


@pytest.mark.parametrize(
    ("level", "volt", "verdict"),
    [
        ("state-b", 8.98, "pass"),
        ("state-b", 8.30, "fail"),  # more than 0.05 V below 8.36 V
        ("state-b", 8.34, "inconclusive"),
        ("state-b", 9.62, "fail"),
        ("low", -12.0, "pass"),
        ("low", -11.0, "fail"),
        ("state-a", None, "fail"),
    ],
)
def test_levels(case: Case, level: str, volt: float | None, verdict: str) -> None:
    pilot.judge_level(case, level, volt, 0.05)
    assert [each.verdict for each in case.judge.verdicts] == [verdict]


@pytest.mark.parametrize(
    ("duty", "verdict"),
    [(0.26667, "pass"), (0.27167, "inconclusive"), (0.27667, "fail"), (0.25667, "fail"), (None, "fail")],
)
def test_duty_cycles(case: Case, duty: float | None, verdict: str) -> None:
    pilot.judge_duty(case, "M3-003", "duty cycle", duty, 26.667, 0.002)
    assert [each.verdict for each in case.judge.verdicts] == [verdict]


def test_an_opening_without_a_cause_or_that_never_comes(case: Case) -> None:
    row, start = timing("M3-001.contactor-open"), Event(1.0, "board", "pilot", {})
    for left, opened in ((None, None), (start, None), (start, Event(1.05, "board", "contactor", {}))):
        pilot.judge_opening(case, row, "power off", left, opened, "M3-001")
    assert [each.verdict for each in case.judge.verdicts] == ["fail", "fail", "pass"]


@pytest.mark.parametrize(("closed_s", "verdict"), [(None, "pass"), (4.0, "pass"), (5.0, "fail")])
def test_never_powered_since(case: Case, closed_s: float | None, verdict: str) -> None:
    if closed_s is not None:
        case.timeline.record(closed_s, "board", "contactor", {"closed": True})
    case.timeline.record(6.0, "board", "contactor", {"closed": False})
    pilot.judge_never_powered(case, "M3-001", "in state B", 5.0)
    assert [each.verdict for each in case.judge.verdicts] == [verdict]


class Probing:
    """An outlet, what is observed of it, and the box in it: of a station that probes, or does not."""

    def __init__(self, *, probes: bool, answers: bool = True) -> None:
        self.probes = probes
        self.answers = answers
        self.done: list[str] = []
        self.observed = self

    async def set_state(self, state: str) -> None:
        self.done.append(state)

    async def pilot(self, state: str, *, within_s: float) -> Event | None:
        assert within_s == pilot.PATIENCE_S
        return Event(0.0, "board", "pilot", {"state": state}) if self.answers else None

    async def probed(self) -> None:
        self.done.append("probed")


@pytest.mark.parametrize(
    ("station", "done"),
    [
        (Probing(probes=True), ["C", "probed", "B"]),
        (Probing(probes=True, answers=False), ["C", "B"]),
        (Probing(probes=False), []),
    ],
)
def test_a_box_gets_over_its_probing(station: Any, done: list[str]) -> None:
    asyncio.run(pilot.unprobed(station, station))
    assert station.done == done
