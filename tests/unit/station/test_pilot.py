"""Duty cycles, plateau voltages and the diode."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.pilot import (
    MAXIMUM_MA,
    MINIMUM_MA,
    Vehicle,
    diode_missing,
    duty_mpct,
    signalled_ma,
    vehicle_state,
)

PROPERTY = settings(derandomize=True, deadline=None, max_examples=20_000 if os.environ.get("EVSE_RIG_DEEP") else 300)


@pytest.mark.parametrize(
    ("current_ma", "duty"),
    [(6000, 10_000), (10_000, 16_667), (16_000, 26_667), (20_000, 33_333), (32_000, 53_333), (51_000, 85_000),
     (51_100, 85_000), (52_500, 85_000), (52_600, 85_040), (63_000, 89_200), (80_000, 96_000)],
)  # fmt: skip
def test_duty_of_a_current(current_ma: int, duty: int) -> None:
    assert duty_mpct(current_ma) == duty


@pytest.mark.parametrize("current_ma", [-6000, 0, 5999, 80_001])
def test_no_duty_for_what_cannot_be_signalled(current_ma: int) -> None:
    with pytest.raises(ValueError, match="cannot be signalled"):
        duty_mpct(current_ma)


@pytest.mark.parametrize("pilot", ["high", "low"])
def test_a_constant_level_signals_nothing(pilot: str) -> None:
    assert signalled_ma(pilot) == 0


def test_every_tenth_of_an_ampere_comes_back_as_it_went_out() -> None:
    expressible = [ma for ma in range(MINIMUM_MA, MAXIMUM_MA + 1, 100) if not 51_000 < ma <= 52_500]
    assert [signalled_ma(duty_mpct(ma)) for ma in expressible] == expressible


def test_what_no_duty_can_say_is_rounded_down() -> None:
    assert {signalled_ma(duty_mpct(ma)) for ma in range(51_000, 52_501, 100)} == {51_000}


@PROPERTY
@given(st.integers(MINIMUM_MA, MAXIMUM_MA))
def test_never_more_than_a_rounding_above_what_was_meant(current_ma: int) -> None:
    assert signalled_ma(duty_mpct(current_ma)) <= current_ma + 2


@pytest.mark.parametrize(
    ("mv", "state"),
    [(12_000, "A"), (12_600, "A"), (11_000, "A"), (10_000, "B"), (9_000, "B"), (8_000, "B"), (7_000, "C"),
     (5_990, "C"), (5_000, "C"), (4_000, "D"), (2_930, "D"), (2_000, "D"), (1_000, "E"), (0, "E"), (-1_000, "E"),
     (-9_000, "E"), (-11_000, "UNKNOWN"), (-12_000, "UNKNOWN")],
)  # fmt: skip
def test_states_by_voltage(mv: int, state: str) -> None:
    for before in Vehicle:
        assert vehicle_state(mv, before) is Vehicle[state]


@pytest.mark.parametrize("mv", [10_001, 10_999, 7_001, 7_999, 4_001, 4_999, 1_001, 1_999])
def test_between_two_states_the_last_one_holds(mv: int) -> None:
    for before in Vehicle:
        assert vehicle_state(mv, before) is before


@pytest.mark.parametrize(
    ("high", "low", "missing"),
    [(9_000, -12_000, False), (9_000, -11_400, False), (9_000, -8_800, True), (6_000, 0, True), (9_000, 9_000, False),
     (-12_000, -12_000, False), (9_000, -10_000, False), (9_000, -9_999, True)],
)  # fmt: skip
def test_the_diode_keeps_the_low_half_low(high: int, low: int, missing: bool) -> None:
    assert diode_missing(high, low) is missing
