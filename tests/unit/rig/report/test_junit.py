"""CI servers read the file and count right."""

from __future__ import annotations

import os
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.report.junit import render_junit
from rig.report.model import CaseResult, Report, RunInfo
from rig.report.words import printable
from rig.verdicts import Outcome, Verdict

EXAMPLES = 1000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 50
RUN = RunInfo(version="1", commit=None, clock="virtual", seed=1, bench="b", station="s", station_s=1.0, wall_s=1.0)
OUTCOMES: list[Outcome] = ["pass", "fail", "inconclusive", "not-testable", "error"]


def test_structure(report: Report) -> None:
    root = ET.fromstring(render_junit(report))
    assert root.tag == "testsuites"
    assert root.attrib == {
        "name": "evse-rig",
        "tests": "6",
        "failures": "2",
        "errors": "1",
        "skipped": "2",
        "time": "405",
    }
    assert [(s.get("name"), s.get("tests")) for s in root] == [("bands", "4"), ("panel", "1"), ("alb", "1")]
    cases = {c.get("name"): c for c in root.iter("testcase")}
    assert list(cases) == ["late[10]", "late[9]", "trips", "fuzzy", "led", "broken"]
    assert cases["trips"].attrib == {"classname": "bands", "name": "trips", "time": "405"}


@pytest.mark.parametrize(
    ("name", "tag", "message"),
    [
        ("late[10]", "failure", "OCP-002 fail: time to state F; promised 100 s; measured 110 s; margin −9 s"),
        ("broken", "error", "HarnessError: port closed"),
        ("led", "skipped", "OCP-017 not-testable: not judged; reason no LED probe"),
        (
            "fuzzy",
            "skipped",
            "OCP-002 inconclusive: time to state F; promised 100 s; measured 100.1 s ± 0.5; margin +0.1 s",
        ),
    ],
)
def test_what_did_not_pass_says_why(report: Report, name: str, tag: str, message: str) -> None:
    (case,) = [c for c in ET.fromstring(render_junit(report)).iter("testcase") if c.get("name") == name]
    (child,) = [c for c in case if c.tag != "system-out"]
    assert child.tag == tag
    assert (child.get("message") or "").startswith(message)
    assert message in (child.text or "")


def test_a_passed_case_has_its_verdicts_and_log_as_output(report: Report) -> None:
    (case,) = [c for c in ET.fromstring(render_junit(report)).iter("testcase") if c.get("name") == "trips"]
    (out,) = case
    assert out.tag == "system-out"
    lines = (out.text or "").splitlines()
    assert lines[0].startswith("OCP-002 pass: time to state F; promised 100 s; measured 100.2 s")
    assert lines[-1] == "105.200 s  302"


def test_empty_report(run: RunInfo) -> None:
    root = ET.fromstring(render_junit(Report(run=run)))
    assert root.get("tests") == "0"
    assert list(root) == []


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(st.text(st.characters()), st.text(st.characters()), st.sampled_from(OUTCOMES))
def test_well_formed_whatever_the_texts(name: str, text: str, outcome: Outcome) -> None:
    verdict = Verdict(clause=text, case=name, verdict=outcome, what=text, measured=text, limit=text, unit=text)
    case = CaseResult(
        case=name, suite=text, title=text, outcome=outcome, verdicts=[verdict], log=[text], error=text or None
    )
    root = ET.fromstring(render_junit(Report(run=RUN, cases=[case])))
    (found,) = root.iter("testcase")
    assert found.get("name") == printable(name)
    assert found.get("classname") == printable(text)
