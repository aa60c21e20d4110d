"""A current that moves from one value to another at a steady rate, evaluated at any time without ticking."""

import math

import msgspec


class Ramp(msgspec.Struct, frozen=True):
    """From `start_ma` at `start_s` to `target_ma` at `rate_ma_per_s` (positive; infinite is a step)."""

    start_s: float
    start_ma: int
    target_ma: int
    rate_ma_per_s: float = math.inf

    @property
    def end_s(self) -> float:
        """When the target is reached."""
        return self.start_s + abs(self.target_ma - self.start_ma) / self.rate_ma_per_s

    def ma(self, now_s: float) -> int:
        """The current, rounded half up to 1 mA. Before the start it is what the ramp starts from."""
        if now_s >= self.end_s:
            return self.target_ma
        return math.floor(self._exact_ma(now_s) + 0.5)

    def charge_mas(self, from_s: float, to_s: float) -> float:
        """The integral of the current in mA·s, for start_s <= from_s <= to_s."""
        corner_s = min(max(self.end_s, from_s), to_s)
        sloping = (self._exact_ma(from_s) + self._exact_ma(corner_s)) / 2 * (corner_s - from_s)
        return sloping + self.target_ma * (to_s - corner_s)

    def _exact_ma(self, now_s: float) -> float:
        if now_s >= self.end_s:
            return self.target_ma
        if now_s <= self.start_s:
            return self.start_ma
        moved = self.rate_ma_per_s * (now_s - self.start_s)
        return self.start_ma + math.copysign(moved, self.target_ma - self.start_ma)
