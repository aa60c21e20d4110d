"""The external circuit says so: every session is paused in a controlled way, for as long as it lasts."""

from __future__ import annotations

import pytest

from emulators.vehicle.garage import load
from rig.case import Case
from rig.kit import sharing
from rig.kit.panel import judge_led, judge_text
from rig.kit.suspending import (
    FORCED_OPEN,
    POLARITIES,
    STOPPED_S,
    SUSPENDED_TEXT,
    Circuit,
    Polarity,
    car,
    charging,
    judge_charging,
    judge_given_no_current,
    judge_left,
    judge_opened_cold,
    judge_resumed,
    judge_states,
    leaves_c2,
    settings,
)

WATCHED_S = 600.0
# How often, and for how long, the circuit is used: a relay in the cabinet for a calamity (SCM-002), the grid operator's
# contact whenever the grid is overloaded (SCM-003).
TRIGGERS = (
    pytest.param((7200.0,), id="relay", marks=pytest.mark.clause("SCM-002")),
    pytest.param((900.0, 60.0, 1800.0), id="grid operator", marks=pytest.mark.clause("SCM-003")),
)
TRIGGER_CLAUSES = {1: "SCM-002", 3: "SCM-003"}


@POLARITIES
@pytest.mark.parametrize("stops_after_s", [1.0, 4.5], ids=lambda after_s: f"car stops after {after_s:g} s")
@pytest.mark.clause("SCM-001", "SCM-004", "SCM-007", "SCM-012", "M3-008")
async def test_running_sessions(rig: Case, polarity: Polarity, stops_after_s: float) -> None:
    """Both sessions leave C2 for C1, and for B1 when the car has stopped; then the contactor opens, without a load

    Nothing is offered for as long as the circuit stays so.
    """
    async with rig.bench(settings(polarity), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        circuit = Circuit(rig, bench, polarity)
        await circuit.allow()
        await charging(rig, bench, car(stops_after_s=stops_after_s), "SCM-012")
        contact = await circuit.suspend()
        await rig.until(contact.at_s + STOPPED_S)
        for outlet in bench.outlets:
            for clause in ("SCM-004", "SCM-012"):
                judge_left(rig, outlet, clause, contact)
            judge_opened_cold(rig, outlet, "SCM-001", contact)
        await rig.until(contact.at_s + WATCHED_S)
        for outlet in bench.outlets:
            judge_states(rig, outlet, ["SCM-001", "SCM-007", "M3-008"], contact)
            judge_given_no_current(rig, outlet, ["SCM-004"], "suspended", contact.at_s + STOPPED_S)


@pytest.mark.clause("SCM-001")
async def test_a_car_that_goes_on_drawing(rig: Case) -> None:
    """A car that stays in C1 and draws on is given the 6 s of the standard; then the contactor opens under load"""
    async with rig.bench(settings(), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        outlet = bench.outlet(1)
        await outlet.charge(load("keeps-drawing").spec)
        await bench.outlet(2).charge(car())
        opening = outlet.observed.expect("contactor", lambda event: not event.data["closed"])
        contact = await Circuit(rig, bench).suspend()
        opened = await opening.within(2 * STOPPED_S)
        left = leaves_c2(rig, outlet, contact.at_s)
        rig.judge.timed(
            FORCED_OPEN, "contactor opens under load after C1 began", start=left or contact, end=opened,
            watched_until_s=rig.now_s(), clause="SCM-001",
        )  # fmt: skip


@POLARITIES
@pytest.mark.parametrize("for_s", TRIGGERS)
async def test_triggers(rig: Case, polarity: Polarity, for_s: tuple[float, ...]) -> None:
    """Each time the circuit says so both sessions are paused until it allows them again, and then charge as before"""
    clause = TRIGGER_CLAUSES[len(for_s)]
    async with rig.bench(settings(polarity), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        circuit = Circuit(rig, bench, polarity)
        await circuit.allow()
        for outlet in bench.outlets:
            await outlet.charge(car())
        for lasts_s in for_s:
            contact = await circuit.suspend()
            await rig.until(contact.at_s + lasts_s)
            for outlet in bench.outlets:
                judge_left(rig, outlet, clause, contact)
                judge_given_no_current(rig, outlet, [clause], "suspended", contact.at_s + STOPPED_S)
            released = await circuit.release()
            await sharing.settled(rig, bench)
            for outlet in bench.outlets:
                judge_resumed(rig, outlet, clause, released)
            judge_charging(rig, bench.outlets, [clause], "after")


@pytest.mark.parametrize("socket", [1, 2])
@pytest.mark.clause("SCM-008", "SCM-010", "LOG-014")
async def test_words_and_light(rig: Case, socket: int) -> None:
    """Display and flashing blue LED say it at each socket with a session, until it ends; the shade is left open (O-48)

    At the other socket nobody is plugged in at first.
    """
    async with rig.bench(settings(), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "panel", "settings")
        await bench.outlet(socket).charge(car())
        contact = await Circuit(rig, bench).suspend()
        sessions = [bench.outlet(socket)]
        for after_s in (STOPPED_S, WATCHED_S):
            await rig.until(contact.at_s + after_s)
            for outlet in sessions:
                judge_text(rig, outlet, "suspended", SUSPENDED_TEXT, "SCM-008", "LOG-014")
                judge_led(rig, outlet, "suspended", "SCM-010")
            if len(sessions) == 1:
                other = bench.outlet(3 - socket)
                other.plug_in(car())
                sessions.append(other)
        for outlet in sessions:
            outlet.unplug()
        await rig.until(rig.now_s() + 1.0)
        for outlet in sessions:
            shown = str(outlet.observed.field("display", "text"))
            rig.judge.holds(
                "SCM-008",
                f"display of socket {outlet.number} when its session is over",
                holds=SUSPENDED_TEXT not in shown,
                seen=shown,
                promised="another text",
            )


@pytest.mark.clause("SCM-004", "SCM-010")
async def test_an_over_current_pause(rig: Case) -> None:
    """A session in its over-current pause has its five minutes; when they are over it is suspended, not resumed"""
    async with rig.bench(settings(), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "panel", "settings")
        outlet = bench.outlet(2)
        vehicle = await outlet.charge(car())
        await outlet.draw(vehicle, 40.0)
        await outlet.observed.pilot("F", within_s=30.0)
        vehicle.set_fixed_draw(None)
        contact = await Circuit(rig, bench).suspend()
        await rig.until(contact.at_s + 200.0)
        rig.judge.holds(
            "SCM-004", "pilot in the over-current pause", holds=outlet.observed.pilot_state == "F",
            seen=outlet.observed.pilot_state, promised="F",
        )  # fmt: skip
        await rig.until(contact.at_s + WATCHED_S)
        judge_given_no_current(rig, outlet, ["SCM-004"], "after an over-current pause", contact.at_s + STOPPED_S)
        judge_led(rig, outlet, "suspended", "SCM-010", what="after an over-current pause")


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "opened"])
@pytest.mark.clause("SCM-012")
async def test_no_circuit_is_asked_for(rig: Case, closed: bool) -> None:
    """With the RJ11 port set to a P1 meter, the default, a circuit that closes or opens changes nothing"""
    async with rig.bench({**sharing.settings(25.0), "RJ11-Mode": "DSMR P1"}, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        if not closed:
            bench.contact(True)
        for outlet in bench.outlets:
            await outlet.charge(car())
        await Circuit(rig, bench).set(closed)
        await rig.until(rig.now_s() + STOPPED_S)
        judge_charging(rig, bench.outlets, ["SCM-012"], "without a mode for it")
