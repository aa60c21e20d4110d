"""From single results to one report: order, evidence, what broke."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from rig import gather, report_folder
from rig.clauses import catalogue
from rig.errors import ConfigurationError
from rig.gather import CAPTURES, TIMELINE, Gathered, commit, installed_version, part_name, write_case_files
from rig.options import RunOptions
from rig.report.model import CaseResult
from rig.timeline import Timeline
from rig.verdicts import Outcome, Verdict


def verdict(clause: str, case: str, outcome: Outcome = "pass") -> Verdict:
    return Verdict(clause=clause, case=case, verdict=outcome, what="w")


def result(name: str, *verdicts: Verdict, captures: bool = False, station_s: float = 1.0) -> CaseResult:
    return CaseResult(
        case=name,
        suite=name.partition("/")[0],
        title=name,
        outcome="pass",
        verdicts=list(verdicts),
        station_s=station_s,
        captures=[f"{CAPTURES}/{part_name(name)}/p1.pcapng"] if captures else [],
    )


def leave_evidence(parts: Path, name: str, *, capture: bytes | None = None) -> None:
    folder = parts / part_name(name)
    folder.mkdir(parents=True)
    timeline = Timeline()
    timeline.record(1.5, "board", "pilot", {"state": "C2"})
    write_case_files(timeline, name, folder)
    if capture is not None:
        (folder / "p1.pcapng").write_bytes(capture)


@pytest.fixture
def report(tmp_path: Path) -> Iterator[Path]:
    report = tmp_path / "report"
    with report_folder.parts_of(report):
        yield report


@pytest.fixture
def gathered() -> Gathered:
    return Gathered(RunOptions(), lambda: 12.3456)


@pytest.mark.parametrize(
    ("case", "name"),
    [
        ("ocp/bands/trips_at_its_time[105.0%]", "ocp_bands_trips_at_its_time_105.0"),
        ("a/b/c", "a_b_c"),
        ("alb_p1/x/y[L1-phases=3]", "alb_p1_x_y_L1-phases=3"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("a/b/µ: <tab\t>", "a_b_tab"),
    ],
)
def test_names_of_evidence(case: str, name: str) -> None:
    assert part_name(case) == name


def test_nothing_yet(gathered: Gathered) -> None:
    assert not gathered
    assert gathered.report().cases == []


def test_the_report_has_the_collected_order(gathered: Gathered) -> None:
    for index, name in ((2, "b/m/last"), (0, "b/m/first"), (1, "a/m/second")):
        gathered.add(index, result(name))
    gathered.add_broken("b/test_m.py", "cannot be collected")
    assert [case.case for case in gathered.report().cases] == ["b/m/first", "a/m/second", "b/m/last", "b/test_m.py"]


def test_facts_of_the_run(gathered: Gathered) -> None:
    gathered.add(0, result("a/m/x", station_s=0.1))
    gathered.add(1, result("a/m/y", station_s=0.2))
    run = gathered.report().run
    assert (run.clock, run.seed, run.station_s, run.wall_s) == ("virtual", 1, 0.3, 12.346)
    assert run.version == installed_version()
    assert run.started is None


def test_what_broke_is_an_error_and_told_once(gathered: Gathered) -> None:
    gathered.add_broken("tiny/test_x.py", "cannot be collected: SyntaxError")
    gathered.add_broken("tiny/test_x.py", "cannot be collected: SyntaxError")
    (broken,) = gathered.report().cases
    assert gathered
    assert (broken.case, broken.suite, broken.outcome) == ("tiny/test_x.py", "tiny", "error")
    assert broken.error == "cannot be collected: SyntaxError"


def test_two_cases_with_one_name_are_an_error(gathered: Gathered) -> None:
    gathered.add(0, result("a/m/x[1]"))
    gathered.add(1, result("a/m/x_1"))
    assert [case.outcome for case in gathered.report().cases] == ["pass", "pass", "error"]


def test_clause_rows_take_the_worst_verdict(gathered: Gathered) -> None:
    gathered.add(0, result("a/m/x", verdict("OCP-003", "a/m/x"), verdict("OCP-003", "a/m/x")))
    gathered.add(1, result("a/m/y", verdict("OCP-003", "a/m/y", "fail"), verdict("OCP-004", "a/m/y")))
    rows = {row.id: row for row in gathered.report().clauses}
    assert list(rows) == list(catalogue.load().clauses)
    assert (rows["OCP-003"].verdict, rows["OCP-003"].cases) == ("fail", ["a/m/x", "a/m/y"])
    assert rows["OCP-004"].verdict == "pass"
    assert rows["OCP-005"].verdict is None


def test_bands_come_from_the_timing_table(gathered: Gathered) -> None:
    bands = gathered.report().bands
    assert [(band.lower_pct, band.upper_pct, band.trip_after_s) for band in bands] == [
        (100.0, 105.0, 1200.0),
        (105.0, 112.0, 100.0),
        (112.0, 120.0, 5.0),
        (120.0, 150.0, 2.0),
        (150.0, None, 2.0),
    ]
    assert [band.tolerance_late_s for band in bands] == [12.0, 1.0, 0.5, 0.5, 0.5]
    assert {band.tolerance_early_s for band in bands} == {0.0}


def test_evidence_is_joined_in_order_and_moved(gathered: Gathered, report: Path) -> None:
    parts = report_folder.partial(report)
    leave_evidence(parts, "b/m/second", capture=b"second")
    leave_evidence(parts, "a/m/first", capture=b"first")
    gathered.add(1, result("b/m/second", captures=True))
    gathered.add(0, result("a/m/first", captures=True))
    gathered.add(2, result("a/m/without_evidence"))
    gathered.write(report)
    events = [json.loads(line) for line in (report / TIMELINE).read_text().splitlines()]
    assert [(event["kind"], event["data"]) for event in events] == [
        ("case", {"case": "a/m/first"}),
        ("pilot", {"state": "C2"}),
        ("case", {"case": "b/m/second"}),
        ("pilot", {"state": "C2"}),
    ]
    assert (report / CAPTURES / "a_m_first" / "p1.pcapng").read_bytes() == b"first"
    assert (report / CAPTURES / "b_m_second" / "p1.pcapng").read_bytes() == b"second"
    assert {"report.html", "results.json", "junit.xml"} <= {path.name for path in report.iterdir()}


def test_captures_of_an_earlier_run_go(gathered: Gathered, report: Path) -> None:
    (report / CAPTURES / "gone").mkdir(parents=True)
    (report / "results.json").touch()
    gathered.add(0, result("a/m/x"))
    gathered.write(report)
    assert not (report / CAPTURES).exists()


def test_somebody_elses_folder_is_not_touched(gathered: Gathered, report: Path) -> None:
    report.mkdir()
    (report / "holiday.jpg").touch()
    with pytest.raises(ConfigurationError, match="holds files that are not a report"):
        gathered.write(report)
    assert [path.name for path in report.iterdir()] == ["holiday.jpg"]


def test_a_report_that_cannot_be_written_leaves_the_old_one(
    gathered: Gathered, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (report / CAPTURES).mkdir(parents=True)
    (report / "results.json").write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gather, "write_report", full)
    with pytest.raises(ConfigurationError, match="cannot be written: no space left on device"):
        gathered.write(report)
    assert (report / "results.json").read_text() == "old"
    assert sorted(path.name for path in report.iterdir()) == [CAPTURES, "results.json"]


def test_the_commit_is_that_of_the_checkout() -> None:
    root = Path(gather.__file__).resolve().parents[1]
    if not (root / ".git").exists():
        assert commit() is None
        return
    head = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert commit() == head.stdout[:12]


def test_an_installed_wheel_has_no_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(gather, "__file__", str(tmp_path / "rig" / "gather.py"))
    assert commit() is None
    (tmp_path / ".git").mkdir()  # and neither has something that only looks like a checkout
    assert commit() is None


def test_a_checkout_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> str:
        raise PackageNotFoundError

    monkeypatch.setattr(gather, "version", missing)
    assert installed_version() == "not installed"
