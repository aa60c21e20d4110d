"""What a probe leaves for the car that is charging already: less, or nothing where 6 A are not left."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.kit import sharing
from rig.kit.panel import judge_led
from rig.kit.probing import (
    ADJUSTED_S,
    JUDGED_S,
    LEAST_A,
    OVER_S,
    PROBING_A,
    begun,
    car,
    charging,
    judge_level,
    judge_offer,
    judge_states,
    settings,
)

# The first ampere less than what serves both.
A_TENTH_A = 0.1


@pytest.mark.parametrize("available_a", [PROBING_A + LEAST_A, 25.0, 2 * PROBING_A])
@pytest.mark.clause("PRB-003", "PRB-005", "PRB-009", "PRB-020", "PRB-021", "PRB-022", "PRB-028")
async def test_enough_for_both(rig: Case, available_a: float) -> None:
    """Where 6 A or more are left nobody is paused: 14 A for the new one, the rest for the other (S-SCN1-3, S-SCN3-3)

    After the probe both have the same (S-SCN1-4, S-SCN3-4).
    """
    async with rig.bench(settings(available_a), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        first, second = bench.outlets
        await charging(rig, bench, first)
        began_s = rig.now_s()
        c2 = await begun(second, car())
        await rig.until(c2.at_s + JUDGED_S)
        left_a, span = available_a - PROBING_A, {"since_s": c2.at_s + ADJUSTED_S, "until_s": rig.now_s()}
        for clause in ("PRB-005", "PRB-028"):
            judge_level(rig, first, clause, "while the other is probed", left_a, **span)
        judge_level(rig, second, "PRB-003", "while it is probed", PROBING_A, since_s=c2.at_s, until_s=rig.now_s())
        judge_states(rig, first, "PRB-020", "while the other is probed", "C2", since_s=began_s)
        for clause in ("PRB-021", "PRB-022"):
            judge_states(rig, second, clause, "while it is probed", "C2", since_s=c2.at_s)
        await rig.until(c2.at_s + OVER_S)
        await sharing.settled(rig, bench)
        for outlet in bench.outlets:
            judge_offer(rig, outlet, "PRB-009", "after the probe", available_a / 2)


@pytest.mark.parametrize("name", ["obedient-3p", "keeps-drawing"])
@pytest.mark.parametrize("available_a", [PROBING_A, PROBING_A + LEAST_A - A_TENTH_A])
@pytest.mark.clause("PRB-003", "PRB-005", "PRB-009", "PRB-020", "PRB-021", "PRB-022", "M3-007")
async def test_too_little_for_both(rig: Case, available_a: float, name: str) -> None:
    """Where less than 6 A are left the other one is paused, in B1 or C1 as its car does (X-03)

    Not so the new one: it stays in C2 with its 14 A. After the probe both have the same.
    """
    async with rig.bench(settings(available_a), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        first, second = bench.outlets
        await charging(rig, bench, first, name)
        c2 = await begun(second, car())
        await rig.until(c2.at_s + JUDGED_S)
        since_s = c2.at_s + ADJUSTED_S
        for clause in ("PRB-005", "PRB-020"):
            judge_level(rig, first, clause, "while the other is probed", 0.0, since_s=since_s, until_s=rig.now_s())
        for clause in ("PRB-022", "M3-007"):
            judge_states(rig, first, clause, "while the other is probed", "B1", "C1", since_s=since_s)
        judge_level(rig, second, "PRB-003", "while it is probed", PROBING_A, since_s=c2.at_s, until_s=rig.now_s())
        for clause in ("PRB-021", "PRB-022", "M3-007"):
            judge_states(rig, second, clause, "while it is probed", "C2", since_s=c2.at_s)
        await rig.until(c2.at_s + OVER_S)
        await sharing.settled(rig, bench)
        for outlet in bench.outlets:
            judge_offer(rig, outlet, "PRB-009", "after the probe", available_a / 2)


@pytest.mark.clause("PRB-023")
async def test_the_leds(rig: Case) -> None:
    """While the one is probed its LED is dark blue, and that of the paused one flashes light blue"""
    async with rig.bench(settings(PROBING_A + LEAST_A - A_TENTH_A), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        first, second = bench.outlets
        await charging(rig, bench, first)
        c2 = await begun(second, car())
        for at_s in (ADJUSTED_S, JUDGED_S):
            await rig.until(c2.at_s + at_s)
            judge_led(rig, first, "paused", "PRB-023")
            judge_led(rig, second, "probed", "PRB-023")
