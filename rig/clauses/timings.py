"""The table of documented times and limits, which code, suites and report share (`data/timings.toml`, `limits.toml`).

A row's id is its clause id, with a suffix after a dot where a clause has several rows: `OCP-003`, `OCP-003.lower`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

import msgspec

from rig.clauses.tables import look_up, read_rows

# Where a value comes from: printed in the document, our reading of an open point, or a standard.
Origin = Literal["printed", "reading", "standard"]
# "exact": at the value; "at-most": any time up to it; "at-least": no sooner. All within the tolerances.
Bound = Literal["exact", "at-most", "at-least"]

# From the mildest to the worst; the last has no upper bound (O-01).
TRIP_BAND_CLAUSES = ("OCP-001", "OCP-002", "OCP-003", "OCP-004", "OCP-006")


class Timing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A documented time from one event to another, in seconds.

    Of `tolerance_late_s` and `tolerance_late_pct` (of the value) the larger counts. `note` says where the documents
    are open or disagree.
    """

    id: str
    name: str
    document: str
    section: str
    origin: Origin
    value_s: float
    from_event: str
    to_event: str
    bound: Bound = "exact"
    tolerance_early_s: float = 0.0
    tolerance_late_s: float = 0.0
    tolerance_late_pct: float = 0.0
    note: str = ""

    @property
    def clause(self) -> str:
        """The id of the clause that the row belongs to."""
        return self.id.partition(".")[0]


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A documented threshold that is not a time to be measured."""

    id: str
    name: str
    document: str
    section: str
    origin: Origin
    value: float
    unit: Literal["permille", "%", "A", "V", "Hz", "s", "telegrams"]
    note: str = ""

    @property
    def clause(self) -> str:
        """The id of the clause that the row belongs to."""
        return self.id.partition(".")[0]


class TripBand(msgspec.Struct, frozen=True):
    """An over-current band: a draw of at least `lower_permille` of the signalled current, and below `upper_permille`
    (None: no upper bound), trips after `trip_after_s` seconds.
    """

    clause: str
    lower_permille: int
    upper_permille: int | None
    trip_after_s: float


@cache
def load() -> Mapping[str, Timing]:
    """All times by id. Raises HarnessError when the shipped data are broken."""
    return read_rows("timings.toml", Timing)


@cache
def load_limits() -> Mapping[str, Limit]:
    """All limits by id. Raises HarnessError when the shipped data are broken."""
    return read_rows("limits.toml", Limit)


def timing(timing_id: str) -> Timing:
    """One time. Raises ConfigurationError for an unknown id, with the nearest ones."""
    return look_up(load(), timing_id, "timing")


def limit(limit_id: str) -> Limit:
    """One limit. Raises ConfigurationError for an unknown id, with the nearest ones."""
    return look_up(load_limits(), limit_id, "limit")


def early_tolerance_s(row: Timing) -> float | None:
    """How much sooner than its value the event may come; None: any time before."""
    return None if row.bound == "at-most" else row.tolerance_early_s


def late_tolerance_s(row: Timing) -> float | None:
    """How much later than its value the event may come; None: any time after."""
    if row.bound == "at-least":
        return None
    return max(row.tolerance_late_s, row.value_s * row.tolerance_late_pct / 100)


@cache
def trip_bands() -> tuple[TripBand, ...]:
    """The over-current bands from the mildest to the worst (OCP-001 to OCP-006)."""
    limits = load_limits()
    bands = []
    for clause in TRIP_BAND_CLAUSES:
        upper = limits.get(f"{clause}.upper")
        bands.append(
            TripBand(
                clause=clause,
                lower_permille=int(limit(f"{clause}.lower").value),
                upper_permille=None if upper is None else int(upper.value),
                trip_after_s=timing(clause).value_s,
            )
        )
    return tuple(bands)
