"""The display: the power that is charged with beside the most there could be, and the text while there is none."""

from __future__ import annotations

import pytest

from emulators.vehicle.spec import VehicleSpec
from rig.case import Case
from rig.kit.balancing import DSMR5, STATION_MAX_A, charging, heard, settings, settled
from rig.kit.balancing import car as following_car
from rig.kit.panel import (
    NOMINAL_V,
    POWER_STEP_KW,
    SHOWN_WITHIN_S,
    WAITING_TEXT,
    Powers,
    drawn_kw,
    judge_text,
    powers_of,
)

MAX_A = 25.0
WAIT_S = 60.0


def most_kw(phases: int) -> float:
    return STATION_MAX_A * NOMINAL_V * phases / 1000


def judge_powers(rig: Case, shown: Powers, charged_kw: float, phases: int) -> None:
    """Both figures, truncated to a tenth of a kilowatt."""
    for clause, what, figure_kw, true_kw in (
        ("UI-007", "power shown (A)", shown.now_kw, charged_kw),
        ("UI-006", "most power shown (B)", shown.most_kw, most_kw(phases)),
    ):
        rig.judge.value(
            clause,
            what,
            measured=figure_kw,
            limit=true_kw,
            unit="kW",
            early=POWER_STEP_KW,
            evidence={"at_s": rig.now_s()},
        )


@pytest.mark.parametrize("phases", [1, 3])
@pytest.mark.parametrize("house_a", [5.0, 15.0])
@pytest.mark.clause("UI-001", "UI-006", "UI-007")
async def test_reduced_power(rig: Case, phases: int, house_a: float) -> None:
    """The house takes part of the current: the display shows what the car draws, below the maximum of the socket"""
    config = settings(DSMR5, meter_max_a=MAX_A, phases=phases)
    async with rig.bench(config, meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        await charging(rig, bench, car_phases=phases)
        bench.house(house_a)
        await settled(rig, bench)
        await rig.until(rig.now_s() + SHOWN_WITHIN_S)
        text = str(bench.observed.field("display", "text"))
        shown = powers_of(text)
        for clause in ("UI-001", "UI-006"):
            rig.judge.holds(
                clause,
                "display at a reduced current",
                holds=shown is not None and shown.now_kw < shown.most_kw,
                seen=text,
                promised="power (A) below the maximum (B)",
            )
        judge_powers(rig, shown or Powers(0.0, 0.0), drawn_kw(bench.outlet(1)), phases)


@pytest.mark.clause("UI-006", "UI-007")
async def test_full_power(rig: Case) -> None:
    """Nothing else draws, and the car takes all it is offered: the display shows the maximum as what is charged with"""
    async with rig.bench(settings(DSMR5, meter_max_a=63.0), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        await heard(rig, bench)
        await bench.charge(VehicleSpec(phases=3, max_a=STATION_MAX_A, reaction_s=0.0))
        await settled(rig, bench)
        await rig.until(rig.now_s() + SHOWN_WITHIN_S)
        text = str(bench.observed.field("display", "text"))
        shown = powers_of(text)
        rig.judge.holds(
            "UI-006",
            "display at the full current",
            holds=shown is not None and shown.now_kw == shown.most_kw,
            seen=text,
            promised="power (A) at the maximum (B)",
        )
        judge_powers(rig, shown or Powers(0.0, 0.0), drawn_kw(bench.outlet(1)), 3)


@pytest.mark.parametrize("begins", ["paused", "plugged in"])
@pytest.mark.clause("UI-014", "LOG-015")
async def test_waiting_for_power(rig: Case, begins: str) -> None:
    """Less than 6 A are left for a car that charged, or for one that comes: the text of waiting, until there is more"""
    async with rig.bench(settings(DSMR5, meter_max_a=MAX_A), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        if begins == "paused":
            await charging(rig, bench)
            bench.house(MAX_A)
        else:
            bench.house(MAX_A)
            await heard(rig, bench)
            bench.plug_in(following_car())
        await rig.until(rig.now_s() + WAIT_S)
        judge_text(rig, bench.outlet(1), "while waiting", WAITING_TEXT, "UI-014", "LOG-015")
        bench.house(0.0)
        await settled(rig, bench)
        await rig.until(rig.now_s() + SHOWN_WITHIN_S)
        text = str(bench.observed.field("display", "text"))
        rig.judge.holds(
            "UI-014",
            "display when it charges again",
            holds=WAITING_TEXT not in text and powers_of(text) is not None,
            seen=text,
            promised="the power, no text of waiting",
        )
