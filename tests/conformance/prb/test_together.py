"""Two cars that are plugged in within the same minute: one after the other, or both at once (O-14)."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.kit.panel import judge_led
from rig.kit.probing import (
    ADJUSTED_S,
    AVAILABLE_A,
    JUDGED_S,
    PROBING_A,
    begun,
    car,
    entered,
    judge_first_offer,
    judge_level,
    judge_minute,
    judge_states,
    probe_over,
    settings,
)

# 14 A for the one and 6 A for the other do not make two probes, and neither does a tenth less than 28 A.
TOO_LITTLE_A = (AVAILABLE_A, 2 * PROBING_A - 0.1)


@pytest.mark.parametrize("later_s", [1.0, 20.0, 40.0])
@pytest.mark.parametrize("available_a", TOO_LITTLE_A)
@pytest.mark.clause("PRB-002", "PRB-003", "PRB-006", "PRB-021")
async def test_one_after_the_other(rig: Case, available_a: float, later_s: float) -> None:
    """Without room for two probes the second car waits until that of the first one is over, and has its own then

    It waits in B1 or C1. Both have 14 A for a whole minute.
    """
    async with rig.bench(settings(available_a), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        first, second = bench.outlets
        c2 = await begun(first, car())
        await rig.until(c2.at_s + later_s)
        plugged_s = rig.now_s()
        second.plug_in(car())
        end = await probe_over(rig, first, c2)
        judge_minute(rig, "PRB-006", "probe of the first car", c2, end)
        judge_level(rig, first, "PRB-003", "first car", PROBING_A, since_s=c2.at_s, until_s=c2.at_s + JUDGED_S)
        judge_level(
            rig, second, "PRB-002", "nothing yet for the second car", 0.0,
            since_s=plugged_s, until_s=c2.at_s + JUDGED_S,
        )  # fmt: skip
        later = await entered(second, "C2")
        end = await probe_over(rig, second, later)
        judge_first_offer(rig, second, "PRB-002", since_s=plugged_s)
        judge_minute(rig, "PRB-006", "probe of the second car", later, end)
        judge_level(rig, second, "PRB-003", "second car", PROBING_A, since_s=later.at_s, until_s=later.at_s + JUDGED_S)
        judge_states(rig, second, "PRB-021", "while probed", "C2", since_s=later.at_s)


@pytest.mark.clause("PRB-023")
async def test_the_leds(rig: Case) -> None:
    """The LED of the one that waits for its probe flashes light blue, and is dark blue when it is probed"""
    async with rig.bench(settings(), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        first, second = bench.outlets
        c2 = await begun(first, car())
        second.plug_in(car())
        await rig.until(c2.at_s + JUDGED_S)
        judge_led(rig, first, "probed", "PRB-023")
        judge_led(rig, second, "paused", "PRB-023", what="waiting")
        later = await entered(second, "C2")
        await rig.until(later.at_s + JUDGED_S)
        judge_led(rig, second, "probed", "PRB-023")


@pytest.mark.parametrize("later_s", [0.0, 1.0, 10.0])
@pytest.mark.parametrize("available_a", [2 * PROBING_A, 32.0])
@pytest.mark.clause("PRB-002", "PRB-003", "PRB-021")
async def test_both_at_once(rig: Case, available_a: float, later_s: float) -> None:
    """Where 14 A are there for both, both are probed at once"""
    async with rig.bench(settings(available_a), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        began_s = rig.now_s()
        for number, outlet in enumerate(bench.outlets):
            await rig.until(began_s + number * later_s)
            outlet.plug_in(car())
        await rig.until(began_s + JUDGED_S)
        span = {"since_s": began_s + later_s + ADJUSTED_S, "until_s": rig.now_s()}
        for outlet in bench.outlets:
            judge_first_offer(rig, outlet, "PRB-002", since_s=bench.began_s)
            judge_level(rig, outlet, "PRB-003", "while probed", PROBING_A, **span)
            judge_states(rig, outlet, "PRB-021", "while probed", "C2", since_s=span["since_s"])


@pytest.mark.clause("PRB-006")
async def test_each_for_its_own_minute(rig: Case) -> None:
    """Of two that are probed at once, half a minute apart, each has its own minute"""
    async with rig.bench(settings(32.0), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        first, second = bench.outlets
        c2 = await begun(first, car())
        await rig.until(c2.at_s + 30.0)
        later = await begun(second, car())
        judge_minute(rig, "PRB-006", "first car", c2, await probe_over(rig, first, c2))
        judge_minute(rig, "PRB-006", "second car", later, await probe_over(rig, second, later))
