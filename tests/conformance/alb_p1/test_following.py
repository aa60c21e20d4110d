"""Active load balancing while the meter is heard: what is offered follows what the house leaves."""

from __future__ import annotations

import pytest

from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import limit, timing
from rig.errors import HarnessError
from rig.kit.balancing import DSMR4, DSMR5, INTERVAL_S, METER_ERROR_A, OFFER_STEP_A, STATION_MAX_A, car, settings

MAX_A = 25.0
METERS = pytest.mark.parametrize("meter", [DSMR5, DSMR4])
# One control loop after a new measurement (O-52).
LOOP = timing("ALB-GEN-004")
MINIMUM_A = limit("M3-002").value
# A step of 1 A each 5 s: 30 s for the largest rise in these cases, and a telegram's interval at either end.
RISE_S = 200.0


def off_by_a(meter: str) -> float:
    """How far an offer may lie beside the exact figure: the meter's resolution and the offer's."""
    return METER_ERROR_A[meter] + OFFER_STEP_A


def judge_offer(rig: Case, bench: Bench, clause: str, what: str, exact_a: float, meter: str) -> None:
    """The offer, compared with what the site's true currents leave."""
    off_a = off_by_a(meter)
    rig.judge.value(
        clause, what, measured=bench.observed.offered_a, limit=exact_a, unit="A", early=off_a, late=off_a,
        evidence={"at_s": rig.now_s(), "meter": meter},
    )  # fmt: skip


@METERS
@pytest.mark.clause("ALB-GEN-001", "ALB-GEN-007", "ALB-P1-001", "ALB-P1-013", "ALB-P1-012")
async def test_nothing_else_draws(rig: Case, meter: str) -> None:
    """With no other load the offer is the maximum smart meter current, or the station's own if that is lower

    Both directions: a connection of 25 A caps a station of 32 A, and one of 40 A does not. A DSMR 4.2.2 and a DSMR
    5.0.2 telegram are both understood.
    """
    for meter_max_a, offer_a in ((MAX_A, MAX_A), (40.0, STATION_MAX_A)):
        async with rig.bench(settings(meter_max_a=meter_max_a), meter=meter) as bench:
            rig.need(bench.capabilities, "pilot")
            await bench.telegrams(2)
            await bench.charge(car())
            await rig.until(rig.now_s() + RISE_S)
            for clause in ("ALB-GEN-001", "ALB-GEN-007", "ALB-P1-001", "ALB-P1-013", "ALB-P1-012"):
                judge_offer(rig, bench, clause, f"offer on {meter_max_a:g} A", offer_a, meter)


