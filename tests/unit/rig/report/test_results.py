"""Programs read back what was judged."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.errors import ConfigurationError
from rig.report.model import CaseResult, Report, RunInfo
from rig.report.results import load_results, render_results
from rig.verdicts import Verdict

EXAMPLES = 1000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 50
FIELDS = ["clause", "case", "verdict", "measured", "unit", "limit", "tolerance_early", "tolerance_late"]
FIELDS += ["uncertainty", "margin", "evidence", "what"]
RUN_FIELDS = ["version", "commit", "clock", "seed", "bench", "station", "station_s", "wall_s", "started", "self_test"]
RUN = RunInfo(version="1", commit=None, clock="virtual", seed=1, bench="b", station="s", station_s=1.0, wall_s=1.0)
ANY_TEXT = st.text(st.characters())
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT
)


def case(verdict: Verdict) -> CaseResult:
    return CaseResult(case=verdict.case, suite="s", title="", outcome="pass", verdicts=[verdict])


def test_schema(report: Report) -> None:
    data = json.loads(render_results(report))
    assert list(data) == ["schema", "run", "results"]
    assert data["schema"] == 1
    assert list(data["run"]) == RUN_FIELDS
    assert data["run"]["seed"] == 7
    assert all(list(row) == FIELDS for row in data["results"])
    assert [(row["case"], row["verdict"]) for row in data["results"]] == [
        ("late[10]", "fail"),
        ("late[9]", "fail"),
        ("trips", "pass"),
        ("trips", "pass"),
        ("fuzzy", "inconclusive"),
        ("led", "not-testable"),
    ]
    late = data["results"][0]
    assert late["measured"] == 110.0
    assert late["limit"] == 100.0
    assert late["margin"] == -9.0
    assert late["evidence"] == {"ratio_pct": 105.0, "tripped_at_s": 115.0}


def test_empty_report(run: RunInfo, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(render_results(Report(run=run)))
    loaded = load_results(path)
    assert loaded.results == []
    assert loaded.run == run


def test_round_trip(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(render_results(report))
    loaded = load_results(path)
    assert loaded.schema == 1
    assert {v.verdict for v in loaded.results} == {"pass", "fail", "inconclusive", "not-testable"}
    assert all(v in [w for c in report.cases for w in c.verdicts] for v in loaded.results)


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(ANY_TEXT, ANY_TEXT, st.dictionaries(ANY_TEXT, PLAIN | st.lists(PLAIN), max_size=4))
def test_any_text_survives(
    tmp_path_factory: pytest.TempPathFactory, name: str, what: str, evidence: dict[str, Any]
) -> None:
    verdict = Verdict(clause="C", case=name, verdict="pass", what=what, evidence=evidence)
    path = tmp_path_factory.mktemp("any") / "results.json"
    path.write_bytes(render_results(Report(run=RUN, cases=[case(verdict)])))
    assert load_results(path).results == [verdict]


def test_what_json_cannot_say_becomes_null_or_text(tmp_path: Path) -> None:
    evidence = {"t": float("nan"), "p": Path("a/b"), "l": [float("inf")]}
    verdict = Verdict(clause="C", case="c", verdict="error", what="w", margin=float("inf"), evidence=evidence)
    path = tmp_path / "results.json"
    path.write_bytes(render_results(Report(run=RUN, cases=[case(verdict)])))
    (loaded,) = load_results(path).results
    assert loaded.margin is None
    assert loaded.evidence["t"] is None
    assert loaded.evidence["l"] == [None]
    assert isinstance(loaded.evidence["p"], str)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "has schema None"),
        (b'{"schema": 2}', "has schema 2; this version reads schema 1"),
        (b'{"schema": 1}', "does not follow schema 1"),
        (b'{"schema": 1, "run": {}, "results": [{"verdict": "good"}]}', "does not follow schema 1"),
    ],
)
def test_damaged_files_are_refused_clearly(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        load_results(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read .*gone\.json: no such file"):
        load_results(tmp_path / "gone.json")
