"""A ramp at its corners, and its integral against small steps."""

import math
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.vehicle.ramp import Ramp

EXAMPLES = 2_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 50
UP = Ramp(10.0, 0, 16_000, 2_000.0)
DOWN = Ramp(10.0, 16_000, 6_000, 1_000.0)

ramps = st.builds(
    Ramp, st.just(0.0), st.integers(0, 40_000), st.integers(0, 40_000), st.floats(100, 20_000) | st.just(math.inf)
)


@pytest.mark.parametrize(
    ("ramp", "now_s", "ma"),
    [
        (UP, 9.0, 0),
        (UP, 10.0, 0),
        (Ramp(8.0, 0, 16_000, 2_000.0), 8.000244140625, 0),  # 0.488 mA
        (Ramp(8.0, 0, 16_384, 2_048.0), 8.000244140625, 1),  # 0.5 mA: half goes up
        (UP, 14.0, 8_000),
        (UP, 18.0, 16_000),
        (UP, 1e9, 16_000),
        (DOWN, 10.0, 16_000),
        (DOWN, 15.0, 11_000),
        (DOWN, 20.0, 6_000),
        (Ramp(5.0, 0, 16_000), 4.9, 0),
        (Ramp(5.0, 0, 16_000), 5.0, 16_000),
    ],
)
def test_current(ramp: Ramp, now_s: float, ma: int) -> None:
    assert ramp.ma(now_s) == ma


def test_end() -> None:
    assert (UP.end_s, DOWN.end_s, Ramp(5.0, 0, 16_000).end_s) == (18.0, 20.0, 5.0)


def test_charge() -> None:
    assert UP.charge_mas(10.0, 18.0) == pytest.approx(64_000)
    assert UP.charge_mas(10.0, 20.0) == pytest.approx(96_000)
    assert UP.charge_mas(19.0, 20.0) == pytest.approx(16_000)


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(ramp=ramps, from_s=st.floats(0, 100), for_s=st.floats(0.01, 100))
def test_charge_agrees_with_small_steps(ramp: Ramp, from_s: float, for_s: float) -> None:
    steps = 1_000
    width_s = for_s / steps
    summed = sum(ramp.ma(from_s + (k + 0.5) * width_s) for k in range(steps)) * width_s
    assert ramp.charge_mas(from_s, from_s + for_s) == pytest.approx(summed, rel=1e-3, abs=for_s + 40_000 * width_s)
