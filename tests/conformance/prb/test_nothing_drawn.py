"""Cars that draw nothing while they are probed: full, with a timer, or asleep (O-12)."""

from __future__ import annotations

import pytest

from rig.bench import Bench
from rig.case import Case
from rig.kit import sharing
from rig.kit.balancing import at_most, is_offer
from rig.kit.probing import (
    ADJUSTED_S,
    AVAILABLE_A,
    JUDGED_S,
    LEAST_A,
    OVER_S,
    PROBING_A,
    car,
    charging,
    entered,
    judge_level,
    judge_minute,
    judge_offer,
    probe_over,
    settings,
)

LATER_S = 300.0
HOWS = pytest.mark.parametrize("how", ["in B", "in C"])


async def begins_late(rig: Case, bench: Bench, name: str, how: str) -> None:
    """A car at the second outlet that draws nothing for some minutes, in state B or C, and then does.

    Judges that it is probed when it does.
    """
    outlet = bench.outlet(2)
    vehicle = outlet.plug_in(car(name))
    if how == "in B":
        vehicle.stop()
    else:
        vehicle.set_fixed_draw(0.0)
    began = await entered(outlet, "B2", "C2")
    await rig.until(began.at_s + LATER_S)
    drawing = outlet.observed.expect("currents", lambda event: max(event.data["i_a"]) > 1.0)
    probed = outlet.observed.expect("pilot", lambda event: is_offer(event, PROBING_A))
    vehicle.resume()
    vehicle.set_fixed_draw(None)
    bench.poke()
    drew, again = await drawing.within(OVER_S), await probed.within(OVER_S)
    rig.judge.elapsed(
        "PRB-008", "probed at the first draw", start=drew or began, end=again, limit_s=0.0, late_s=ADJUSTED_S,
        watched_until_s=rig.now_s(),
    )  # fmt: skip
    if drew is not None and again is not None:
        end = await probe_over(rig, outlet, again)
        judge_level(
            rig, outlet, "PRB-008", "probed at the first draw", PROBING_A,
            since_s=again.at_s, until_s=again.at_s + JUDGED_S,
        )  # fmt: skip
        judge_minute(rig, "PRB-006", "probe at the first draw", again, end)


@HOWS
@pytest.mark.clause("PRB-006", "PRB-008")
async def test_a_14_a_car_that_begins_late(rig: Case, how: str) -> None:
    """Its class is found when it draws: then it keeps its 14 A beside another car"""
    async with rig.bench(settings(), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        other, needs = bench.outlets
        await begins_late(rig, bench, "chameleon", how)
        await charging(rig, bench, other)
        judge_offer(rig, needs, "PRB-008", "needs 14 A", PROBING_A)
        judge_offer(rig, other, "PRB-008", "beside it", LEAST_A)


@HOWS
@pytest.mark.clause("PRB-006", "PRB-008", "PRB-009")
async def test_a_6_a_car_that_begins_late(rig: Case, how: str) -> None:
    """It shares after it was probed, and is not probed a third time when it pauses by itself"""
    async with rig.bench(settings(), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        other, late = bench.outlets
        await begins_late(rig, bench, "obedient-3p", how)
        await charging(rig, bench, other)
        for outlet in bench.outlets:
            judge_offer(rig, outlet, "PRB-009", "both content with 6 A", AVAILABLE_A / 2)
        vehicle = late.vehicle
        assert vehicle is not None
        vehicle.stop()
        bench.poke()
        await rig.until(rig.now_s() + ADJUSTED_S)
        resumed_s = rig.now_s()
        vehicle.resume()
        bench.poke()
        await rig.until(resumed_s + OVER_S)
        judge_level(rig, late, "PRB-009", "after it paused", AVAILABLE_A / 2, since_s=resumed_s, until_s=rig.now_s())


@pytest.mark.parametrize("draws", ["nothing in B", "nothing in C"])
@pytest.mark.clause("PRB-006", "PRB-009")
async def test_it_is_over_all_the_same(rig: Case, draws: str) -> None:
    """The probe of a car that draws nothing ends after its minute, and the other one has more than 6 A again"""
    async with rig.bench(settings(), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        other, idle = bench.outlets
        await charging(rig, bench, other)
        idle.plug_in(car("full") if draws == "nothing in B" else car(fixed_draw_a=0.0))
        began = await entered(idle, "C2" if draws == "nothing in C" else "B2")
        judge_minute(rig, "PRB-006", "probe", began, await probe_over(rig, idle, began))
        await sharing.settled(rig, bench)
        rig.judge.holds(
            "PRB-009", "the other one after the probe", holds=not at_most(other.observed.offered_a, LEAST_A),
            seen=f"{other.observed.offered_a:g} A", promised=f"more than {LEAST_A:g} A",
        )  # fmt: skip


@pytest.mark.clause("PRB-002", "PRB-003")
async def test_one_that_never_begins_does_not_block_the_next(rig: Case) -> None:
    """A full car is plugged in, and another one in the same minute: that one is probed when the minute is over"""
    async with rig.bench(settings(), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        full, other = bench.outlets
        full.plug_in(car("full"))
        await entered(full, "B2")
        other.plug_in(car())
        plugged_s = rig.now_s()
        c2 = await entered(other, "C2", within_s=2 * OVER_S)
        await rig.until(c2.at_s + JUDGED_S)
        rig.judge.value(
            "PRB-002", "until it is probed", measured=c2.at_s - plugged_s, limit=OVER_S + ADJUSTED_S, unit="s",
            early=None,
        )  # fmt: skip
        judge_level(rig, other, "PRB-003", "while probed", PROBING_A, since_s=c2.at_s, until_s=rig.now_s())
