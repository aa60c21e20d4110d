"""Sessions that begin, are probed or take turns while the external circuit suspends charging."""

from __future__ import annotations

import pytest

from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import limit
from rig.kit import sharing
from rig.kit.balancing import is_offer
from rig.kit.panel import judge_led, judge_text
from rig.kit.sharing import PROBED_WITHIN_S, PROBING, SHARE_OFF_A, judge_share
from rig.kit.suspending import (
    POLARITIES,
    STATION_A,
    STOPPED_S,
    SUSPENDED_TEXT,
    Circuit,
    Polarity,
    car,
    judge_charging,
    judge_given_no_current,
    judge_left,
    judge_resumed,
    judge_states,
    offers,
    settings,
)
from rig.timeline import Event

PROBING_A = limit("PRB-003").value
WATCHED_S = 600.0
PERIOD_S = 60.0
# Enough for one car at a time.
LITTLE_A = 11.9


@POLARITIES
@pytest.mark.parametrize("beside", ["nobody", "a paused session"])
@pytest.mark.clause("SCM-005", "SCM-008", "SCM-010")
async def test_a_new_session(rig: Case, polarity: Polarity, beside: str) -> None:
    """A car that is plugged in during the shut-off has a session, paused at once and not probed: B1, no current

    Its display and its LED say why. When the circuit allows it the session begins with its probe.
    """
    async with rig.bench(settings(polarity), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot", "panel", "settings")
        circuit = Circuit(rig, bench, polarity)
        await circuit.allow()
        new = bench.outlet(2)
        if beside != "nobody":
            await bench.outlet(1).charge(car())
            await rig.until(rig.now_s() + PROBED_WITHIN_S)
        await circuit.suspend()
        await rig.until(rig.now_s() + STOPPED_S)
        plugged_s = rig.now_s()
        new.plug_in(car())
        await rig.until(plugged_s + WATCHED_S)
        judge_given_no_current(rig, new, ["SCM-005"], "a new session", plugged_s)
        rig.judge.holds(
            "SCM-005",
            "pilot of the new session",
            holds=new.observed.pilot_state == "B1" and not new.observed.contactor_closed,
            seen=f"{new.observed.pilot_state}, contactor {'closed' if new.observed.contactor_closed else 'open'}",
            promised="B1, contactor open",
        )
        judge_text(rig, new, "a new session", SUSPENDED_TEXT, "SCM-008")
        judge_led(rig, new, "suspended", "SCM-010", what="a new session")
        released = await circuit.release()
        await judge_probed(rig, bench, "SCM-005", released)


async def judge_probed(rig: Case, bench: Bench, clause: str, released: Event) -> None:
    """From now on the session at socket 2 is probed for its whole minute, and then gets what there is."""
    outlet = bench.outlet(2)
    charging = await outlet.observed.pilot("C2", within_s=30.0)
    judge_resumed(rig, outlet, clause, released)
    began_s = released.at_s if charging is None else charging.at_s
    for at_s in (began_s + 1.0, began_s + PROBING.value_s - PROBING.tolerance_early_s - 1.0):
        await rig.until(at_s)
        judge_share(rig, outlet, clause, "probed after the pause", PROBING_A)
    await rig.until(began_s + PROBING.value_s + PROBING.tolerance_late_s + STOPPED_S)
    others = [one for one in bench.outlets if one is not outlet and one.vehicle is not None]
    judge_share(rig, outlet, clause, "after its probe", STATION_A / (1 + len(others)))


@pytest.mark.parametrize("after_s", [5.0, 30.0, 55.0], ids=lambda after_s: f"{after_s:g} s into the probe")
@pytest.mark.clause("SCM-004", "SCM-005", "SCM-007", "SCM-016")
async def test_during_a_probe(rig: Case, after_s: float) -> None:
    """A session that is being probed is paused as any other; the probe is made anew, the whole minute of it (O-47)"""
    async with rig.bench(settings(), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        outlet = bench.outlet(2)
        await outlet.charge(car())
        await rig.until(rig.now_s() + after_s)
        circuit = Circuit(rig, bench)
        contact = await circuit.suspend()
        await rig.until(contact.at_s + 100.0)
        judge_left(rig, outlet, "SCM-004", contact)
        judge_states(rig, outlet, ["SCM-007"], contact)
        judge_given_no_current(rig, outlet, ["SCM-005"], "suspended", contact.at_s + STOPPED_S)
        released = await circuit.release()
        await judge_probed(rig, bench, "SCM-016", released)


@pytest.mark.clause("SCM-004", "SCM-016")
async def test_what_is_known_stays_known(rig: Case) -> None:
    """A session that was probed before the shut-off charges on with its share at once, without another probe (O-13)"""
    async with rig.bench(settings(), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        await sharing.plugged_in(rig, bench, car(), car())
        circuit = Circuit(rig, bench)
        contact = await circuit.suspend()
        await rig.until(contact.at_s + WATCHED_S)
        for outlet in bench.outlets:
            judge_left(rig, outlet, "SCM-004", contact)
        released = await circuit.release()
        await rig.until(released.at_s + STOPPED_S)
        for outlet in bench.outlets:
            first = offers(rig, outlet, released.at_s)
            rig.judge.value(
                "SCM-016",
                f"first offer at socket {outlet.number}",
                measured=0.0 if first is None else float(first.data["offered_a"]),
                limit=STATION_A / 2,
                unit="A",
                early=SHARE_OFF_A,
                late=SHARE_OFF_A,
            )


@pytest.mark.parametrize("after_s", [10.0, 70.0], ids=["the first turn", "the second turn"])
@pytest.mark.clause("SCM-004", "SCM-007", "SCM-010")
async def test_while_alternating(rig: Case, after_s: float) -> None:
    """Cars that take turns: who charges is paused too, and nobody has a turn; afterwards they take turns again"""
    config = {**settings(station_max_a=LITTLE_A), "SCN-AlternatingPeriod": PERIOD_S}
    async with rig.bench(config, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "panel", "settings")
        for outlet in bench.outlets:
            outlet.plug_in(car())
        await bench.outlet(2).drawing(within_s=2 * PERIOD_S)
        await bench.probed()
        await rig.until(rig.now_s() + after_s)
        running = bench.outlet(1 if bench.outlet(1).observed.offered_a else 2)
        judge_charging(rig, [running], ["SCM-004"], "before")
        circuit = Circuit(rig, bench)
        contact = await circuit.suspend()
        await rig.until(contact.at_s + 10 * PERIOD_S)
        judge_left(rig, running, "SCM-004", contact)
        judge_states(rig, running, ["SCM-007"], contact)
        for outlet in bench.outlets:
            judge_given_no_current(rig, outlet, ["SCM-004"], "suspended", contact.at_s + STOPPED_S)
            judge_led(rig, outlet, "suspended", "SCM-010")
        released = await circuit.release()
        turns: list[tuple[int, ...]] = []
        for number in range(4):
            await rig.until(released.at_s + (number + 0.5) * PERIOD_S)
            turns.append(tuple(one.number for one in bench.outlets if is_offer(one.observed.offered_a, LITTLE_A)))
        rig.judge.holds(
            "SCM-004",
            "turns afterwards",
            holds=set(turns) == {(1,), (2,)},
            seen=", ".join(" and ".join(map(str, turn)) or "nobody" for turn in turns),
            promised="each socket in turn, one at a time",
        )


@pytest.mark.parametrize("socket", [1, 2])
@pytest.mark.clause("SCM-004", "SCM-005")
async def test_plugged_out_and_in_again(rig: Case, socket: int) -> None:
    """The plug is pulled during the shut-off and put in again: suspended as before, and the other session too"""
    async with rig.bench(settings(), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        for outlet in bench.outlets:
            await outlet.charge(car())
        circuit = Circuit(rig, bench)
        contact = await circuit.suspend()
        await rig.until(contact.at_s + STOPPED_S)
        outlet = bench.outlet(socket)
        outlet.unplug()
        await rig.until(rig.now_s() + 30.0)
        outlet.plug_in(car())
        await rig.until(rig.now_s() + WATCHED_S)
        for one, clause in ((outlet, "SCM-005"), (bench.outlet(3 - socket), "SCM-004")):
            judge_given_no_current(rig, one, [clause], "suspended", contact.at_s + STOPPED_S)
        await circuit.release()
        await sharing.settled(rig, bench)
        await bench.probed()
        judge_charging(rig, bench.outlets, ["SCM-004", "SCM-005"], "after")
