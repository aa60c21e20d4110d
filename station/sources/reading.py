"""What a meter reader hands to the station: a valid reading, or the word that something unusable came in."""

from dataclasses import dataclass
from typing import Literal

BadKind = Literal["crc", "malformed", "unsupported"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One valid set of phase currents at the point the meter measures.

    `current_a` is signed: import positive, export negative (ALB-GEN-020, O-25); phases the meter does not have
    are 0.0. `interval_s` is the cadence the protocol version promises (10.0 for DSMR 4, 1.0 for 5), `phases` is
    1 or 3, `at_s` the time on the running clock at which the last byte was seen.
    """

    version: str
    interval_s: float
    current_a: tuple[float, float, float]
    phases: int
    at_s: float


@dataclass(frozen=True, slots=True)
class BadTelegram:
    """Something that looked like a telegram and must not be used.

    `kind` is "crc" (the check sum says no), "malformed" (it does not follow the protocol) or "unsupported" (a
    protocol version below 4.0, which counts as no data at all: ALB-P1-002, O-24).
    """

    reason: str
    at_s: float
    kind: BadKind
