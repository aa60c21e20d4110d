"""Which phase of the grid stands behind which terminal: the feeder cable of a station, the terminals of a meter."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from emulators.site import GridReading
from emulators.site.reading import PerPhase

STRAIGHT = "L1L2L3"


def phases_of(order: str) -> tuple[int, ...]:
    """Index (0 for L1) of the grid phase at each terminal, for an order such as `L2L3L1`, or `L2` for one phase."""
    return tuple(int(digit) - 1 for digit in order.split("L")[1:])


def to_grid(per_terminal: Sequence[float], order: str) -> PerPhase:
    """What flows at the terminals, as it flows in the phases of the grid."""
    flowing = [0.0, 0.0, 0.0]
    for value, phase in zip(per_terminal, phases_of(order), strict=False):
        flowing[phase] += value
    return flowing[0], flowing[1], flowing[2]


def at_terminals(reading: GridReading, order: str) -> GridReading:
    """What a meter reads whose terminals are connected in that order; a terminal without a phase reads 0."""
    if order == STRAIGHT:
        return reading
    phases = phases_of(order)

    def picked(values: PerPhase) -> PerPhase:
        found = [values[phase] for phase in phases] + [0.0] * (3 - len(phases))
        return found[0], found[1], found[2]

    return msgspec.structs.replace(
        reading,
        current_a=picked(reading.current_a),
        voltage_v=picked(reading.voltage_v),
        power_w=picked(reading.power_w),
    )
