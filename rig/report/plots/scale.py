"""Round numbers for axes."""

from __future__ import annotations

import math
from typing import NamedTuple

# From how many seconds on an axis of time counts in minutes, and in hours.
_MINUTES_FROM_S, _HOURS_FROM_S = 600.0, 10_800.0
# What people count minutes in; shorter and longer steps are round numbers.
_SIXTIETHS = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0)
_HOURS = (0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0)


class TimeScale(NamedTuple):
    """The unit of an axis of time, how many seconds it has, and the values to be written on the axis, in the unit."""

    unit: str
    unit_s: float
    ticks: list[float]


def time_scale(start_s: float, end_s: float, most: int) -> TimeScale:
    """Seconds for a short case, minutes for a longer one, hours for a day; at most `most` + 1 values."""
    lasts_s = end_s - start_s
    if lasts_s < _MINUTES_FROM_S:
        return TimeScale("s", 1.0, ticks(start_s, end_s, most))
    unit, unit_s, steps = ("min", 60.0, _SIXTIETHS) if lasts_s < _HOURS_FROM_S else ("h", 3600.0, _HOURS)
    low, high = start_s / unit_s, end_s / unit_s
    fine = next((step for step in steps if (high - low) / step <= most), None)
    return TimeScale(unit, unit_s, ticks(low, high, most) if fine is None else _multiples(low, high, fine))


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` + 1 round values (1, 2 or 5 times a power of ten apart) within low … high."""
    if not high > low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough * (1 - 1e-9))
    return _multiples(low, high, step)


def _multiples(low: float, high: float, step: float) -> list[float]:
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(index * step, 9) for index in range(first, last + 1)]
