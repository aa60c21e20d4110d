"""What the charging cable carries, by the resistor in its plug (proximity pilot, IEC 61851-1 table B.2)."""

from typing import NamedTuple


class CableRange(NamedTuple):
    """Up to `below_ohm` (exclusive) the cable carries `current_da`, in dA."""

    below_ohm: int
    current_da: int


# Nominal 100 ohm: 63 A, 220: 32 A, 680: 20 A, 1500: 13 A; a value between two ranges counts as the smaller cable.
CABLES: tuple[CableRange, ...] = (
    CableRange(60, 0),
    CableRange(150, 630),
    CableRange(330, 320),
    CableRange(1000, 200),
    CableRange(4501, 130),
)


def cable_da(pp_ohm: int) -> int:
    """Current of the cable in dA; 0 for a resistor no cable has, so for none at all too. M3-012."""
    for below_ohm, current_da in CABLES:
        if pp_ohm < below_ohm:
            return current_da
    return 0
