"""What instruments answer, made into numbers: with or without header and unit, in percent or as a fraction, or nothing.

Some oscilloscopes answer a duty cycle in percent, some as a fraction, and models of one maker differ. A duty cycle of a
pilot lies between 3 and 97 % (IEC 61851-1), so what is not above 1 is a fraction, unless the family is known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from rig.errors import HarnessError

DutyUnit = Literal["percent", "fraction"]
PerPhase = tuple[float, float, float]
"""L1, L2, L3."""

# SCPI-99 volume 1, 7.2.1.4 and 7.2.1.5: infinity is 9.9E37, not-a-number 9.91E37. Scopes answer either when there is
# nothing to measure; nothing that is measured comes near.
NOTHING_FROM = 9.8e37

# What may stand behind a number, and how much it is in the unit without a prefix.
_UNITS: Mapping[str, tuple[str, float]] = {
    "": ("", 1.0),
    "%": ("%", 1.0),
    "V": ("V", 1.0),
    "mV": ("V", 1e-3),
    "Hz": ("Hz", 1.0),
    "kHz": ("Hz", 1e3),
    "MHz": ("Hz", 1e6),
}
_VALUE = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?)\s*([A-Za-z%]*)", re.ASCII)
_NOTHING = re.compile(r"\*+|[+-]?(?:nan|inf|infinity)|-{2,}", re.IGNORECASE)


class Reading(NamedTuple):
    """A number and the unit that was written behind it, if any; kHz and mV have become Hz and V."""

    value: float
    unit: str = ""


def reading_of(answer: str) -> Reading | None:
    """A measured value; None when the instrument had nothing to measure. Raises HarnessError for what is neither.

    What stands before the last comma is a header: `C1:PAVA DUTY,5.00E+01%`.
    """
    text = answer.rpartition(",")[2].strip()
    if _NOTHING.fullmatch(text):
        return None
    match = _VALUE.fullmatch(text)
    if match is None or match.group(2) not in _UNITS:
        raise HarnessError(f"{answer[:60]!r} is no measured value; one would be like 9.98E+02")
    value = float(match.group(1))
    if not math.isfinite(value) or abs(value) >= NOTHING_FROM:
        return None
    unit, multiplier = _UNITS[match.group(2)]
    return Reading(value * multiplier, unit)


def value_of(answer: str) -> float | None:
    """The number alone, in the instrument's unit. Raises HarnessError as `reading_of` does."""
    reading = reading_of(answer)
    return None if reading is None else reading.value


def duty_of(answer: str, unit: DutyUnit | None = None) -> float | None:
    """A duty cycle, 0 ... 1, or None. A percent sign decides, then `unit`, then the size.

    Raises HarnessError for what is no duty cycle.
    """
    reading = reading_of(answer)
    if reading is None:
        return None
    in_percent = reading.unit == "%" or (unit == "percent" if unit is not None else reading.value > 1)
    duty = reading.value / 100 if in_percent else reading.value
    if not 0 <= duty <= 1:
        raise HarnessError(f"{answer[:60]!r} is no duty cycle{'' if unit is None else f' as a {unit}'}")
    return duty


def per_phase_of(answer: str) -> PerPhase:
    """Three numbers separated by commas, or one of an instrument with one phase; a phase without a value has 0.

    Raises HarnessError for other numbers of them, for what is no number, and when L1 has none.
    """
    l1_text, *others = answer.split(",")
    if len(others) not in (0, 2):
        raise HarnessError(f"{answer[:60]!r} is not one value each of L1, L2, L3, such as 2.30E+02,2.30E+02,2.30E+02")
    l1 = value_of(l1_text)
    if l1 is None:
        raise HarnessError(f"{l1_text[:60]!r} is no number; one would be like 2.30E+02")
    l2, l3 = (value_of(text) or 0.0 for text in others or ("0", "0"))
    return l1, l2, l3
