"""The proximity pilot: a resistor in the plug of a Type 2 cable says what it carries (IEC 61851-1 annex B)."""

import msgspec

from emulators.errors import BadConfiguration
from emulators.pilot.tolerance import Tolerance, plus_minus


class Cable(msgspec.Struct, frozen=True):
    """A cable by its rating: the resistor in its plug, and the resistances that have to be taken for it.

    `accepted_ohm` is what one engineering-grade source gives; between two ranges the lower current holds.
    """

    rating_a: int
    ohm: int
    accepted_ohm: Tolerance


# B. The nominal values are confirmed by more than one source. 63 A is for three phases; with one it is 70 A.
CABLES = (
    Cable(13, 1_500, Tolerance(1_500, 1_100, 2_460)),
    Cable(20, 680, Tolerance(680, 400, 936)),
    Cable(32, 220, Tolerance(220, 164, 308)),
    Cable(63, 100, Tolerance(100, 80, 140)),
)
RESISTOR_TOLERANCE = 0.03  # D: of the resistor itself
SHORTED_BELOW_OHM = 60  # B: an error, no cable
OPEN_ABOVE_OHM = 4_500  # B: an error, no cable


def ohm_for(rating_a: int) -> int:
    """The nominal resistor of a cable for 13, 20, 32 or 63 A. Raises BadConfiguration for other ratings."""
    for cable in CABLES:
        if cable.rating_a == rating_a:
            return cable.ohm
    raise BadConfiguration(f"there is no cable for {rating_a} A; there is {', '.join(f'{c.rating_a}' for c in CABLES)}")


def resistor_of(cable: Cable) -> Tolerance:
    """What the resistor of a good cable may measure."""
    return plus_minus(cable.ohm, RESISTOR_TOLERANCE)


def rating_of(ohm: float) -> int | None:
    """The current in A that a resistance stands for; None where it is an error.

    Between two ranges the lower current holds; what lies beyond the last range on either side, but is no error yet,
    stands for the nearest cable.
    """
    if not SHORTED_BELOW_OHM <= ohm <= OPEN_ABOVE_OHM:
        return None
    for cable in reversed(CABLES):
        if ohm <= cable.accepted_ohm.most:
            return cable.rating_a
    return CABLES[0].rating_a
