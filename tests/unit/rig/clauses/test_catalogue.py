"""The catalogue is complete, its ids and statuses are sound, and everything it refers to exists."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from rig.clauses import catalogue
from rig.clauses.catalogue import AREAS, Clause, Status
from rig.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[4]
REQUIREMENTS = ROOT.parent / "shared" / "requirements.json"

# The sizes of the areas as counted in the documents.
ROWS = {
    "OCP": 24,
    "PRB": 31,
    "ALT": 30,
    "SLB": 37,
    "ALB-GEN": 57,
    "ALB-P1": 25,
    "ALB-TIC": 10,
    "ALB-RTU": 34,
    "ALB-TCP": 57,
    "EMS": 35,
    "SCN": 99,
    "OCPP": 19,
    "SCM": 16,
    "UI": 15,
    "M3": 14,
    "CFG": 93,
    "PH": 30,
    "LOG": 19,
    "NET": 20,
}
KINDS_OF_ROW = {"ambiguous", "contradictory", "language", "variant"}

clauses = list(catalogue.load().clauses.values())


def test_areas_and_their_sizes() -> None:
    assert tuple(ROWS) == AREAS
    assert {area: sum(catalogue.load().counts(area).values()) for area in AREAS} == ROWS
    assert sum(catalogue.load().counts().values()) == len(clauses) == 665


def test_the_documented_counts() -> None:
    page = (ROOT / "docs" / "clauses.md").read_text(encoding="utf-8")
    shipped = catalogue.load()
    for area in AREAS:
        counts = shipped.counts(area)
        figures = [
            sum(counts.values()),
            counts[Status.BENCH_ONLY],
            counts[Status.NOT_TESTABLE],
            counts[Status.TESTED] + counts[Status.NOT_BUILT],
        ]
        assert f"| {area} | {shipped.titles[area]} | {' | '.join(map(str, figures))} |" in page


def test_ids_count_up_in_their_area() -> None:
    assert [clause.id for clause in clauses] == [
        f"{area}-{number:03d}" for area, rows in ROWS.items() for number in range(1, rows + 1)
    ]


@pytest.mark.skipif(not REQUIREMENTS.is_file(), reason=f"the list of requirements is not at {REQUIREMENTS}")
def test_every_requirement_is_there_with_its_documents_and_marks() -> None:
    required = json.loads(REQUIREMENTS.read_text(encoding="utf-8"))
    assert sorted(row["id"] for row in required) == sorted(clause.id for clause in clauses)
    for row in required:
        clause = catalogue.load().clause(row["id"])
        assert re.findall(r"(?:^|; )(\d{3}) ", clause.source) == row["docs"], clause.id
        references = [mark for mark in row["marks"] if "-" in mark]
        assert [mark for mark in clause.marks if mark not in KINDS_OF_ROW] == references, clause.id


def test_sources_name_known_documents_and_their_sections() -> None:
    vendor = {document.id for document in catalogue.documents().values() if document.kind == "vendor"}
    for clause in clauses:
        for part in clause.source.split("; "):
            document, sections = part.split(" ", 1)
            assert document in vendor, clause.id
            assert all(section.startswith("§") for section in sections.split(", ")), clause.id


def test_translations_are_of_known_documents_in_another_language() -> None:
    documents = catalogue.documents()
    translations = [document for document in documents.values() if document.translation_of]
    assert {document.id for document in translations} == {"001", "004"}
    for document in translations:
        assert documents[document.translation_of].language != document.language


def test_marks_lead_somewhere_and_none_is_left_over() -> None:
    used = {mark for clause in clauses for mark in clause.marks} - KINDS_OF_ROW
    assert used == set(catalogue.marks())


def test_contradictions_and_open_points_have_a_reading() -> None:
    assert [mark.id for mark in catalogue.marks().values() if mark.id[0] in "XO" and not mark.reading] == []


def test_texts_are_sentences_of_their_own() -> None:
    for clause in clauses:
        assert re.search(r"[.?][\")”]?$", clause.text), clause.id
        assert not re.search(r"\bL\d{3,}", clause.text + clause.observe), f"{clause.id} cites a line number"


def row(**changes: object) -> dict[str, object]:
    return {
        "id": "OCP-001", "area": "OCP", "text": "It trips.", "source": "000 §2.3", "status": "not-built",
        "observe": "Watch it trip.", **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"id": "OCP-01"}, "three digits"),
        ({"id": "PRB-001"}, "three digits"),
        ({"status": "bench-only"}, "needs a reason"),
        ({"status": "not-testable", "observe": ""}, "needs a reason"),
        ({"status": "not-testable", "reason": "wording"}, "how to observe it"),
        ({"status": "tested", "reason": "later"}, "has no reason"),
        ({"status": "tested", "observe": ""}, "how to observe it"),
        ({"status": "done"}, "Invalid enum value"),
        ({"state": "tested"}, "unknown field"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(changes: dict[str, object], complaint: str) -> None:
    assert msgspec.convert(row(), Clause).status is Status.NOT_BUILT
    with pytest.raises(msgspec.ValidationError, match=complaint):
        msgspec.convert(row(**changes), Clause)


def test_selecting_by_area_and_status() -> None:
    shipped = catalogue.load()
    assert {clause.area for clause in shipped.select("M3")} == {"M3"}
    assert {clause.status for clause in shipped.select(status="bench-only")} == {Status.BENCH_ONLY}
    both = shipped.select("NET", "bench-only")
    assert both == [clause for clause in shipped.select("NET") if clause.status is Status.BENCH_ONLY]
    assert both
    assert shipped.select() == clauses


def test_counts_add_up() -> None:
    shipped = catalogue.load()
    assert shipped.counts() == {status: sum(shipped.counts(area)[status] for area in AREAS) for status in Status}


@pytest.mark.parametrize("call", ["select", "counts"])
def test_an_unknown_area_is_answered_with_the_known_ones(call: str) -> None:
    with pytest.raises(ConfigurationError, match=r"unknown area \(known: OCP, .*\) 'OPC'; did you mean OCP"):
        getattr(catalogue.load(), call)("OPC")


def test_an_unknown_status_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"unknown status \(known: tested, .*\) 'test'; did you mean tested"):
        catalogue.load().select(status="test")


def test_an_unknown_clause_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"unknown clause 'OCP-025'; did you mean OCP-"):
        catalogue.load().clause("OCP-025")
