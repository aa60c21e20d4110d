"""A car in the words of an EV simulator box."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from emulators.pilot.circuit import NO_FAULTS, PilotFaults, Plateaus, Signal, pwm
from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle
from rig.bench.instrument_entries import EvBox
from rig.bench.played import (
    AS_NEW,
    BLIND_LOOKS,
    NO_LOAD,
    Eye,
    Played,
    check_load,
    check_playable,
    check_player,
    played,
    tell,
)
from rig.errors import ConfigurationError, HarnessError, NotTestableHere
from rig.instruments import PilotMeasured
from rig.instruments.ev_simulator import OURS

SPEC = VehicleSpec(max_a=16.0, reaction_s=0.5, start_delay_s=0.01)
IN_B = Plateaus(8.98, -12.0)


def a_car(*, closed: bool, spec: VehicleSpec = SPEC) -> Vehicle:
    """Plugged in and, if `closed`, charging with what 26.667 % offer."""
    vehicle = Vehicle(spec)
    vehicle.plug(0.0)
    if closed:
        vehicle.see_pilot(IN_B, pwm(26_667), 0.0)
        vehicle.advance(1.0)
        vehicle.see_mains(True, 1.0)
        vehicle.advance(1.0)
    return vehicle


class Box:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []

    def __getattr__(self, name: str) -> Any:
        async def note(*values: object, **named: object) -> None:
            self.told.append((name.removeprefix("set_"), named or (values if len(values) > 1 else values[0])))

        return note


def told(before: Played, after: Played) -> list[tuple[str, object]]:
    box: Any = Box()
    asyncio.run(tell(box, before, after))
    noted: list[tuple[str, object]] = box.told
    return noted


def test_no_car_is_a_box_as_new() -> None:
    assert played(None, 0.0) == AS_NEW == Played()
    assert told(AS_NEW, AS_NEW) == []


def test_a_car_that_is_plugged_in() -> None:
    now = played(a_car(closed=False), 0.0)
    assert now == Played("B", 2740.0, 1300.0, 220.0)
    assert told(AS_NEW, now) == [
        ("plug_ohm", 220.0),
        ("resistors", {"base_ohm": 2740.0, "charge_ohm": 1300.0}),
        ("state", "B"),
    ]


def test_a_car_that_charges() -> None:
    before, now = played(a_car(closed=False), 0.0), played(a_car(closed=True), 1.0)
    assert now == before._replace(state="C", load_a=(16.0, 16.0, 16.0))
    assert told(before, now) == [("state", "C"), ("load", (16.0, 16.0, 16.0))]


def test_the_plug_comes_out_before_the_cable() -> None:
    assert told(played(a_car(closed=True), 1.0), AS_NEW)[:2] == [("state", "A"), ("plug_ohm", None)]


def test_what_is_changed_is_not_seen_beside_the_resistor_of_state_c() -> None:
    car = a_car(closed=True)
    broken = played(car, 1.0, PilotFaults(resistor_ohm=270.0))
    assert told(played(car, 1.0), broken)[:2] == [
        ("state", "B"),
        ("resistors", {"base_ohm": 270.0, "charge_ohm": None}),
    ]


def test_a_car_that_wants_ventilation_is_one_with_another_resistor() -> None:
    spec = VehicleSpec(r3_ohm=270.0, start_delay_s=0.01)
    assert played(a_car(closed=True, spec=spec), 1.0)[:3] == ("C", 2740.0, 270.0)


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        (PilotFaults(shorted_to_pe=True), [("short", "pilot")]),
        (PilotFaults(shorted_behind_diode=True), [("short", "diode")]),
        (PilotFaults(open=True), [("pilot", False)]),
        (PilotFaults(earth_lost=True), [("earth", False)]),
        (PilotFaults(diode_shorted=True), [("diode", "shorted")]),
        (PilotFaults(diode_open=True), [("diode", "missing")]),
        (PilotFaults(resistor_ohm=880.0), [("resistors", {"base_ohm": 880.0, "charge_ohm": None})]),
        (NO_FAULTS, []),
    ],
)
def test_defects(faults: PilotFaults, says: list[tuple[str, object]]) -> None:
    car = a_car(closed=False)
    assert told(played(car, 0.0), played(car, 0.0, faults)) == says


def test_a_defect_stays_without_a_car() -> None:
    assert played(None, 0.0, PilotFaults(open=True)) == Played(pilot=False)


@pytest.mark.parametrize("spec", [VehicleSpec(filter_a=2.0), VehicleSpec(power_factor=((6.0, 0.5),))])
def test_not_every_load_bank_draws_reactive_current(spec: VehicleSpec) -> None:
    plain = OURS._replace(power_factors="")
    with pytest.raises(NotTestableHere, match="reactive"):
        check_playable(spec, EvBox(), plain)
    check_playable(spec, EvBox(), OURS)
    check_playable(SPEC, EvBox(), plain)


def test_a_car_that_draws_reactive_current() -> None:
    spec = VehicleSpec(filter_a=2.0, start_delay_s=0.01, max_a=16.0, min_a=14.0, phases=1)
    now = played(a_car(closed=True, spec=spec), 1.0)
    assert (now.load_a, now.power_factors) == ((16.0, 0.0, 0.0), (0.99219, 1.0, 1.0))
    before = now._replace(load_a=NO_LOAD, power_factors=(1.0, 1.0, 1.0))
    assert told(before, now) == [("power_factors", (0.99219, 1.0, 1.0)), ("load", (16.0, 0.0, 0.0))]


def test_a_load_bank_of_one_phase_plays_no_car_of_three() -> None:
    one = EvBox(load_phases=1)
    with pytest.raises(NotTestableHere, match=r"a car of 3 phases; \[instruments\] says load_phases = 1"):
        check_playable(SPEC, one, OURS)
    check_playable(VehicleSpec(phases=1), one, OURS)


def test_a_load_bank_has_an_end() -> None:
    small = EvBox(load_max_a=16.0)
    check_load(Played(load_a=(16.0, 0.0, 0.0)), small)
    with pytest.raises(NotTestableHere, match=r"16.01 A on a phase; \[instruments\] says load_max_a = 16"):
        check_load(Played(load_a=(0.0, 16.01, 0.0)), small)


@pytest.mark.parametrize("lacking", ["load", "volts", "amps", "state", "plug_ohm"])
def test_a_box_that_plays_no_cars(lacking: str) -> None:
    check_player(OURS, "evse-rig")
    without: dict[str, Any] = {lacking: ""}
    with pytest.raises(ConfigurationError, match=f"dialect other cannot do that; it has no {lacking}"):
        check_player(OURS._replace(**without), "other")


class TestEye:
    """What a car makes of what a box reads."""

    def test_a_constant_level(self) -> None:
        eye = Eye(0.001)
        eye.read(PilotMeasured(None, None, 12.0, 12.0))
        assert (eye.signal, eye.plateaus) == (Signal("high"), Plateaus(12.0, 12.0))
        eye.read(PilotMeasured(None, None, -12.0, -12.0))
        assert (eye.signal, eye.plateaus) == (Signal("low"), Plateaus(-12.0, -12.0))
        eye.read(PilotMeasured(None, None, None, -12.0))  # some instruments tell one level of the two
        assert (eye.signal, eye.plateaus) == (Signal("low"), Plateaus(-12.0, -12.0))

    def test_a_reading_without_a_level_changes_nothing_and_many_are_an_error(self) -> None:
        eye = Eye(0.001)
        eye.read(PilotMeasured(1000.0, 0.26667, 8.98, -12.0))
        for _ in range(BLIND_LOOKS):
            eye.read(PilotMeasured(None, None, None, None))
            assert (eye.signal, eye.plateaus) == (pwm(26_667), IN_B)
        with pytest.raises(HarnessError, match="no level of the pilot 6 times in a row"):
            eye.read(PilotMeasured(None, None, None, None))

    def test_readings_that_are_off_by_a_little_are_one_signal(self) -> None:
        eye = Eye(0.001)
        for duty, hz in ((0.26667, 1000.0), (0.2685, 1004.0), (0.2649, 996.7), (0.26667, None)):
            eye.read(PilotMeasured(hz, duty, 8.98, -12.0))
            assert eye.signal == pwm(26_667)

    def test_another_offer(self) -> None:
        eye = Eye(0.001)
        eye.read(PilotMeasured(1000.0, 0.26667, 8.98, -12.0))
        eye.read(PilotMeasured(1000.0, 0.264, 8.98, -12.0))
        assert eye.signal == pwm(26_400)
        eye.read(PilotMeasured(None, None, 8.98, 8.98))
        eye.read(PilotMeasured(1000.0, 0.2655, 8.98, -12.0))
        assert eye.signal == pwm(26_550)

    def test_another_frequency(self) -> None:
        eye = Eye(0.001)
        eye.read(PilotMeasured(1000.0, 0.26667, 8.98, -12.0))
        eye.read(PilotMeasured(900.0, 0.26667, 8.98, -12.0))
        assert eye.signal == Signal("pwm", 26_667, 900.0)
