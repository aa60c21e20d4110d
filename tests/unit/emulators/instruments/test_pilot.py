"""What counts as PWM to an instrument."""

from __future__ import annotations

import pytest

from emulators.instruments.numbers import nr3, nr3_list
from emulators.instruments.pilot import PilotReading, reading_of
from emulators.pilot.circuit import HIGH, LOW, Plateaus, Signal, pwm


def test_pwm_has_duty_and_frequency() -> None:
    signal = Signal("pwm", 12_345, 990.0)
    assert reading_of(Plateaus(9.0, -12.0), signal) == PilotReading(9.0, -12.0, 0.12345, 990.0)


@pytest.mark.parametrize(
    ("plateaus", "signal"),
    [(Plateaus(12.0, 12.0), HIGH), (Plateaus(-12.0, -12.0), LOW), (Plateaus(0.0, 0.0), pwm(50_000))],
)
def test_otherwise_there_is_none(plateaus: Plateaus, signal: Signal) -> None:
    assert reading_of(plateaus, signal) == PilotReading(plateaus.high_v, plateaus.low_v)


def test_numbers() -> None:
    assert [nr3(value) for value in (None, 0.0, -12.0, 1234.5678)] == [
        "+9.900000E+37",
        "+0.000000E+00",
        "-1.200000E+01",
        "+1.234568E+03",
    ]


def test_several_numbers_in_one_answer() -> None:
    assert nr3_list((230.0, 0.0, -1.5)) == "+2.300000E+02,+0.000000E+00,-1.500000E+00"
