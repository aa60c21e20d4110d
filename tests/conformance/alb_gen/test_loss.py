"""The meter goes silent or talks nonsense: the station falls back to its safe current, in time and not before.

The same on every meter; what each port has of its own is judged in the suite of that port.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest

from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import limit, timing
from rig.errors import NotTestableHere
from rig.kit.balancing import (
    LOSS_CLAUSE,
    PWM_STEP_A,
    SAFE_A,
    SLOWEST_RISE_S_PER_A,
    at_most,
    car,
    heard,
    is_offer,
    judge_fallback,
    judge_gradual,
    judge_set_offer,
    off_by_a,
    offering,
    offers_since,
    one_of_each_port,
    settings,
    settled,
)
from rig.meters import KINDS, MeterKind, PortName
from rig.timeline import Event

# The connection has room to spare, so that a meter's rounding does not move the offer: the station's own limit leads.
MAX_A = 40.0
CHARGING_A = 25.0
EPSILON_S = 0.5
# Ways to lose a meter, beside an unplugged cable: on each port what can happen there.
WAYS: Mapping[PortName, tuple[str, ...]] = {
    "p1": ("stuck",),
    "tic": ("stuck",),
    "rtu": ("stuck", "wrong CRC", "exception", "wrong unit", "no values"),
    "tcp": ("refused", "silent", "reset", "exception", "wrong unit", "wrong transaction", "no values"),
}
# After a cable is back it can take this long until a station hears its meter again: a frame that was cut off, a
# connection that is still being tried.
BACK_WITHIN_S: Mapping[PortName, float] = {"p1": 0.0, "tic": 4.0, "rtu": 2.0, "tcp": 8.0}
# What is wrong with a single telegram or answer, on each port.
SINGLE: Mapping[PortName, tuple[str, ...]] = {
    "p1": ("misread",),
    "tic": ("misread",),
    "rtu": ("misread", "wrong CRC", "exception", "wrong unit", "no values", "overflow"),
    "tcp": ("exception", "wrong unit", "wrong transaction", "no values", "overflow"),
}


def configured(meter: MeterKind, safe_a: float = SAFE_A) -> dict[str, object]:
    return settings(meter, meter_max_a=MAX_A, station_max_a=CHARGING_A, safe_a=safe_a)


def judged(meter: MeterKind, *more: object, clauses: tuple[str, ...] = (), name: str = "") -> object:
    """A case with that meter, marked with what its loss is judged by."""
    marks = pytest.mark.clause(LOSS_CLAUSE[meter.port], *clauses)
    return pytest.param(meter, *more, id=f"{meter}{name}", marks=marks)


def every_meter(*clauses: str) -> list[object]:
    return [judged(meter, clauses=clauses) for meter in KINDS.values()]


async def charging_in_full(rig: Case, bench: Bench) -> Event:
    """A car charges with all that the station gives; returns the arrival of the latest reading."""
    await heard(rig, bench)
    await bench.charge(car(bench.meter.kind.phases))
    await offering(bench, CHARGING_A)
    await bench.readings(1)
    return bench.last_arrival


def every_way() -> list[object]:
    unplugged = [judged(meter, "unplugged", name="-unplugged", clauses=("ALB-GEN-014",)) for meter in KINDS.values()]
    others = [
        judged(meter, way, name=f"-{way}", clauses=("ALB-GEN-014",))
        for meter in one_of_each_port()
        for way in WAYS[meter.port]
    ]
    return unplugged + others


@pytest.mark.parametrize(("meter", "way"), every_way())
async def test_loss(rig: Case, meter: MeterKind, way: str) -> None:
    """No good reading for the time-out: safe current, and not before

    A car charges with 25 A when the meter is lost. Half a second before the time-out nothing has changed; then the
    offer falls to the safe current of 10 A, and stays there.
    """
    row, clause = timing(meter.loss), LOSS_CLAUSE[meter.port]
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        last = await charging_in_full(rig, bench)
        falling = bench.observed.expect("pilot", lambda event: at_most(event, SAFE_A))
        with bench.meter.broken(way):
            await rig.until(last.at_s + row.value_s - EPSILON_S)
            judge_set_offer(rig, clause, "offer just before the time-out", bench.observed.offered_a, CHARGING_A)
            fallen = await falling.within(row.value_s)
            judge_fallback(rig, clause, meter, last, fallen)
            await rig.until(rig.now_s() + 2 * row.value_s)
            highest_a = max(a for _, a in offers_since(rig, fallen.at_s if fallen else rig.now_s()))
            judge_set_offer(rig, "ALB-GEN-014", "highest offer without the meter", highest_a, SAFE_A)


@pytest.mark.parametrize("meter", every_meter())
async def test_silence_that_ends_in_time(rig: Case, meter: MeterKind) -> None:
    """A meter that comes back just before the time-out: nothing happens, and the time begins anew

    The last reading before and the first one after are closer together than the time-out, by little.
    """
    row, clause = timing(meter.loss), LOSS_CLAUSE[meter.port]
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        before = await charging_in_full(rig, bench)
        await bench.readings(1)
        last = bench.last_arrival
        # A station asks at its own pace, which may be slower than the meter's.
        pace_s = max(meter.interval_s, last.at_s - before.at_s)
        gap_s = row.value_s - pace_s - BACK_WITHIN_S[meter.port] - EPSILON_S
        with bench.meter.broken("unplugged"):
            await rig.until(last.at_s + gap_s)
        await bench.readings(1)
        silent_s = bench.last_arrival.at_s - last.at_s
        if silent_s > row.value_s - EPSILON_S:
            raise NotTestableHere(f"the station took {silent_s - gap_s:g} s to hear its meter again")
        await rig.until(bench.last_arrival.at_s + row.value_s - EPSILON_S)
        fallen = [at_s for at_s, offer_a in offers_since(rig, last.at_s) if not is_offer(offer_a, CHARGING_A)]
        rig.judge.holds(
            clause,
            f"offers after {silent_s:g} s without a reading",
            holds=not fallen,
            seen=f"changed at {fallen[0]:g} s" if fallen else "unchanged",
            promised=f"unchanged before {row.value_s:g} s",
            clear_s=EPSILON_S,
        )


def every_single() -> list[object]:
    return [
        judged(meter, fault, name=f"-{fault}")
        for meter in one_of_each_port()
        for fault in SINGLE[meter.port]
    ]  # fmt: skip


@pytest.mark.parametrize(("meter", "fault"), every_single())
async def test_a_single_bad_one(rig: Case, meter: MeterKind, fault: str) -> None:
    """One telegram or answer that is damaged, wrong or not for this station changes nothing"""
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        last = await charging_in_full(rig, bench)
        with bench.meter.broken(fault):
            await bench.readings(1)
        await rig.until(rig.now_s() + 2 * timing(meter.loss).value_s)
        offers = offers_since(rig, last.at_s)
        rig.judge.holds(
            LOSS_CLAUSE[meter.port],
            f"offers after a single {fault}",
            holds=all(is_offer(offer_a, CHARGING_A) for _, offer_a in offers),
            seen=", ".join(f"{offer_a:g} A" for _, offer_a in offers),
            promised=f"{CHARGING_A:g} A throughout",
        )


@pytest.mark.parametrize("meter", every_meter("ALB-GEN-014"))
async def test_before_the_first_reading(rig: Case, meter: MeterKind) -> None:
    """A station that has not heard its meter yet offers the safe current, not more

    Only one that is switched on with the case: one that outlives its cases has heard its meter before.
    """
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        with bench.meter.broken("unplugged"):
            await bench.charge(car(meter.phases))
            await rig.until(rig.now_s() + 2 * timing(meter.loss).value_s)
            # What the meter said before the cable was out may have been heard: one interval's worth.
            highest_a = max(offer_a for _, offer_a in offers_since(rig, bench.began_s))
        for clause in ("ALB-GEN-014", LOSS_CLAUSE[meter.port]):
            judge_set_offer(rig, clause, "highest offer", highest_a, SAFE_A)


@pytest.mark.parametrize("meter", [judged(meter, clauses=("ALB-GEN-014",)) for meter in one_of_each_port()])
async def test_a_new_car_while_the_meter_is_lost(rig: Case, meter: MeterKind) -> None:
    """A car that is plugged in while the meter is lost gets the safe current, not what was measured long ago"""
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        last = await charging_in_full(rig, bench)
        with bench.meter.broken("unplugged"):
            await rig.until(last.at_s + timing(meter.loss).value_s + 5.0)
            bench.unplug()
            await rig.until(rig.now_s() + 20.0)
            began_s = rig.now_s()
            await bench.charge(car(meter.phases))
            await rig.until(rig.now_s() + 60.0)
            highest_a = max(offer_a for _, offer_a in offers_since(rig, began_s))
        for clause in ("ALB-GEN-014", LOSS_CLAUSE[meter.port]):
            judge_set_offer(rig, clause, "highest offer to a new car", highest_a, SAFE_A)


@pytest.mark.parametrize(
    "safe_a", [pytest.param(5.9, id="5.9A"), pytest.param(6.0, id="6A"), pytest.param(20.0, id="20A")]
)
@pytest.mark.parametrize("meter", [judged(meter, clauses=("ALB-GEN-014",)) for meter in one_of_each_port()])
async def test_safe_currents(rig: Case, meter: MeterKind, safe_a: float) -> None:
    """Whatever the safe current is set to is what a lost meter leaves; below 6 A there is no such offer (O-33)"""
    async with rig.bench(configured(meter, safe_a), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        last = await charging_in_full(rig, bench)
        with bench.meter.broken("unplugged"):
            await rig.until(last.at_s + timing(meter.loss).value_s + 10.0)
            offered_a = bench.observed.offered_a
        for clause in ("ALB-GEN-014", LOSS_CLAUSE[meter.port]):
            promised_a = safe_a if safe_a >= limit("M3-002").value else 0.0
            judge_set_offer(rig, clause, f"offer with a safe current of {safe_a:g} A", offered_a, promised_a)


@pytest.mark.parametrize("meter", [judged(meter, clauses=("ALB-GEN-014",)) for meter in one_of_each_port()])
async def test_a_safe_current_above_the_maximum(rig: Case, meter: MeterKind) -> None:
    """A safe current above what station and socket may give does not lift their limits"""
    async with rig.bench(configured(meter, safe_a=32.0), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        last = await charging_in_full(rig, bench)
        with bench.meter.broken("unplugged"):
            await rig.until(last.at_s + timing(meter.loss).value_s + 60.0)
            highest_a = max(offer_a for _, offer_a in offers_since(rig, last.at_s))
        for clause in ("ALB-GEN-014", LOSS_CLAUSE[meter.port]):
            judge_set_offer(rig, clause, "highest offer", highest_a, CHARGING_A)


@pytest.mark.parametrize("meter", every_meter())
async def test_gradual_return(rig: Case, meter: MeterKind) -> None:
    """The meter is back: the offer rises step by step to what there is, never falls on the way, and is not slow

    From 10 A to 25 A, as fast as guide 003 rises from 12 A to 16 A or faster (O-32, O-68).
    """
    allowed_s = (CHARGING_A - SAFE_A) * SLOWEST_RISE_S_PER_A
    clause = LOSS_CLAUSE[meter.port]
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        last = await charging_in_full(rig, bench)
        with bench.meter.broken("unplugged"):
            await rig.until(last.at_s + timing(meter.loss).value_s + 20.0)
        rising = bench.observed.expect("pilot", lambda event: is_offer(event, CHARGING_A))
        await bench.readings(1)
        back = bench.last_arrival
        full = await rising.within(2 * allowed_s)
        rig.judge.elapsed(
            clause,
            "full offer again",
            start=back,
            end=full,
            limit_s=allowed_s,
            early_s=None,
            # Two readings may pass before a station that asks for several registers has all of them.
            late_s=meter.interval_s,
            watched_until_s=rig.now_s(),
        )
        offers_a = [offer_a for _, offer_a in offers_since(rig, back.at_s - meter.interval_s)]
        judge_gradual(rig, clause, offers_a, SAFE_A, CHARGING_A)
        if "settings" in bench.capabilities:
            judge_default_rate(rig, clause, meter, back, full, offers_a)


def judge_default_rate(
    rig: Case, clause: str, meter: MeterKind, back: Event, full: Event | None, offers_a: Sequence[float]
) -> None:
    """Of a station with this rig's settings: the default of `alb.return_…`, at most 1 A every 5 s (O-32)."""
    step_a, step_s = limit("ALB-TCP-042.step").value, timing("ALB-TCP-042.step-interval").value_s
    rig.judge.elapsed(
        clause,
        "full offer again, at the default rate",
        start=back,
        end=full,
        # The first step may come with the first reading, so there is one interval less than there are steps.
        limit_s=((CHARGING_A - SAFE_A) / step_a - 1) * step_s,
        early_s=meter.interval_s,
        late_s=step_s + meter.interval_s,
        watched_until_s=rig.now_s(),
    )
    rig.judge.value(
        clause,
        "largest single rise, at the default rate",
        measured=max((after - before for before, after in pairwise(offers_a)), default=0.0),
        limit=step_a,
        unit="A",
        early=None,
        # Either end of a rise can be beside its figure: one step of the duty cycle more.
        late=PWM_STEP_A,
        evidence={"offers_a": list(offers_a)},
    )


