"""What a car cannot be."""

import math

import msgspec
import pytest

from emulators.errors import BadConfiguration
from emulators.vehicle.spec import MIN_START_DELAY_S, VehicleSpec, check_range


def test_edges_are_allowed() -> None:
    spec = VehicleSpec(phases=1, min_a=8.0, max_a=8.0, reaction_s=0.0, start_delay_s=MIN_START_DELAY_S, soc_pct=100)
    assert spec.min_a == spec.max_a == 8.0


@pytest.mark.parametrize("phases", [0, 4])
def test_phases(phases: int) -> None:
    with pytest.raises(BadConfiguration, match="allowed: 1, 2, 3"):
        VehicleSpec(phases=phases)


def test_minimum_above_maximum() -> None:
    with pytest.raises(BadConfiguration, match=r"min_a 16\.1 is above max_a 16\.0"):
        VehicleSpec(min_a=16.1)


def test_filter_above_maximum() -> None:
    with pytest.raises(BadConfiguration, match=r"filter_a 16\.1 is above max_a 16\.0"):
        VehicleSpec(filter_a=16.1)


@pytest.mark.parametrize("phases", [1, 2])
def test_two_phases_are_fewer_than_three(phases: int) -> None:
    with pytest.raises(BadConfiguration, match=f"is for three phases; phases is {phases}"):
        VehicleSpec(phases=phases, two_phases_below_a=8.0)


def test_the_curve_is_checked() -> None:
    with pytest.raises(BadConfiguration, match=r"power_factor\[1\]: 5.0 A follows 6.0 A"):
        VehicleSpec(power_factor=((6.0, 0.5), (5.0, 0.6)))


def test_a_changed_copy_is_checked_too() -> None:
    with pytest.raises(BadConfiguration, match="min_a"):
        msgspec.structs.replace(VehicleSpec(), min_a=20.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_a", -0.1),
        ("max_a", math.nan),
        ("reaction_s", -1.0),
        ("start_delay_s", 0.0),
        ("ramp_a_per_s", 0.0),
        ("ramp_down_a_per_s", -1.0),
        ("draw_fraction", -0.01),
        ("fixed_draw_a", -1.0),
        ("battery_kwh", 0.0),
        ("soc_pct", 100.1),
        ("pp_ohm", 0),
        ("r2_ohm", 0.0),
        ("decrease_reaction_s", -1.0),
        ("stop_reaction_s", math.nan),
        ("sleep_after_s", math.inf),
        ("wake_pulse_s", -0.1),
        ("wake_s", -0.1),
        ("filter_a", -0.1),
        ("two_phases_below_a", -0.1),
        ("toggle_s", (0.0, 1.0)),
        ("toggle_s", (1.0, math.inf)),
    ],
)
def test_ranges(name: str, value: object) -> None:
    with pytest.raises(BadConfiguration, match=f"vehicle: {name} is"):
        VehicleSpec(**{name: value})  # type: ignore[arg-type]


def test_none_is_in_range() -> None:
    check_range("fixed_draw_a", None)
