"""From how much current on two cars charge together, and below which they take turns."""

from __future__ import annotations

import msgspec
import pytest

from emulators.vehicle import garage
from emulators.vehicle.spec import VehicleSpec
from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import limit
from rig.kit.balancing import is_below, offers_since
from rig.kit.sharing import settled
from rig.kit.turns import (
    connected,
    judge_drawn,
    judge_shares,
    judge_together,
    offers,
    quick_car,
    sharing,
    turns,
)

LEAST_A = limit("M3-002").value
BOTH_A = 2 * LEAST_A
PROBE_A = limit("PRB-003").value
TOGETHER_A = PROBE_A + LEAST_A
# IEC 61851-1: 0.6 A for each percent. Common generators have steps of 0.1 %.
LEAST_DUTY_PCT, DUTY_STEP_PCT = LEAST_A / 0.6, 0.1
# The least period there is, in the cases that look at several turns.
PERIOD_S = limit("ALT-013.min").value
CHAMELEON = msgspec.structs.replace(garage.load("chameleon").spec, draw_fraction=0.97)
SIX = quick_car()


def judge_turns(rig: Case, bench: Bench, clause: str, what: str, station_max_a: float) -> None:
    """One is offered all there is and the other nothing, as it stands now."""
    one_a, other_a = sorted(offers(bench))
    rig.judge.holds(
        clause,
        f"{what}: who waits",
        holds=other_a > 0.0 and one_a == 0.0,
        seen=f"offers of {offers(bench)} A",
        promised=f"{station_max_a:g} A for one, nothing for the other",
        evidence={"at_s": rig.now_s()},
    )
    judge_together(rig, bench, clause, f"{what}: what the other one gets", station_max_a)


@pytest.mark.parametrize("station_max_a", [BOTH_A, BOTH_A + 0.1, BOTH_A + 1.0])
@pytest.mark.clause("ALT-002", "ALT-003")
async def test_enough_for_both(rig: Case, station_max_a: float) -> None:
    """With 6 A for each they charge together: 12.0 A are 6 A and 6 A, for three periods (S-SLB-8)"""
    config = sharing(station_max_a, period_s=PERIOD_S)
    async with rig.bench(config, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, SIX, SIX)
        since_s = rig.now_s()
        for clause in ("ALT-002", "ALT-003"):
            judge_shares(rig, bench, clause, f"offers with {station_max_a:g} A", station_max_a / 2, station_max_a / 2)
        await rig.until(since_s + 3 * PERIOD_S)
        lost = next((turn.end for turn in turns(rig) if turn.end is not None and turn.end.at_s > since_s), None)
        for clause in ("ALT-002", "ALT-003"):
            rig.judge.never(
                clause,
                f"a pause with {station_max_a:g} A",
                event=lost,
                watched_s=rig.now_s() - since_s,
                promised="both charge all the time",
            )


@pytest.mark.parametrize("station_max_a", [LEAST_A, BOTH_A - 1.0, BOTH_A - 0.1])
@pytest.mark.clause("ALT-001", "ALT-002", "ALT-003", "M3-002")
async def test_too_little_for_both(rig: Case, station_max_a: float) -> None:
    """With less than 6 A for each they take turns: with 11.9 A one charges and the other waits (S-SLB-8)

    For three periods. No offer is between 0 and 6 A, and each car has its turns.
    """
    config = sharing(station_max_a, period_s=PERIOD_S)
    async with rig.bench(config, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, SIX, SIX)
        since_s = rig.now_s()
        for clause in ("ALT-002", "ALT-003"):
            judge_turns(rig, bench, clause, f"with {station_max_a:g} A", station_max_a)
        await rig.until(since_s + 3 * PERIOD_S + 1.0)
        for outlet in bench.outlets:
            own = offers_since(rig, since_s, outlet.number)
            rig.judge.holds(
                "ALT-001",
                f"socket {outlet.number} in three periods",
                holds=any(offer_a for _, offer_a in own) and not all(offer_a for _, offer_a in own),
                seen=", ".join(f"{offer_a:g} A" for _, offer_a in own),
                promised="turns and pauses",
            )
        # A car takes a duty cycle of 8 to 10 % for 6 A, but nobody is to signal one.
        duties = [event.data["duty_pct"] for event in rig.timeline.of("pilot") if event.data["signal"] == "pwm"]
        rig.judge.holds(
            "M3-002",
            "least duty cycle",
            holds=min(duties, default=LEAST_DUTY_PCT) > LEAST_DUTY_PCT - DUTY_STEP_PCT,
            seen=f"{min(duties, default=0.0):g} %",
            promised=f"{LEAST_DUTY_PCT:g} % for 6 A, or more, or none",
        )


