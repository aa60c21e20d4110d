"""Cars that limit themselves, cars that begin in state C, and what is no car at all."""

from __future__ import annotations

import pytest

from emulators.vehicle.garage import load
from emulators.vehicle.spec import VehicleSpec
from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.balancing import DSMR5, heard
from rig.kit.balancing import settings as balanced
from rig.kit.pilot import PATIENCE_S, closes, settings

CLOSES, GRACE, BAND = timing("M3-001.contactor-close"), timing("OCP-024"), timing("OCP-004")
SESSION_S = 600.0


@pytest.mark.parametrize("car_a", [6.0, 10.0, 16.0])
@pytest.mark.clause("M3-011")
async def test_a_car_that_takes_less(rig: Case, car_a: float) -> None:
    """A car made for 16 A (or less) at an offer of 32 A: it never draws more, and charges on undisturbed"""
    async with rig.bench(settings(32.0)) as bench:
        rig.need(bench.capabilities, "pilot")
        await bench.charge(VehicleSpec(phases=3, max_a=car_a))
        began_s = rig.now_s()
        await rig.until(began_s + SESSION_S)
        drawn_a = [max(event.data["i_a"]) for event in rig.timeline.of("currents")]
        rig.judge.value("M3-011", "highest current", measured=max(drawn_a), limit=car_a, unit="A", early=0.0, late=0.0)
        states = [event.data["state"] for event in rig.timeline.of("pilot") if event.at_s > began_s]
        rig.judge.holds(
            "M3-011",
            "the session of a car that takes less",
            holds=bench.observed.drawn_a == (car_a,) * 3 and set(states) <= {"C2"},
            seen=f"{max(bench.observed.drawn_a):g} A in state {bench.observed.pilot_state}",
            promised=f"{car_a:g} A in state C2, {SESSION_S:g} s later too",
        )


@pytest.mark.clause("M3-001")
async def test_a_car_that_begins_in_state_c(rig: Case) -> None:
    """A car with a simplified pilot is in state C from the start: it gets PWM first, then power within 3 s of it"""
    async with rig.bench(settings(16.0)) as bench:
        rig.need(bench.capabilities, "pilot")
        closing = closes(bench)
        bench.plug_in(load("simplified").spec)
        offered = await bench.observed.pilot("C2", within_s=PATIENCE_S)
        closed = await closing.within(PATIENCE_S)
        if offered is None:
            rig.judge.holds("M3-001", "PWM", holds=False, seen=bench.observed.pilot_state, promised="state C2")
            return
        rig.judge.timed(CLOSES, "power", start=offered, end=closed, watched_until_s=rig.now_s())


@pytest.mark.clause("M3-010")
async def test_a_test_plug(rig: Case) -> None:
    """A test plug with a heater of 14 A does not follow when the offer goes down to 10 A: the station switches it off

    Its current stays what it was until the pause, which comes after the grace and the time of its band (140 %) at most.
    """
    heater_a, max_a, left_a = 14.0, 25.0, 10.0
    async with rig.bench(balanced(DSMR5, meter_max_a=max_a), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        await heard(rig, bench)
        await bench.charge(VehicleSpec(phases=3, max_a=32.0, fixed_draw_a=heater_a))
        await rig.until(rig.now_s() + PATIENCE_S)
        since_s = rig.now_s()
        lowering = bench.observed.expect("pilot", lambda event: (event.data["offered_a"] or 0.0) < heater_a)
        bench.house(max_a - left_a)
        lowered = await lowering.within(PATIENCE_S)
        paused = await bench.observed.pilot("F", within_s=PATIENCE_S)
        drawn_a = {max(event.data["i_a"]) for event in rig.timeline.of("currents") if event.at_s > since_s}
        rig.judge.holds(
            "M3-010",
            "current of the test plug while it has power",
            holds=drawn_a <= {heater_a, 0.0},
            seen=", ".join(f"{a:g} A" for a in sorted(drawn_a)) or f"{heater_a:g} A",
            promised=f"{heater_a:g} A, as before",
        )
        if lowered is None:
            rig.judge.holds("M3-010", "offer", holds=False, seen="not lowered", promised=f"{left_a:g} A")
            return
        rig.judge.elapsed(
            "M3-010",
            "pause of a plug that does not follow",
            start=lowered,
            end=paused,
            limit_s=GRACE.value_s + BAND.value_s,
            early_s=None,
            late_s=GRACE.tolerance_late_s + BAND.tolerance_late_s,
            watched_until_s=rig.now_s(),
        )
