"""Expectations on timelines made by hand: each kind kept, and each kind missed."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence

import msgspec
import pytest

from rig.clauses import catalogue
from rig.handles import Capability
from rig.judge import Judge
from rig.meters import KINDS, MeterKind
from rig.scenario.form import Expect
from rig.scenario.judging import Expectations
from rig.timeline import Event, Timeline
from rig.verdicts import Verdict

EVERYTHING: frozenset[Capability] = frozenset({"pilot", "log", "panel", "status", "monitor", "settings"})
CLAUSE = "M3-002"


def run() -> Timeline:
    """20 A from 2 s on, 6 A from 30 s on, state F from 37 s on. The step is at 10 s and is event 3."""
    timeline = Timeline()
    pilot = timeline.emitter("board")
    pilot(0.0, "pilot", {"socket": 1, "state": "A1", "offered_a": None})
    pilot(2.0, "pilot", {"socket": 1, "state": "C2", "offered_a": 20.0})
    pilot(3.0, "contactor", {"socket": 1, "closed": True})
    timeline.record(10.0, "scenario", "step", {})
    pilot(11.0, "currents", {"socket": 1, "i_a": [19.9, 0.0, 0.0]})
    timeline.record(20.0, "station", "log", {"text": "Enter ActiveLB safeMode: 6.0A"})
    timeline.record(20.0, "station", "display", {"text": "4.5 of 5.7 kW", "socket": 1})
    timeline.record(21.0, "station", "limit", {"source": "safe", "limit_a": 6.0, "socket": 1})
    timeline.record(22.0, "station", "led", {"pattern": "dark blue steady", "socket": 1})
    timeline.record(25.0, "site", "site", {"house_a": [1.0, 30.0, 1.0], "pv_a": [0.0, 0.0, 0.0]})
    pilot(30.0, "pilot", {"socket": 1, "state": "C2", "offered_a": 6.0})
    pilot(37.0, "pilot", {"socket": 1, "state": "F", "offered_a": None})
    return timeline


def judged(
    text: str,
    *,
    events: Sequence[Event] | None = None,
    meter: MeterKind | None = None,
    capabilities: frozenset[Capability] = EVERYTHING,
    index: int = 3,
) -> Verdict:
    expect = msgspec.convert(tomllib.loads(f"it = {{ {text} }}")["it"], Expect)
    judge = Judge("a case", catalogue.load().clause)
    timeline = run().events if events is None else events
    Expectations(judge, timeline, {1: "L1L2L3"}, meter, capabilities).judge(4, expect, [CLAUSE], index)
    (verdict,) = judge.verdicts
    return verdict


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("offered_a = 20.0", "pass"),
        ("offered_a = 20.1", "pass"),  # rounded down to a tenth
        ("offered_a = 20.2", "fail"),
        ("offered_a = 19.9", "fail"),
        ("offered_a = 21.0, tolerance_a = 1.0", "pass"),
        ("offered_a = { at_most = 20.0 }", "pass"),
        ("offered_a = { at_most = 19.9 }", "fail"),
        ("offered_a = { at_least = 6.0, at_most = 20.0 }", "pass"),
        ("offered_a = { at_least = 20.1 }", "fail"),
        ("total_offered_a = 20.0", "pass"),
        ("charging = 1", "pass"),
        ("charging = 0", "fail"),
        ("pilot = 'C2'", "pass"),
        ("pilot = ['C1', 'B1']", "fail"),
        ("contactor = 'closed'", "pass"),
        ("contactor = 'open'", "fail"),
        ("drawn_a = 0.0", "pass"),
        ("loaded_phases = 0", "pass"),
        ("led = 'off'", "fail"),
        # within
        ("drawn_a = 19.9, within_s = 1", "pass"),
        ("loaded_phases = 1, within_s = 1", "pass"),
        ("grid_a = 30.0, within_s = 15", "pass"),
        ("pilot = 'F', within_s = 27", "pass"),
        ("pilot = 'F', within_s = 26.9", "fail"),
        ("pilot = 'F', within_s = 30, not_before_s = 27", "pass"),
        ("pilot = 'F', within_s = 30, not_before_s = 27.1", "fail"),
        ("pilot = 'C2', within_s = 5", "pass"),
        ("pilot = 'C2', within_s = 5, not_before_s = 1", "fail"),
        ("log = 'safeMode: 6', within_s = 10", "pass"),
        ("log = 'safeMode: 6', within_s = 9.9", "fail"),
        ("display = '^4\\.5 ', within_s = 30", "pass"),
        ("limit_source = 'safe', within_s = 30", "pass"),
        ("led = 'dark blue steady', within_s = 30", "pass"),
        # never, always
        ("pilot = 'F', never_for_s = 26.9", "pass"),
        ("pilot = 'F', never_for_s = 27", "fail"),
        ("log = 'lost', never_for_s = 60", "pass"),
        ("log = 'safe', never_for_s = 60", "fail"),
        ("offered_a = 20.0, always_for_s = 19.9", "pass"),
        ("offered_a = 20.0, always_for_s = 20", "fail"),
        ("offered_a = { at_least = 6 }, always_for_s = 26", "pass"),
        # after
        ("pilot = 'F', not_before_s = 5, within_s = 7.5, after = { offered_a = 6.0 }", "pass"),
        ("pilot = 'F', not_before_s = 5, within_s = 6.9, after = { offered_a = 6.0 }", "fail"),
        ("pilot = 'F', within_s = 60, after = { offered_a = 6.0, within_s = 19 }", "fail"),
        ("pilot = 'F', never_for_s = 6, after = { offered_a = 6.0 }", "pass"),
        ("pilot = 'F', never_for_s = 60, after = { pilot = 'E', within_s = 60 }", "fail"),
    ],
)
def test_verdicts(text: str, outcome: str) -> None:
    assert judged(text).verdict == outcome


def test_what_a_verdict_says() -> None:
    verdict = judged("offered_a = 20.0")
    assert (verdict.clause, verdict.what, verdict.unit) == (CLAUSE, "step 4: offered 20 A on socket 1", "A")
    assert (verdict.measured, verdict.limit, verdict.evidence) == (20.0, 20.0, {"at_s": 10.0})
    assert judged("offered_a = 20.0, what = 'all of it'").what == "step 4: all of it"
    late = judged("pilot = 'F', within_s = 30, not_before_s = 27")
    assert (late.measured, late.limit, late.tolerance_late) == (27.0, 27.0, 3.0)
    assert late.evidence["to_s"] == 37.0
    missed = judged("pilot = 'E', within_s = 5")
    assert missed.measured == "did not happen within 5 s"
    assert (missed.evidence["seen"], missed.evidence["promised"]) == ("C2", "pilot E on socket 1")
    anchor = judged("pilot = 'F', within_s = 5, after = { pilot = 'E', within_s = 5 }")
    assert (anchor.measured, anchor.limit) == ("not in 5 s; C2 at first", "pilot E on socket 1")


def test_a_meter_makes_an_offer_less_certain() -> None:
    assert judged("offered_a = 20.6").verdict == "fail"
    assert judged("offered_a = 20.6", meter=KINDS["dsmr4"]).verdict == "pass"


def test_the_step_sees_what_stands_before_it_on_the_timeline() -> None:
    timeline = Timeline()
    timeline.record(10.0, "scenario", "step", {})
    timeline.record(10.0, "board", "pilot", {"socket": 1, "state": "B2", "offered_a": 6.0})
    assert judged("pilot = ''", events=timeline.events, index=0).verdict == "pass"
    assert judged("pilot = 'B2', within_s = 0", events=timeline.events, index=0).verdict == "pass"


@pytest.mark.parametrize("text", ["display = 'x'", "led = 'x'", "log = 'x', within_s = 1", "limit_source = 'x'"])
def test_what_a_bench_cannot_see_is_not_testable_there(text: str) -> None:
    verdict = judged(text, capabilities=frozenset({"pilot"}))
    assert verdict.verdict == "not-testable"
    assert "this bench has no " in verdict.evidence["reason"]