@pytest.mark.parametrize("first", [CHAMELEON, SIX], ids=["14 A first", "6 A first"])
@pytest.mark.parametrize("station_max_a", [TOGETHER_A, TOGETHER_A + 2.5])
@pytest.mark.clause("ALT-004", "ALT-021")
async def test_a_14_a_car_beside_a_6_a_car(rig: Case, station_max_a: float, first: VehicleSpec) -> None:
    """With 20.0 A a car that needs 14 A gets them beside one that gets 6 A (S-SLB-7b)

    With more than that, both have at least as much, and together all there is.
    """
    cars = (first, SIX if first is CHAMELEON else CHAMELEON)
    async with rig.bench(sharing(station_max_a), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, *cars, probing=True)
        for outlet, car in zip(bench.outlets, cars, strict=True):
            needs_a = PROBE_A if car is CHAMELEON else LEAST_A
            for clause in ("ALT-004", "ALT-021") if car is CHAMELEON else ("ALT-004",):
                rig.judge.holds(
                    clause,
                    f"offer to the car that needs {needs_a:g} A, of {station_max_a:g} A",
                    holds=not is_below(outlet.observed.offered_a, needs_a),
                    seen=f"{outlet.observed.offered_a:g} A",
                    promised=f"{needs_a:g} A or more",
                )
        judge_together(rig, bench, "ALT-004", "offers together", station_max_a)


@pytest.mark.parametrize("first", [CHAMELEON, SIX], ids=["14 A first", "6 A first"])
@pytest.mark.parametrize("station_max_a", [PROBE_A, TOGETHER_A - 0.1])
@pytest.mark.clause("ALT-004", "ALT-021")
async def test_too_little_beside_a_14_a_car(rig: Case, station_max_a: float, first: VehicleSpec) -> None:
    """With 19.9 A they take turns, and the car that needs 14 A has them on each of its turns (S-SLB-7a)"""
    cars = (first, SIX if first is CHAMELEON else CHAMELEON)
    config = sharing(station_max_a, period_s=PERIOD_S)
    async with rig.bench(config, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, *cars, probing=True)
        since_s = rig.now_s()
        judge_turns(rig, bench, "ALT-004", f"with {station_max_a:g} A", station_max_a)
        await rig.until(since_s + 4 * PERIOD_S)
        needy = bench.outlets[cars.index(CHAMELEON)]
        own = [offer_a for _, offer_a in offers_since(rig, since_s, needy.number) if offer_a]
        rig.judge.holds(
            "ALT-021",
            "offers to the car that needs 14 A on its turns",
            holds=bool(own) and not any(is_below(offer_a, PROBE_A) for offer_a in own),
            seen=", ".join(f"{offer_a:g} A" for offer_a in own) or "none",
            promised="14 A or more, and several times",
        )
        judge_drawn(rig, "ALT-004", "most drawn on one phase", station_max_a, since_s)


@pytest.mark.clause("ALT-023")
async def test_cars_that_overlap_on_one_phase(rig: Case) -> None:
    """A car on three phases and one on a single phase take turns when their common phase has 11 A"""
    config = sharing(11.0, period_s=PERIOD_S)
    async with rig.bench(config, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, quick_car(), quick_car(phases=1), probing=True)
        judge_turns(rig, bench, "ALT-023", "11 A for both of them", 11.0)


@pytest.mark.clause("ALT-023")
async def test_cars_on_phases_of_their_own(rig: Case) -> None:
    """Two cars with one phase each do not overlap: with 11 A both charge"""
    config = sharing(11.0, period_s=PERIOD_S)
    async with rig.bench(config, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, quick_car(phases=1), quick_car(phases=1), probing=True)
        # Each has had its probe, and a turn may have been over after it.
        await rig.until(rig.now_s() + PERIOD_S)
        await settled(rig, bench)
        judge_shares(rig, bench, "ALT-023", "11 A on each phase", 11.0, 11.0)
