"""The one sentence on top: does the station keep what the documents promise?"""

from __future__ import annotations

from dataclasses import dataclass

from rig.report.model import CaseResult, Report
from rig.verdicts import SEVERITY, Outcome, Verdict, worst

# The order in which people want to read them.
READING_ORDER: tuple[Outcome, ...] = ("pass", "fail", "inconclusive", "not-testable", "error")
# Worst first: the order in which findings are listed.
NOT_PASSED: tuple[Outcome, ...] = tuple(outcome for outcome in reversed(SEVERITY) if outcome != "pass")

_JUDGED = ("pass", "fail", "inconclusive")


@dataclass(frozen=True, slots=True)
class Headline:
    """The answer in words, its reason, and the outcome whose colour and sign it takes."""

    outcome: Outcome
    answer: str
    reason: str


def ordered_cases(report: Report) -> list[CaseResult]:
    """The cases in the order of the report, those of one suite together."""
    suites = {suite: place for place, suite in enumerate(dict.fromkeys(case.suite for case in report.cases))}
    return sorted(report.cases, key=lambda case: suites[case.suite])


def count_cases(report: Report) -> dict[Outcome, int]:
    """How many cases ended how, every outcome named."""
    return {outcome: sum(case.outcome == outcome for case in report.cases) for outcome in READING_ORDER}


def judged_clauses(report: Report) -> dict[str, Outcome]:
    """The worst verdict on every clause on which the station was judged, whatever else failed or was not observed."""
    by_clause: dict[str, list[Verdict]] = {}
    for case in report.cases:
        for verdict in case.verdicts:
            if verdict.verdict in _JUDGED:
                by_clause.setdefault(verdict.clause, []).append(verdict)
    return {clause: outcome for clause, verdicts in by_clause.items() if (outcome := worst(verdicts)) is not None}


def findings(report: Report, outcome: Outcome) -> list[tuple[CaseResult, Verdict]]:
    """Every verdict of that outcome with its case, in reading order."""
    return [(case, v) for case in ordered_cases(report) for v in case.verdicts if v.verdict == outcome]


def failed_without_verdict(report: Report) -> list[CaseResult]:
    """Cases that did not pass although no verdict says why: their `error` does."""
    return [c for c in ordered_cases(report) if c.outcome != "pass" and all(v.verdict == "pass" for v in c.verdicts)]


def headline(report: Report) -> Headline:
    """The answer, worst news first; a broken harness never reads as a finding on the station."""
    counts = count_cases(report)
    clauses = judged_clauses(report)
    failed = sum(outcome == "fail" for outcome in clauses.values())
    judged = _many(len(clauses), "judged clause")
    if counts["fail"] or failed:
        where = f"{failed} of {judged} not kept, " if failed else ""
        return Headline("fail", "Failed", f"{where}{_many(counts['fail'], 'failing case')}.")
    if counts["error"]:
        where = _many(counts["error"], "case")
        return Headline("error", "No answer", f"The rig failed in {where}; that is no finding on the station.")
    if counts["inconclusive"]:
        where = _many(counts["inconclusive"], "case")
        reason = (
            f"No finding, but in {where} what was measured does not decide: "
            "its uncertainty reaches across the limit, or the case could not begin."
        )
        return Headline("inconclusive", "Undecided", reason)
    if counts["pass"]:
        unseen = (
            f", {_many(counts['not-testable'], 'case')} not testable on this bench" if counts["not-testable"] else ""
        )
        return Headline("pass", "Passed", f"{judged} kept in {_many(counts['pass'], 'case')}{unseen}.")
    return Headline("not-testable", "Nothing judged", "No case of this run came to a verdict.")


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def tightest(report: Report, count: int) -> list[Verdict]:
    """Of every clause the passed measurement that came nearest to failing, by margin over the tolerance.

    What has no tolerance (a count, a value to be met exactly) has no margin worth telling.
    """
    passed = [v for _, v in findings(report, "pass") if v.margin is not None and _tolerance(v) > 0]
    nearest: dict[str, Verdict] = {}
    for verdict in sorted(passed, key=lambda v: (v.margin or 0.0) / _tolerance(v)):
        nearest.setdefault(verdict.clause, verdict)
    return list(nearest.values())[:count]


def _tolerance(verdict: Verdict) -> float:
    return (verdict.tolerance_early or 0.0) + (verdict.tolerance_late or 0.0)
