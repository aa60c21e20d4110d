"""The control pilots of two sockets, each with a box and a scope of its own: what one does is not seen at the other."""

from __future__ import annotations

import pytest

from emulators.pilot.codec import duty_for
from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.balancing import car
from rig.kit.pilot import (
    CABLE_A,
    OFFER_A,
    PATIENCE_S,
    SETTLED_S,
    closes,
    judge_duty,
    judge_level,
    judge_opening,
    opens,
    unprobed,
)

CLOSES, OPENS = timing("M3-001.contactor-close"), timing("M3-001.contactor-open")
SETTINGS: dict[str, object] = {
    "FeatureLicenseKey": "",
    "Station-MaxCurrent": 2 * OFFER_A,
    "Connector1-MaxCurrent": OFFER_A,
    "Connector2-MaxCurrent": OFFER_A,
}
DUTY_PCT = duty_for(round(1000 * OFFER_A)) / 1000


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.clause("M3-001", "M3-003")
async def test_a_session_beside_another(rig: Case, number: int) -> None:
    """A to B to C and back at one socket while a car charges at the other: levels, duty cycle and power are its own"""
    async with rig.bench(SETTINGS, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        own, other = bench.outlet(number), bench.outlet(3 - number)
        await other.charge(car())
        box, scope = await bench.ev_box(number), await bench.scope(number)
        judge_level(rig, "state-a", (await scope.measure()).high_v, scope.uncertainty_v)
        await box.set_cable(CABLE_A)
        await unprobed(own, box)
        await box.set_state("B")
        await own.observed.pilot("B2", within_s=PATIENCE_S)
        closing = closes(own)
        await box.set_state("C")
        asked = await own.observed.pilot("C2", within_s=PATIENCE_S)
        closed = await closing.within(PATIENCE_S)
        if asked is not None:
            rig.judge.timed(CLOSES, "power", start=asked, end=closed, watched_until_s=rig.now_s())
        await rig.until(rig.now_s() + SETTLED_S)
        seen = await scope.measure()
        judge_level(rig, "state-c", seen.high_v, scope.uncertainty_v)
        judge_duty(rig, "M3-003", f"duty cycle for {OFFER_A:g} A", seen.duty, DUTY_PCT, scope.uncertainty_duty)
        opening = opens(own)
        await box.set_state("B")
        stopped = await own.observed.pilot("B2", "B1", within_s=PATIENCE_S)
        judge_opening(rig, OPENS, "power off", stopped, await opening.within(PATIENCE_S), "M3-001")
        rig.judge.holds(
            "M3-001",
            "the car at the other socket",
            holds=other.observed.contactor_closed and other.observed.offered_a > 0.0,
            seen=f"{other.observed.offered_a:g} A, contactor {'closed' if other.observed.contactor_closed else 'open'}",
            promised="charges",
        )
