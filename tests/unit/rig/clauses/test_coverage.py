"""The markers of a suite become a map from clauses to cases, without a case being run."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig.clauses import coverage
from rig.errors import HarnessError

SUITE = """
import pytest

pytestmark = pytest.mark.clause("OCP-001")

@pytest.mark.clause("OCP-002", "OCP-003")
@pytest.mark.parametrize("phase", [1, 2])
def test_bands(phase):
    raise AssertionError("collecting runs nothing")

@pytest.mark.clause("OCP-001")
def test_twice_the_same():
    raise AssertionError("collecting runs nothing")
"""


def test_every_case_is_listed_under_its_clauses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As inside another pytest session: its options must not reach the collecting one.
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing")
    (tmp_path / "test_suite.py").write_text(SUITE, encoding="utf-8")
    judging = coverage.tested_by(tmp_path)
    bands = [f"test_suite.py::test_bands[{phase}]" for phase in (1, 2)]
    names = {clause: [case[case.index("test_suite") :] for case in cases] for clause, cases in judging.items()}
    assert names == {
        "OCP-001": [*bands, "test_suite.py::test_twice_the_same"],
        "OCP-002": bands,
        "OCP-003": bands,
    }


def test_a_folder_without_cases(tmp_path: Path) -> None:
    assert coverage.tested_by(tmp_path) == {}


def test_a_suite_that_cannot_be_imported(tmp_path: Path) -> None:
    (tmp_path / "test_suite.py").write_text("import no_such_module_anywhere", encoding="utf-8")
    with pytest.raises(HarnessError, match=r"(?s)cannot be collected.*no_such_module_anywhere"):
        coverage.tested_by(tmp_path)


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="no such folder"):
        coverage.tested_by(tmp_path / "suites")