@pytest.mark.parametrize(
    "meter", [judged(meter) for meter in one_of_each_port() if "misread" in SINGLE[meter.port]]
)  # fmt: skip
async def test_only_a_good_one_ends_the_loss(rig: Case, meter: MeterKind) -> None:
    """What comes when the cable is back is damaged: it does not end the safe mode, the first good one does"""
    clause = LOSS_CLAUSE[meter.port]
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        last = await charging_in_full(rig, bench)
        with bench.meter.broken("misread"):
            with bench.meter.broken("unplugged"):
                await rig.until(last.at_s + timing(meter.loss).value_s + 20.0)
            since_s = rig.now_s()
            await bench.readings(5)
            highest_a = max(offer_a for _, offer_a in offers_since(rig, since_s))
        judge_set_offer(rig, clause, "offer while all is damaged", highest_a, SAFE_A)
        await bench.readings(2)
        await settled(rig, bench)
        judge_set_offer(rig, clause, "offer after that", bench.observed.offered_a, CHARGING_A)


@pytest.mark.parametrize("meter", every_meter("ALB-GEN-014"))
async def test_return_to_a_fuller_house(rig: Case, meter: MeterKind) -> None:
    """The house draws more when the meter is back than when it was lost: the old value is never acted on

    25 A were offered before the loss. When the meter is back 12 A of 40 A are taken, and the limit of the connection
    was lowered in effect to 28 A: no offer may ever be above it, nor above what the last reading before the loss left.
    """
    house_a = MAX_A - 14.0
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        last = await charging_in_full(rig, bench)
        with bench.meter.broken("unplugged"):
            await rig.until(last.at_s + timing(meter.loss).value_s + 20.0)
            bench.house(house_a)
            since_s = rig.now_s()
        await bench.readings(2)
        await settled(rig, bench)
        highest_a = max(offer_a for _, offer_a in offers_since(rig, since_s))
        for clause in ("ALB-GEN-014", LOSS_CLAUSE[meter.port]):
            rig.judge.value(
                clause,
                "highest offer since the meter is back",
                measured=highest_a,
                limit=MAX_A - house_a,
                unit="A",
                early=off_by_a(meter),
                late=meter.error_a + PWM_STEP_A,
            )
