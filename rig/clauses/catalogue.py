"""The catalogue: every promise the documents make, one clause each, with how far the suites judge it.

The rows are in `data/<AREA>.toml`, in our own words. `docs/clauses.md` says what the statuses mean and how a row
becomes `tested`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Literal

import msgspec

from rig.clauses.tables import look_up, read_file, read_rows, to_rows
from rig.errors import HarnessError

# In the order of the catalogue. Each has a file of its name in data/.
AREAS = (
    "OCP", "PRB", "ALT", "SLB", "ALB-GEN", "ALB-P1", "ALB-TIC", "ALB-RTU", "ALB-TCP", "EMS",
    "SCN", "OCPP", "SCM", "UI", "M3", "CFG", "PH", "LOG", "NET",
)  # fmt: skip

_NUMBER = re.compile(r"-\d{3}")


class Status(StrEnum):
    """How far a clause is judged."""

    TESTED = "tested"  # by at least one conformance case
    BENCH_ONLY = "bench-only"  # needs a real instrument, cable, screen or person; `reason` says what
    NOT_TESTABLE = "not-testable"  # nothing a station does could refute it; `reason` says why
    NOT_BUILT = "not-built"  # the function or its suite does not exist yet; `reason` may name what it waits for


class Clause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One promise of the documents.

    `source` names documents by prefix (see `documents`) and their sections. `observe` says how the promise shows.
    `marks` refer to contradictions (X), open points (O), language differences (L) and spelling variants (V), see
    `marks`; the words "ambiguous", "contradictory", "language" and "variant" say that the row itself is one.
    """

    id: str
    area: str
    text: str
    source: str
    status: Status
    observe: str = ""
    marks: tuple[str, ...] = ()
    reason: str = ""

    def __post_init__(self) -> None:
        if not _NUMBER.fullmatch(self.id.removeprefix(self.area)):
            raise ValueError(f"the id is not {self.area}- and three digits")
        if self.status in (Status.BENCH_ONLY, Status.NOT_TESTABLE) and not self.reason:
            raise ValueError(f"a {self.status} clause needs a reason")
        if self.status is Status.TESTED and self.reason:
            raise ValueError("a tested clause has no reason")
        if (self.status is Status.NOT_TESTABLE) == bool(self.observe):
            raise ValueError("a clause says how to observe it, unless it is not testable")


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document that makes promises ("vendor"), or one that leaves a value to a standard ("standard").

    `id` is the prefix that sources use; `language` an ISO 639-1 code; `translation_of` another document's prefix.
    """

    id: str
    title: str
    version: str
    language: str
    kind: Literal["vendor", "standard"]
    translation_of: str = ""


class Mark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the documents leave open or disagree on, and the reading that the station and the suites adopt."""

    id: str
    subject: str
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All clauses by id, in the order of the areas and of their numbers; and the areas' titles."""

    clauses: Mapping[str, Clause]
    titles: Mapping[str, str]

    def clause(self, clause_id: str) -> Clause:
        """Raises ConfigurationError for an unknown id, with the nearest ones."""
        return look_up(self.clauses, clause_id, "clause")

    def select(self, area: str | None = None, status: str | None = None) -> list[Clause]:
        """The clauses of an area, with a status, or both. Raises ConfigurationError for an unknown area or status."""
        if area is not None:
            look_up(self.titles, area, f"area (known: {', '.join(self.titles)})")
        if status is not None:
            look_up({each.value: each for each in Status}, status, f"status (known: {', '.join(Status)})")
        return [
            clause
            for clause in self.clauses.values()
            if area in (None, clause.area) and status in (None, clause.status.value)
        ]

    def counts(self, area: str | None = None) -> dict[Status, int]:
        """How many clauses have each status, zeros included. Raises ConfigurationError for an unknown area."""
        counts = dict.fromkeys(Status, 0)
        for clause in self.select(area):
            counts[clause.status] += 1
        return counts


@cache
def load() -> Catalogue:
    """The shipped catalogue. Raises HarnessError when its data are broken."""
    clauses: dict[str, Clause] = {}
    titles: dict[str, str] = {}
    for area in AREAS:
        name = f"{area}.toml"
        file = read_file(name)
        if set(file) != {"title", "clause"}:
            raise HarnessError(f"rig/clauses/data/{name}: expected a title and [clause.…] tables, not {sorted(file)}")
        titles[area] = file["title"]
        clauses |= to_rows(name, file["clause"], Clause, area=area)
    return Catalogue(MappingProxyType(clauses), MappingProxyType(titles))


@cache
def documents() -> Mapping[str, Document]:
    """The documents by the prefix that sources use."""
    return read_rows("documents.toml", Document)


@cache
def marks() -> Mapping[str, Mark]:
    """Contradictions, open points, language differences and spelling variants by their ids, e.g. "O-06"."""
    return read_rows("marks.toml", Mark)
