"""Defects of pilots and cars: no power on, and power off within 100 ms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import pytest

from emulators.pilot.tolerance import ACCEPTED_R2_OHM, ACCEPTED_R3_OHM
from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import limit, timing
from rig.kit.pilot import (
    CABLE_A,
    DEFECTS,
    PATIENCE_S,
    PLAYERS,
    Defect,
    PlayerName,
    closes,
    judge_never_powered,
    judge_opening,
    opens,
    play,
    powered,
    settings,
)
from rig.timeline import Event

if TYPE_CHECKING:
    from rig.bench.instruments import BenchEvBox

CLOSES, FAULT = timing("M3-001.contactor-close"), timing("M3-001.fault-open")
WITH_DEFECTS = pytest.mark.parametrize("defect", list(DEFECTS))


class Resistors(NamedTuple):
    """R2, and R3 that state C puts beside it, in ohm."""

    base_ohm: float
    charge_ohm: float


# At either end of what has to be taken for a car, the other resistor as it should be.
ACCEPTED: Mapping[str, Resistors] = {
    "lowest R2": Resistors(ACCEPTED_R2_OHM.least, 1_300.0),
    "highest R2": Resistors(ACCEPTED_R2_OHM.most, 1_300.0),
    "lowest R3": Resistors(2_740.0, ACCEPTED_R3_OHM.least),
    "highest R3": Resistors(2_740.0, ACCEPTED_R3_OHM.most),
}
# What they make in parallel stands for no car that is ready: it lies beyond the windows of states B to D.
WRONG: Mapping[str, Resistors] = {
    "one kilohm too many": Resistors(2_740.0, 100_000.0),
    "ten times as much": Resistors(27_400.0, 13_000.0),
    "a tenth": Resistors(274.0, 130.0),
    "a hundredth": Resistors(27.4, 13.0),
}


def shows(event: Event) -> bool:
    """Whether a pilot event is no longer that of a good car that is ready: another state, or no -12 V any more."""
    return bool(event.data["state"] != "C2" or event.data["low_v"] > limit("M3-001.low-upper").value)


@PLAYERS
@WITH_DEFECTS
@pytest.mark.clause("M3-001")
async def test_while_charging(rig: Case, player: PlayerName, defect: Defect) -> None:
    """The pilot is broken or shorted, the earth is lost, or the diode gives way: power off within 100 ms, and for good

    Judged up to half a minute: with the defect there is no power again.
    """
    async with rig.bench(settings()) as bench:
        rig.need(bench.capabilities, "pilot")
        car = play(bench, player)
        await powered(bench, car)
        opening, changing = opens(bench), bench.observed.expect("pilot", shows)
        await car.spoil(defect)
        changed = await changing.within(PATIENCE_S)
        opened = await opening.within(PATIENCE_S)
        judge_opening(rig, FAULT, f"power off: {defect}", changed, opened, "M3-001")
        await rig.until(rig.now_s() + PATIENCE_S)
        if opened is not None:
            judge_never_powered(rig, "M3-001", f"with the defect: {defect}", opened.at_s)


@PLAYERS
@WITH_DEFECTS
@pytest.mark.clause("M3-001")
async def test_from_the_start(rig: Case, player: PlayerName, defect: Defect) -> None:
    """A car with the defect is plugged in and asks for current: no power. A good one after it gets some"""
    async with rig.bench(settings()) as bench:
        rig.need(bench.capabilities, "pilot")
        car = play(bench, player)
        await car.spoil(defect)
        await car.plug()
        await rig.until(rig.now_s() + 1.0)
        await car.ready()
        await rig.until(rig.now_s() + PATIENCE_S)
        judge_never_powered(rig, "M3-001", f"with the defect: {defect}", bench.began_s)
        await car.unplug()
        await bench.observed.pilot("A1", within_s=PATIENCE_S)
        closed = await powered(bench, car)
        rig.judge.holds(
            "M3-001",
            "a good car after it",
            holds=closed is not None,
            seen="no power" if closed is None else f"power at {closed.at_s:g} s",
            promised="power",
        )


async def car_of(bench: Bench, base_ohm: float, charge_ohm: float) -> BenchEvBox:
    """A car with these resistors, plugged in and not ready yet."""
    box = await bench.ev_box()
    await box.set_resistors(base_ohm=base_ohm, charge_ohm=charge_ohm)
    await box.set_cable(CABLE_A)
    await box.set_state("B")
    return box


@pytest.mark.parametrize("how", list(ACCEPTED))
@pytest.mark.clause("M3-001")
async def test_resistors_of_a_good_car(rig: Case, how: str) -> None:
    """At either end of what a car's resistors may be: states B and C are recognised, and there is power"""
    base_ohm, charge_ohm = ACCEPTED[how]
    async with rig.bench(settings()) as bench:
        rig.need(bench.capabilities, "pilot")
        box = await car_of(bench, base_ohm, charge_ohm)
        offered = await bench.observed.pilot("B2", within_s=PATIENCE_S)
        closing = closes(bench)
        await box.set_state("C")
        closed = await closing.within(PATIENCE_S)
        rig.judge.holds(
            "M3-001",
            f"{how}: {base_ohm:g} and {charge_ohm:g} ohm",
            holds=offered is not None and closed is not None,
            seen=f"{'an' if offered else 'no'} offer in B, {'power' if closed else 'no power'} in C",
            promised="an offer in B, power in C",
        )


@pytest.mark.parametrize("how", list(WRONG))
@pytest.mark.clause("M3-001")
async def test_wrong_resistors(rig: Case, how: str) -> None:
    """Resistors that stand for no state of a car that is ready: no power"""
    base_ohm, charge_ohm = WRONG[how]
    async with rig.bench(settings()) as bench:
        rig.need(bench.capabilities, "pilot")
        box = await car_of(bench, base_ohm, charge_ohm)
        await rig.until(rig.now_s() + 1.0)
        await box.set_state("C")
        await rig.until(rig.now_s() + PATIENCE_S)
        judge_never_powered(rig, "M3-001", f"with {base_ohm:g} and {charge_ohm:g} ohm", bench.began_s)


@pytest.mark.parametrize("before", ["B", "C"])
@pytest.mark.clause("M3-001")
async def test_ventilation(rig: Case, before: str) -> None:
    """A station without ventilation gives a car that asks for it (state D) no power, or no longer"""
    async with rig.bench(settings()) as bench:
        rig.need(bench.capabilities, "pilot")
        if before == "C":
            await powered(bench, play(bench, "box"))
        box = await bench.ev_box()
        await box.set_cable(CABLE_A)
        opening, asking = opens(bench), bench.observed.expect("pilot", lambda event: event.data["state"][0] == "D")
        await box.set_state("D")
        asked = await asking.within(PATIENCE_S)
        opened = await opening.within(PATIENCE_S)
        if before == "C":
            judge_opening(rig, FAULT, "power off", asked, opened, "M3-001")
        await rig.until(rig.now_s() + PATIENCE_S)
        judge_never_powered(rig, "M3-001", "in state D", bench.began_s if opened is None else opened.at_s)
