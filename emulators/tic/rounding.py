"""How a meter rounds what it prints."""

from __future__ import annotations

import math


def nearest(value: float) -> int:
    """The nearest whole number of a value of 0 or more; halves go up. It fits what meters in the field print."""
    return math.floor(value + 0.5)
