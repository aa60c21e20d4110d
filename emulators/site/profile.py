"""Currents as functions of time. A profile is any callable from seconds to ampere; these are the usual ones.

Profiles are frozen and pure: the same `now_s` always gives the same current, so a run can be repeated.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from emulators.errors import BadConfiguration

Profile = Callable[[float], float]
"""From time (s since the run began) to current (A). Must be pure."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The same current at all times."""

    a: float

    def __call__(self, now_s: float) -> float:  # noqa: ARG002 - a profile is called with the time
        """The current in A at `now_s`."""
        return self.a


@dataclass(frozen=True, slots=True)
class Steps:
    """A staircase: each `(from_s, a)` holds until the next one; 0 A before the first.

    Raises BadConfiguration when there are no steps or their times do not rise.
    """

    steps: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        """Check that the times rise."""
        if not self.steps:
            raise BadConfiguration("a staircase of currents needs at least one (from_s, a) step")
        for (before_s, _), (after_s, _) in pairwise(self.steps):
            if after_s <= before_s:
                raise BadConfiguration(
                    f"the steps of a staircase must rise in time, but {after_s} s follows {before_s} s"
                )

    def __call__(self, now_s: float) -> float:
        """The current in A at `now_s`; a step counts from its `from_s` on."""
        index = bisect_right(self.steps, now_s, key=_from_s)
        return self.steps[index - 1][1] if index else 0.0


@dataclass(frozen=True, slots=True)
class Ramp:
    """A straight line from `from_a` at `from_s` to `to_a` at `to_s`, level before and after.

    Raises BadConfiguration when `to_s` does not lie after `from_s`.
    """

    from_s: float
    to_s: float
    from_a: float
    to_a: float

    def __post_init__(self) -> None:
        """Check that the ramp takes time."""
        if self.to_s <= self.from_s:
            raise BadConfiguration(f"a ramp must end after it begins ({self.from_s} s), not at {self.to_s} s")

    def __call__(self, now_s: float) -> float:
        """The current in A at `now_s`."""
        if now_s <= self.from_s:
            return self.from_a
        if now_s >= self.to_s:
            return self.to_a
        share = (now_s - self.from_s) / (self.to_s - self.from_s)
        return self.from_a + share * (self.to_a - self.from_a)


@dataclass(frozen=True, slots=True)
class Sine:
    """A sine around `mean_a`: at `mean_a` and rising at `shift_s`, `amplitude_a` above a quarter period later.

    Raises BadConfiguration when the period is not positive.
    """

    mean_a: float
    amplitude_a: float
    period_s: float
    shift_s: float = 0.0

    def __post_init__(self) -> None:
        """Check the period."""
        _check_period(self.period_s)

    def __call__(self, now_s: float) -> float:
        """The current in A at `now_s`."""
        turns = (now_s - self.shift_s) / self.period_s
        return self.mean_a + self.amplitude_a * math.sin(math.tau * turns)


@dataclass(frozen=True, slots=True)
class Periodic:
    """Another profile's first `period_s` seconds, over and over.

    Raises BadConfiguration when the period is not positive.
    """

    profile: Profile
    period_s: float

    def __post_init__(self) -> None:
        """Check the period."""
        _check_period(self.period_s)

    def __call__(self, now_s: float) -> float:
        """The current in A at `now_s`."""
        return self.profile(now_s % self.period_s)


def as_profile(current: float | Profile) -> Profile:
    """A profile as it is, or a number of ampere as a constant one."""
    return current if callable(current) else Constant(float(current))


def _from_s(step: tuple[float, float]) -> float:
    return step[0]


def _check_period(period_s: float) -> None:
    if period_s <= 0:
        raise BadConfiguration(f"a period must be longer than 0 s, not {period_s} s")
