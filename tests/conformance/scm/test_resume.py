"""The external circuit allows charging again: how a station says so, and how soon it does."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.kit import sharing
from rig.kit.panel import SHOWN_WITHIN_S, judge_led, judge_text
from rig.kit.suspending import (
    POLARITIES,
    STATION_A,
    STOPPED_S,
    SUSPENDED_TEXT,
    Circuit,
    Polarity,
    car,
    charging,
    judge_charging,
    judge_resumed,
    settings,
)

SUSPENDED_FOR_S = 300.0
# A car that takes its time to get ready: what is shown until C2 can be seen.
SLOW_START_S = 25.0
WAITING_TEXT = "Chargepoint ready, waiting for power"


@POLARITIES
@pytest.mark.clause("SCM-012", "SCM-016")
async def test_at_once(rig: Case, polarity: Polarity) -> None:
    """Both sessions are offered their shares again at once, at the same time (O-49)"""
    async with rig.bench(settings(polarity), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        circuit = Circuit(rig, bench, polarity)
        await circuit.allow()
        await charging(rig, bench, car(), "SCM-012")
        contact = await circuit.suspend()
        await rig.until(contact.at_s + SUSPENDED_FOR_S)
        released = await circuit.release()
        await rig.until(released.at_s + STOPPED_S)
        for outlet in bench.outlets:
            for clause in ("SCM-012", "SCM-016"):
                judge_resumed(rig, outlet, clause, released)
        await sharing.settled(rig, bench)
        judge_charging(rig, bench.outlets, ["SCM-016"], "after")
        for outlet in bench.outlets:
            sharing.judge_share(rig, outlet, "SCM-016", "after", STATION_A / 2)


@pytest.mark.clause("SCM-006", "SCM-008", "SCM-010", "SCM-016")
async def test_what_is_shown_until_c2(rig: Case) -> None:
    """From the moment the circuit allows it until C2 the display says that the station is ready; then it shows the
    power, and the LED is steady (O-49)

    The cars take 25 s to get ready.
    """
    async with rig.bench(settings(), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "panel", "settings")
        for outlet in bench.outlets:
            await outlet.charge(car(starts_after_s=SLOW_START_S))
        circuit = Circuit(rig, bench)
        contact = await circuit.suspend()
        await rig.until(contact.at_s + SUSPENDED_FOR_S)
        released = await circuit.release()
        for after_s in (SHOWN_WITHIN_S, SLOW_START_S - SHOWN_WITHIN_S):
            await rig.until(released.at_s + after_s)
            for outlet in bench.outlets:
                shown = str(outlet.observed.field("display", "text"))
                for clause in ("SCM-006", "SCM-008"):
                    rig.judge.holds(
                        clause, f"display of socket {outlet.number} when it can be resumed",
                        holds=SUSPENDED_TEXT not in shown, seen=shown, promised="another text than while suspended",
                    )  # fmt: skip
                judge_text(rig, outlet, "until C2", WAITING_TEXT, "SCM-016")
        await rig.until(released.at_s + SLOW_START_S + STOPPED_S)
        judge_charging(rig, bench.outlets, ["SCM-016"], "after")
        for outlet in bench.outlets:
            judge_led(rig, outlet, "charging", "SCM-010", what="charging again")
            shown = str(outlet.observed.field("display", "text"))
            rig.judge.holds(
                "SCM-016", f"display of socket {outlet.number} in C2",
                holds=shown.rstrip(".") not in (WAITING_TEXT, SUSPENDED_TEXT), seen=shown, promised="the power",
            )  # fmt: skip
