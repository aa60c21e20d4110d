"""The LED: the truth table of what one socket can be in."""

from __future__ import annotations

import pytest

from emulators.vehicle.spec import VehicleSpec
from rig.case import Case
from rig.kit.balancing import DSMR5, at_most, charging, heard, settings, settled
from rig.kit.overdraw import ALLOWED_A, SETTINGS
from rig.kit.overdraw import car as overdrawing_car
from rig.kit.panel import SHOWN_WITHIN_S, judge_led

MAX_A = 25.0
# A car that needs almost as long as the standard allows to follow a lower offer (5 s).
SLOW_S = 4.5
LOWERED_WITHIN_S = 30.0
OVER_CURRENT_WITHIN_S = 10.0


@pytest.mark.clause("UI-010")
async def test_charging(rig: Case) -> None:
    """A session without a reduction: steady dark blue, ten minutes later too"""
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        await bench.charge(overdrawing_car())
        for after_s in (SHOWN_WITHIN_S, 600.0):
            await rig.until(rig.now_s() + after_s)
            judge_led(rig, bench.outlet(1), "charging", "UI-010")


@pytest.mark.clause("UI-002", "UI-010")
async def test_asked_for_less(rig: Case) -> None:
    """The house takes current: flashing dark blue while the car is asked to reduce, steady once it has

    The car takes 4.5 s to follow.
    """
    left_a = 10.0
    async with rig.bench(settings(DSMR5, meter_max_a=MAX_A), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        await heard(rig, bench)
        await bench.charge(VehicleSpec(phases=3, max_a=32.0, draw_fraction=0.97, decrease_reaction_s=SLOW_S))
        await settled(rig, bench)
        judge_led(rig, bench.outlet(1), "charging", "UI-010")
        lowering = bench.observed.expect("pilot", lambda event: at_most(event, left_a))
        bench.house(MAX_A - left_a)
        lowered = await lowering.within(LOWERED_WITHIN_S)
        began_s = rig.now_s() if lowered is None else lowered.at_s
        for after_s in (SHOWN_WITHIN_S, SLOW_S - SHOWN_WITHIN_S):
            await rig.until(began_s + after_s)
            judge_led(rig, bench.outlet(1), "asked for less", "UI-002", "UI-010")
        for after_s in (SLOW_S + 2 * SHOWN_WITHIN_S, 60.0):
            await rig.until(began_s + after_s)
            judge_led(rig, bench.outlet(1), "charging", "UI-002", "UI-010")


@pytest.mark.clause("UI-010")
async def test_paused(rig: Case) -> None:
    """Too little is left: flashing light blue for as long as it lasts, then steady dark blue again"""
    async with rig.bench(settings(DSMR5, meter_max_a=MAX_A), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        await charging(rig, bench)
        bench.house(MAX_A)
        for after_s in (10.0, 300.0):
            await rig.until(rig.now_s() + after_s)
            judge_led(rig, bench.outlet(1), "paused", "UI-010")
        bench.house(0.0)
        await settled(rig, bench)
        judge_led(rig, bench.outlet(1), "charging", "UI-010")


@pytest.mark.clause("UI-010")
async def test_over_current(rig: Case) -> None:
    """Red and blue during the pause after an over-current"""
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        vehicle = await bench.charge(overdrawing_car())
        await bench.draw(vehicle, 2 * ALLOWED_A)
        await bench.observed.pilot("F", within_s=OVER_CURRENT_WITHIN_S)
        for after_s in (SHOWN_WITHIN_S, 200.0):
            await rig.until(rig.now_s() + after_s)
            judge_led(rig, bench.outlet(1), "over-current", "UI-010")


@pytest.mark.clause("UI-010", "UI-011")
async def test_safe_current(rig: Case) -> None:
    """The meter is silent: from steady blue to interrupted blue, and back when it is heard again"""
    async with rig.bench(settings(DSMR5, meter_max_a=MAX_A), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        await charging(rig, bench)
        judge_led(rig, bench.outlet(1), "charging", "UI-010", "UI-011")
        with bench.meter.broken("unplugged"):
            await rig.until(rig.now_s() + 60.0)
            judge_led(rig, bench.outlet(1), "safe current", "UI-011")
        await bench.readings(2)
        await settled(rig, bench)
        judge_led(rig, bench.outlet(1), "charging", "UI-010", "UI-011")
