"""The states of the control pilot: in which order they come, how they look on a scope, and when there is power."""

from __future__ import annotations

from itertools import groupby

import pytest

from rig.case import Case
from rig.clauses.timings import limit, timing
from rig.kit.overdraw import ALLOWED_A, SETTINGS
from rig.kit.overdraw import car as overdrawing_car
from rig.kit.pilot import (
    PATIENCE_S,
    PLAYERS,
    SETTLED_S,
    PlayerName,
    closes,
    judge_level,
    judge_never_powered,
    judge_opening,
    opens,
    play,
    powered,
    settings,
)

CLOSES, OPENS, UNPLUGGED = (timing(f"M3-001.{row}") for row in ("contactor-close", "contactor-open", "unplug-open"))
FREQUENCY, FREQUENCY_OFF = limit("M3-001.frequency"), limit("M3-001.frequency-tolerance")


@PLAYERS
@pytest.mark.clause("M3-001")
async def test_a_session(rig: Case, player: PlayerName) -> None:
    """A to B to C and back: power within 3 s of C2, off within 100 ms of its end, and the socket is free again"""
    async with rig.bench(settings()) as bench:
        rig.need(bench.capabilities, "pilot")
        car = play(bench, player)
        await bench.observed.pilot("A1", within_s=PATIENCE_S)
        await car.plug()
        await bench.observed.pilot("B2", within_s=PATIENCE_S)
        closing = closes(bench)
        await car.ready()
        asked = await bench.observed.pilot("C2", within_s=PATIENCE_S)
        closed = await closing.within(PATIENCE_S)
        if asked is not None:
            rig.judge.timed(CLOSES, "power", start=asked, end=closed, watched_until_s=rig.now_s())
        await rig.until(rig.now_s() + SETTLED_S)
        opening = opens(bench)
        await car.stop()
        stopped = await bench.observed.pilot("B2", "B1", within_s=PATIENCE_S)
        judge_opening(rig, OPENS, "power off", stopped, await opening.within(PATIENCE_S), "M3-001")
        await car.unplug()
        await bench.observed.pilot("A1", within_s=PATIENCE_S)
        states = [event.data["state"] for event in rig.timeline.of("pilot") if event.at_s >= bench.began_s]
        letters = "".join(letter for letter, _ in groupby(state[0] for state in states))
        rig.judge.holds(
            "M3-001",
            "states of the session",
            holds=letters.lstrip("F") == "ABCBA" and {"B2", "C2"} <= set(states) and states[-1] == "A1",
            seen=" ".join(states),
            promised="A1, B2, C2, B2, A1",
        )


@PLAYERS
@pytest.mark.clause("M3-001")
async def test_a_car_that_is_not_ready(rig: Case, player: PlayerName) -> None:
    """State B is no request for current: no power, however long it lasts"""
    async with rig.bench(settings()) as bench:
        rig.need(bench.capabilities, "pilot")
        await play(bench, player).plug()
        await rig.until(rig.now_s() + PATIENCE_S)
        judge_never_powered(rig, "M3-001", "in state B", bench.began_s)


@PLAYERS
@pytest.mark.clause("M3-001")
async def test_unplugged_while_charging(rig: Case, player: PlayerName) -> None:
    """The plug is pulled out of a running session: power off within 100 ms"""
    async with rig.bench(settings()) as bench:
        rig.need(bench.capabilities, "pilot")
        car = play(bench, player)
        await powered(bench, car)
        opening = opens(bench)
        await car.unplug()
        gone = await bench.observed.pilot("A1", "A2", within_s=PATIENCE_S)
        judge_opening(rig, UNPLUGGED, "power off", gone, await opening.within(PATIENCE_S), "M3-001")


@PLAYERS
@pytest.mark.parametrize("plugged_s", [0.05, 0.5, 0.9])
@pytest.mark.clause("M3-001")
async def test_plugged_in_and_out_within_a_second(rig: Case, player: PlayerName, plugged_s: float) -> None:
    """A plug that is in for less than a second, a car behind it that asks at once; then one that stays

    Whether there was power or not, there is none 100 ms after the plug was pulled; the next session is as any other.
    """
    async with rig.bench(settings()) as bench:
        rig.need(bench.capabilities, "pilot")
        car = play(bench, player)
        began_s = rig.now_s()
        await car.plug()
        await car.ready()
        await rig.until(began_s + plugged_s)
        await car.unplug()
        gone_s = rig.now_s()
        await rig.until(gone_s + UNPLUGGED.value_s)
        rig.judge.holds(
            "M3-001",
            f"contactor {UNPLUGGED.value_s:g} s after a plug of {plugged_s:g} s",
            holds=not bench.observed.contactor_closed,
            seen="closed" if bench.observed.contactor_closed else "open",
            promised="open",
        )
        await rig.until(gone_s + PATIENCE_S)
        judge_never_powered(rig, "M3-001", "after it", gone_s + UNPLUGGED.value_s)
        closed = await powered(bench, car)
        rig.judge.holds(
            "M3-001",
            "the next session",
            holds=closed is not None,
            seen="no power" if closed is None else f"power at {closed.at_s:g} s",
            promised="power",
        )


@pytest.mark.parametrize("state", ["A", "B", "C"])
@pytest.mark.clause("M3-001")
async def test_levels(rig: Case, state: str) -> None:
    """The pilot of each state on a scope: +12 V and no PWM, or PWM of 1 kHz between +9 V or +6 V and -12 V"""
    async with rig.bench(settings()) as bench:
        box, scope = await bench.ev_box(), await bench.scope()
        if state != "A":
            await box.set_cable(32)
            await box.set_state("B" if state == "B" else "C")
        await rig.until(rig.now_s() + SETTLED_S)
        seen = await scope.measure()
        judge_level(rig, f"state-{state.lower()}", seen.high_v, scope.uncertainty_v)
        if state == "A":
            rig.judge.holds(
                "M3-001",
                "PWM at an empty socket",
                holds=seen.duty is None,
                seen="constant" if seen.duty is None else f"PWM of {100 * seen.duty:.1f} %",
                promised="constant",
            )
            return
        judge_level(rig, "low", seen.low_v, scope.uncertainty_v)
        rig.judge.value(
            "M3-001",
            FREQUENCY.name,
            measured=seen.frequency_hz or 0.0,
            limit=FREQUENCY.value,
            unit="Hz",
            early=FREQUENCY_OFF.value,
            late=FREQUENCY_OFF.value,
        )


@pytest.mark.clause("M3-004")
async def test_state_f(rig: Case) -> None:
    """An over-current takes the pilot from C2 to a constant -12 V, and there it stays: a scope sees no PWM, no +6 V"""
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot")
        scope = await bench.scope()
        vehicle = await bench.charge(overdrawing_car())
        await bench.draw(vehicle, 2 * ALLOWED_A)
        await bench.observed.pilot("F", within_s=PATIENCE_S)
        for after_s in (1.0, 10.0, 280.0):
            await rig.until(rig.now_s() + after_s)
            seen = await scope.measure()
            constant = seen.duty is None and seen.high_v is not None
            rig.judge.holds(
                "M3-004",
                f"{after_s:g} s later",
                holds=constant and limit("M3-001.low-lower").value <= (seen.high_v or 0.0) <= -11.0,
                seen=f"{seen.high_v} V, {'constant' if constant else 'PWM'}",
                promised="constant -12 V",
            )
