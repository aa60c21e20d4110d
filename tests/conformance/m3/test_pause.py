"""Pauses: the offer goes (C2 to C1), the car opens S2 or is switched off, and the offer comes again."""

from __future__ import annotations

from itertools import groupby

import msgspec
import pytest

from emulators.vehicle.garage import load
from emulators.vehicle.spec import VehicleSpec
from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.balancing import DSMR5, heard
from rig.kit.balancing import settings as balanced
from rig.kit.pilot import PATIENCE_S, judge_opening, opens
from rig.timeline import Event

FORCED, STOPPED = timing("M3-001.c1-forced-open"), timing("M3-001.contactor-open")
MAX_A = 25.0
# What a station needs to give 6 A again after a pause (O-32), and a car to get up and ask for it.
BACK_WITHIN_S = 180.0
AN_EPSILON_S = 0.2


def car(stop_reaction_s: float) -> VehicleSpec:
    """A car that follows within half a second, but takes so long to see that it has no permission any more."""
    return VehicleSpec(max_a=32.0, draw_fraction=0.97, reaction_s=0.5, stop_reaction_s=stop_reaction_s)


async def paused(rig: Case, bench: Bench, spec: VehicleSpec) -> Event | None:
    """The car charges, then the house takes all there is; the event with which the pilot goes from C2 to C1."""
    await heard(rig, bench)
    await bench.charge(spec)
    await rig.until(rig.now_s() + PATIENCE_S)
    pausing = bench.observed.expect("pilot", lambda event: event.data["signal"] != "pwm")
    bench.house(MAX_A)
    return await pausing.within(PATIENCE_S)


@pytest.mark.clause("M3-001", "M3-005")
async def test_a_car_that_keeps_drawing(rig: Case) -> None:
    """A car that stays in C1 and draws on: it has at least 6 s, then the contactor opens under load

    The pause goes on in C1 for as long as the car stays in state C, and the offer takes it back to C2.
    """
    async with rig.bench(balanced(DSMR5, meter_max_a=MAX_A), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        await heard(rig, bench)
        opening = opens(bench)
        began = await paused(rig, bench, load("keeps-drawing").spec)
        opened = await opening.within(PATIENCE_S)
        judge_opening(rig, FORCED, "power off under load", began, opened, "M3-001")
        await rig.until(rig.now_s() + 60.0)
        rig.judge.holds(
            "M3-005",
            "a pause of a car that stays in state C",
            holds=bench.observed.pilot_state == "C1",
            seen=f"state {bench.observed.pilot_state}",
            promised="state C1",
        )
        bench.house(0.0)
        back = await bench.observed.pilot("C2", within_s=BACK_WITHIN_S)
        rig.judge.holds(
            "M3-005",
            "after the pause",
            holds=back is not None,
            seen=f"state {bench.observed.pilot_state}",
            promised="state C2",
        )


@pytest.mark.parametrize("stop_reaction_s", [1.0, 3.0, FORCED.value_s - AN_EPSILON_S])
@pytest.mark.clause("M3-001", "M3-005")
async def test_a_car_that_stops_in_time(rig: Case, stop_reaction_s: float) -> None:
    """A car that opens S2 within 6 s is not cut off before that; then there is no power after 100 ms, in B1"""
    async with rig.bench(balanced(DSMR5, meter_max_a=MAX_A), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        opening = opens(bench)
        began = await paused(rig, bench, car(stop_reaction_s))
        stopped = await bench.observed.pilot("B1", "B2", within_s=PATIENCE_S)
        opened = await opening.within(PATIENCE_S)
        judge_opening(rig, STOPPED, "power off after the car has stopped", stopped, opened, "M3-001")
        if stopped is not None and opened is not None:
            rig.judge.holds(
                "M3-001",
                f"power until the car stops, {stop_reaction_s:g} s after the offer went",
                holds=opened.at_s >= stopped.at_s,
                seen=f"off {opened.at_s - stopped.at_s:+.3f} s from when it stopped",
                promised="not before",
                clear_s=AN_EPSILON_S,
            )
        await rig.until(rig.now_s() + 60.0)
        since_s = rig.now_s() if began is None else began.at_s
        states = [event.data["state"] for event in rig.timeline.of("pilot") if event.at_s >= since_s]
        rig.judge.holds(
            "M3-005",
            "states of the pause",
            holds=began is not None and set(states) <= {"C1", "B1"},
            seen=" ".join(states) or "none",
            promised="C1, then B1 when the car opens S2",
        )


@pytest.mark.parametrize(
    ("sleeper", "pause_s"), [("light-sleeper", 900.0), ("obedient-3p", 900.0)], ids=["asleep", "awake"]
)
@pytest.mark.clause("M3-001", "M3-005")
async def test_the_end_of_a_long_pause(rig: Case, sleeper: str, pause_s: float) -> None:
    """After a pause of a quarter of an hour PWM is there again (B1 to B2): that wakes the car, and it charges

    The car that falls asleep after ten minutes needs more than the offer alone: 10 s until it is up.
    """
    spec = msgspec.structs.replace(load(sleeper).spec, draw_fraction=0.97)
    async with rig.bench(balanced(DSMR5, meter_max_a=MAX_A), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        await paused(rig, bench, spec)
        await rig.until(rig.now_s() + pause_s)
        drawing = bench.observed.expect("currents", lambda event: max(event.data["i_a"]) > 0.0)
        since_s = rig.now_s()
        bench.house(0.0)
        drawn = await drawing.within(BACK_WITHIN_S)
        states = [state for state, _ in groupby(e.data["state"] for e in rig.timeline.of("pilot") if e.at_s >= since_s)]
        for clause, holds, promised in (
            ("M3-001", drawn is not None, "the car draws again"),
            ("M3-005", states[:2] == ["B2", "C2"], "B2, C2"),
        ):
            rig.judge.holds(
                clause,
                "after the pause",
                holds=holds,
                seen=f"{' '.join(states) or 'no change'}, {'drawing' if drawn else 'not drawing'}",
                promised=promised,
            )
