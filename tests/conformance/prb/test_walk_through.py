"""The documents' example of three cars on 20 A, at two sockets: the third car comes in the first one's place.

S-SCN1-1 to S-SCN1-6 on one phase, S-SCN3-1 to S-SCN3-7 on three (PRB-025: 20 A is a figure of the example).
"""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.kit import sharing
from rig.kit.probing import (
    AVAILABLE_A,
    OVER_S,
    PROBING_A,
    begun,
    car,
    judge_offer,
    settings,
)

MIDDLE_S = 30.0


@pytest.mark.parametrize(
    ("phases", "car_phases"), [(1, 1), (1, 3), (3, 3)], ids=["one phase", "three-phase cars on one phase", "three"]
)
@pytest.mark.clause("PRB-003", "PRB-005", "PRB-008", "PRB-009", "PRB-028")
async def test_the_example(rig: Case, phases: int, car_phases: int) -> None:
    """B is probed and has 20 A; C is probed beside it; they share; A, which needs 14 A, takes B's place and keeps them

    Each of the probes leaves 6 A to the other car.
    """
    content, needy = car(phases=car_phases), car("chameleon", phases=car_phases)
    async with rig.bench(settings(phases=phases), phases=phases, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        first, second = bench.outlets
        c2 = await begun(first, content)
        await rig.until(c2.at_s + MIDDLE_S)
        judge_offer(rig, first, "PRB-003", "1: B is probed", PROBING_A)
        await rig.until(c2.at_s + OVER_S)
        await sharing.settled(rig, bench)
        judge_offer(rig, first, "PRB-009", "2: B alone", AVAILABLE_A)
        c2 = await begun(second, content)
        await rig.until(c2.at_s + MIDDLE_S)
        judge_offer(rig, second, "PRB-003", "3: C is probed", PROBING_A)
        judge_offer(rig, first, "PRB-028", "3: B beside it", AVAILABLE_A - PROBING_A)
        await rig.until(c2.at_s + OVER_S)
        await sharing.settled(rig, bench)
        for outlet in bench.outlets:
            judge_offer(rig, outlet, "PRB-009", "4: B and C", AVAILABLE_A / 2)
        first.unplug()
        await sharing.settled(rig, bench)
        judge_offer(rig, second, "PRB-009", "C alone", AVAILABLE_A)
        c2 = await begun(first, needy)
        await rig.until(c2.at_s + MIDDLE_S)
        judge_offer(rig, first, "PRB-003", "5: A is probed", PROBING_A)
        judge_offer(rig, second, "PRB-005", "5: C beside it", AVAILABLE_A - PROBING_A)
        await rig.until(c2.at_s + OVER_S)
        await sharing.settled(rig, bench)
        judge_offer(rig, first, "PRB-008", "6: A", PROBING_A)
        judge_offer(rig, second, "PRB-008", "6: C beside it", AVAILABLE_A - PROBING_A)
