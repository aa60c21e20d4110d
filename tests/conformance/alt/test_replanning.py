"""Sessions that begin, end or draw nothing while turns run, and limits that change: who goes on, and until when."""

from __future__ import annotations

import pytest

from emulators.vehicle.vehicle import Vehicle
from rig.bench import Bench, NotCharging
from rig.bench.outlet import Outlet
from rig.case import Case
from rig.clauses.timings import limit, timing
from rig.kit.balancing import is_below, is_offer, off_by_a, settings
from rig.kit.turns import HANDOVER_S, LOOP_S, connected, offers, quick_car, sharing, turns
from rig.meters import KINDS
from rig.timeline import Event

PERIOD_S = 300.0
STATION_MAX_A = 11.9
QUICK = quick_car()
CONFIG = sharing(STATION_MAX_A, period_s=PERIOD_S)
IDLE, DRAWS_A = timing("ALT-001.idle"), limit("ALT-001.draws").value
# A station has followed its meter by then, up or down.
FOLLOWED_S = 10.0


async def turn_begins(rig: Case, bench: Bench, number: int) -> Event:
    """Two cars take turns, and one of `number` begins now; returns the swap: the end of the other's turn."""
    outlet = bench.outlet(number)
    if outlet.observed.offered_a:
        await outlet.observed.next("pilot", lambda event: not event.data["offered_a"], within_s=2 * PERIOD_S)
    await offered(outlet, 2 * PERIOD_S)
    swaps = [turn.end for turn in turns(rig) if turn.socket != number and turn.end is not None]
    if not swaps or not outlet.observed.offered_a:
        raise NotCharging(f"socket {number} never has a turn")
    return swaps[-1]


async def offered(outlet: Outlet, within_s: float) -> Event | None:
    """The next offer to a socket that has none; the latest one when it has."""
    latest = outlet.observed.latest("pilot")
    if latest is not None and latest.data["offered_a"]:
        return latest
    return await outlet.observed.next("pilot", lambda event: bool(event.data["offered_a"]), within_s=within_s)


def vehicle_at(outlet: Outlet) -> Vehicle:
    vehicle = outlet.vehicle
    assert vehicle is not None
    return vehicle


@pytest.mark.parametrize("leaver", [1, 2])
@pytest.mark.clause("ALT-029")
async def test_who_charges_leaves(rig: Case, leaver: int) -> None:
    """In the middle of its turn a car leaves: the one that waited gets its current at once, and keeps it (O-18)"""
    async with rig.bench(CONFIG, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, QUICK, QUICK)
        begins = await turn_begins(rig, bench, leaver)
        await rig.until(begins.at_s + PERIOD_S / 2)
        left_s = rig.now_s()
        bench.outlet(leaver).unplug()
        await rig.until(left_s + LOOP_S)
        stays = bench.outlet(3 - leaver)
        rig.judge.holds(
            "ALT-029",
            "offer to the one that waited, after 1 s",
            holds=is_offer(stays.observed.offered_a, STATION_MAX_A),
            seen=f"{stays.observed.offered_a:g} A",
            promised=f"{STATION_MAX_A:g} A",
        )
        pause = await stays.observed.next("pilot", lambda event: not event.data["offered_a"], within_s=3 * PERIOD_S)
        rig.judge.never(
            "ALT-029", "a pause when it is alone", event=pause, watched_s=3 * PERIOD_S, promised="no turns for one car"
        )


@pytest.mark.parametrize("leaver", [1, 2])
@pytest.mark.clause("ALT-020", "ALT-029")
async def test_who_waits_leaves_and_another_comes(rig: Case, leaver: int) -> None:
    """The one that charges keeps its turn when the other one leaves and somebody else comes 5 s later

    The turn does not end before its time, and the new car waits no longer than a period (O-18).
    """
    away_s = 5.0
    async with rig.bench(CONFIG, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, QUICK, QUICK)
        stays = bench.outlet(3 - leaver)
        begins = await turn_begins(rig, bench, stays.number)
        await rig.until(begins.at_s + PERIOD_S * 0.75)
        bench.outlet(leaver).unplug()
        await rig.until(rig.now_s() + away_s)
        bench.outlet(leaver).plug_in(QUICK)
        joined_s = rig.now_s()
        comes = bench.outlet(leaver).observed.expect("pilot", lambda event: bool(event.data["offered_a"]))
        ends = await stays.observed.next("pilot", lambda event: not event.data["offered_a"], within_s=2 * PERIOD_S)
        rig.judge.elapsed(
            "ALT-029",
            "turn of the one that stays",
            start=begins,
            end=ends,
            limit_s=PERIOD_S,
            late_s=away_s + LOOP_S,
            watched_until_s=rig.now_s(),
        )
        comes_at = await comes.within(PERIOD_S)
        rig.judge.holds(
            "ALT-020",
            "the new car gets its turn",
            holds=comes_at is not None and comes_at.at_s - joined_s <= PERIOD_S + HANDOVER_S,
            seen="never" if comes_at is None else f"after {comes_at.at_s - joined_s:g} s",
            promised=f"within {PERIOD_S:g} s",
        )


