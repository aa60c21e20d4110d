"""The answer on top is the one the verdicts give."""

from __future__ import annotations

import pytest

from rig.report.headline import (
    count_cases,
    failed_without_verdict,
    findings,
    headline,
    judged_clauses,
    ordered_cases,
    tightest,
)
from rig.report.model import CaseResult, Report, RunInfo
from rig.verdicts import Outcome, Verdict, judge_value


def case(outcome: Outcome, *, name: str = "c", verdicts: list[Verdict] | None = None) -> CaseResult:
    return CaseResult(case=name, suite="s", title=name, outcome=outcome, verdicts=verdicts or [])


def verdict(outcome: Outcome, clause: str = "C-1") -> Verdict:
    return Verdict(clause=clause, case="c", verdict=outcome, what="w")


def test_the_worst_news_come_first(report: Report) -> None:
    top = headline(report)
    assert (top.outcome, top.answer) == ("fail", "Failed")
    assert top.reason == "1 of 2 judged clauses not kept, 2 failing cases."


@pytest.mark.parametrize(
    ("outcomes", "answer", "reason"),
    [
        ([], "Nothing judged", "No case of this run came to a verdict."),
        (["not-testable"], "Nothing judged", "No case of this run came to a verdict."),
        (["pass"], "Passed", "1 judged clause kept in 1 case."),
        (["pass", "not-testable"], "Passed", "1 judged clause kept in 1 case, 1 case not testable on this bench."),
        (["pass", "inconclusive"], "Undecided", None),
        (
            ["pass", "inconclusive", "error"],
            "No answer",
            "The rig failed in 1 case; that is no finding on the station.",
        ),
        (
            ["pass", "inconclusive", "error", "fail"],
            "Failed",
            "1 of 1 judged clause not kept, 1 failing case.",
        ),
    ],
)
def test_answers(run: RunInfo, outcomes: list[Outcome], answer: str, reason: str | None) -> None:
    report = Report(run=run, cases=[case(o, name=o, verdicts=[verdict(o)]) for o in outcomes])
    top = headline(report)
    assert top.answer == answer
    if reason is not None:
        assert top.reason == reason


def test_a_failing_case_without_a_verdict_is_still_a_finding(run: RunInfo) -> None:
    report = Report(run=run, cases=[case("fail")])
    assert headline(report).outcome == "fail"
    assert headline(report).reason == "1 failing case."
    assert [c.case for c in failed_without_verdict(report)] == ["c"]


def test_counts_name_every_outcome(report: Report) -> None:
    assert count_cases(report) == {"pass": 1, "fail": 2, "inconclusive": 1, "not-testable": 1, "error": 1}


def test_suites_keep_together_and_everything_else_in_its_order(report: Report) -> None:
    bands, alb = report.cases[:2], report.cases[-1:]
    mixed = Report(run=report.run, cases=[bands[1], *alb, bands[0]])
    assert [c.case for c in ordered_cases(mixed)] == ["late[9]", "late[10]", "broken"]
    assert ordered_cases(report) == report.cases


def test_a_clause_is_as_good_as_its_worst_verdict(report: Report) -> None:
    assert judged_clauses(report) == {"OCP-002": "fail", "OCP-013": "pass"}


def test_findings_carry_their_case(report: Report) -> None:
    assert [(c.case, v.measured) for c, v in findings(report, "fail")] == [("late[10]", 110.0), ("late[9]", 120.0)]


def test_tightest_compares_margins_by_what_is_allowed(run: RunInfo) -> None:
    def judged(clause: str, measured: float, limit: float, late: float | None) -> Verdict:
        return judge_value(
            clause=clause,
            case="c",
            what="w",
            measured=measured,
            limit=limit,
            unit="s",
            tolerance_early=0.0,
            tolerance_late=late,
        )

    wide = judged("WIDE", 1201.0, 1200.0, 12.0)  # 1 of 12
    narrow = judged("NARROW", 2.1, 2.0, 0.5)  # 0.1 of 0.5
    worse = judged("NARROW", 2.075, 2.0, 0.5)  # 0.075 of 0.5: the one to show of its clause
    exact = judged("EXACT", 6.0, 6.0, 0.0)
    at_least = judged("COUNT", 20.0, 20.0, None)
    verdicts = [narrow, wide, worse, exact, at_least, verdict("pass")]
    report = Report(run=run, cases=[case("pass", verdicts=verdicts)])
    assert tightest(report, 9) == [wide, worse]
    assert tightest(report, 1) == [wide]
