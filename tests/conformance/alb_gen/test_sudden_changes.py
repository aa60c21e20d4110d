"""Sudden and small changes while the meter is heard: all of one is followed, and at once; and the first offers."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.balancing import (
    OFFER_STEP_A,
    PWM_STEP_A,
    at_most,
    car,
    charging,
    heard,
    judge_offer,
    meters,
    off_by_a,
    offers_since,
    one_of_each_port,
    settings,
    settled,
)
from rig.meters import KINDS, MeterKind

MAX_A = 25.0
# One control loop after a new measurement (O-52).
LOOP = timing("ALB-GEN-004")
FOLLOWED_WITHIN_S = 15.0
SIGNED = [kind for kind in KINDS.values() if kind.export_error_a is not None]
FINE = [kind for kind in KINDS.values() if kind.error_a < OFFER_STEP_A]


@meters()
@pytest.mark.clause("ALB-GEN-004")
async def test_all_of_a_large_load(rig: Case, meter: MeterKind) -> None:
    """A large load is switched on: the whole decrease comes within one control loop, not a first step of it

    The car charges with 25 A; the 15 A that are switched on leave 10 A.
    """
    load_a = 15.0
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        bench.house(load_a)
        enough_a = MAX_A - load_a + off_by_a(meter)
        falling = bench.observed.expect("pilot", lambda event: at_most(event, enough_a))
        shown = await bench.shown(lambda i_a: max(i_a) > MAX_A)
        fallen = await falling.within(FOLLOWED_WITHIN_S)
        rig.judge.timed(LOOP, "all that the load takes", start=shown, end=fallen, watched_until_s=rig.now_s())


@meters(SIGNED)
@pytest.mark.clause("ALB-GEN-004", "ALB-GEN-008")
async def test_a_cloud(rig: Case, meter: MeterKind) -> None:
    """A cloud: what flows out becomes what flows in, and the offer falls within one control loop

    The panels give 20 A and the house takes 6 A of them, so a connection of 16 A has 30 A for the car, which does not
    draw; without the panels there are 10 A. The direction is as new as the current.
    """
    max_a, house_a, pv_a = 16.0, 6.0, 20.0
    async with rig.bench(settings(meter, meter_max_a=max_a), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(house_a)
        bench.pv(pv_a)
        await heard(rig, bench)
        bench.plug_in(car(meter.phases)).stop()
        bench.poke()
        await settled(rig, bench)
        bench.pv(0.0)
        enough_a = max_a - house_a + off_by_a(meter)
        falling = bench.observed.expect("pilot", lambda event: at_most(event, enough_a))
        shown = await bench.shown(lambda i_a: max(i_a) > 0.0)
        fallen = await falling.within(FOLLOWED_WITHIN_S)
        rig.judge.timed(LOOP, "all that the panels gave", start=shown, end=fallen, watched_until_s=rig.now_s())
        judge_offer(rig, bench, "ALB-GEN-008", "offer under the cloud", max_a - house_a, meter)


@meters(FINE)
@pytest.mark.clause("ALB-GEN-008")
async def test_small_loads(rig: Case, meter: MeterKind) -> None:
    """Loads of less than 1 A lower the offer, too: there is no dead band (on meters that show them)"""
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        for load_a in (0.4, 0.8):
            bench.house(load_a)
            await settled(rig, bench)
            judge_offer(rig, bench, "ALB-GEN-008", f"offer beside {load_a:g} A in the house", MAX_A - load_a, meter)


@meters(one_of_each_port())
@pytest.mark.clause("ALB-GEN-008")
async def test_the_first_offers_of_a_session(rig: Case, meter: MeterKind) -> None:
    """A new session is never offered more than is left, not for a moment"""
    load_a = 9.0
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(load_a)
        await charging(rig, bench)
        rig.judge.value(
            "ALB-GEN-008",
            "highest offer of a new session",
            measured=max(offer_a for _, offer_a in offers_since(rig, bench.began_s)),
            limit=MAX_A - load_a,
            unit="A",
            early=None,
            late=meter.error_a + PWM_STEP_A,
        )


@meters(one_of_each_port())
@pytest.mark.clause("M3-002")
async def test_a_start_without_room(rig: Case, meter: MeterKind) -> None:
    """A car is plugged in while less than 6 A are left: no offer, not even a first one"""
    left_a = 3.0
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(MAX_A - left_a)
        await heard(rig, bench)
        began_s = rig.now_s()
        bench.plug_in(car(meter.phases))
        await rig.until(began_s + 60.0)
        rig.judge.value(
            "M3-002",
            f"highest offer with {left_a:g} A left",
            measured=max((offer_a for _, offer_a in offers_since(rig, began_s)), default=0.0),
            limit=0.0,
            unit="A",
        )
