"""Which grid phases are behind a socket: the feeder's order and the rotation inside the station, as tables. Pure.

Phases are indices, 0 for L1. An order is written as the grid phases behind L1, L2 and L3 of what it belongs to, so
"L3L1L2" is (2, 0, 1); one phase alone is an order of length one. A car uses the first of them that it has (O-67).
"""

import re
from collections.abc import Mapping

Order = tuple[int, ...]

# PH-028: what Phase-Connected may be, by name. Numbers are those of SCN-PhaseMapping (SCN-078); the documents list the
# names in another order there.
ORDERS_BY_NUMBER: Mapping[int, str] = {
    1: "L1",
    2: "L2",
    3: "L3",
    4: "L1L2L3",
    5: "L1L3L2",
    6: "L2L1L3",
    7: "L2L3L1",
    8: "L3L1L2",
    9: "L3L2L1",
}
NO_SOCKET = 0  # SCN-079: SCN-PhaseMapping-2 of a station with one socket
ORDERS: Mapping[str, Order] = {
    name: tuple(int(digit) - 1 for digit in re.findall(r"\d", name)) for name in ORDERS_BY_NUMBER.values()
}
STRAIGHT: Order = (0, 1, 2)
# PH-001: at the meter's output inside a three-phase station with two sockets, by socket.
INTERNAL_ROTATION: Mapping[int, Order] = {1: ORDERS["L3L2L1"], 2: ORDERS["L1L2L3"]}
# PH-006, PH-009, PH-011: how one station after the other should be connected, then from the beginning again.
RECOMMENDED: Mapping[int, tuple[str, ...]] = {1: ("L1", "L2", "L3"), 3: ("L1L2L3", "L3L1L2", "L2L3L1")}


def order(name: str) -> Order:
    """The grid phases an order's name stands for. Raises ValueError for a name that is none (PH-028)."""
    try:
        return ORDERS[name]
    except KeyError:
        raise ValueError(f"{name!r} is no order of phases; it is one of {', '.join(ORDERS)}") from None


def mapped(number: int) -> Order | None:
    """The grid phases an SCN-PhaseMapping number stands for, None for "no socket".

    Raises ValueError for a number that is none (SCN-078, SCN-079).
    """
    if number == NO_SOCKET:
        return None
    try:
        return ORDERS[ORDERS_BY_NUMBER[number]]
    except KeyError:
        raise ValueError(f"{number} is no phase mapping; it is {NO_SOCKET} to {max(ORDERS_BY_NUMBER)}") from None


def behind_socket(feeder: Order, socket: int, sockets: int) -> Order:
    """The grid phases behind L1, L2 and L3 of a socket of a station with so many sockets.

    Only three-phase stations with two sockets rotate inside (PH-001); a one-phase station does not (X-06). With two
    feeders each socket has its own, and is rotated all the same (PH-008).
    """
    if sockets == 1 or len(feeder) == 1:
        return feeder
    return tuple(feeder[phase] for phase in INTERNAL_ROTATION[socket])


def loaded(behind: Order, car_phases: int) -> Order:
    """The grid phases a car of one, two or three phases loads; no more than the socket has (PH-014, PH-016)."""
    return behind[:car_phases]


def recommended(station: int, phases: int) -> str:
    """How the n-th station (from 1) of one or three phases on a three-phase grid should be connected (PH-006, PH-011).

    Raises ValueError for a number of phases other than one or three.
    """
    if phases not in RECOMMENDED:
        raise ValueError(f"stations have 1 or 3 phases, not {phases}")
    names = RECOMMENDED[phases]
    return names[(station - 1) % len(names)]
