"""Currents as functions of time."""

from __future__ import annotations

import pytest

from emulators.errors import BadConfiguration
from emulators.site.profile import Constant, Periodic, Profile, Ramp, Sine, Steps, as_profile


@pytest.mark.parametrize(
    ("profile", "now_s", "expected_a"),
    [
        (Constant(5.0), 0.0, 5.0),
        (Constant(5.0), 1e6, 5.0),
        (Steps(((10.0, 6.0), (20.0, 0.5))), 9.999, 0.0),
        (Steps(((10.0, 6.0), (20.0, 0.5))), 10.0, 6.0),
        (Steps(((10.0, 6.0), (20.0, 0.5))), 19.999, 6.0),
        (Steps(((10.0, 6.0), (20.0, 0.5))), 20.0, 0.5),
        (Steps(((10.0, 6.0), (20.0, 0.5))), 1e6, 0.5),
        (Ramp(10.0, 20.0, 6.0, 16.0), 9.0, 6.0),
        (Ramp(10.0, 20.0, 6.0, 16.0), 10.0, 6.0),
        (Ramp(10.0, 20.0, 6.0, 16.0), 12.5, 8.5),
        (Ramp(10.0, 20.0, 6.0, 16.0), 20.0, 16.0),
        (Ramp(10.0, 20.0, 6.0, 16.0), 99.0, 16.0),
        (Ramp(0.0, 4.0, 4.0, 0.0), 1.0, 3.0),
        (Sine(10.0, 4.0, 60.0), 0.0, 10.0),
        (Sine(10.0, 4.0, 60.0), 15.0, 14.0),
        (Sine(10.0, 4.0, 60.0), 45.0, 6.0),
        (Sine(10.0, 4.0, 60.0, shift_s=15.0), 15.0, 10.0),
        (Periodic(Steps(((0.0, 1.0), (5.0, 2.0))), 10.0), 14.0, 1.0),
        (Periodic(Steps(((0.0, 1.0), (5.0, 2.0))), 10.0), 15.0, 2.0),
        (Periodic(Steps(((0.0, 1.0), (5.0, 2.0))), 10.0), 20.0, 1.0),
    ],
)
def test_the_current_at_a_time(profile: Profile, now_s: float, expected_a: float) -> None:
    assert profile(now_s) == pytest.approx(expected_a)


def test_numbers_and_callables_are_profiles() -> None:
    assert as_profile(7)(3.0) == 7.0
    assert as_profile(lambda now_s: now_s * 2)(3.0) == 6.0


def test_impossible_profiles_are_refused() -> None:
    with pytest.raises(BadConfiguration, match="at least one"):
        Steps(())
    with pytest.raises(BadConfiguration, match=r"2\.0 s follows 2\.0 s"):
        Steps(((1.0, 5.0), (2.0, 5.0), (2.0, 6.0)))
    with pytest.raises(BadConfiguration, match="must end after it begins"):
        Ramp(5.0, 5.0, 0.0, 1.0)
    with pytest.raises(BadConfiguration, match="longer than 0 s"):
        Sine(0.0, 1.0, 0.0)
    with pytest.raises(BadConfiguration, match="longer than 0 s"):
        Periodic(Constant(1.0), -1.0)
