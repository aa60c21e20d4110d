"""Current that one car leaves unused: to whom it goes, when, how much, and when it comes back."""

from __future__ import annotations

import pytest

from rig.bench import Bench, NotCharging
from rig.bench.observed import Expectation
from rig.bench.outlet import Outlet
from rig.case import Case
from rig.clauses.timings import limit, timing
from rig.kit.balancing import OFFER_STEP_A, PWM_STEP_A, is_below, is_offer
from rig.kit.sharing import settled
from rig.kit.turns import (
    connected,
    judge_drawn,
    judge_shares,
    offers,
    quick_car,
    sharing,
)
from rig.timeline import Event

STATION_MAX_A = 25.0
SHARE_A = STATION_MAX_A / 2
UNUSED, UNUSED_A = timing("SLB-007"), limit("SLB-007.unused").value
BACK, KEPT_A = timing("SLB-021.back"), limit("SLB-021.kept").value
# What is just more than is left unused without consequence.
MORE_A = UNUSED_A + 0.1
LEAST_A = limit("M3-002").value
CAR = quick_car()
NEVER_S = 4 * UNUSED.value_s


async def both(rig: Case, bench: Bench, donor: int) -> tuple[Outlet, Outlet]:
    """Two cars share the station; returns the outlet that is to give and the other one."""
    rig.need(bench.capabilities, "pilot")
    await connected(rig, bench, CAR, CAR)
    return bench.outlet(donor), bench.outlet(3 - donor)


async def draws(bench: Bench, outlet: Outlet, a: float | None) -> Event:
    """The car at the outlet draws so much from now on, or by its offer; returns the event from which on it does."""
    vehicle = outlet.vehicle
    assert vehicle is not None
    if a is not None:
        return await outlet.draw(vehicle, a)
    changed = outlet.observed.expect("currents")
    vehicle.set_fixed_draw(None)
    bench.poke()
    return await noticed(changed, "the car was to draw by its offer again")


async def noticed(changed: Expectation, what: str) -> Event:
    """The event with which another current flows. Raises NotCharging when none comes."""
    event = await changed.within(1.0)
    if event is None:
        raise NotCharging(f"{what}, but the station gives it no current")
    return event


async def rises(outlet: Outlet, within_s: float) -> Event | None:
    """The event with which the offer becomes more than what it is now."""
    now_a = outlet.observed.offered_a
    return await outlet.observed.next("pilot", lambda event: _is_more(event, now_a), within_s=within_s)


def _is_more(event: Event, a: float) -> bool:
    return is_below(a, event.data["offered_a"] or 0.0)


def judge_never(rig: Case, what: str, event: Event | None, watched_s: float) -> None:
    rig.judge.never("SLB-007", what, event=event, watched_s=watched_s, promised="nothing changes hands", clear_s=0.5)


def judge_given(rig: Case, bench: Bench, taker: Outlet, drawn_a: float) -> None:
    """The other one has what the donor does not draw, but for what that keeps in hand (O-21)."""
    most_a = STATION_MAX_A - max(drawn_a, 0.0)
    least_a = STATION_MAX_A - max(drawn_a + KEPT_A, LEAST_A)
    rig.judge.value(
        "SLB-021",
        f"offer to the other one, beside {drawn_a:g} A",
        measured=taker.observed.offered_a,
        limit=least_a,
        unit="A",
        early=OFFER_STEP_A + PWM_STEP_A,
        late=most_a - least_a + PWM_STEP_A,
        evidence={"offers_a": list(offers(bench))},
    )
    judge_drawn(rig, "SLB-005", "most drawn on one phase", STATION_MAX_A)


@pytest.mark.parametrize("left_a", [MORE_A, 5.0])
@pytest.mark.parametrize("donor", [1, 2])
@pytest.mark.clause("SLB-005", "SLB-007", "SLB-021")
async def test_more_than_3_a_for_180_s(rig: Case, donor: int, left_a: float) -> None:
    """A car draws 3.1 A less than it is offered: after 180 s, and not before, the other one gets it (S-SLB-5)"""
    async with rig.bench(sharing(STATION_MAX_A), sockets=2) as bench:
        gives, takes = await both(rig, bench, donor)
        start = await draws(bench, gives, SHARE_A - left_a)
        end = await rises(takes, UNUSED.value_s + 60.0)
        rig.judge.timed(UNUSED, f"{left_a:g} A unused", start=start, end=end, watched_until_s=rig.now_s())
        await settled(rig, bench)
        judge_given(rig, bench, takes, SHARE_A - left_a)


@pytest.mark.parametrize("donor", [1, 2])
@pytest.mark.clause("SLB-007")
async def test_3_a_never(rig: Case, donor: int) -> None:
    """A car leaves exactly 3.0 A unused: they stay with it"""
    async with rig.bench(sharing(STATION_MAX_A), sockets=2) as bench:
        gives, takes = await both(rig, bench, donor)
        await draws(bench, gives, SHARE_A - UNUSED_A)
        judge_never(rig, f"{UNUSED_A:g} A unused", await rises(takes, NEVER_S), NEVER_S)
        judge_shares(rig, bench, "SLB-007", "shares all the while", SHARE_A, SHARE_A)


