"""What is measured from samples, against signals whose answer is known."""

from __future__ import annotations

import math
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.instruments.record import MAX_CODE, MEASURES, Record, Scaling

EXAMPLES = 2_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 100
SCREEN = Scaling(0.125, -16.0)
STEP_S = 1e-6


def record(volts: list[float], scaling: Scaling = SCREEN) -> Record:
    return Record([scaling.code(volt) for volt in volts], scaling, STEP_S)


def square(duty: float, high_v: float, low_v: float, period: int = 1000, phase: int = 0, count: int = 5000) -> Record:
    high = round(duty * period)
    return record([high_v if (at + phase) % period < high else low_v for at in range(count)])


@settings(derandomize=True, deadline=None, max_examples=EXAMPLES)
@given(st.integers(20, 980), st.integers(0, 999), st.floats(1.0, 15.0), st.floats(-15.0, -1.0))
def test_a_square_wave(duty_permille: int, phase: int, high_v: float, low_v: float) -> None:
    seen = square(duty_permille / 1000, high_v, low_v, phase=phase)
    assert seen.frequency_hz() == pytest.approx(1000.0, rel=1e-3)
    assert seen.duty() == pytest.approx(duty_permille / 1000, abs=1e-3)
    assert seen.top_v() == seen.max_v() == pytest.approx(high_v, abs=0.0626)
    assert seen.base_v() == seen.min_v() == pytest.approx(low_v, abs=0.0626)
    rms_v = math.sqrt(duty_permille / 1000 * high_v**2 + (1 - duty_permille / 1000) * low_v**2)
    assert seen.rms_v() == pytest.approx(rms_v, abs=0.1)


def test_slow_edges_are_crossed_between_two_samples() -> None:
    # 10 us up and down around 0 V: half of it counts on either side
    ramp = [-12.0 + 24.0 * at / 10 for at in range(10)]
    period = ramp + [12.0] * 240 + [-volt for volt in ramp] + [-12.0] * 740
    seen = record(period * 5)
    assert seen.frequency_hz() == pytest.approx(1000.0, rel=1e-6)
    assert seen.duty() == pytest.approx(0.25, abs=2e-4)


def test_noise_around_the_middle_makes_no_periods() -> None:
    noisy = [10.0] * 300 + [0.2, -0.2] * 50 + [-10.0] * 300 + [-0.2, 0.2] * 50
    seen = record(noisy * 4)
    assert seen.frequency_hz() == pytest.approx(1 / (800 * STEP_S), rel=0.01)


@pytest.mark.parametrize("volt", [-12.0, 0.0, 12.0])
def test_a_constant_level(volt: float) -> None:
    seen = record([volt, volt + 0.2, volt, volt - 0.2] * 100)
    assert (seen.frequency_hz(), seen.duty()) == (None, None)
    assert seen.top_v() == seen.base_v() == pytest.approx(volt, abs=0.07)
    assert seen.rms_v() == pytest.approx(abs(volt), abs=0.2)


@pytest.mark.parametrize("count", [999, 400, 1])
def test_less_than_a_period(count: int) -> None:
    seen = square(0.5, 10.0, -10.0, phase=500, count=count)
    assert (seen.frequency_hz(), seen.duty()) == (None, None)


def test_beyond_the_screen_it_is_cut_off() -> None:
    seen = square(0.5, 100.0, -100.0)
    assert (min(seen.codes), max(seen.codes)) == (0, MAX_CODE)
    assert seen.top_v() == SCREEN.volt(MAX_CODE)
    assert seen.frequency_hz() == pytest.approx(1000.0)


@settings(derandomize=True, deadline=None, max_examples=EXAMPLES)
@given(st.lists(st.integers(0, MAX_CODE), min_size=1, max_size=300))
def test_anything_can_be_measured(codes: list[int]) -> None:
    seen = Record(codes, SCREEN, STEP_S)
    found = {name: measure(seen) for name, measure in MEASURES.items()}
    assert all(value is None or math.isfinite(value) for value in found.values())
    assert found["duty"] is None or 0 < found["duty"] < 1
    assert (found["duty"] is None) is (found["frequency"] is None)
    assert found["min"] <= found["low"] <= found["high"] <= found["max"]  # type: ignore[operator]
