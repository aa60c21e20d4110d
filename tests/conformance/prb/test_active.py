"""Probing under active load balancing: as with standard load balancing, with what the meter leaves (PRB-026)."""

from __future__ import annotations

import pytest

from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import late_tolerance_s, timing
from rig.kit import balancing, sharing
from rig.kit.balancing import DSMR5, PAUSED_S, at_most, is_offer, meters, offers_since
from rig.kit.probing import (
    ADJUSTED_S,
    JUDGED_S,
    LEAST_A,
    OVER_S,
    PROBING_A,
    active_settings,
    begun,
    car,
    charging,
    judge_first_offer,
    judge_level,
    judge_minute,
    judge_offer,
    judge_states,
    probe_over,
)
from rig.meters import KINDS, MeterKind

MAX_A = 25.0
# What the meter leaves. Of 20 A, as in the documents, a meter's error might leave 5.9 A beside a probe.
AVAILABLE_A = 21.0
SAFE_A = 10.0
SDM72D = KINDS["sdm72d"]


def settings(meter: MeterKind, *, includes_charger: bool = True, safe_a: float = SAFE_A) -> dict[str, object]:
    return active_settings(meter, meter_max_a=MAX_A, includes_charger=includes_charger, safe_a=safe_a)


async def with_room(rig: Case, bench: Bench) -> None:
    """The meter is heard, and leaves 21 A."""
    bench.house(MAX_A - AVAILABLE_A)
    await balancing.heard(rig, bench)


