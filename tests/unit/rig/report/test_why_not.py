"""Every clause without a case is told with its reason."""

from __future__ import annotations

from rig.report.model import ClauseRow
from rig.report.why_not import unobservable, waiting


def row(number: int, status: str, reason: str = "") -> ClauseRow:
    return ClauseRow(id=f"OCP-{number:03d}", area="OCP", text="t", source="s", status=status, reason=reason)


ROWS = [
    row(1, "tested"),
    row(2, "not-built", "back office"),
    row(3, "not-built", "energy manager; back office"),
    row(4, "not-built", "probing"),
    row(5, "not-testable", "a definition"),
    row(6, "not-testable", "back office is a word for it"),
    row(7, "bench-only", "needs a cable"),
    row(8, "not-built"),
]
OBSTACLES = {"back office": "There is none.", "energy manager": "None either.", "nobody waits for it": "x"}


def test_clauses_are_told_at_each_thing_that_they_wait_for() -> None:
    told = [(group.name, group.text, [one.id for one in group.rows]) for group in waiting(ROWS, OBSTACLES)]
    assert told == [
        ("back office", "There is none.", ["OCP-002", "OCP-003"]),
        ("energy manager", "None either.", ["OCP-003"]),
    ]


def test_other_reasons_are_told_one_by_one() -> None:
    told = [(group.status, [one.id for one in group.rows]) for group in unobservable(ROWS, OBSTACLES)]
    assert told == [("not-built", ["OCP-004"]), ("not-testable", ["OCP-005", "OCP-006"]), ("bench-only", ["OCP-007"])]
    assert all(group.text for group in unobservable(ROWS, OBSTACLES))


def test_a_status_that_nobody_knows_has_no_meaning() -> None:
    (group,) = unobservable([row(1, "forgotten", "x")], {})
    assert (group.status, group.text) == ("forgotten", "")
