"""Answers of instruments, as they come from many makers."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.errors import HarnessError
from rig.instruments.readings import DutyUnit, duty_of, per_phase_of, reading_of, value_of

EXAMPLES = 5_000 if os.environ.get("EVSE_RIG_DEEP") else 300


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("+9.99800E+02", 999.8),
        ("1.000000e+03", 1000.0),
        ("1000", 1000.0),
        ("-12.", -12.0),
        (".5", 0.5),
        ("C1:PAVA FREQ,1.00E+03Hz", 1000.0),
        ("C1:PAVA TOP,8.96E+00V\n", 8.96),
        ("FREQ,1.00E+03Hz", 1000.0),
        ("1.00kHz", 1000.0),
        ("8960mV", 8.96),
        ("9.9E37", None),
        ("+9.90000E+37", None),
        ("9.91E37", None),
        ("-9.9E37", None),
        ("1e400", None),
        ("****", None),
        ("C1:PAVA DUTY,****", None),
        ("NaN", None),
        ("nan", None),
        ("-INF", None),
        ("Infinity", None),
        ("--", None),
        ("----", None),
    ],
)
def test_numbers(answer: str, value: float | None) -> None:
    assert value_of(answer) == value


@pytest.mark.parametrize("answer", ["", "abc", "1,", "1.2.3", "0x10", "1e", "1 A", "-", "12 34", "１２", "1_000"])
def test_what_is_no_number(answer: str) -> None:
    with pytest.raises(HarnessError, match="is no measured value"):
        reading_of(answer)


@pytest.mark.parametrize(
    ("answer", "unit", "duty"),
    [
        ("+4.95200E+01", "percent", 0.4952),
        ("4.968e-01", "fraction", 0.4968),
        ("4.968e-01", None, 0.4968),
        ("49.52", None, 0.4952),
        ("C1:PAVA DUTY,5.00E+00%", None, 0.05),
        ("C1:PAVA DUTY,5.00E-01%", "fraction", 0.005),
        ("0.5", "percent", 0.005),
        ("1", None, 1.0),
        ("100", None, 1.0),
        ("9.9E+37", "percent", None),
        ("****", None, None),
    ],
)
def test_duty(answer: str, unit: DutyUnit | None, duty: float | None) -> None:
    assert duty_of(answer, unit) == (None if duty is None else pytest.approx(duty))


def test_one_value_per_phase() -> None:
    assert per_phase_of("+2.30E+02, 231 V,0\n") == (230.0, 231.0, 0.0)
    assert per_phase_of("230") == (230.0, 0.0, 0.0)
    assert per_phase_of("230,9.91E37,****") == (230.0, 0.0, 0.0)


@pytest.mark.parametrize("answer", ["", "230,230", "1,2,3,4", "1,2,", "1,x,3", "9.91E37", "****,****,****"])
def test_what_is_not_one_number_per_phase(answer: str) -> None:
    with pytest.raises(HarnessError, match=r"is not one value each|is no number|is no measured value"):
        per_phase_of(answer)


@pytest.mark.parametrize(("answer", "unit"), [("101", None), ("-1", None), ("50", "fraction"), ("1e9%", None)])
def test_no_duty(answer: str, unit: DutyUnit | None) -> None:
    with pytest.raises(HarnessError, match="is no duty cycle"):
        duty_of(answer, unit)


@settings(derandomize=True, deadline=None, max_examples=EXAMPLES)
@given(st.floats(-1e30, 1e30), st.sampled_from(("", "%", "V", "Hz", " V")), st.sampled_from(("", "C1:PAVA X,")))
def test_what_was_written_is_read(value: float, unit: str, header: str) -> None:
    reading = reading_of(f"{header}{value:E}{unit}")
    assert reading is not None
    assert reading == (float(f"{value:E}"), unit.strip())


@settings(derandomize=True, deadline=None, max_examples=EXAMPLES)
@given(st.text(max_size=30))
def test_anything_is_read_or_refused(answer: str) -> None:
    try:
        duty = duty_of(answer)
    except HarnessError:
        return
    assert duty is None or 0 <= duty <= 1