@METERS
@pytest.mark.clause("ALB-GEN-004", "ALB-GEN-006", "ALB-GEN-008", "ALB-GEN-009", "ALB-GEN-039")
async def test_a_load_is_switched_on(rig: Case, meter: str) -> None:
    """A load in the house lowers the offer within one control loop of the telegram that shows it

    The car charges with 25 A; then 9 A are switched on in the house. From the moment the first telegram that shows
    them has arrived, the offer falls to what is left, and the connection is not above its limit any more once the car
    has followed.
    """
    load_a = 9.0
    async with rig.bench(settings(meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await bench.telegrams(2)
        await bench.charge(car())
        await rig.until(rig.now_s() + RISE_S)
        before_a = bench.observed.offered_a
        bench.house(load_a)
        shown = await bench.observed.next("frame", lambda event: event.data["dir"] == "a>b", within_s=15.0)
        lowered = await bench.observed.next("pilot", lambda e: (e.data["offered_a"] or 0.0) < before_a, within_s=15.0)
        if shown is None:
            raise HarnessError("the emulated meter sent no telegram")
        rig.judge.timed(LOOP, "offer falls after the telegram", start=shown, end=lowered, watched_until_s=rig.now_s())
        await rig.until(rig.now_s() + 2 * INTERVAL_S[meter] + timing("M3-001.car-follows").value_s)
        for clause in ("ALB-GEN-006", "ALB-GEN-009"):
            judge_offer(rig, bench, clause, f"offer beside {load_a:g} A in the house", MAX_A - load_a, meter)
        rig.judge.value(
            "ALB-GEN-008",
            "current of the connection",
            measured=max(bench.site.read(rig.now_s()).current_a),
            limit=MAX_A,
            unit="A",
            early=None,
            late=METER_ERROR_A[meter],
        )
        rig.judge.holds(
            "ALB-GEN-039",
            "the car draws less when another appliance is switched on",
            holds=bench.observed.offered_a < before_a,
            seen=f"{before_a:g} A before, {bench.observed.offered_a:g} A after",
            promised="less after than before",
        )


@METERS
@pytest.mark.clause("ALB-GEN-010", "ALB-GEN-011")
async def test_exclude_charging_ev(rig: Case, meter: str) -> None:
    """Exclude: the station is not behind this meter, and meter plus socket make up the maximum"""
    house_a = 13.0
    config = settings(meter_max_a=MAX_A, includes_charger=False)
    async with rig.bench(config, meter=meter, behind_meter=False) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(house_a)
        await bench.telegrams(2)
        await bench.charge(car())
        await rig.until(rig.now_s() + RISE_S)
        judge_offer(rig, bench, "ALB-GEN-010", f"offer beside {house_a:g} A on the meter", MAX_A - house_a, meter)
        meter_a = max(bench.site.read(rig.now_s()).current_a)
        rig.judge.value(
            "ALB-GEN-011",
            "meter and offered socket current together",
            measured=meter_a + bench.observed.offered_a,
            limit=MAX_A,
            unit="A",
            early=off_by_a(meter),
            late=off_by_a(meter),
        )


@pytest.mark.clause("ALB-GEN-050")
async def test_figure_of_25_16_and_9(rig: Case) -> None:
    """25 A of which the house draws 9 leave 16 A for the car (figure 5.2)"""
    async with rig.bench(settings(meter_max_a=25.0), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(9.0)
        await bench.telegrams(2)
        await bench.charge(car())
        await rig.until(rig.now_s() + RISE_S)
        judge_offer(rig, bench, "ALB-GEN-050", "offer", 16.0, DSMR5)


@pytest.mark.parametrize("phase", [0, 1, 2], ids=["L1", "L2", "L3"])
@METERS
@pytest.mark.clause("ALB-GEN-006")
async def test_the_fullest_phase_leads(rig: Case, meter: str, phase: int) -> None:
    """A load on one phase only: a three-phase car is offered what that phase leaves"""
    load_a = 12.0
    async with rig.bench(settings(meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(*(load_a if index == phase else 0.0 for index in range(3)))
        await bench.telegrams(2)
        await bench.charge(car())
        await rig.until(rig.now_s() + RISE_S)
        judge_offer(rig, bench, "ALB-GEN-006", f"offer with {load_a:g} A on L{phase + 1}", MAX_A - load_a, meter)


@pytest.mark.clause("ALB-GEN-039", "ALB-GEN-041", "M3-002")
async def test_hair_dryer(rig: Case) -> None:
    """The verification recipe: 10 A in the house, a hair dryer of 9 A, and a maximum of 18 A

    Without the dryer 8 A are left for the car. With it the loads alone take 19 A: nothing is left and the car is
    paused (X-43). Dryer off again: charging goes on. The car is never offered anything between 0 and 6 A.
    """
    max_a, house_a, dryer_a = 18.0, 10.0, 9.0
    async with rig.bench(settings(meter_max_a=max_a), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(house_a)
        await bench.telegrams(2)
        await bench.charge(car(phases=1))
        await rig.until(rig.now_s() + RISE_S)
        judge_offer(rig, bench, "ALB-GEN-041", "offer without the dryer", max_a - house_a, DSMR5)
        bench.house(house_a + dryer_a)
        await bench.telegrams(2)
        rig.judge.holds(
            "ALB-GEN-039",
            "with the dryer on the car is paused",
            holds=bench.observed.offered_a == 0.0,
            seen=f"{bench.observed.offered_a:g} A offered",
            promised="less: nothing is left",
        )
        bench.house(house_a)
        await rig.until(rig.now_s() + RISE_S)
        judge_offer(rig, bench, "ALB-GEN-041", "offer with the dryer off again", max_a - house_a, DSMR5)
        offers = [event.data["offered_a"] for event in rig.timeline.of("pilot") if event.data["offered_a"] is not None]
        rig.judge.value("M3-002", "lowest offer by PWM", measured=min(offers), limit=MINIMUM_A, unit="A", late=None)


@METERS
@pytest.mark.clause("ALB-P1-001", "ALB-GEN-009")
async def test_a_one_phase_connection(rig: Case, meter: str) -> None:
    """A one-phase connection and a one-phase meter, whose telegrams have no L2 and L3"""
    house_a = 9.0
    config = {**settings(meter_max_a=MAX_A), "Phase-Connected": "L1"}
    async with rig.bench(config, meter=meter, phases=1) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(house_a)
        await bench.telegrams(2)
        await bench.charge(car(phases=1))
        await rig.until(rig.now_s() + RISE_S)
        for clause in ("ALB-P1-001", "ALB-GEN-009"):
            judge_offer(rig, bench, clause, f"offer beside {house_a:g} A", MAX_A - house_a, meter)


@METERS
@pytest.mark.clause("ALB-GEN-010")
async def test_exclude_with_export(rig: Case, meter: str) -> None:
    """Exclude, and the house feeds in: what it exports adds to what the station may take (O-62)"""
    pv_a, max_a = 12.0, 16.0
    config = settings(meter_max_a=max_a, includes_charger=False)
    async with rig.bench(config, meter=meter, behind_meter=False) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.pv(pv_a)
        await bench.telegrams(2)
        await bench.charge(car())
        await rig.until(rig.now_s() + RISE_S)
        judge_offer(rig, bench, "ALB-GEN-010", f"offer while {pv_a:g} A are exported", max_a + pv_a, meter)


@pytest.mark.parametrize("left_a", [0.5, 3.0, 5.8])
@pytest.mark.clause("M3-002")
async def test_less_than_the_minimum_is_left(rig: Case, left_a: float) -> None:
    """Something is left, but less than 6 A: the session is paused, the contactor open, and no current signalled"""
    async with rig.bench(settings(meter_max_a=MAX_A), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        await bench.telegrams(2)
        await bench.charge(car())
        bench.house(MAX_A - left_a)
        await rig.until(rig.now_s() + 60.0)
        seen = bench.observed
        rig.judge.holds(
            "M3-002",
            f"the session with {left_a:g} A left",
            holds=seen.offered_a == 0.0 and not seen.contactor_closed and max(seen.drawn_a) == 0.0,
            seen=f"{seen.offered_a:g} A offered, contactor {'closed' if seen.contactor_closed else 'open'}",
            promised="no offer below 6 A: paused",
        )
