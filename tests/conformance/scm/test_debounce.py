"""How long the external circuit must be as it is for that to count. No document says, so it is set (O-47)."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.suspending import (
    PAUSE,
    POLARITIES,
    STATION_A,
    STOPPED_S,
    Circuit,
    Polarity,
    car,
    judge_charging,
    judge_given_no_current,
    judge_resumed,
    leaves_c2,
    settings,
)

DEBOUNCE = timing("SCM-016.debounce")
# How far a change lies from what counts; well beyond what crossing a socket takes.
CLEAR_S = 0.01
DEBOUNCES = pytest.mark.parametrize("debounce_s", [DEBOUNCE.value_s, 1.5], ids=lambda set_s: f"{set_s:g} s")
BOUNCES = 40


def configured(polarity: Polarity, debounce_s: float) -> dict[str, object]:
    return {**settings(polarity, STATION_A), "suspend.debounce_s": debounce_s}


@DEBOUNCES
@POLARITIES
@pytest.mark.clause("SCM-016")
async def test_a_short_change(rig: Case, polarity: Polarity, debounce_s: float) -> None:
    """Just below the debounce nothing happens, just above it the sessions are paused, at the debounce and not before"""
    async with rig.bench(configured(polarity, debounce_s), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        circuit = Circuit(rig, bench, polarity)
        await circuit.allow()
        for outlet in bench.outlets:
            await outlet.charge(car())
        for lasts_s, counts in ((debounce_s - CLEAR_S, False), (debounce_s + CLEAR_S, True)):
            contact = await circuit.suspend()
            await rig.until(contact.at_s + lasts_s)
            await circuit.release()
            await rig.until(contact.at_s + debounce_s + STOPPED_S)
            for outlet in bench.outlets:
                left = leaves_c2(rig, outlet, contact.at_s)
                what = f"socket {outlet.number} leaves C2 after a change of {lasts_s:g} s"
                if counts:
                    rig.judge.elapsed(
                        DEBOUNCE.clause, what, start=contact, end=left, limit_s=debounce_s,
                        late_s=PAUSE.value_s - DEBOUNCE.value_s, watched_until_s=rig.now_s(),
                    )  # fmt: skip
                else:
                    rig.judge.never(
                        DEBOUNCE.clause, what, event=left, watched_s=rig.now_s() - contact.at_s,
                        promised="never: too short to count", clear_s=CLEAR_S,
                    )  # fmt: skip


@DEBOUNCES
@POLARITIES
@pytest.mark.clause("SCM-016")
async def test_a_bouncing_contact(rig: Case, polarity: Polarity, debounce_s: float) -> None:
    """A contact that never rests for as long as the debounce changes nothing, neither while charging nor while
    suspended: each bounce begins the time afresh
    """
    half_s = debounce_s * 0.6
    async with rig.bench(configured(polarity, debounce_s), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        circuit = Circuit(rig, bench, polarity)
        await circuit.allow()
        for outlet in bench.outlets:
            await outlet.charge(car())
        began_s = rig.now_s()
        for _ in range(BOUNCES):
            for change in (circuit.suspend, circuit.release):
                await change()
                await rig.until(rig.now_s() + half_s)
        for outlet in bench.outlets:
            rig.judge.never(
                DEBOUNCE.clause, f"socket {outlet.number} leaves C2", event=leaves_c2(rig, outlet, began_s),
                watched_s=rig.now_s() - began_s, promised="never: no change lasted", clear_s=debounce_s - half_s,
            )  # fmt: skip
        contact = await circuit.suspend()
        await rig.until(contact.at_s + debounce_s + STOPPED_S)
        since_s = rig.now_s()
        for _ in range(BOUNCES):
            for change in (circuit.release, circuit.suspend):
                await change()
                await rig.until(rig.now_s() + half_s)
        for outlet in bench.outlets:
            judge_given_no_current(rig, outlet, [DEBOUNCE.clause], "a bouncing contact", since_s)


@POLARITIES
@pytest.mark.clause("SCM-016")
async def test_at_the_start(rig: Case, polarity: Polarity) -> None:
    """A station that is switched on learns how the circuit is, and goes on with that: a new session is given nothing
    where it suspends, and charges where it does not
    """
    async with rig.bench(settings(polarity), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        began_s = rig.now_s()
        for outlet in bench.outlets:
            outlet.plug_in(car())
        await rig.until(began_s + 60.0)
        if polarity.closed:  # a circuit that was never touched is open
            await bench.probed()
            judge_charging(rig, bench.outlets, [DEBOUNCE.clause], "since the start")
            return
        for outlet in bench.outlets:
            judge_given_no_current(rig, outlet, [DEBOUNCE.clause], "since the start", began_s)
        released = await Circuit(rig, bench, polarity).release()
        await rig.until(released.at_s + STOPPED_S)
        for outlet in bench.outlets:
            judge_resumed(rig, outlet, DEBOUNCE.clause, released)
