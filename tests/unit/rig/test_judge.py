"""The judge keeps every verdict, and a case with a finding ends with all of them named."""

from __future__ import annotations

from typing import Any

import pytest

from rig.errors import ConfigurationError, Finding
from rig.judge import Judge
from rig.timeline import Event


def known(clause: str) -> None:
    if clause != "OCP-003":
        raise ConfigurationError(f"clause {clause} is not in the catalogue")


def event(at_s: float, uncertainty_s: float = 0.0) -> Event:
    return Event(at_s, "board", "pilot", {"state": "F"}, uncertainty_s)


@pytest.fixture
def judge() -> Judge:
    return Judge("ocp/bands", known, uncertainty_s=0.01)


def test_elapsed_adds_up_the_uncertainties(judge: Judge) -> None:
    verdict = judge.elapsed(
        "OCP-003", "trip", start=event(10.0, 0.02), end=event(15.1, 0.03), limit_s=5.0, late_s=0.5, watched_until_s=20.0
    )
    assert verdict.verdict == "pass"
    assert verdict.measured == pytest.approx(5.1)
    assert verdict.uncertainty == pytest.approx(0.06)
    assert verdict.evidence["to_s"] == 15.1
    judge.finish()


def test_what_did_not_happen_fails(judge: Judge) -> None:
    verdict = judge.elapsed("OCP-003", "trip", start=event(10.0), end=None, limit_s=5.0, watched_until_s=30.0)
    assert (verdict.verdict, verdict.measured) == ("fail", "did not happen within 20 s")
    with pytest.raises(Finding, match=r"OCP-003 fail: trip: measured did not happen within 20 s, promised 5\.0 s"):
        judge.finish()


def test_never(judge: Judge) -> None:
    assert judge.never("OCP-003", "no trip", event=None, watched_s=7200, promised="no pause").verdict == "pass"
    broken = judge.never("OCP-003", "no trip", event=event(3.0), watched_s=7200, promised="no pause")
    assert broken.verdict == "fail"
    assert broken.evidence["at_s"] == 3.0


def test_an_inconclusive_verdict_is_no_pass(judge: Judge) -> None:
    judge.value("OCP-003", "trip", measured=5.0, limit=5.0, unit="s", uncertainty=0.2)
    with pytest.raises(Finding, match="inconclusive"):
        judge.finish()


def test_not_testable_is_no_finding(judge: Judge) -> None:
    judge.without("OCP-003", "not-testable", "no pilot on this bench")
    judge.finish()


def test_an_unknown_clause_is_a_mistake_of_the_suite(judge: Judge) -> None:
    with pytest.raises(ConfigurationError, match="OCP-999"):
        judge.holds("OCP-999", "w", holds=True, seen="", promised="")


class Boxed:
    """A bench that sees by a box: 0.2 s late, offers to 0.05 A."""

    late_s, offer_error_a = 0.2, 0.05


def test_what_a_bench_cannot_see_is_not_decided() -> None:
    judge = Judge("unit/case", lambda _clause: None, uncertainty_s=0.1)
    now: dict[str, Any] = {"holds": True, "seen": "so", "promised": "so"}
    assert judge.holds("OCP-001", "seen well", clear_s=0.25, **now).verdict == "pass"
    offered: dict[str, Any] = {"measured": 16.0, "limit": 16.0, "unit": "A", "early": 0.04, "late": 0.04}
    assert judge.value("OCP-001", "offer", **offered).verdict == "pass"
    judge.sight = Boxed()
    undecided = judge.holds("OCP-001", "seen by a box", clear_s=0.25, **now)
    assert undecided.verdict == "inconclusive"
    assert undecided.uncertainty == pytest.approx(0.3)
    assert judge.holds("OCP-001", "seen by a box", clear_s=0.35, **now).verdict == "pass"
    assert judge.value("OCP-001", "offer", **offered).verdict == "inconclusive"
    assert judge.value("OCP-001", "volt", **{**offered, "unit": "V"}).verdict == "pass"
