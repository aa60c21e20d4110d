"""Every clause of a finished area has a case or a reason, never both and never neither."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from rig.clauses import catalogue, reasons
from rig.clauses.catalogue import Catalogue, Clause, Status
from rig.clauses.reasons import Obstacle

KNOWN = {"back office": Obstacle("back office", "There is none."), "network": Obstacle("network", "None either.")}


def clause(clause_id: str, reason: str = "", status: Status = Status.NOT_BUILT) -> Clause:
    area, observe = clause_id.rpartition("-")[0], "" if status is Status.NOT_TESTABLE else "Watch it."
    return Clause(clause_id, area, "It trips.", "000 §2.3", status, observe, (), reason)


def complaints(*clauses: Clause, unfinished: tuple[str, ...] = ()) -> list[str]:
    waiting = [clause("OCP-001", "back office"), clause("OCP-002", "network; back office")]
    rows = {each.id: each for each in (*waiting, *clauses)}
    titles = {each.area: each.area for each in rows.values()}
    return reasons.complaints(Catalogue(MappingProxyType(rows), MappingProxyType(titles)), KNOWN, unfinished)


def test_what_a_clause_waits_for() -> None:
    def names(reason: str) -> list[str]:
        return [obstacle.id for obstacle in reasons.waits_for(clause("OCP-003", reason), KNOWN)]

    assert names("network; back office; the rest is OCP-001") == ["network", "back office"]
    assert names("the rest; network") == []
    assert names("") == []


def test_a_finished_area_leaves_nothing_to_say() -> None:
    assert complaints(clause("OCP-003", status=Status.TESTED), clause("OCP-004", "x", Status.NOT_TESTABLE)) == []


@pytest.mark.parametrize("reason", ["", "probing", "the network"])
def test_neither_a_case_nor_something_missing(reason: str) -> None:
    [said] = complaints(clause("PRB-001", reason))
    assert said.startswith(f"PRB-001: no case judges it, and its reason {reason!r} names nothing that is missing")
    assert said.endswith("rig/clauses/data/PRB.toml with one of: back office, network")


def test_an_area_or_a_clause_that_is_not_finished_may_be_without() -> None:
    open_rows = clause("PRB-001"), clause("PRB-002", "probing")
    assert complaints(*open_rows, unfinished=("PRB",)) == []
    assert complaints(*open_rows, unfinished=("PRB-001", "PRB-002")) == []
    [said] = complaints(*open_rows, unfinished=("PRB-002",))
    assert said.startswith("PRB-001")


@pytest.mark.parametrize("entry", ["OCP", "OCP-001", "PRBE"])
def test_a_finished_area_is_taken_out_of_the_list(entry: str) -> None:
    [said] = complaints(unfinished=(entry,))
    assert said == (
        f"{entry}: unfinished in rig/clauses/data/ratchet.toml, but all of it has a case or a reason; take it out"
    )


def test_what_nobody_waits_for_is_taken_out() -> None:
    tested = MappingProxyType({"OCP-001": clause("OCP-001", "back office")})
    [said] = reasons.complaints(Catalogue(tested, MappingProxyType({"OCP": "x"})), KNOWN, ())
    assert said == "network: in rig/clauses/data/obstacles.toml, but no clause waits for it; take it out"


def test_the_catalogue_has_a_case_or_a_reason_for_every_clause_of_a_finished_area() -> None:
    found = reasons.complaints(catalogue.load(), reasons.obstacles(), reasons.unfinished())
    assert not found, "\n" + "\n".join(found)


def test_obstacles_are_told_in_sentences() -> None:
    assert all(obstacle.text.endswith((".", ").")) for obstacle in reasons.obstacles().values())
