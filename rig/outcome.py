"""How a case ended: from its verdicts and the exception that ended it, if any, to one result with evidence."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

import pytest

from rig.bench import NotCharging
from rig.case import Case
from rig.errors import Finding, NotTestableHere
from rig.gather import CAPTURES, TIMELINE, part_name, write_case_files
from rig.report.model import CaseResult
from rig.report.plots import case_timeline_svg, moments_of
from rig.verdicts import SEVERITY, Outcome

_LOG_LINES = 40


def conclude(item: pytest.Item, case: Case, raised: BaseException | None) -> CaseResult:
    """The result of a case that ran to its end or was ended by `raised`. Leaves its evidence in the case's folder."""
    clauses = [str(clause) for mark in item.iter_markers("clause") for clause in mark.args]
    outcome, error = _settle(case, clauses, raised)
    captures: list[str] = []
    plot = ""
    if case.files is not None:
        case.files.mkdir(parents=True, exist_ok=True)
        write_case_files(case.timeline, case.name, case.files)
        captures = [f"{CAPTURES}/{part_name(case.name)}/{path.name}" for path in sorted(case.files.glob("*.pcapng"))]
    title, _, doc = inspect.cleandoc(getattr(getattr(item, "obj", None), "__doc__", None) or item.name).partition("\n")
    if case.files is not None:
        plot = case_timeline_svg(case.timeline.events, title=title, moments=moments_of(case.judge.verdicts))
    return CaseResult(
        case=case.name,
        suite=case.name.partition("/")[0],
        title=title,
        outcome=outcome,
        doc=doc.strip(),
        clauses=clauses,
        verdicts=case.judge.verdicts,
        station_s=round(case.now_s(), 6),
        log=_log(case),
        plot=plot,
        timeline_path=TIMELINE if case.files is not None else None,
        captures=captures,
        error=error,
    )


def _settle(case: Case, clauses: Sequence[str], raised: BaseException | None) -> tuple[Outcome, str | None]:
    """Give every clause of the case a verdict, and the case its outcome."""
    unjudged = [clause for clause in clauses if all(v.clause != clause for v in case.judge.verdicts)]
    if isinstance(raised, NotTestableHere | pytest.skip.Exception):
        return _without(case, unjudged, "not-testable", str(raised))
    if raised is not None and not isinstance(raised, Finding):
        return _without(case, unjudged or clauses, "error", f"{type(raised).__name__}: {raised}")
    if isinstance(raised, NotCharging):
        return _without(case, unjudged, "inconclusive", str(raised))
    if unjudged and raised is None:
        return _without(case, unjudged, "error", f"the case ended without judging {', '.join(unjudged)}")
    unmarked = {verdict.clause for verdict in case.judge.verdicts} - set(clauses)
    if unmarked:
        return "error", f"the case judged {', '.join(sorted(unmarked))}, which it is not marked with"
    return max((v.verdict for v in case.judge.verdicts), key=SEVERITY.index, default="error"), None


def _without(case: Case, clauses: Sequence[str], outcome: Outcome, reason: str) -> tuple[Outcome, str]:
    for clause in clauses:
        case.judge.without(clause, outcome, reason)
    return max([outcome, *(v.verdict for v in case.judge.verdicts)], key=SEVERITY.index), reason


def _log(case: Case) -> list[str]:
    lines = [f"{event.at_s:.3f} s  {event.data.get('text')}" for event in case.timeline.of("log")]
    left_out = len(lines) - _LOG_LINES
    return lines if left_out <= 0 else [*lines[:_LOG_LINES], f"… and {left_out} more, see the timeline"]
