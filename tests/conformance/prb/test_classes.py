"""What a station does with what it has found out: a car that needs 14 A keeps them, others share (PRB-008, PRB-009).

Whether a class is right shows in what the car is offered beside another one, where 14 A and half of it differ.
"""

from __future__ import annotations

import pytest

from rig.bench import Outlet
from rig.case import Case
from rig.kit import sharing
from rig.kit.balancing import STATION_MAX_A
from rig.kit.probing import (
    AVAILABLE_A,
    CHAMELEONS,
    DRAWS,
    LEAST_A,
    PROBING_A,
    charging,
    judge_offer,
    settings,
)

CLASSIFIERS = ("power-factor", "stepdown")
# Cars that are content with 6 A, with less usual ways among them.
CONTENT = ("obedient-3p", "draws-under", "ramping", "slow", "two-phases-below-8a", "ignores-5s")


def given(available_a: float, classifier: str) -> dict[str, object]:
    """With one of the two ways to tell the classes apart (O-10)."""
    return {**settings(available_a), "probing.classifier": classifier}


def judge_charges(rig: Case, outlet: Outlet, clause: str) -> None:
    """That a car at an outlet takes what it is offered, and not only what its filter does."""
    rig.judge.value(
        clause, "drawn by the 14 A car", measured=max(outlet.observed.drawn_a),
        limit=DRAWS * PROBING_A, unit="A", early=0.1, late=None,
    )  # fmt: skip


@pytest.mark.parametrize("name", CHAMELEONS)
@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("first", [True, False], ids=["first", "second"])
@pytest.mark.clause("PRB-008", "PRB-010")
async def test_a_14_a_car(rig: Case, first: bool, classifier: str, name: str) -> None:
    """A 14 A car, plugged in before or after the other one, keeps its 14 A and charges; the other has 6 A (S-PRB-1)"""
    async with rig.bench(given(AVAILABLE_A, classifier), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        one, two = bench.outlets
        needs, other = (one, two) if first else (two, one)
        await charging(rig, bench, one, name if first else "obedient-3p")
        await charging(rig, bench, two, "obedient-3p" if first else name)
        judge_offer(rig, needs, "PRB-010", "needs 14 A", PROBING_A)
        judge_offer(rig, other, "PRB-008", "beside it", AVAILABLE_A - PROBING_A)
        judge_charges(rig, needs, "PRB-008")


@pytest.mark.parametrize("available_a", [27.9, 2 * PROBING_A, STATION_MAX_A])
@pytest.mark.parametrize("name", CHAMELEONS)
@pytest.mark.clause("PRB-008")
async def test_a_14_a_car_with_more(rig: Case, name: str, available_a: float) -> None:
    """Where there is more it has 14 A at least, and half of it from 28 A on; all is given out"""
    async with rig.bench(settings(available_a), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        needs, other = bench.outlets
        await charging(rig, bench, needs, name)
        await charging(rig, bench, other)
        its_a = max(PROBING_A, available_a / 2)
        judge_offer(rig, needs, "PRB-008", "needs 14 A", its_a)
        judge_offer(rig, other, "PRB-008", "beside it", available_a - its_a)
        judge_charges(rig, needs, "PRB-008")


@pytest.mark.parametrize("name", CONTENT)
@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.clause("PRB-009", "PRB-010")
async def test_a_6_a_car(rig: Case, classifier: str, name: str) -> None:
    """A car that is content with 6 A, whatever its ways, has the same as the one beside it (S-PRB-2)"""
    async with rig.bench(given(AVAILABLE_A, classifier), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        other, content = bench.outlets
        await charging(rig, bench, other)
        await charging(rig, bench, content, name)
        judge_offer(rig, content, "PRB-010", "content with 6 A", AVAILABLE_A / 2)
        judge_offer(rig, other, "PRB-009", "beside it", AVAILABLE_A / 2)


@pytest.mark.clause("PRB-008", "PRB-009")
async def test_two_with_all_there_is(rig: Case) -> None:
    """When one of two is unplugged the other has all, and the next one is probed and shares"""
    async with rig.bench(settings(), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        needs, other = bench.outlets
        await charging(rig, bench, needs, "chameleon")
        await charging(rig, bench, other)
        needs.unplug()
        await sharing.settled(rig, bench)
        judge_offer(rig, other, "PRB-009", "alone", AVAILABLE_A)
        await charging(rig, bench, needs)
        for outlet in bench.outlets:
            judge_offer(rig, outlet, "PRB-009", "after a car without that need", AVAILABLE_A / 2)
        other.unplug()
        await charging(rig, bench, other, "chameleon")
        judge_offer(rig, other, "PRB-008", "needs 14 A", PROBING_A)
        judge_offer(rig, needs, "PRB-008", "beside it", LEAST_A)
