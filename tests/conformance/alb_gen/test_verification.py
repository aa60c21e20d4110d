"""The installer's verification: a hair dryer beside the household, and a look at which phase rises with the car."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.clauses.timings import limit, timing
from rig.kit.balancing import (
    STATION_MAX_A,
    charging,
    judge_offer,
    judge_set_offer,
    meters,
    not_held,
    offers_since,
    settings,
    settled,
)
from rig.meters import KINDS, MeterKind

MINIMUM_A = limit("M3-002").value
THREE_PHASE = [kind for kind in KINDS.values() if kind.phases == 3]


@meters()
@pytest.mark.clause("ALB-GEN-039", "ALB-GEN-041", "M3-002")
async def test_hair_dryer(rig: Case, meter: MeterKind) -> None:
    """The verification recipe: 10 A in the house, a hair dryer of 9 A, and a maximum of 18 A

    Without the dryer 8 A are left for the car. With it the loads alone take 19 A: nothing is left and the car is
    paused (X-43). Dryer off again: charging goes on. The car is never offered anything between 0 and 6 A.
    """
    max_a, house_a, dryer_a = 18.0, 10.0, 9.0
    async with rig.bench(settings(meter, meter_max_a=max_a), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(house_a)
        await charging(rig, bench, car_phases=1)
        judge_offer(rig, bench, "ALB-GEN-041", "offer without the dryer", max_a - house_a, meter)
        bench.house(house_a + dryer_a)
        await bench.readings(2)
        await rig.until(rig.now_s() + timing("ALB-GEN-004").value_s)
        await not_held(rig, bench)
        rig.judge.holds(
            "ALB-GEN-039",
            "with the dryer on the car is paused",
            holds=bench.observed.offered_a == 0.0,
            seen=f"{bench.observed.offered_a:g} A offered",
            promised="less: nothing is left",
        )
        bench.house(house_a)
        await settled(rig, bench)
        judge_offer(rig, bench, "ALB-GEN-041", "offer with the dryer off again", max_a - house_a, meter)
        offers = [offer_a for _, offer_a in offers_since(rig, bench.began_s) if offer_a]
        rig.judge.value("M3-002", "lowest offer by PWM", measured=min(offers), limit=MINIMUM_A, unit="A", late=None)


@meters()
@pytest.mark.clause("ALB-GEN-037", "ALB-GEN-039")
async def test_no_balancing_where_there_is_room(rig: Case, meter: MeterKind) -> None:
    """A recipe with a maximum above car and other loads together shows nothing: the car keeps its full current

    The other half of the recipe, so that a station that always lowers the offer does not pass it.
    """
    house_a = 19.0
    max_a = STATION_MAX_A + house_a + 2.0
    async with rig.bench(settings(meter, meter_max_a=max_a), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        bench.house(house_a)
        since_s = rig.now_s()
        await settled(rig, bench)
        lowest_a = min(offer_a for _, offer_a in offers_since(rig, since_s))
        for clause in ("ALB-GEN-037", "ALB-GEN-039"):
            judge_set_offer(rig, clause, "lowest offer where car and loads fit", lowest_a, STATION_MAX_A)