@pytest.mark.parametrize("for_s", [UNUSED.value_s - 10.0, UNUSED.value_s - 1.0])
@pytest.mark.clause("SLB-007")
async def test_not_for_long_enough(rig: Case, for_s: float) -> None:
    """A car leaves 3.1 A unused for 170 s and needs them again: nothing changes hands; the time begins anew"""
    async with rig.bench(sharing(STATION_MAX_A), sockets=2) as bench:
        gives, takes = await both(rig, bench, 1)
        start = await draws(bench, gives, SHARE_A - MORE_A)
        early = takes.observed.expect("pilot", lambda event: _is_more(event, SHARE_A))
        await rig.until(start.at_s + for_s)
        await draws(bench, gives, SHARE_A - 0.5)
        judge_never(rig, f"{MORE_A:g} A unused for {for_s:g} s", await early.within(NEVER_S), NEVER_S)
        again = await draws(bench, gives, SHARE_A - MORE_A)
        end = await rises(takes, UNUSED.value_s + 60.0)
        rig.judge.timed(UNUSED, "unused once more", start=again, end=end, watched_until_s=rig.now_s())


@pytest.mark.parametrize("donor", [1, 2])
@pytest.mark.clause("SLB-005", "SLB-007", "SLB-021")
async def test_a_car_stops(rig: Case, donor: int) -> None:
    """A car is full, or its driver pauses it, and it stays there: after 180 s the other one has its current

    All of it, or what is left when the full one keeps the 6 A that it could start with (O-21).
    """
    async with rig.bench(sharing(STATION_MAX_A), sockets=2) as bench:
        gives, takes = await both(rig, bench, donor)
        vehicle = gives.vehicle
        assert vehicle is not None
        stopped = gives.observed.expect("currents")
        vehicle.stop()
        bench.poke()
        start = await noticed(stopped, "the car was to stop")
        end = await rises(takes, UNUSED.value_s + 60.0)
        rig.judge.timed(UNUSED, "a full car's current", start=start, end=end, watched_until_s=rig.now_s())
        await settled(rig, bench)
        judge_given(rig, bench, takes, 0.0)


@pytest.mark.parametrize("donor", [1, 2])
@pytest.mark.clause("SLB-005", "SLB-021")
async def test_it_is_given_back(rig: Case, donor: int) -> None:
    """A car that gave draws all that it kept: after 10 s, and not before, both have their equal shares again (O-21)

    To within 1 A of it; for 8 s only is not enough.
    """
    async with rig.bench(sharing(STATION_MAX_A), sockets=2) as bench:
        gives, takes = await both(rig, bench, donor)
        low_a = SHARE_A - 5.0
        await draws(bench, gives, low_a)
        await rises(takes, UNUSED.value_s + 60.0)
        await settled(rig, bench)
        given_a = takes.observed.offered_a
        rig.judge.holds(
            "SLB-021",
            "the other one has more",
            holds=is_below(SHARE_A, given_a),
            seen=f"{given_a:g} A",
            promised=f"more than {SHARE_A:g} A",
        )
        falls = takes.observed.expect("pilot", lambda event: is_below(event, given_a))
        await draws(bench, gives, None)
        await rig.until(rig.now_s() + BACK.value_s - 2.0)
        await draws(bench, gives, low_a)
        early = await falls.within(NEVER_S)
        rig.judge.never(
            "SLB-021",
            f"given back after {BACK.value_s - 2.0:g} s",
            event=early,
            watched_s=NEVER_S,
            promised=f"not before {BACK.value_s:g} s",
            clear_s=1.0,
        )
        falls = takes.observed.expect("pilot", lambda event: is_below(event, given_a))
        start = await draws(bench, gives, None)
        end = await falls.within(NEVER_S)
        rig.judge.timed(BACK, "given back", start=start, end=end, watched_until_s=rig.now_s())
        await settled(rig, bench)
        judge_shares(rig, bench, "SLB-021", "shares when it is back", SHARE_A, SHARE_A)
        judge_drawn(rig, "SLB-005", "most drawn on one phase", STATION_MAX_A)


@pytest.mark.clause("SLB-025")
async def test_nobody_gains_by_it(rig: Case) -> None:
    """Where there is enough for both, a car that draws little keeps its offer: the sum is below the maximum

    Sockets of 12 A on a station of 25 A.
    """
    async with rig.bench(sharing(STATION_MAX_A, connector_max_a=12.0), sockets=2) as bench:
        gives, _ = await both(rig, bench, 1)
        await draws(bench, gives, 6.5)
        await rig.until(rig.now_s() + NEVER_S)
        judge_shares(rig, bench, "SLB-025", "offers with enough for both", 12.0, 12.0)


@pytest.mark.clause("SLB-021")
async def test_a_new_car_starts_with_equal_shares(rig: Case) -> None:
    """A car that gave leaves, and another one comes: it has its equal share, whatever the one before did not use"""
    async with rig.bench(sharing(STATION_MAX_A), sockets=2) as bench:
        gives, takes = await both(rig, bench, 1)
        await draws(bench, gives, 7.0)
        await rises(takes, UNUSED.value_s + 60.0)
        gives.unplug()
        await rig.until(rig.now_s() + 30.0)
        rig.judge.holds(
            "SLB-021",
            "offer when it has left",
            holds=is_offer(takes.observed.offered_a, STATION_MAX_A),
            seen=f"{takes.observed.offered_a:g} A",
            promised=f"{STATION_MAX_A:g} A",
        )
        gives.plug_in(CAR)
        await rig.until(rig.now_s() + 30.0)
        await bench.probed()
        judge_shares(rig, bench, "SLB-021", "shares with the next car", SHARE_A, SHARE_A)
