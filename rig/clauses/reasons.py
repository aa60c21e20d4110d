"""Why a clause has no case: every row of a finished area is tested, or says what keeps it from being tested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import msgspec

from rig.clauses.catalogue import Catalogue, Clause, Status
from rig.clauses.tables import read_file, read_rows


class Obstacle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that the rig or its reference station does not have yet. `text` says what that is, in a sentence."""

    id: str
    text: str


@cache
def obstacles() -> Mapping[str, Obstacle]:
    """What clauses may wait for (`data/obstacles.toml`), by the name that their reasons begin with."""
    return read_rows("obstacles.toml", Obstacle)


def unfinished() -> list[str]:
    """The areas, or single clauses, whose suites are still being written (`data/ratchet.toml`)."""
    return [str(entry) for entry in read_file("ratchet.toml")["unfinished"]]


def waits_for(clause: Clause, known: Mapping[str, Obstacle]) -> list[Obstacle]:
    """The obstacles that the reason of a clause names, those at its beginning only."""
    named = []
    for part in clause.reason.split("; "):
        if part not in known:
            break
        named.append(known[part])
    return named


def complaints(catalogue: Catalogue, known: Mapping[str, Obstacle], unfinished: Iterable[str]) -> list[str]:
    """What has to change so that every clause of a finished area has a case or a reason; empty when nothing has.

    That a tested clause has no reason, and that a row which no bench can judge has one, the catalogue itself sees to.
    """
    found: list[str] = []
    left_open = set(unfinished)
    waiting: set[str] = set()
    for clause in catalogue.select(status=Status.NOT_BUILT):
        named = waits_for(clause, known)
        waiting.update(obstacle.id for obstacle in named)
        if not named and not {clause.area, clause.id} & left_open:
            found.append(
                f"{clause.id}: no case judges it, and its reason {clause.reason!r} names nothing that is missing; "
                f"mark the case that judges it, or begin the reason in rig/clauses/data/{clause.area}.toml "
                f"with one of: {', '.join(known)}"
            )
    found += [
        f"{entry}: unfinished in rig/clauses/data/ratchet.toml, but all of it has a case or a reason; take it out"
        for entry in sorted(left_open)
        if not _is_open(catalogue, known, entry)
    ]
    found += [
        f"{name}: in rig/clauses/data/obstacles.toml, but no clause waits for it; take it out"
        for name in known
        if name not in waiting
    ]
    return found


def _is_open(catalogue: Catalogue, known: Mapping[str, Obstacle], entry: str) -> bool:
    """Whether an area, or a clause, has neither case nor known reason."""
    rows = catalogue.select(status=Status.NOT_BUILT)
    return any(entry in (clause.area, clause.id) and not waits_for(clause, known) for clause in rows)
