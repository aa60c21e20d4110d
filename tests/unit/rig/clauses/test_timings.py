"""The timing table says what the documents say, and every row belongs to a clause and a document."""

from __future__ import annotations

import pytest

from rig.clauses import catalogue, timings
from rig.clauses.timings import Limit, Timing, TripBand
from rig.errors import ConfigurationError

rows: list[Timing | Limit] = [*timings.load().values(), *timings.load_limits().values()]


def test_ids_are_unique_over_both_tables() -> None:
    assert len({row.id for row in rows}) == len(rows)


@pytest.mark.parametrize("row", rows, ids=lambda row: row.id)
def test_a_row_belongs_to_a_clause_and_a_document(row: Timing | Limit) -> None:
    clause = catalogue.load().clause(row.clause)
    document = catalogue.documents()[row.document]
    assert (row.origin == "standard") == (document.kind == "standard")
    if document.kind == "vendor":
        sections = dict(part.split(" ", 1) for part in clause.source.split("; "))
        assert row.section in sections[row.document].split(", ")
    if row.origin == "reading":
        assert any(mark in row.note for mark in catalogue.marks()), "a reading names the open point it settles"


@pytest.mark.parametrize("row", timings.load().values(), ids=lambda row: row.id)
def test_a_time_and_its_tolerances_are_sensible(row: Timing) -> None:
    assert row.value_s > 0
    assert 0 <= row.tolerance_early_s < row.value_s
    assert row.tolerance_late_s >= 0
    assert 0 <= row.tolerance_late_pct <= 100


def test_the_over_current_bands() -> None:
    assert timings.trip_bands() == (
        TripBand("OCP-001", 1000, 1050, 1200.0),
        TripBand("OCP-002", 1050, 1120, 100.0),
        TripBand("OCP-003", 1120, 1200, 5.0),
        TripBand("OCP-004", 1200, 1500, 2.0),
        TripBand("OCP-006", 1500, None, 2.0),
    )


@pytest.mark.parametrize(
    ("timing_id", "value_s", "early_s", "late_s"),
    [
        ("OCP-001", 1200.0, 0.0, 12.0),
        ("OCP-002", 100.0, 0.0, 1.0),
        ("OCP-003", 5.0, 0.0, 0.5),
        ("OCP-004", 2.0, 0.0, 0.5),
        ("OCP-005.reset", 1.0, 0.0, 0.5),
        ("OCP-006", 2.0, None, 0.5),
        ("OCP-010", 300.0, 0.0, 3.0),
        ("OCP-024", 5.0, 0.0, 0.5),
        ("ALB-P1-016.dsmr4", 30.0, 0.0, 1.0),
        ("ALB-P1-016.dsmr5", 10.0, 0.0, 1.0),
        ("ALB-TCP-042.step-interval", 5.0, 0.0, 1.0),
        ("ALB-GEN-004", 1.0, None, 0.0),
        ("M3-001.contactor-open", 0.1, None, 0.0),
        ("M3-001.contactor-close", 3.0, None, 0.0),
        ("M3-001.c1-forced-open", 6.0, 0.0, 1.0),
        ("M3-001.pilot-interval", 5.0, 0.0, None),
        ("PRB-006", 60.0, 2.0, 2.0),
    ],
)
def test_times_and_tolerances(timing_id: str, value_s: float, early_s: float | None, late_s: float | None) -> None:
    row = timings.timing(timing_id)
    assert row.value_s == value_s
    assert timings.early_tolerance_s(row) == early_s
    assert timings.late_tolerance_s(row) == late_s


@pytest.mark.parametrize(
    ("limit_id", "value", "unit"),
    [
        ("M3-002", 6.0, "A"),
        ("M3-012", 20.0, "A"),
        ("ALB-P1-017", 3.0, "telegrams"),
        ("ALB-TCP-042.step", 1.0, "A"),
        ("PRB-003", 14.0, "A"),
        ("SLB-007.unused", 3.0, "A"),
        ("ALT-013.min", 60.0, "s"),
        ("ALT-013.max", 36000.0, "s"),
    ],
)
def test_limits(limit_id: str, value: float, unit: str) -> None:
    assert (timings.limit(limit_id).value, timings.limit(limit_id).unit) == (value, unit)


def test_unknown_rows_are_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"unknown timing 'OCP-10'; did you mean OCP-010"):
        timings.timing("OCP-10")
    with pytest.raises(ConfigurationError, match=r"unknown limit 'M3-02'; did you mean .*M3-002"):
        timings.limit("M3-02")
