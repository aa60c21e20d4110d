"""How a case ended: from its verdicts and the exception that ended it, if any, to one result with evidence."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

import pytest

from rig.bench import NotCharging
from rig.case import Case
from rig.clauses import catalogue
from rig.errors import Finding, NotTestableHere
from rig.gather import CAPTURES, TIMELINE, part_name, write_case_files
from rig.report.model import CaseResult
from rig.report.plots import case_timeline_svg, moments_of
from rig.verdicts import SEVERITY, Outcome, worst

_FINDINGS: tuple[Outcome, ...] = ("fail", "inconclusive")
_LOG_LINES = 40
# Of how many passed cases that differ only in their parameters the report has a picture; of each is too many.
_EXAMPLES = 1


def conclude(item: pytest.Item, case: Case, raised: BaseException | None) -> CaseResult:
    """The result of a case that ran to its end or was ended by `raised`. Leaves its evidence in the case's folder."""
    clauses = [str(clause) for mark in item.iter_markers("clause") for clause in mark.args]
    clauses += sorted(case.judge.beyond.difference(clauses))
    outcome, error = _settle(case, clauses, raised)
    captures: list[str] = []
    plot = ""
    if case.files is not None:
        case.files.mkdir(parents=True, exist_ok=True)
        write_case_files(case.timeline, case.name, case.files)
        captures = [f"{CAPTURES}/{part_name(case.name)}/{path.name}" for path in sorted(case.files.glob("*.pcapng"))]
    title, _, doc = inspect.cleandoc(getattr(getattr(item, "obj", None), "__doc__", None) or item.name).partition("\n")
    if case.files is not None and case.options.pictures and (outcome != "pass" or _place(item) < _EXAMPLES):
        plot = case_timeline_svg(case.timeline.events, title=title, moments=moments_of(case.judge.verdicts))
    return CaseResult(
        case=case.name,
        suite=case.name.partition("/")[0],
        title=title,
        outcome=outcome,
        doc=doc.strip(),
        clauses=clauses,
        verdicts=case.judge.verdicts,
        held=sorted(case.judge.held.difference(verdict.clause for verdict in case.judge.verdicts)),
        station_s=round(case.now_s(), 6),
        log=_log(case),
        plot=plot,
        timeline_path=TIMELINE if case.files is not None else None,
        captures=captures,
        error=error,
    )


def _place(item: pytest.Item) -> int:
    """Which of the cases that differ only in their parameters it is, from 0.

    Every worker collects all cases, so this does not depend on who runs which.
    """
    function = getattr(item, "originalname", item.name)
    same = [
        other
        for other in item.session.items
        if other.path == item.path and getattr(other, "originalname", "") == function
    ]
    return same.index(item) if item in same else 0


def _settle(case: Case, clauses: Sequence[str], raised: BaseException | None) -> tuple[Outcome, str | None]:
    """The outcome of the case, and why; clauses that it left without a verdict get the one that its end says."""
    known = catalogue.load().clauses
    judged = {verdict.clause for verdict in case.judge.verdicts}
    unjudged = [clause for clause in clauses if clause not in judged]
    if not clauses:
        return "error", "the case is marked with no clause"
    if unknown := [clause for clause in clauses if clause not in known]:
        return "error", f"the case is marked with {', '.join(unknown)}, which is not in the catalogue"
    if isinstance(raised, NotTestableHere | pytest.skip.Exception):
        return _without(case, unjudged, "not-testable", str(raised))
    if raised is not None and not isinstance(raised, Finding):
        return _without(case, unjudged or clauses, "error", f"{type(raised).__name__}: {raised}")
    if unmarked := judged - set(clauses):
        return "error", f"the case judged {', '.join(sorted(unmarked))}, which it is not marked with"
    if unjudged and raised is None:
        return _without(case, unjudged, "error", f"the case ended without judging {', '.join(unjudged)}")
    found = any(verdict.verdict in _FINDINGS for verdict in case.judge.verdicts)
    if raised is not None and not found:
        # Not the judge ended the case: the station made it impossible to go on.
        return _without(case, unjudged or clauses, "inconclusive", str(raised))
    if isinstance(raised, NotCharging):
        return _without(case, unjudged, "inconclusive", str(raised))
    return worst(case.judge.verdicts) or "error", None


def _without(case: Case, clauses: Sequence[str], outcome: Outcome, reason: str) -> tuple[Outcome, str]:
    for clause in clauses:
        case.judge.without(clause, outcome, reason)
    return max([outcome, *(v.verdict for v in case.judge.verdicts)], key=SEVERITY.index), reason


def _log(case: Case) -> list[str]:
    lines = [f"{event.at_s:.3f} s  {event.data.get('text')}" for event in case.timeline.of("log")]
    left_out = len(lines) - _LOG_LINES
    return lines if left_out <= 0 else [*lines[:_LOG_LINES], f"… and {left_out} more, see the timeline"]
