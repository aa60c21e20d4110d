"""How the station's current is divided over the sockets in use."""

from __future__ import annotations

import pytest

from emulators.vehicle.spec import VehicleSpec
from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import timing
from rig.errors import HarnessError
from rig.kit.balancing import car, is_below
from rig.kit.sharing import settled
from rig.kit.turns import (
    connected,
    joined,
    judge_drawn,
    judge_shares,
    judge_together,
    quick_car,
    sharing,
)

CAR = quick_car()
STATION_MAX_A = 25.0
ENDED = timing("SLB-029")


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.clause("SLB-004", "SLB-017", "SLB-018")
async def test_nobody_and_one(rig: Case, number: int) -> None:
    """With nobody there both sockets are idle; one car may have all that the station has (S-SLB-1, S-SLB-2)"""
    async with rig.bench(sharing(STATION_MAX_A), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await rig.until(60.0)
        states = [outlet.observed.pilot_state for outlet in bench.outlets]
        rig.judge.holds(
            "SLB-017",
            "states with nobody there",
            holds=states == ["A1", "A1"] and not any(outlet.observed.contactor_closed for outlet in bench.outlets),
            seen=", ".join(states),
            promised="A1 at both, no mains",
        )
        await bench.outlet(number).charge(CAR)
        shares = [STATION_MAX_A if outlet.number == number else 0.0 for outlet in bench.outlets]
        for clause in ("SLB-004", "SLB-017", "SLB-018"):
            judge_shares(rig, bench, clause, "offer to one car", *shares)


@pytest.mark.parametrize("connector_max_a", [16.0, 32.0])
@pytest.mark.clause("SLB-018")
async def test_the_lower_maximum_leads(rig: Case, connector_max_a: float) -> None:
    """One car gets the station's maximum or its socket's, whichever is less"""
    async with rig.bench(sharing(STATION_MAX_A, connector_max_a=connector_max_a), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await bench.outlet(2).charge(CAR)
        judge_shares(rig, bench, "SLB-018", "offer to one car", 0.0, min(STATION_MAX_A, connector_max_a))


@pytest.mark.parametrize("station_max_a", [12.5, 25.0, 25.1, 32.0])
@pytest.mark.clause("SLB-001", "SLB-004", "SLB-005", "SLB-006", "SLB-019", "SLB-020")
async def test_two_have_half_each(rig: Case, station_max_a: float) -> None:
    """Two cars that want all they can get have the same offers, together all there is (S-SLB-3, S-SLB-4)

    Shares are rounded down, so that together they never are more than the station's maximum.
    """
    async with rig.bench(sharing(station_max_a), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, CAR, CAR)
        for clause in ("SLB-001", "SLB-004", "SLB-006", "SLB-019", "SLB-020"):
            judge_shares(rig, bench, clause, f"share of {station_max_a:g} A", station_max_a / 2, station_max_a / 2)
        judge_together(rig, bench, "SLB-005", "offers together", station_max_a)
        judge_drawn(rig, "SLB-005", "most drawn on one phase", station_max_a)


@pytest.mark.parametrize(
    ("one_a", "two_a", "shares"),
    [(12.0, 13.0, (12.0, 13.0)), (16.0, 9.0, (16.0, 9.0)), (10.0, 32.0, (10.0, 15.0)), (32.0, 8.0, (17.0, 8.0))],
)
@pytest.mark.clause("SLB-006", "SLB-025")
async def test_what_a_socket_cannot_have_goes_to_the_other(
    rig: Case, one_a: float, two_a: float, shares: tuple[float, float]
) -> None:
    """While the maxima of both sockets fit under the station's both stay at theirs; beyond that the rest is divided"""
    config = {**sharing(STATION_MAX_A), "Connector1-MaxCurrent": one_a, "Connector2-MaxCurrent": two_a}
    async with rig.bench(config, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, CAR, CAR)
        for clause in ("SLB-006", "SLB-025"):
            judge_shares(rig, bench, clause, f"sockets of {one_a:g} A and {two_a:g} A", *shares)


@pytest.mark.parametrize("leaver", [1, 2])
@pytest.mark.clause("SLB-001", "SLB-004", "SLB-028", "SLB-029")
async def test_a_session_ends(rig: Case, leaver: int) -> None:
    """One of two sessions is aborted: the other car has all the current at once, without three minutes (S-SLB-9)

    Before that, what both draw on a common phase adds up to the station's maximum.
    """
    async with rig.bench(sharing(STATION_MAX_A), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, CAR, CAR)
        for clause in ("SLB-001", "SLB-028"):
            judge_together(rig, bench, clause, "offers together", STATION_MAX_A)
        stays = bench.outlet(3 - leaver)
        before_a = stays.observed.offered_a
        rises = stays.observed.expect("pilot", lambda event: is_below(before_a, event.data["offered_a"] or 0.0))
        ended = bench.outlet(leaver).observed.expect("pilot", lambda event: event.data["state"] == "A1")
        bench.outlet(leaver).unplug()
        start = await ended.within(1.0)
        if start is None:
            raise HarnessError(f"the board does not see that socket {leaver} is empty")
        end = await rises.within(2 * timing("SLB-007").value_s)
        rig.judge.timed(ENDED, "the other offer rises", start=start, end=end, watched_until_s=rig.now_s())
        await settled(rig, bench)
        shares = [0.0 if outlet.number == leaver else STATION_MAX_A for outlet in bench.outlets]
        for clause in ("SLB-004", "SLB-029"):
            judge_shares(rig, bench, clause, "offer to the one that stays", *shares)


@pytest.mark.parametrize("spec", [car(), quick_car()], ids=["after 1 s", "quick"])
@pytest.mark.clause("SLB-005", "SLB-006")
async def test_cars_that_come_and_go(rig: Case, spec: VehicleSpec) -> None:
    """Cars come, stop, go on and leave, fifty times: the station is never overloaded, nor is current left over

    The order is drawn by the seed of the run.
    """
    async with rig.bench(sharing(STATION_MAX_A), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        for _ in range(50):
            _something_happens(rig, bench, spec)
            await rig.until(rig.now_s() + rig.random.choice([0.3, 2.0, 15.0, 40.0]))
        await settled(rig, bench)
        judge_drawn(rig, "SLB-005", "most drawn on one phase", STATION_MAX_A)
        for outlet in bench.outlets:
            outlet.unplug()
        await rig.until(rig.now_s() + 10.0)
        for outlet in bench.outlets:
            await joined(rig, bench, outlet, spec)
        await settled(rig, bench)
        judge_shares(rig, bench, "SLB-006", "shares after all that", STATION_MAX_A / 2, STATION_MAX_A / 2)


def _something_happens(rig: Case, bench: Bench, spec: VehicleSpec) -> None:
    outlet = rig.random.choice(bench.outlets)
    vehicle = outlet.vehicle
    if vehicle is None:
        outlet.plug_in(spec)
        return
    what = rig.random.choice(["leaves", "stops", "goes on"])
    if what == "leaves":
        outlet.unplug()
    elif what == "stops":
        vehicle.stop()
    else:
        vehicle.resume()
    bench.poke()