@pytest.mark.parametrize("includes", [True, False], ids=["include", "exclude"])
@meters([DSMR5, SDM72D, KINDS["e27"]])
@pytest.mark.clause("PRB-006", "PRB-026")
async def test_as_with_standard_balancing(rig: Case, meter: MeterKind, includes: bool) -> None:
    """Both classes under a meter: the probe leaves the rest to the other, then 14 A for the one and the rest for it"""
    needed = settings(meter, includes_charger=includes)
    async with rig.bench(needed, meter=meter, behind_meter=includes, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        await with_room(rig, bench)
        other, needs = bench.outlets
        plugged_s = rig.now_s()
        c2 = await begun(other, car())
        end = await probe_over(rig, other, c2)
        judge_first_offer(rig, other, "PRB-026", since_s=plugged_s)
        judge_minute(rig, "PRB-006", "probe", c2, end)
        await sharing.settled(rig, bench)
        judge_offer(rig, other, "PRB-026", "alone", AVAILABLE_A, meter=meter)
        c2 = await begun(needs, car("chameleon"))
        await rig.until(c2.at_s + JUDGED_S)
        judge_offer(rig, other, "PRB-026", "while the other is probed", AVAILABLE_A - PROBING_A, meter=meter)
        judge_level(rig, needs, "PRB-026", "while probed", PROBING_A, since_s=c2.at_s, until_s=rig.now_s())
        await rig.until(c2.at_s + OVER_S)
        await sharing.settled(rig, bench)
        judge_offer(rig, needs, "PRB-026", "needs 14 A", PROBING_A, meter=meter)
        judge_offer(rig, other, "PRB-026", "beside it", AVAILABLE_A - PROBING_A, meter=meter)


@pytest.mark.clause("PRB-008", "PRB-026", "PRB-030")
async def test_house_that_varies(rig: Case) -> None:
    """Whatever the house leaves, a 14 A car is offered 14 A or more, or nothing, and is not probed again

    The house leaves 21, 13, 16, 5 and 21 A.
    """
    async with rig.bench(settings(DSMR5), meter=DSMR5, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        await with_room(rig, bench)
        needs, other = bench.outlets
        await charging(rig, bench, needs, "chameleon")
        await charging(rig, bench, other)
        since_s = rig.now_s()
        before_a = [outlet.observed.offered_a for outlet in bench.outlets]
        for left_a, for_s in ((13.0, ADJUSTED_S), (16.0, 2 * PAUSED_S), (5.0, ADJUSTED_S), (AVAILABLE_A, 2 * PAUSED_S)):
            bench.house(MAX_A - left_a)
            await rig.until(rig.now_s() + for_s)
        offers_a = sorted({offer_a for _, offer_a in offers_since(rig, since_s, needs.number) if offer_a})
        rig.judge.value(
            "PRB-008", "least current offered to the 14 A car, but for pauses", measured=offers_a[0],
            limit=PROBING_A, unit="A", early=balancing.PWM_STEP_A, late=None,
        )  # fmt: skip
        judge_offer(rig, needs, "PRB-026", "needs 14 A", PROBING_A, meter=DSMR5)
        judge_offer(rig, other, "PRB-026", "beside it", AVAILABLE_A - PROBING_A, meter=DSMR5)
        for outlet, a in zip(bench.outlets, before_a, strict=True):
            judge_offer(rig, outlet, "PRB-030", "as before", a, meter=DSMR5)


@pytest.mark.parametrize(("left_a", "charges"), [(5.9, False), (6.0, True)], ids=["5.9 A", "6.0 A"])
@pytest.mark.clause("PRB-012")
async def test_6_a_for_a_session(rig: Case, left_a: float, charges: bool) -> None:
    """With 6.0 A available a car is probed and charges, with 5.9 A it does not even go to C2"""
    async with rig.bench(settings(SDM72D), meter=SDM72D, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(MAX_A - left_a)
        await balancing.heard(rig, bench)
        outlet = bench.outlet(1)
        plugged_s = rig.now_s()
        outlet.plug_in(car())
        await rig.until(plugged_s + OVER_S + PAUSED_S)
        states = ("C2",) if charges else ("B1",)
        judge_states(rig, outlet, "PRB-012", f"with {left_a:g} A", *states, since_s=plugged_s + ADJUSTED_S)
        judge_level(
            rig, outlet, "PRB-012", f"with {left_a:g} A", LEAST_A if charges else 0.0,
            since_s=plugged_s + ADJUSTED_S, until_s=rig.now_s(),
        )  # fmt: skip


@pytest.mark.clause("PRB-003", "PRB-021", "PRB-030")
async def test_meter_lost_in_the_middle(rig: Case) -> None:
    """The meter is lost while a car is probed: it goes on with the safe current, and is not probed again afterwards

    The car is not paused. It is offered the safe current of 10 A until its meter is back, and then more by and by, with
    no second minute at 14 A (O-13, O-15).
    """
    loss = timing(DSMR5.loss)
    async with rig.bench(settings(DSMR5), meter=DSMR5, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        await with_room(rig, bench)
        outlet = bench.outlet(1)
        c2 = await begun(outlet, car())
        await rig.until(c2.at_s + 10.0)
        with bench.meter.broken("unplugged"):
            lost_s = rig.now_s() + loss.value_s + (late_tolerance_s(loss) or 0.0)
            await rig.until(c2.at_s + 2 * OVER_S)
            judge_level(rig, outlet, "PRB-003", "while the meter is lost", SAFE_A, since_s=lost_s, until_s=rig.now_s())
            judge_states(rig, outlet, "PRB-021", "while the meter is lost", "C2", since_s=c2.at_s)
        back_s = rig.now_s()
        await balancing.offering(bench, AVAILABLE_A)
        judge_offer(rig, outlet, "PRB-030", "after the return", AVAILABLE_A, meter=DSMR5)
        longest_s = max((for_s for offer_a, for_s in spans(rig, back_s) if is_offer(offer_a, PROBING_A)), default=0.0)
        rig.judge.value(
            "PRB-030", "longest time at 14 A after the return", measured=longest_s,
            limit=balancing.SLOWEST_RISE_S_PER_A, unit="s", early=None, late=1.0,
        )  # fmt: skip


def spans(rig: Case, since_s: float) -> list[tuple[float, float]]:
    """What was offered since a time, A, and for how long each."""
    offers = offers_since(rig, since_s)
    ends_s = [*(at_s for at_s, _ in offers[1:]), rig.now_s()]
    return [(offer_a, end_s - at_s) for (at_s, offer_a), end_s in zip(offers, ends_s, strict=True)]


@pytest.mark.clause("PRB-030")
async def test_meter_lost_later(rig: Case) -> None:
    """A 14 A car that the safe current left without its 14 A has them again when the meter is back, without a probe"""
    async with rig.bench(settings(DSMR5), meter=DSMR5, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        await with_room(rig, bench)
        needs, other = bench.outlets
        await charging(rig, bench, needs, "chameleon")
        await charging(rig, bench, other)
        before_a = [outlet.observed.offered_a for outlet in bench.outlets]
        with bench.meter.broken("unplugged"):
            await needs.observed.next("pilot", lambda event: at_most(event, SAFE_A), within_s=OVER_S)
            await rig.until(rig.now_s() + OVER_S)
        await balancing.heard(rig, bench)
        await rig.until(rig.now_s() + 2 * PAUSED_S)
        for outlet, a in zip(bench.outlets, before_a, strict=True):
            judge_offer(rig, outlet, "PRB-030", "as before", a, meter=DSMR5)
