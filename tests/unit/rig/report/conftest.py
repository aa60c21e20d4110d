"""A report with all five verdicts, small enough to reason about."""

from __future__ import annotations

import pytest

from rig.report.model import Band, CaseResult, ClauseRow, Report, RunInfo
from rig.report.plots import case_timeline_svg
from rig.timeline import Event
from rig.verdicts import Verdict, judge_fact, judge_value

RUN = RunInfo(
    version="0.1.0",
    commit="abc1234",
    clock="virtual",
    seed=7,
    bench="built in",
    station="reference station",
    station_s=3600.0,
    wall_s=1.5,
    self_test="passed",
)


@pytest.fixture
def run() -> RunInfo:
    return RUN


def _trip(case: str, measured_s: float, uncertainty_s: float = 0.0) -> Verdict:
    return judge_value(
        clause="OCP-002",
        case=case,
        what="time to state F",
        measured=measured_s,
        limit=100.0,
        unit="s",
        tolerance_early=0.0,
        tolerance_late=1.0,
        uncertainty=uncertainty_s,
        evidence={"ratio_pct": 105.0, "tripped_at_s": 5.0 + measured_s},
    )


@pytest.fixture
def report() -> Report:
    in_words = judge_fact(clause="OCP-013", case="trips", what="state", holds=True, seen="C2 → F", promised="C → F")
    why = {"reason": "no LED probe"}
    unseen = Verdict(clause="OCP-017", case="led", verdict="not-testable", what="not judged", evidence=why)
    plot = case_timeline_svg([Event(0.0, "board", "pilot", {"socket": 1, "state": "A1"})], title="trips")
    cases = [
        CaseResult(
            case="late[10]", suite="bands", title="Trips late", outcome="fail", verdicts=[_trip("late[10]", 110.0)]
        ),
        CaseResult(case="late[9]", suite="bands", title="", outcome="fail", verdicts=[_trip("late[9]", 120.0)]),
        CaseResult(
            case="trips",
            suite="bands",
            title="Trips in time",
            doc="Draws 105 %.",
            outcome="pass",
            clauses=["OCP-002", "OCP-013"],
            verdicts=[_trip("trips", 100.2), in_words],
            station_s=405.0,
            log=["105.200 s  302"],
            plot=plot,
            timeline_path="timelines/trips.jsonl",
            captures=["captures/p1 line.pcapng"],
        ),
        CaseResult(
            case="fuzzy", suite="bands", title="Fuzzy", outcome="inconclusive", verdicts=[_trip("fuzzy", 100.1, 0.5)]
        ),
        CaseResult(case="led", suite="panel", title="LED", outcome="not-testable", verdicts=[unseen]),
        CaseResult(
            case="broken", suite="alb", title="Broken", outcome="error", error="HarnessError: port closed\nat 3 s"
        ),
    ]
    clauses = [
        ClauseRow(
            id="OCP-002",
            area="OCP",
            text="Trips after 100 s.",
            source="§2.3",
            status="tested",
            verdict="fail",
            cases=["trips", "late[9]", "gone"],
        ),
        ClauseRow(id="SCN-001", area="SCN", text="Network.", source="§9", status="not built yet", reason="later"),
        ClauseRow(id="OCP-017", area="OCP", text="LED.", source="§2.7", status="bench only", verdict="not-testable"),
    ]
    bands = [
        Band(clause="OCP-002", lower_pct=105.0, upper_pct=112.0, trip_after_s=100.0, tolerance_late_s=1.0),
        Band(clause="OCP-006", lower_pct=150.0, upper_pct=None, trip_after_s=2.0),
    ]
    return Report(run=RUN, cases=cases, clauses=clauses, bands=bands)
