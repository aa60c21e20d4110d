"""Which phase of the grid stands behind which terminal: of a station's sockets, and of a meter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from emulators.site import GridReading
from emulators.site.reading import PerPhase

STRAIGHT = "L1L2L3"
# PH-001: how a three-phase station with two sockets is wired inside, by socket.
WIRED_INSIDE: Mapping[int, str] = {1: "L3L2L1", 2: "L1L2L3"}


def phases_of(order: str) -> tuple[int, ...]:
    """Index (0 for L1) of the grid phase at each terminal, for an order such as `L2L3L1`, or `L2` for one phase."""
    return tuple(int(digit) - 1 for digit in order.split("L")[1:])


def first_of(order: str, count: int) -> str:
    """The first phases of an order."""
    return order[: len("L1") * count]


def behind_socket(feeder: str, socket: int, sockets: int) -> str:
    """The order of the grid's phases at a socket of a station with so many, from that at its feeder's terminals.

    A station with one socket, or on one phase, is wired straight through.
    """
    phases = feeder.split("L")[1:]
    if sockets == 1 or len(phases) == 1:
        return feeder
    return "".join(f"L{phases[inside]}" for inside in phases_of(WIRED_INSIDE[socket]))


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
