"""What a digitiser makes of a voltage: codes of eight bits, and what a scope measures from them. Pure.

Levels and times are found the way scopes find them: top and base are the commonest values above and below the middle,
periods run from one rising crossing of the middle to the next, with a hysteresis against noise.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

MAX_CODE = 255
# A signal that swings by less than this many codes is taken for a constant level with noise.
_MIN_SWING_CODES = 6
_HYSTERESIS = 0.1  # of the swing, above and below the middle


@dataclass(frozen=True, slots=True)
class Scaling:
    """From volts to codes: volts per code, and the voltage of code 0. What is beyond the screen is cut off there."""

    volt_per_code: float
    lowest_v: float

    def code(self, volt: float) -> int:
        """The code of a voltage."""
        return min(max(round((volt - self.lowest_v) / self.volt_per_code), 0), MAX_CODE)

    def volt(self, code: float) -> float:
        """The voltage of a code."""
        return self.lowest_v + code * self.volt_per_code


@dataclass(frozen=True)
class Record:
    """One acquisition: codes, how to read them, and the time between two of them."""

    codes: Sequence[int]
    scaling: Scaling
    step_s: float

    @cached_property
    def levels(self) -> tuple[int, int]:
        """Top and base as codes; the same for a constant level."""
        highest, lowest = max(self.codes), min(self.codes)
        if highest - lowest < _MIN_SWING_CODES:
            (common, _), *_ = Counter(self.codes).most_common(1)
            return common, common
        middle = (highest + lowest) / 2
        counts = Counter(self.codes)
        top = max((code for code in counts if code > middle), key=lambda code: (counts[code], code))
        base = max((code for code in counts if code <= middle), key=lambda code: (counts[code], -code))
        return top, base

    @cached_property
    def crossings_s(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """When it crosses the middle on its way up, and on its way down, between two samples if need be."""
        top, base = self.levels
        up_s: list[float] = []
        down_s: list[float] = []
        if top == base:
            return (), ()
        middle, margin = (top + base) / 2, (top - base) * _HYSTERESIS
        # None: not known before it has been clearly above or below.
        above: bool | None = None
        crossed_s = 0.0
        for at, (before, code) in enumerate(pairwise(self.codes), 1):
            if (before <= middle) is not (code <= middle):
                crossed_s = (at - 1 + (middle - before) / (code - before)) * self.step_s
            if code > middle + margin and above is not True:
                if above is False:
                    up_s.append(crossed_s)
                above = True
            elif code < middle - margin and above is not False:
                if above is True:
                    down_s.append(crossed_s)
                above = False
        return tuple(up_s), tuple(down_s)

    def frequency_hz(self) -> float | None:
        """None without one whole period."""
        up_s, _ = self.crossings_s
        return None if len(up_s) < 2 else (len(up_s) - 1) / (up_s[-1] - up_s[0])

    def duty(self) -> float | None:
        """The share of the high half-wave over all whole periods, 0 ... 1."""
        up_s, down_s = self.crossings_s
        if len(up_s) < 2:
            return None
        falls_s = [fall_s for fall_s in down_s if up_s[0] < fall_s < up_s[-1]]
        high_s = sum(fall_s - rise_s for rise_s, fall_s in zip(up_s, falls_s, strict=False))
        return high_s / (up_s[-1] - up_s[0])

    def rms_v(self) -> float:
        """Root mean square, the constant part included, over all whole periods, or over the screen without one."""
        up_s, _ = self.crossings_s
        first, last = (0, len(self.codes))
        if len(up_s) >= 2:
            first, last = round(up_s[0] / self.step_s), round(up_s[-1] / self.step_s)
        volts = [self.scaling.volt(code) for code in self.codes[first:last]]
        return math.sqrt(math.fsum([volt * volt for volt in volts]) / len(volts))

    def top_v(self) -> float:
        """The level of the positive half-wave."""
        return self.scaling.volt(self.levels[0])

    def base_v(self) -> float:
        """The level of the negative half-wave."""
        return self.scaling.volt(self.levels[1])

    def max_v(self) -> float:
        """The highest sample."""
        return self.scaling.volt(max(self.codes))

    def min_v(self) -> float:
        """The lowest sample."""
        return self.scaling.volt(min(self.codes))


Measure = Callable[[Record], float | None]

# What can be measured, by our names; the dialects have names of their own for it.
MEASURES: Mapping[str, Measure] = {
    "frequency": Record.frequency_hz,
    "duty": Record.duty,
    "high": Record.top_v,
    "low": Record.base_v,
    "max": Record.max_v,
    "min": Record.min_v,
    "rms": Record.rms_v,
}