@pytest.mark.parametrize("comer", [1, 2])
@pytest.mark.clause("ALT-020", "ALT-025", "ALT-029")
async def test_somebody_comes(rig: Case, comer: int) -> None:
    """A second car comes while the first charges: from then on one charges and the other waits, a period at most"""
    async with rig.bench(CONFIG, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await bench.outlet(3 - comer).charge(QUICK)
        await rig.until(rig.now_s() + 100.0)
        bench.outlet(comer).plug_in(QUICK)
        joined_s = rig.now_s()
        await rig.until(joined_s + HANDOVER_S)
        await bench.probed()
        await rig.until(rig.now_s() + HANDOVER_S)
        for clause in ("ALT-025", "ALT-029"):
            rig.judge.holds(
                clause,
                "offers when the second car is there",
                holds=sorted(offers(bench))[0] == 0.0 < sorted(offers(bench))[1],
                seen=f"{offers(bench)} A",
                promised="one charges, the other waits",
            )
        waits = next((outlet for outlet in bench.outlets if not outlet.observed.offered_a), bench.outlet(comer))
        begins = await offered(waits, 2 * PERIOD_S)
        rig.judge.holds(
            "ALT-020",
            "the one that waits gets its turn",
            holds=begins is not None and begins.at_s <= rig.now_s() <= joined_s + PERIOD_S + 2 * HANDOVER_S,
            seen="never" if begins is None else f"{begins.at_s - joined_s:g} s after the second car came",
            promised=f"within {PERIOD_S:g} s",
        )


@pytest.mark.clause("ALT-029")
async def test_less_is_left_in_the_middle_of_a_turn(rig: Case) -> None:
    """The house takes more while turns run: the one that charges gets less at once, and its turn ends at its time"""
    meter = KINDS["sdm72d"]
    config = {**settings(meter, meter_max_a=25.0), "SCN-AlternatingPeriod": PERIOD_S}
    async with rig.bench(config, meter=meter, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(14.0)
        await bench.readings(2)
        await connected(rig, bench, QUICK, QUICK)
        begins = await turn_begins(rig, bench, 1)
        for house_a in (15.0, 16.0, 14.0):
            await rig.until(rig.now_s() + PERIOD_S / 5)
            bench.house(house_a)
            await rig.until(rig.now_s() + FOLLOWED_S)
            seen_a, left_a = bench.outlet(1).observed.offered_a, 25.0 - house_a
            rig.judge.value(
                "ALT-029",
                f"offer with {house_a:g} A of the house",
                measured=seen_a,
                limit=left_a,
                unit="A",
                early=off_by_a(meter),
                late=off_by_a(meter),
            )
        ends = await bench.outlet(1).observed.next(
            "pilot", lambda event: not event.data["offered_a"], within_s=2 * PERIOD_S
        )
        rig.judge.elapsed(
            "ALT-029",
            "turn in which the limit changed",
            start=begins,
            end=ends,
            limit_s=PERIOD_S,
            late_s=timing("ALT-011").tolerance_late_s,
            watched_until_s=rig.now_s(),
        )


@pytest.mark.parametrize("leftover_a", [None, 0.0, DRAWS_A - 0.1], ids=["in B", "in C", "0.9 A"])
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.clause("ALT-001")
async def test_a_car_that_is_full_takes_no_turns(rig: Case, number: int, leftover_a: float | None) -> None:
    """A car stops by itself on its turn: after 60 s the other one is served, and has no pauses any more (O-71)

    The car opens S2, or stays in state C and draws nothing, or 0.9 A.
    """
    async with rig.bench(CONFIG, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, QUICK, QUICK)
        begins = await turn_begins(rig, bench, number)
        await rig.until(begins.at_s + PERIOD_S / 3)
        full, other = bench.outlet(number), bench.outlet(3 - number)
        stopped = full.observed.expect("currents")
        if leftover_a is None:
            vehicle_at(full).stop()
        else:
            vehicle_at(full).set_fixed_draw(leftover_a)
        bench.poke()
        start = await stopped.within(1.0)
        if start is None:
            raise NotCharging(f"the car at socket {number} was to stop, but the station gives it no current")
        end = await offered(other, IDLE.value_s + HANDOVER_S)
        rig.judge.timed(IDLE, "the other one is served", start=start, end=end, watched_until_s=rig.now_s())
        pause = await other.observed.next("pilot", lambda event: not event.data["offered_a"], within_s=3 * PERIOD_S)
        rig.judge.never(
            "ALT-001",
            "a pause for a car that is full",
            event=pause,
            watched_s=3 * PERIOD_S,
            promised="cars that draw nothing take no turns",
        )


@pytest.mark.parametrize("how", ["for 55 s", "to 1.1 A"])
@pytest.mark.clause("ALT-001")
async def test_a_car_that_is_not_full_keeps_its_turn(rig: Case, how: str) -> None:
    """A car that draws nothing for 55 s and then again, or 1.1 A for good, is not full: its turn ends at its time"""
    async with rig.bench(CONFIG, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, QUICK, QUICK)
        begins = await turn_begins(rig, bench, 2)
        await rig.until(begins.at_s + PERIOD_S / 3)
        offered_a = bench.outlet(2).observed.offered_a
        vehicle = vehicle_at(bench.outlet(2))
        if how == "for 55 s":
            await bench.outlet(2).draw(vehicle, 0.0)
            await rig.until(rig.now_s() + IDLE.value_s - 5.0)
            vehicle.set_fixed_draw(None)
            bench.poke()
        else:
            await bench.outlet(2).draw(vehicle, DRAWS_A + 0.1)
        await bench.outlet(2).observed.next("pilot", lambda event: not event.data["offered_a"], within_s=2 * PERIOD_S)
        own = [turn for turn in turns(rig, begins.at_s) if turn.socket == 2]
        rig.judge.elapsed(
            "ALT-001",
            f"turn of a car that draws less {how}",
            start=begins,
            end=own[0].end,
            limit_s=PERIOD_S,
            late_s=timing("ALT-011").tolerance_late_s,
            watched_until_s=rig.now_s(),
        )
        rig.judge.holds(
            "ALT-001",
            "offer on that turn",
            holds=not is_below(offered_a, limit("M3-002").value),
            seen=f"{offered_a:g} A",
            promised="6 A or more",
        )
