"""What `evse-rig clauses` prints: the rows asked for, who judges them, and the counts."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from rich.console import Console

from rig.clauses import catalogue
from rig.clauses.show import print_clauses
from rig.errors import ConfigurationError


def printed(area: str | None, status: str | None, tested_by: dict[str, list[str]] | None = None) -> str:
    out = StringIO()
    print_clauses(Console(file=out, width=200), area, status, tested_by or {})
    return out.getvalue()


def listed(text: str) -> list[str]:
    return re.findall(r"^│ ([A-Z0-9-]+-\d{3}) ", text, re.MULTILINE)


def test_the_rows_of_an_area() -> None:
    assert listed(printed("M3", None)) == [clause.id for clause in catalogue.load().select("M3")]


def test_the_rows_of_a_status() -> None:
    text = printed(None, "bench-only")
    assert listed(text) == [clause.id for clause in catalogue.load().select(status="bench-only")]
    assert "needs a person with the vendor's tool" in text


def test_the_cases_of_a_clause_are_counted_by_module() -> None:
    cases = ["x/ocp/test_a.py::test_trip[L1]", "x/ocp/test_a.py::test_trip[L2]", "x/ocp/test_b.py::test_x"]
    text = printed("OCP", None, {"OCP-002": cases})
    assert "ocp/a: 2 cases" in text
    assert re.search(r"ocp/b: 1 case +│", text)


def test_an_area_comes_with_the_readings_of_its_open_points() -> None:
    assert re.search(r"^O-06  .*Never early", printed("OCP", None), re.MULTILINE)
    assert "O-06  " not in printed("NET", None)


def test_the_counts_of_one_area_and_of_all() -> None:
    shipped = catalogue.load()
    row = [cell.strip() for cell in printed("NET", "tested").splitlines()[-2].strip("│").split("│")]
    assert row == ["NET", shipped.titles["NET"], *(str(count) for count in shipped.counts("NET").values()), "20"]
    total = [cell.strip() for cell in printed(None, "tested").splitlines()[-2].strip("│").split("│")]
    assert total == ["all", "", *(str(count) for count in shipped.counts().values()), "665"]


def test_square_brackets_in_a_text_are_printed_as_they_are() -> None:
    assert "[socket id]" in printed("LOG", None)


def test_an_unknown_area_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="unknown area"):
        printed("XYZ", None)
