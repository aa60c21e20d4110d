"""The catalogue says `tested` exactly where a conformance case judges, and the number never falls."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from rig.clauses import catalogue, coverage, ratchet
from rig.clauses.catalogue import Catalogue, Clause, Status

SUITES = Path(__file__).resolve().parents[3] / "conformance"


def clause(clause_id: str, status: Status) -> Clause:
    area = clause_id.rpartition("-")[0]
    reason = "later" if status is Status.BENCH_ONLY else ""
    return Clause(clause_id, area, "It trips.", "000 §2.3", status, observe="Watch it.", reason=reason)


def small_catalogue() -> Catalogue:
    clauses = [
        clause("OCP-001", Status.TESTED),
        clause("OCP-002", Status.TESTED),
        clause("OCP-003", Status.NOT_BUILT),
        clause("OCP-004", Status.BENCH_ONLY),
    ]
    return Catalogue(MappingProxyType({each.id: each for each in clauses}), MappingProxyType({"OCP": "Over-current"}))


def test_agreement_leaves_nothing_to_say() -> None:
    assert ratchet.complaints(small_catalogue(), ["OCP-001", "OCP-002"], floor=2) == []


@pytest.mark.parametrize(
    ("judged", "floor", "complaint"),
    [
        (["OCP-001", "OCP-002", "OCP-009"], 2, "OCP-009: a case is marked with it, but the catalogue has no such"),
        (["OCP-001", "OCP-002", "OCP-003"], 2, "OCP-003: judged by a case, but not-built in rig/clauses/data/OCP.toml"),
        (["OCP-001", "OCP-002", "OCP-004"], 2, "OCP-004: judged by a case, but bench-only in"),
        (["OCP-001"], 2, "OCP-002: tested in rig/clauses/data/OCP.toml, but no case is marked with it"),
        (["OCP-001", "OCP-002"], 3, "2 clauses are tested, 3 were before"),
        (["OCP-001", "OCP-002"], 1, "raise tested = 1 in rig/clauses/data/ratchet.toml"),
    ],
)
def test_each_disagreement_says_what_to_change(judged: list[str], floor: int, complaint: str) -> None:
    [said] = ratchet.complaints(small_catalogue(), judged, floor)
    assert complaint in said


def test_the_catalogue_agrees_with_the_suites() -> None:
    complaints = ratchet.complaints(catalogue.load(), coverage.tested_by(SUITES), ratchet.floor())
    assert not complaints, "\n" + "\n".join(complaints)
