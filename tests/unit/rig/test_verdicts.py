"""A verdict is pass or fail only when its whole uncertainty lies on one side of the limit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.verdicts import SEVERITY, Verdict, judge_fact, judge_value, worst


def judged(
    measured: float, *, uncertainty: float = 0.0, early: float | None = 0.0, late: float | None = 0.5
) -> Verdict:
    return judge_value(
        clause="OCP-003",
        case="c",
        what="trip",
        measured=measured,
        limit=5.0,
        unit="s",
        tolerance_early=early,
        tolerance_late=late,
        uncertainty=uncertainty,
    )


@pytest.mark.parametrize(
    ("measured", "uncertainty", "outcome", "margin"),
    [
        (5.0, 0.0, "pass", 0.0),
        (5.5, 0.0, "pass", 0.0),
        (4.999999, 0.0, "fail", -0.000001),
        (5.500001, 0.0, "fail", -0.000001),
        (5.2, 0.1, "pass", 0.2),
        (5.05, 0.1, "inconclusive", 0.05),
        (4.95, 0.1, "inconclusive", -0.05),
        (4.89, 0.1, "fail", -0.11),
        (5.45, 0.1, "inconclusive", 0.05),
        (5.7, 0.1, "fail", -0.2),
    ],
)
def test_where_the_uncertainty_reaches(measured: float, uncertainty: float, outcome: str, margin: float) -> None:
    verdict = judged(measured, uncertainty=uncertainty)
    assert verdict.verdict == outcome
    assert verdict.margin == pytest.approx(margin)


def test_an_open_side_has_no_limit() -> None:
    assert judged(1e9, late=None).verdict == "pass"
    assert judged(-1e9, early=None).verdict == "pass"
    assert judged(-1e9, early=None, late=None).margin is None


def test_float_dust_decides_nothing() -> None:
    assert judged(0.1 + 0.2 + 4.7 - 1e-12).verdict == "pass"


@settings(derandomize=True)
@given(st.floats(0, 100), st.floats(0, 10))
def test_more_uncertainty_never_turns_a_verdict_around(measured: float, uncertainty: float) -> None:
    sure, unsure = judged(measured).verdict, judged(measured, uncertainty=uncertainty).verdict
    assert unsure in (sure, "inconclusive")


def test_facts_say_what_was_seen() -> None:
    verdict = judge_fact(clause="OCP-013", case="c", what="pilot", holds=False, seen="C1", promised="F")
    assert (verdict.verdict, verdict.measured, verdict.limit) == ("fail", "C1", "F")


def test_a_clause_is_as_good_as_its_worst_verdict() -> None:
    verdicts = [Verdict(clause="OCP-001", case="c", verdict=outcome, what="w") for outcome in SEVERITY]
    for count in range(1, len(verdicts) + 1):
        assert worst(verdicts[:count]) == SEVERITY[count - 1]
    assert worst([]) is None
