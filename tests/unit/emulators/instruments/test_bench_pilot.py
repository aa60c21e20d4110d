"""A generator, a box and a probe on one wire."""

from __future__ import annotations

import pytest

from emulators.instruments.bench_pilot import BenchPilot
from emulators.instruments.pilot import CarEnd, OutletReading, PilotReading
from emulators.pilot.circuit import HIGH, LOW, PilotFaults, PilotLoad, Source, pwm

READY = CarEnd(PilotLoad(r3_ohm=1300.0))


def test_it_begins_with_nothing_on_it_at_twelve_volts() -> None:
    pilot = BenchPilot()
    assert (pilot.state, pilot.signal, pilot.end) == ("A1", HIGH, CarEnd())
    assert pilot.read(0.0) == PilotReading(12.0, 12.0)


def test_what_hangs_there_and_what_is_driven_is_seen() -> None:
    told: list[float] = []
    pilot = BenchPilot(changed=told.append)
    pilot.hang(READY, 3.5)
    assert told == [3.5]
    pilot.drive(pwm(26_667))
    assert pilot.state == "C2"
    reading = pilot.read(4.0)
    assert (reading.duty, reading.frequency_hz) == (0.26667, 1000.0)
    assert reading.high_v == pytest.approx(5.99, abs=0.01)
    volts = pilot.sample(0.0, 1e6, 1000)
    assert max(volts) == pytest.approx(reading.high_v, abs=1e-3)
    assert min(volts) == pytest.approx(-12.0, abs=1e-3)
    pilot.drive(LOW)
    assert pilot.state == "F"
    assert set(pilot.sample(0.0, 1e6, 10)) == {-12.0}


def test_the_generator_makes_what_it_can() -> None:
    pilot = BenchPilot(Source(frequency_hz=980.0, duty_error_mpct=-500))
    pilot.drive(pwm(50_000))
    assert (pilot.signal.duty_mpct, pilot.signal.frequency_hz) == (49_500, 980.0)


def test_a_short_leaves_nothing_to_be_timed() -> None:
    pilot = BenchPilot()
    pilot.drive(pwm(50_000))
    pilot.hang(CarEnd(READY.load, PilotFaults(shorted_to_pe=True)), 0.0)
    assert pilot.read(0.0) == PilotReading(0.0, 0.0)


def test_there_is_no_mains_for_a_load() -> None:
    pilot = BenchPilot()
    pilot.hang(READY, 0.0)
    pilot.set_load((10.0, 10.0, 10.0), (1.0, 1.0, 1.0), 0.0)
    assert pilot.read_outlet(0.0) == OutletReading((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
