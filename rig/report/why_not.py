"""The clauses that no case judges, and why: what they wait for first, then what no case could observe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rig.report.model import ClauseRow

_MEANING = {
    "bench-only": "Only a real instrument, cable, screen or person can judge these.",
    "not-testable": "Nothing that a station does could refute these.",
    "not-built": "The suites that judge these are not written yet.",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """The clauses that wait for the same thing: its name, and in a sentence what is missing; "" when nobody said."""

    name: str
    text: str
    rows: list[ClauseRow]


@dataclass(frozen=True, slots=True)
class Unobservable:
    """The clauses of one status that have a reason of their own each, and what the status means ("" if unknown)."""

    status: str
    text: str
    rows: list[ClauseRow]


def waiting(rows: Sequence[ClauseRow], obstacles: Mapping[str, str]) -> list[Waiting]:
    """By what is missing, in the order of `obstacles`; a clause that waits for two things is told at both."""
    named = {name: [row for row in rows if name in _parts(row)] for name in obstacles}
    return [Waiting(name, obstacles[name], members) for name, members in named.items() if members]


def unobservable(rows: Sequence[ClauseRow], obstacles: Mapping[str, str]) -> list[Unobservable]:
    """Clauses with a reason that names nothing missing, by status."""
    told: dict[str, list[ClauseRow]] = {}
    for row in rows:
        if row.reason and not any(part in obstacles for part in _parts(row)):
            told.setdefault(row.status, []).append(row)
    return [Unobservable(status, _MEANING.get(status, ""), members) for status, members in told.items()]


def _parts(row: ClauseRow) -> list[str]:
    return row.reason.split("; ")
