"""Losses of a meter at bad moments: a second one, a long one, with little left, and what comes while it ends.

A single loss, and how the offer returns from it, is judged in `test_loss.py`.
"""

from __future__ import annotations

import pytest

from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.balancing import (
    LOSS_CLAUSE,
    SAFE_A,
    SLOWEST_RISE_S_PER_A,
    at_most,
    charging,
    held_s,
    is_below,
    judge_fallback,
    judge_offer,
    judge_set_offer,
    meters,
    offers_since,
    one_of_each_port,
    settings,
    settled,
)
from rig.meters import MeterKind

# The connection has room to spare, so that a meter's rounding does not move the offer: the station's own limit leads.
MAX_A = 40.0
CHARGING_A = 25.0
LOOP = timing("ALB-GEN-004")
# From nothing to the safe current, however slowly the offer rises.
RISE_S = SAFE_A * SLOWEST_RISE_S_PER_A
# Beyond any time-out: a meter that stays away for that long is still only lost.
LONG_S = 600.0
# Nothing, and an offer that is possible but less than the safe current.
LITTLE_A = pytest.mark.parametrize("left_a", [0.0, 7.0], ids=["0A", "7A"])
EACH_PORT = meters(one_of_each_port())
# The same, each marked with what its loss is judged by.
EACH_LOSS = pytest.mark.parametrize(
    "meter",
    [pytest.param(kind, id=kind.id, marks=pytest.mark.clause(LOSS_CLAUSE[kind.port])) for kind in one_of_each_port()],
)


def configured(meter: MeterKind, *, includes_charger: bool = True) -> dict[str, object]:
    return settings(meter, meter_max_a=MAX_A, station_max_a=CHARGING_A, includes_charger=includes_charger)


async def lost(rig: Case, bench: Bench) -> None:
    """The meter, which was just unplugged, counts as lost by now, and has for some seconds."""
    await rig.until(bench.last_arrival.at_s + timing(bench.meter.kind.loss).value_s + 5.0)


async def judge_loss(rig: Case, bench: Bench, what: str) -> None:
    """Unplug a meter that is heard: the offer falls to the safe current in time; the meter is back after that."""
    meter = bench.meter.kind
    await bench.readings(1)
    last = bench.last_arrival
    falling = bench.observed.expect("pilot", lambda event: at_most(event, SAFE_A))
    with bench.meter.broken("unplugged"):
        fallen = await falling.within(2 * timing(meter.loss).value_s)
        judge_fallback(rig, LOSS_CLAUSE[meter.port], meter, last, fallen)
        await lost(rig, bench)
        judge_set_offer(rig, "ALB-GEN-014", what, bench.observed.offered_a, SAFE_A)


@EACH_LOSS
@pytest.mark.clause("ALB-GEN-014")
async def test_a_second_loss(rig: Case, meter: MeterKind) -> None:
    """The meter is lost, comes back, and is lost again: safe current both times, in the same time"""
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        await judge_loss(rig, bench, "offer without the meter")
        await bench.readings(1)
        await settled(rig, bench)
        await judge_loss(rig, bench, "offer without the meter, the second time")


@EACH_LOSS
@pytest.mark.clause("ALB-GEN-014")
async def test_a_loss_with_exclude(rig: Case, meter: MeterKind) -> None:
    """Exclude charging EV: a meter that the station is not behind is lost like any other"""
    config = configured(meter, includes_charger=False)
    async with rig.bench(config, meter=meter, behind_meter=False) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        await judge_loss(rig, bench, "offer without the meter")


@LITTLE_A
@EACH_PORT
@pytest.mark.clause("ALB-GEN-014")
async def test_a_loss_with_little_left(rig: Case, meter: MeterKind, left_a: float) -> None:
    """Less than the safe current was left when the meter was lost: the offer rises to the safe current

    What the meter said last is worth nothing any more, whether it is more or less than the safe current. A session that
    was paused goes on.
    """
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        bench.house(MAX_A - left_a)
        await bench.readings(3)
        with bench.meter.broken("unplugged"):
            await lost(rig, bench)
            await rig.until(rig.now_s() + RISE_S)
            what = f"offer without the meter, where {left_a:g} A were left"
            judge_set_offer(rig, "ALB-GEN-014", what, bench.observed.offered_a, SAFE_A)


@EACH_PORT
@pytest.mark.clause("ALB-GEN-014")
async def test_a_long_loss(rig: Case, meter: MeterKind) -> None:
    """Ten minutes without the meter: the safe current all the time, no more and no less"""
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        with bench.meter.broken("unplugged"):
            await lost(rig, bench)
            since_s = rig.now_s()
            await rig.until(since_s + LONG_S)
            offers_a = [offer_a for _, offer_a in offers_since(rig, since_s)]
        for what, offer_a in (("lowest", min(offers_a)), ("highest", max(offers_a))):
            judge_set_offer(rig, "ALB-GEN-014", f"{what} offer in ten minutes without the meter", offer_a, SAFE_A)


@LITTLE_A
@EACH_PORT
@pytest.mark.clause("ALB-GEN-008")
async def test_return_to_little(rig: Case, meter: MeterKind, left_a: float) -> None:
    """The meter is back and less than the safe current is left: the offer falls to that at once

    Only a rise is gradual. The safe current is for a meter that is not heard, and no floor for one that is.
    """
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        with bench.meter.broken("unplugged"):
            await lost(rig, bench)
            bench.house(MAX_A - left_a)
        await bench.readings(2)
        await rig.until(rig.now_s() + LOOP.value_s)
        judge_offer(rig, bench, "ALB-GEN-008", f"offer where {left_a:g} A are left", left_a, meter)


@EACH_PORT
@pytest.mark.clause("ALB-GEN-004", "ALB-GEN-008")
async def test_a_load_during_the_return(rig: Case, meter: MeterKind) -> None:
    """A load is switched on while the offer still rises after a loss: it falls within one control loop

    On its way from 10 A to 25 A the offer has reached 12 A when 8 A are all that is left.
    """
    half_way_a, left_a = 12.0, 8.0
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        with bench.meter.broken("unplugged"):
            await lost(rig, bench)
        await bench.observed.next("pilot", lambda event: not is_below(event, half_way_a), within_s=RISE_S)
        bench.house(MAX_A - left_a)
        falling = bench.observed.expect("pilot", lambda event: at_most(event, SAFE_A))
        shown = await bench.shown(lambda i_a: max(i_a) > MAX_A)
        fallen = await falling.within(15.0)
        rig.judge.elapsed(
            LOOP.clause,
            "offer falls after the measurement",
            start=shown,
            end=fallen,
            limit_s=LOOP.value_s,
            early_s=None,
            late_s=held_s(rig, shown),
            watched_until_s=rig.now_s(),
        )
        # The car may still have been following a step up when the load came: the rest comes with the next readings.
        await bench.readings(4)
        judge_offer(rig, bench, "ALB-GEN-008", "offer beside the load", left_a, meter)
