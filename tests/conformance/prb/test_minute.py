"""The minute with which every session begins, at a car that is alone at the station."""

from __future__ import annotations

import pytest

from emulators.vehicle.garage import load
from rig.bench import Outlet
from rig.case import Case
from rig.kit import sharing
from rig.kit.balancing import PWM_STEP_A
from rig.kit.probing import (
    ADJUSTED_S,
    AVAILABLE_A,
    CHAMELEONS,
    JUDGED_S,
    NOT_OVER_S,
    OVER_S,
    PROBING_A,
    begun,
    car,
    judge_first_offer,
    judge_level,
    judge_minute,
    judge_offer,
    judge_states,
    probe_over,
    settings,
)
from rig.timeline import Event

# Among others one that takes long to get ready, and one that takes long to draw what it may.
CARS = ("obedient-1p", "obedient-2p", "obedient-3p", *CHAMELEONS, "slow", "ramping")
PROBE = ("PRB-002", "PRB-003", "PRB-006", "PRB-007")
REPLACED_AFTER_S = 0.5


async def judge_probe(rig: Case, outlet: Outlet, name: str, a: float = PROBING_A) -> Event:
    """Plug a car in and judge its probe: what is offered first, all the time, and for how long. Returns its start."""
    plugged_s = rig.now_s()
    c2 = await begun(outlet, car(name))
    end = await probe_over(rig, outlet, c2, a)
    judge_first_offer(rig, outlet, "PRB-002", a, since_s=plugged_s)
    judge_level(rig, outlet, "PRB-003", "offer while probing", a, since_s=c2.at_s, until_s=c2.at_s + JUDGED_S)
    for clause in ("PRB-006", "PRB-007"):
        judge_minute(rig, clause, "probe", c2, end)
    return c2


@pytest.mark.parametrize("name", CARS)
@pytest.mark.clause(*PROBE, "PRB-021")
async def test_every_session_begins_with_it(rig: Case, name: str) -> None:
    """14 A for a minute from C2 on, then what there is (S-SCN1-1, S-SCN1-2, S-SCN3-1, S-SCN3-2)

    Just before 58 s it is still 14 A, and just after 62 s it is not any more (O-11).
    """
    async with rig.bench(settings(), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        outlet = bench.outlet(1)
        c2 = await judge_probe(rig, outlet, name)
        judge_states(rig, outlet, "PRB-021", "while it is probed", "C2", since_s=c2.at_s)
        await sharing.settled(rig, bench)
        judge_offer(rig, outlet, "PRB-006", "after the probe", AVAILABLE_A)


@pytest.mark.parametrize("sockets", [1, 2])
@pytest.mark.clause(*PROBE)
async def test_at_any_socket(rig: Case, sockets: int) -> None:
    """At the last socket of a station with one or two, without a licence for any load balancing"""
    needed = {"Station-MaxCurrent": 32.0, "Connector1-MaxCurrent": AVAILABLE_A, "Connector2-MaxCurrent": AVAILABLE_A}
    async with rig.bench(needed, sockets=sockets, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        await judge_probe(rig, bench.outlet(sockets), "obedient-3p")


@pytest.mark.parametrize(
    ("phases", "name", "loaded"),
    [(3, "obedient-1p", 1), (3, "obedient-2p", 2), (3, "obedient-3p", 3), (3, "chameleon", 3),
     (1, "obedient-1p", 1), (1, "obedient-3p", 1), (1, "chameleon", 1)],
)  # fmt: skip
@pytest.mark.clause("PRB-004")
async def test_on_one_phase_or_three(rig: Case, phases: int, name: str, loaded: int) -> None:
    """14 A on each phase that car and supply have, and nothing on the others (O-67)"""
    async with rig.bench(settings(phases=phases), phases=phases, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        outlet = bench.outlet(1)
        c2 = await begun(outlet, load(name).spec)
        await rig.until(c2.at_s + JUDGED_S)
        for phase, drawn_a in enumerate(outlet.observed.drawn_a):
            rig.judge.value(
                "PRB-004", f"drawn from L{phase + 1} while probing", measured=drawn_a,
                limit=PROBING_A if phase < loaded else 0.0, unit="A", early=PWM_STEP_A, late=PWM_STEP_A,
            )  # fmt: skip


@pytest.mark.clause(*PROBE)
async def test_unplugged_just_before_the_end(rig: Case) -> None:
    """Half a second before the end the plug is pulled and put in again: a session of its own, with a whole minute"""
    async with rig.bench(settings(), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        outlet = bench.outlet(1)
        c2 = await begun(outlet, car())
        await rig.until(c2.at_s + NOT_OVER_S - REPLACED_AFTER_S)
        outlet.unplug()
        await rig.until(rig.now_s() + REPLACED_AFTER_S)
        await judge_probe(rig, outlet, "obedient-3p")


@pytest.mark.parametrize("names", [("chameleon", "obedient-3p"), ("obedient-3p", "chameleon")], ids="-then-".join)
@pytest.mark.clause(*PROBE)
async def test_the_next_car_is_not_the_last_one(rig: Case, names: tuple[str, str]) -> None:
    """What was found out about one car does not hold for the next one at the same socket"""
    async with rig.bench(settings(), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        outlet = bench.outlet(1)
        c2 = await begun(outlet, car(names[0]))
        await rig.until(c2.at_s + OVER_S + ADJUSTED_S)
        outlet.unplug()
        await rig.until(rig.now_s() + REPLACED_AFTER_S)
        await judge_probe(rig, outlet, names[1])
