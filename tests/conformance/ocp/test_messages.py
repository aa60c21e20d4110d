"""What the station says about an over-current pause: display, LED and back office."""

from __future__ import annotations

import re

import pytest

from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.overdraw import ALLOWED_A, PATIENCE_S, SETTINGS, ampere, car, draw_share
from rig.timeline import Event

SHARE = 12_500
INFO = re.compile(r"Over current detected allowed (\d+\.?\d*)A actual (\d+\.?\d*)A")
# OCPP 1.6 gives the info field 50 characters (O-64).
INFO_LENGTH = 50
# The text has one decimal, so it is right to within half of its last digit.
DECIMAL_A = 0.05
TEXT = "302: One moment please. Your charging session will resume shortly."


@pytest.mark.clause("OCP-015", "OCP-016", "OCP-017", "LOG-013")
async def test_display_and_led(rig: Case) -> None:
    """During the whole pause the display shows code 302 and its text, and the LED blinks red and blue"""
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        vehicle = await bench.charge(car())
        await draw_share(bench, vehicle, SHARE)
        paused = await bench.observed.pilot("F", within_s=PATIENCE_S)
        await rig.until((paused.at_s if paused else rig.now_s()) + timing("OCP-010").value_s - 1.0)
        text = str(bench.observed.field("display", "text"))
        for clause in ("OCP-015", "LOG-013"):
            rig.judge.holds(clause, "display to the end of the pause", holds=text == TEXT, seen=text, promised=TEXT)
        rig.judge.holds(
            "OCP-016", "the code, the same in every language", holds="302" in text, seen=text, promised="code 302"
        )
        led = str(bench.observed.field("led", "pattern"))
        rig.judge.holds(
            "OCP-017",
            "LED to the end of the pause",
            holds="red" in led and "blue" in led,
            seen=led,
            promised="blinks red and blue",
        )


@pytest.mark.clause("OCP-018", "OCP-019", "OCP-020", "OCP-021", "LOG-016")
async def test_status_notification(rig: Case) -> None:
    """The StatusNotification of a pause: Faulted, OverCurrentFailure, 302, and both currents in its text"""
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot", "status")
        vehicle = await bench.charge(car())
        await draw_share(bench, vehicle, SHARE)
        await bench.observed.pilot("F", within_s=PATIENCE_S)
        await rig.until(rig.now_s() + 1.0)
        faults = [event for event in rig.timeline.of("status") if event.data.get("status") == "Faulted"]
        sent: Event | None = faults[0] if faults else None
        payload = {} if sent is None else sent.data
        for clause, key, value in (
            ("OCP-020", "status", "Faulted"),
            ("OCP-018", "errorCode", "OverCurrentFailure"),
            ("OCP-021", "vendorErrorCode", "302"),
        ):
            rig.judge.holds(clause, key, holds=payload.get(key) == value, seen=str(payload.get(key)), promised=value)
        info = str(payload.get("info", ""))
        numbers = INFO.fullmatch(info)
        rig.judge.holds(
            "LOG-016",
            "text of the message",
            holds=numbers is not None and len(info) <= INFO_LENGTH,
            seen=info,
            promised="Over current detected allowed xxA actual xxA, at most 50 characters",
        )
        if numbers is None:
            rig.judge.holds("OCP-019", "currents in the text", holds=False, seen=info, promised="two currents")
            return
        for what, number, true_a in (("allowed", numbers[1], ALLOWED_A), ("actual", numbers[2], ampere(SHARE))):
            rig.judge.value(
                "OCP-019",
                f"{what} current in the text",
                measured=float(number),
                limit=true_a,
                unit="A",
                early=DECIMAL_A,
                late=DECIMAL_A,
            )


@pytest.mark.clause("OCP-019")
async def test_the_worst_phase_is_named(rig: Case) -> None:
    """A three-phase car that draws too much on L2 only: the message says what was measured there"""
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot", "status")
        vehicle = await bench.charge(car(phases=3))
        await draw_share(bench, vehicle, SHARE, phase=1)
        await bench.observed.pilot("F", within_s=PATIENCE_S)
        await rig.until(rig.now_s() + 1.0)
        info = next((str(e.data["info"]) for e in rig.timeline.of("status") if e.data["status"] == "Faulted"), "")
        numbers = INFO.fullmatch(info)
        rig.judge.value(
            "OCP-019",
            "actual current in the text",
            measured=float(numbers[2]) if numbers else 0.0,
            limit=ampere(SHARE),
            unit="A",
            early=DECIMAL_A,
            late=DECIMAL_A,
            evidence={"info": info},
        )


@pytest.mark.clause("OCP-018")
async def test_status_after_the_pause(rig: Case) -> None:
    """When the session resumes the back office hears Charging, NoError (O-64)"""
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot", "status")
        vehicle = await bench.charge(car())
        await draw_share(bench, vehicle, SHARE)
        await bench.observed.pilot("F", within_s=PATIENCE_S)
        vehicle.set_fixed_draw(None)
        bench.poke()
        await bench.drawing(within_s=timing("OCP-010").value_s + PATIENCE_S)
        last = rig.timeline.of("status")[-1].data if rig.timeline.of("status") else {}
        rig.judge.holds(
            "OCP-018",
            "message at the resume",
            holds=(last.get("status"), last.get("errorCode")) == ("Charging", "NoError"),
            seen=f"{last.get('status')}, {last.get('errorCode')}",
            promised="Charging, NoError",
        )


@pytest.mark.clause("OCP-023")
async def test_without_a_licence(rig: Case) -> None:
    """Over-current protection works with an empty licence key"""
    row = timing("OCP-003")
    async with rig.bench({**SETTINGS, "FeatureLicenseKey": ""}) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        vehicle = await bench.charge(car())
        start = await draw_share(bench, vehicle, 11_500)
        end = await bench.observed.pilot("F", within_s=PATIENCE_S)
        rig.judge.timed(
            row, "pause with no feature unlocked", start=start, end=end, watched_until_s=rig.now_s(), clause="OCP-023"
        )
