"""Active and reactive current, against the figures that the field reports."""

import math
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration
from emulators.vehicle.power_factor import PowerFactor, check_curve

EXAMPLES = 20_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 500
ZOE = PowerFactor.of(0.0, ((6.0, 0.07), (7.0, 0.45), (8.0, 0.95)))


def test_an_ordinary_charger_draws_active_current_only() -> None:
    ordinary = PowerFactor()
    assert [ordinary.active_ma(ma) for ma in (0, 1, 16_000)] == [0, 1, 16_000]
    assert [ordinary.reactive_ma(ma) for ma in (0, 1, 16_000)] == [0, 0, 0]
    assert ordinary.share(16_000) == ordinary.share(0) == 1.0


@pytest.mark.parametrize(
    ("ma", "factor"), [(6_000, 0.07), (7_000, 0.45), (8_000, 0.95), (16_000, 0.95), (7_500, 0.7), (1_000, 0.07)]
)
def test_curve(ma: int, factor: float) -> None:
    # facts/control_pilot.md, section 6: 0.07 at 6 A, 0.45 at 7 A, 0.95 at 8 A
    assert ZOE.active_ma(ma) / ma == pytest.approx(factor, abs=1e-4)
    assert ZOE.share(ma) == ZOE.active_ma(ma) / ma


@pytest.mark.parametrize(("ma", "kw"), [(6_000, 0.3), (7_000, 2.2), (8_000, 5.2)])
def test_real_powers_of_the_facts(ma: int, kw: float) -> None:
    # section 6: 0.3 / 2.2 / 5.2 kW on three phases
    assert 3 * 230 * ZOE.active_ma(ma) / 1e6 == pytest.approx(kw, abs=0.05)


def test_a_filter_of_constant_current() -> None:
    charger = PowerFactor.of(3.0, ())
    assert [charger.active_ma(ma) for ma in (2_999, 3_000, 5_000)] == [0, 0, 4_000]
    assert [charger.reactive_ma(ma) for ma in (0, 2_999, 3_000, 5_000)] == [0, -2_999, -3_000, -3_000]
    assert charger.share(3_000) == 0.0


def test_what_the_filter_draws_alone_is_not_on_the_curve() -> None:
    charger = PowerFactor.of(5.985, ((8.0, 0.95),))
    assert (charger.active_ma(5_985), charger.reactive_ma(5_985)) == (0, -5_985)
    assert (charger.active_ma(14_000), charger.reactive_ma(14_000)) == (13_300, -4_371)


@pytest.mark.parametrize(
    ("curve", "why"),
    [
        (((6.0, 1.01),), r"power_factor\[0\] is \[6.0, 1.01\]; .* 0 \.\.\. 1"),
        (((6.0, 0.5), (-1.0, 0.5)), r"power_factor\[1\] is"),
        (((6.0, math.nan),), r"power_factor\[0\] is"),
        (((6.0, 0.5), (6.0, 0.6)), r"power_factor\[1\]: 6.0 A follows 6.0 A; currents rise"),
    ],
)
def test_curves_that_cannot_be(curve: tuple[tuple[float, float], ...], why: str) -> None:
    with pytest.raises(BadConfiguration, match=why):
        check_curve(curve)


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(
    ma=st.integers(0, 100_000),
    filter_a=st.floats(0, 30),
    curve=st.lists(st.tuples(st.integers(0, 100), st.floats(0, 1)), max_size=4, unique_by=lambda point: point[0]),
)
def test_the_parts_make_the_whole(ma: int, filter_a: float, curve: list[tuple[int, float]]) -> None:
    charger = PowerFactor.of(filter_a, tuple(sorted((float(current_a), factor) for current_a, factor in curve)))
    active_ma, reactive_ma = charger.active_ma(ma), charger.reactive_ma(ma)
    assert 0 <= active_ma <= ma
    assert reactive_ma <= 0
    # The reactive part is rounded to 1 mA, which moves the sum by no more than that.
    assert math.hypot(active_ma, reactive_ma) == pytest.approx(ma, abs=0.6)
