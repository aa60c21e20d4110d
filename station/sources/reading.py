"""What a meter reader hands to the station: a valid reading, or the word that something unusable came in."""

from dataclasses import dataclass, field
from typing import Literal

BadKind = Literal["crc", "malformed", "unsupported", "repeated"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One valid set of phase currents at the point the meter measures.

    `current_a` is signed: import positive, export negative (ALB-GEN-020, O-25); phases the meter does not have
    are 0.0. `version` is what the meter speaks, or the register map it was read by; `interval_s` the cadence to
    expect (10.0 for DSMR 4, 1.0 for 5), `phases` is 1 or 3, `at_s` the time on the running clock at which the last
    byte was seen. Its figures were taken from `oldest_s` to `newest_s` before that. `meter` is where a meter that is
    asked was reached, for the log.
    """

    version: str
    interval_s: float
    current_a: tuple[float, float, float]
    phases: int
    at_s: float
    meter: str = ""
    # Not part of what was read.
    oldest_s: float = field(default=0.0, compare=False)
    newest_s: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class BadTelegram:
    """Something that looked like a telegram and must not be used, or an answer that was due and did not come.

    `kind` is "crc" (the check sum says no), "malformed" (it does not follow the protocol, or is missing),
    "unsupported" (a P1 version below 4.0, which counts as no data at all: ALB-P1-002, O-24) or "repeated" (the one
    before again, date and all: nothing new was measured, so it is no data either). `meter` as in Reading.
    """

    reason: str
    at_s: float
    kind: BadKind
    meter: str = ""
