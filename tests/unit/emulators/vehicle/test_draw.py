"""Exact arithmetic of the draw."""

import os
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration
from emulators.vehicle.draw import Draw
from emulators.vehicle.spec import VehicleSpec

EXAMPLES = 5_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 300


def draw(fraction: float = 1.0, *, min_a: float = 6.0, max_a: float = 80.0, fixed_a: float | None = None) -> Draw:
    return Draw.of(VehicleSpec(draw_fraction=fraction, min_a=min_a, max_a=max_a, fixed_draw_a=fixed_a))


@pytest.mark.parametrize(
    ("fraction", "offer_ma", "target_ma"),
    [
        (1.0, 16_000, 16_000),
        (1.05, 16_000, 16_800),
        (1.12, 16_000, 17_920),
        (1.2, 6_000, 7_200),
        (1.5, 16_000, 24_000),
        (0.999, 16_000, 15_984),
        (1.0499, 6_000, 6_299),  # 6299.4
        (1.00025, 6_000, 6_002),  # 6001.5: half goes up
        (0.0, 16_000, 0),
    ],
)
def test_fraction_of_the_offer(fraction: float, offer_ma: int, target_ma: int) -> None:
    assert draw(fraction).targets_ma(offer_ma) == (target_ma,) * 3


def test_maximum_caps_the_fraction_too() -> None:
    assert draw(1.05, max_a=16.0).targets_ma(16_000) == (16_000,) * 3


def test_minimum_judges_the_offer_not_the_draw() -> None:
    assert draw(0.5, min_a=8.0).targets_ma(8_000) == (4_000,) * 3
    assert draw(2.0, min_a=8.0).targets_ma(7_999) == (0,) * 3


def test_fixed_draw_ignores_offer_minimum_and_maximum() -> None:
    assert draw(fixed_a=20.0, max_a=16.0).targets_ma(6_000) == (20_000,) * 3


def test_fixed_draw_per_phase() -> None:
    assert draw().with_fixed(15.2, 16.8, 0.0).targets_ma(6_000) == (15_200, 16_800, 0)


def test_below_the_minimum_the_filter_draws_on() -> None:
    car = Draw.of(VehicleSpec(min_a=14.0, max_a=32.0, filter_a=5.985))
    assert car.targets_ma(13_999) == (5_985,) * 3
    assert car.targets_ma(14_000) == (14_000,) * 3
    assert car.with_fraction(0.1).targets_ma(14_000) == (5_985,) * 3
    assert car.with_max(4.0).targets_ma(6_000) == (4_000,) * 3


def test_two_phases_below() -> None:
    car = Draw.of(VehicleSpec(two_phases_below_a=8.0))
    assert car.targets_ma(7_999) == (7_999, 7_999, 0)
    assert car.targets_ma(8_000) == (8_000,) * 3


@pytest.mark.parametrize("a_per_phase", [(), (1.0, 2.0), (1.0, None, 2.0), (1.0,) * 4])
def test_fixed_draw_is_of_one_or_three_currents(a_per_phase: tuple[float, ...]) -> None:
    with pytest.raises(BadConfiguration, match="one current, three of them, or None"):
        draw().with_fixed(*a_per_phase)


def test_changes() -> None:
    car = draw()
    assert car.with_fixed(10.0).targets_ma(16_000) == (10_000,) * 3
    assert car.with_fixed(10.0).with_fixed(None) == car
    assert car.with_fraction(1.1).targets_ma(16_000) == (17_600,) * 3
    assert car.with_fraction(1.1).with_max(17.0).targets_ma(16_000) == (17_000,) * 3
    assert [car.wanted, car.with_wanted(False).wanted] == [True, False]


def test_changes_are_checked() -> None:
    car = draw()
    with pytest.raises(BadConfiguration, match="draw_fraction"):
        car.with_fraction(-0.1)
    with pytest.raises(BadConfiguration, match="fixed_draw_a"):
        car.with_fixed(-1.0)
    with pytest.raises(BadConfiguration, match="max_a"):
        car.with_max(float("nan"))


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(permille=st.integers(0, 3_000), offer_ma=st.integers(6_000, 80_000))
def test_agrees_with_decimal_arithmetic(permille: int, offer_ma: int) -> None:
    exact = Decimal(offer_ma) * permille / 1000
    expected = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    assert draw(permille / 1000, max_a=1_000.0).targets_ma(offer_ma) == (expected,) * 3
