"""How the current of one phase divides into active and reactive current.

An ordinary charger draws none but active current. A "Chameleon" charger has a filter at its input that draws a
capacitive current all the time, and more than that before it has settled (field figures in `cars/zoe-3p.toml`).
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Self

import msgspec

from emulators.errors import BadConfiguration

Curve = tuple[tuple[float, float], ...]
"""Pairs of a current in A per phase and the displacement power factor at it; straight lines between, level beyond."""


class PowerFactor(msgspec.Struct, frozen=True):
    """Of a charger whose filter draws `filter_ma` of capacitive current per phase.

    A current that is no larger than that is the filter's alone. Above it the power factor follows the curve of
    (mA, power factor); without one the filter's current stays what it is, and the rest is active.
    """

    filter_ma: int = 0
    curve: Curve = ()

    @classmethod
    def of(cls, filter_a: float, curve: Curve) -> Self:
        """From currents in A, as a VehicleSpec has them."""
        return cls(round(filter_a * 1000), tuple((current_a * 1000, factor) for current_a, factor in curve))

    def active_ma(self, ma: int) -> int:
        """The active part of a current, rounded half up to 1 mA."""
        if ma <= self.filter_ma:
            return 0
        if self.curve:
            return math.floor(ma * self._at(ma) + 0.5)
        return ma if self.filter_ma == 0 else math.floor(math.sqrt(ma**2 - self.filter_ma**2) + 0.5)

    def reactive_ma(self, ma: int) -> int:
        """The reactive part of a current, rounded half up to 1 mA: negative, for it leads the voltage."""
        return -math.floor(math.sqrt(ma**2 - self.active_ma(ma) ** 2) + 0.5)

    def share(self, ma: int) -> float:
        """The active part of a current as a fraction of it; 1 for no current."""
        return self.active_ma(ma) / ma if ma else 1.0

    def _at(self, ma: int) -> float:
        above = bisect_right([point_ma for point_ma, _ in self.curve], ma)
        if above in (0, len(self.curve)):
            return self.curve[min(above, len(self.curve) - 1)][1]
        (from_ma, from_factor), (to_ma, to_factor) = self.curve[above - 1 : above + 1]
        return from_factor + (to_factor - from_factor) * (ma - from_ma) / (to_ma - from_ma)


def check_curve(curve: Sequence[tuple[float, float]]) -> None:
    """Raise BadConfiguration unless currents rise and power factors are 0 ... 1."""
    for number, (current_a, factor) in enumerate(curve):
        if not (0 <= current_a <= 1_000 and 0 <= factor <= 1):
            given = f"vehicle: power_factor[{number}] is [{current_a}, {factor}]"
            raise BadConfiguration(f"{given}; it is a current in ampere and a power factor of 0 ... 1")
    for number, ((before_a, _), (after_a, _)) in enumerate(pairwise(curve)):
        if after_a <= before_a:
            where = f"vehicle: power_factor[{number + 1}]"
            raise BadConfiguration(f"{where}: {after_a} A follows {before_a} A; currents rise from pair to pair")
