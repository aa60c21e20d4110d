"""Verdicts: what was promised, what was measured, and how sure we are. Never a bare boolean.

A measured value counts as pass or fail only when its whole uncertainty lies on one side of the limit; when the
uncertainty reaches across, the verdict is `inconclusive`. A fault of the harness is `error`, an observation that the
bench lacks is `not-testable`; neither is a finding on the station.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec

Outcome = Literal["pass", "fail", "inconclusive", "not-testable", "error"]

# A clause judged several times is as good as its worst verdict; what one case could not see, another may have seen.
SEVERITY: tuple[Outcome, ...] = ("not-testable", "pass", "inconclusive", "error", "fail")


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One judgement of one clause in one case; the fields of `results.json`, schema 1.

    `limit` is the documented value in `unit`; `tolerance_early` and `tolerance_late` say how far below and above it the
    measured value may lie (null: any distance). `margin` is the distance from the measured value to the nearer edge of
    what is allowed, negative outside it. `evidence` names the moments in the case's timeline and says what was seen.
    """

    clause: str
    case: str
    verdict: Outcome
    what: str
    measured: float | str | None = None
    unit: str = ""
    limit: float | str | None = None
    tolerance_early: float | None = 0.0
    tolerance_late: float | None = 0.0
    uncertainty: float = 0.0
    margin: float | None = None
    evidence: dict[str, Any] = {}


def judge_value(
    *,
    clause: str,
    case: str,
    what: str,
    measured: float,
    limit: float,
    unit: str,
    tolerance_early: float | None,
    tolerance_late: float | None,
    uncertainty: float = 0.0,
    evidence: dict[str, Any] | None = None,
) -> Verdict:
    """Judge a measured value against limit − tolerance_early … limit + tolerance_late (None: no bound on that side)."""
    below = math.inf if tolerance_early is None else measured - (limit - tolerance_early)
    above = math.inf if tolerance_late is None else (limit + tolerance_late) - measured
    # Sums of microsecond-rounded times carry float dust far below any uncertainty; it must not decide a verdict.
    margin = round(min(below, above), 9)
    outcome: Outcome
    if margin >= uncertainty:
        outcome = "pass"
    elif margin < -uncertainty:
        outcome = "fail"
    else:
        outcome = "inconclusive"
    return Verdict(
        clause=clause,
        case=case,
        verdict=outcome,
        what=what,
        measured=round(measured, 6),
        unit=unit,
        limit=limit,
        tolerance_early=tolerance_early,
        tolerance_late=tolerance_late,
        uncertainty=uncertainty,
        margin=None if math.isinf(margin) else round(margin, 6),
        evidence=evidence or {},
    )


def judge_fact(
    *,
    clause: str,
    case: str,
    what: str,
    holds: bool,
    seen: str,
    promised: str,
    evidence: dict[str, Any] | None = None,
) -> Verdict:
    """Judge something that is or is not so: a text, an order, an absence. `seen` is what was observed, in words."""
    return Verdict(
        clause=clause,
        case=case,
        verdict="pass" if holds else "fail",
        what=what,
        measured=seen,
        limit=promised,
        evidence=evidence or {},
    )


def worst(verdicts: list[Verdict]) -> Outcome | None:
    """The verdict on a clause that was judged several times; None when it was not judged."""
    return max((v.verdict for v in verdicts), key=SEVERITY.index, default=None)
