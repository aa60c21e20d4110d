"""The current at which a station probes: as it is set, or what there is when that is less (O-15)."""

from __future__ import annotations

import pytest

from emulators.vehicle.garage import load
from rig.bench import Outlet
from rig.case import Case
from rig.kit import sharing
from rig.kit.balancing import PWM_STEP_A
from rig.kit.probing import (
    AVAILABLE_A,
    CHAMELEONS,
    JUDGED_S,
    LEAST_A,
    OVER_S,
    PROBING_A,
    begun,
    car,
    charging,
    entered,
    judge_first_offer,
    judge_level,
    judge_minute,
    judge_offer,
    probe_over,
    settings,
)

A_TENTH_A = 0.1
# Long after the probe nothing has changed.
LATER_S = 600.0


def judge_idle(rig: Case, outlet: Outlet, clause: str, name: str) -> None:
    """That a 14 A car does not charge: at most the current of its filter flows."""
    filter_a = load(name).spec.filter_a
    rig.judge.value(
        clause, "drawn by the 14 A car", measured=max(outlet.observed.drawn_a),
        limit=filter_a, unit="A", early=None, late=0.0, evidence={"filter_a": filter_a},
    )  # fmt: skip


@pytest.mark.parametrize("probing_a", [LEAST_A, 10.0, PROBING_A - A_TENTH_A, 16.0, 19.0])
@pytest.mark.clause("PRB-006", "PRB-011")
async def test_as_it_is_set(rig: Case, probing_a: float) -> None:
    """Chameleon-MinCurrent is the current of the whole minute"""
    async with rig.bench(settings(probing_a=probing_a), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        outlet = bench.outlet(1)
        plugged_s = rig.now_s()
        c2 = await begun(outlet, car())
        end = await probe_over(rig, outlet, c2, probing_a)
        judge_first_offer(rig, outlet, "PRB-011", probing_a, since_s=plugged_s)
        judge_level(rig, outlet, "PRB-011", "probing current", probing_a, since_s=c2.at_s, until_s=c2.at_s + JUDGED_S)
        judge_minute(rig, "PRB-006", "probe", c2, end)


@pytest.mark.parametrize("name", CHAMELEONS)
@pytest.mark.parametrize("probing_a", [10.0, PROBING_A - A_TENTH_A])
@pytest.mark.clause("PRB-014")
async def test_less_than_14_a(rig: Case, probing_a: float, name: str) -> None:
    """Probing with less still takes place, but finds no 14 A car: it gets its half, and does not charge (S-PRB-3)"""
    async with rig.bench(settings(probing_a=probing_a), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        other, needs = bench.outlets
        await charging(rig, bench, other)
        needs.plug_in(car(name))
        began = await entered(needs, "B2", "C2")
        await rig.until(began.at_s + JUDGED_S)
        judge_level(rig, needs, "PRB-014", "probing current", probing_a, since_s=began.at_s, until_s=rig.now_s())
        judge_idle(rig, needs, "PRB-014", name)
        await rig.until(began.at_s + OVER_S)
        await sharing.settled(rig, bench)
        judge_offer(rig, needs, "PRB-014", "needs 14 A, which was not found out", AVAILABLE_A / 2)
        judge_idle(rig, needs, "PRB-014", name)


@pytest.mark.parametrize("name", CHAMELEONS)
@pytest.mark.parametrize("available_a", [LEAST_A, 13.0, PROBING_A - A_TENTH_A])
@pytest.mark.clause("PRB-003", "PRB-015")
async def test_less_available_than_14_a(rig: Case, available_a: float, name: str) -> None:
    """What there is is offered, from 6 A on; a 14 A car cannot charge with it, neither then nor later (S-PRB-4)"""
    async with rig.bench(settings(available_a), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        outlet = bench.outlet(1)
        outlet.plug_in(car(name))
        began = await entered(outlet, "B2", "C2")
        await rig.until(began.at_s + JUDGED_S)
        judge_level(rig, outlet, "PRB-003", "probing current", available_a, since_s=began.at_s, until_s=rig.now_s())
        judge_idle(rig, outlet, "PRB-015", name)
        await rig.until(began.at_s + OVER_S + LATER_S)
        judge_offer(rig, outlet, "PRB-015", "after the probe", available_a)
        judge_idle(rig, outlet, "PRB-015", name)


@pytest.mark.parametrize("name", CHAMELEONS)
@pytest.mark.clause("PRB-015")
async def test_exactly_14_a_available(rig: Case, name: str) -> None:
    """With 14 A, and not a tenth more, a 14 A car charges, during its probe and afterwards"""
    async with rig.bench(settings(PROBING_A), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        outlet = bench.outlet(1)
        c2 = await begun(outlet, load(name).spec)
        for at_s in (JUDGED_S, OVER_S + LATER_S):
            await rig.until(c2.at_s + at_s)
            rig.judge.value(
                "PRB-015", "drawn by the 14 A car", measured=max(outlet.observed.drawn_a),
                limit=PROBING_A, unit="A", early=PWM_STEP_A, late=PWM_STEP_A,
            )  # fmt: skip
