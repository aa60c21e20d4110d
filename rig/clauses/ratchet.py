"""The ratchet: the catalogue says `tested` exactly where a conformance case judges, and never less than before."""

from __future__ import annotations

from collections.abc import Iterable

from rig.clauses.catalogue import Catalogue, Status
from rig.clauses.tables import read_file


def floor() -> int:
    """The number of tested clauses that was once reached (`data/ratchet.toml`)."""
    return int(read_file("ratchet.toml")["tested"])


def complaints(catalogue: Catalogue, judged: Iterable[str], floor: int) -> list[str]:
    """What has to change so that catalogue, suites and floor agree; empty when they do.

    `judged` are the clause ids that conformance cases are marked with.
    """
    marked = set(judged)
    tested = {clause.id for clause in catalogue.select(status=Status.TESTED)}
    found = [
        f"{clause_id}: a case is marked with it, but the catalogue has no such clause; correct the marker"
        for clause_id in sorted(marked - set(catalogue.clauses))
    ]
    for clause_id in sorted((marked & set(catalogue.clauses)) - tested):
        area, status = catalogue.clause(clause_id).area, catalogue.clause(clause_id).status
        found.append(
            f"{clause_id}: judged by a case, but {status} in rig/clauses/data/{area}.toml; "
            'set status = "tested" and delete its reason'
        )
    found += [
        f"{clause_id}: tested in rig/clauses/data/{catalogue.clause(clause_id).area}.toml, but no case is marked "
        "with it; mark the case that judges it, or set its status back"
        for clause_id in sorted(tested - marked)
    ]
    if len(tested) < floor:
        found.append(
            f"{len(tested)} clauses are tested, {floor} were before; bring back the missing cases "
            "(rig/clauses/data/ratchet.toml is never lowered)"
        )
    if len(tested) > floor:
        found.append(f"{len(tested)} clauses are tested; raise tested = {floor} in rig/clauses/data/ratchet.toml")
    return found
