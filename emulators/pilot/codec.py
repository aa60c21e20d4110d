"""What a control pilot duty cycle means to a car, and which duty cycle says a given current (IEC 61851-1).

Duty cycles are integers in 1/1000 % (`duty_mpct`: 26667 is 26.667 %), currents integers in mA, so that both
directions are exact arithmetic. One step of duty is 0.6 mA up to 51 A and 2.5 mA above 52.5 A; a current that was
encoded up to 51 A therefore comes back as the same mA.
"""

from enum import StrEnum

import msgspec

from emulators.errors import BadConfiguration

MIN_OFFER_MA = 6_000  # the lowest current the pilot can offer (M3-002)
MAX_OFFER_MA = 80_000  # the highest


class Meaning(StrEnum):
    """What a range of duty cycles says to the car."""

    NOT_ALLOWED = "not allowed"
    DIGITAL = "digital"
    CURRENT = "current"


class Offer(msgspec.Struct, frozen=True):
    """A duty cycle as the car reads it. `ma` is None unless the meaning is a current."""

    meaning: Meaning
    ma: int | None


class DutyRange(msgspec.Struct, frozen=True):
    """One row of a duty table: both ends inclusive; current = fixed_ma + (duty - zero_mpct) * num / den."""

    first_mpct: int
    last_mpct: int
    meaning: Meaning
    fixed_ma: int = 0
    zero_mpct: int = 0
    num: int = 0
    den: int = 1

    def ma(self, duty_mpct: int) -> int:
        """The current that `duty_mpct` offers in this range, rounded half up to 1 mA."""
        return self.fixed_ma + _divide_half_up((duty_mpct - self.zero_mpct) * self.num, self.den)


DutyTable = tuple[DutyRange, ...]

_BELOW_CURRENTS = (
    DutyRange(0, 2_999, Meaning.NOT_ALLOWED),
    DutyRange(3_000, 7_000, Meaning.DIGITAL),
)
_SLOPES = (
    DutyRange(10_000, 85_000, Meaning.CURRENT, num=3, den=5),  # duty x 0.6 A
    DutyRange(85_001, 96_000, Meaning.CURRENT, zero_mpct=64_000, num=5, den=2),  # (duty - 64) x 2.5 A
)

IEC_61851_1: DutyTable = (
    *_BELOW_CURRENTS,
    DutyRange(7_001, 7_999, Meaning.NOT_ALLOWED),
    DutyRange(8_000, 9_999, Meaning.CURRENT, fixed_ma=MIN_OFFER_MA),
    *_SLOPES,
    DutyRange(96_001, 97_000, Meaning.CURRENT, fixed_ma=MAX_OFFER_MA),
    DutyRange(97_001, 100_000, Meaning.NOT_ALLOWED),
)

# Sources differ at both ends of the range: a car built to SAE J1772 (2017) starts at 9.5 % and ends at 96.5 %.
SAE_J1772_2017: DutyTable = (
    *_BELOW_CURRENTS,
    DutyRange(7_001, 9_499, Meaning.NOT_ALLOWED),
    DutyRange(9_500, 9_999, Meaning.CURRENT, fixed_ma=MIN_OFFER_MA),
    *_SLOPES,
    DutyRange(96_001, 96_500, Meaning.CURRENT, fixed_ma=MAX_OFFER_MA),
    DutyRange(96_501, 100_000, Meaning.NOT_ALLOWED),
)

DUTY_TABLES = {"IEC 61851-1": IEC_61851_1, "SAE J1772": SAE_J1772_2017}


def read_duty(duty_mpct: int, table: DutyTable = IEC_61851_1) -> Offer:
    """Read a duty cycle of 0 to 100000 (1/1000 %) as a car does.

    At exactly 85 % the lower slope holds (51 A). Raises BadConfiguration outside 0 ... 100 %.
    """
    for row in table:
        if row.first_mpct <= duty_mpct <= row.last_mpct:
            return Offer(row.meaning, row.ma(duty_mpct) if row.meaning is Meaning.CURRENT else None)
    raise BadConfiguration(f"duty cycle {duty_mpct / 1000} % is outside 0 ... 100 %")


def duty_for(offer_ma: int, table: DutyTable = IEC_61851_1) -> int:
    """The duty cycle in 1/1000 % that offers `offer_ma`.

    The pilot has no duty cycle for currents between 51 A and 52.5 A: they become 85 %, which is read as 51 A.
    Raises BadConfiguration outside 6 ... 80 A.
    """
    if not MIN_OFFER_MA <= offer_ma <= MAX_OFFER_MA:
        raise BadConfiguration(f"the pilot cannot offer {offer_ma / 1000} A; it can offer 6 ... 80 A")
    slopes = [row for row in table if row.num and row.ma(row.first_mpct) <= offer_ma]
    row = slopes[-1]
    return min(row.last_mpct, row.zero_mpct + _divide_half_up(offer_ma * row.den, row.num))


def _divide_half_up(value: int, divisor: int) -> int:
    return (2 * value + divisor) // (2 * divisor)
