"""Verdicts read as they were judged."""

from __future__ import annotations

import os
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.report import words
from rig.verdicts import Verdict

EXAMPLES = 2000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 100


def verdict(**fields: object) -> Verdict:
    values = {"clause": "C-1", "case": "c", "verdict": "pass", "what": "w", "unit": "s", **fields}
    return Verdict(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0000001, "0"),
        (100.0, "100"),
        (100.2, "100.2"),
        (-9.25, "−9.25"),
        (1e-6, "0.000001"),
        (7200, "7200"),
        (1e15, "1e+15"),
        (float("inf"), "unbounded"),
        (float("nan"), "unbounded"),
    ],
)
def test_number(value: float, text: str) -> None:
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("early", "late", "promised", "tolerance"),
    [
        (0.0, 1.0, "100 s", "−0 / +1 s"),
        (2.0, 0.0, "100 s", "−2 / +0 s"),
        (0.0, 0.0, "100 s", "none"),
        (None, 1.0, "at most 100 s", "+1 s"),
        (None, 0.0, "at most 100 s", "none"),
        (2.0, None, "at least 100 s", "−2 s"),
        (None, None, "100 s", "none"),
    ],
)
def test_promise_and_tolerance(early: float | None, late: float | None, promised: str, tolerance: str) -> None:
    judged = verdict(limit=100.0, tolerance_early=early, tolerance_late=late)
    assert (words.promised(judged), words.tolerance(judged)) == (promised, tolerance)


def test_promise_in_words_has_no_tolerance() -> None:
    judged = verdict(limit="Read Timeout Error", measured="nothing", unit="")
    assert words.promised(judged) == "Read Timeout Error"
    assert words.tolerance(judged) == "—"
    assert words.margin(judged) == "—"


def test_measured_tells_its_uncertainty() -> None:
    assert words.measured(verdict(measured=5.2, uncertainty=0.4)) == "5.2 s ± 0.4"
    assert words.measured(verdict(measured=5.2)) == "5.2 s"
    assert words.measured(verdict()) == "—"


def test_margin_is_signed() -> None:
    assert words.margin(verdict(margin=0.2)) == "+0.2 s"
    assert words.margin(verdict(margin=-9.2)) == "−9.2 s"
    assert words.margin(verdict(margin=0.0)) == "0 s"


def test_evidence_takes_the_unit_from_the_key() -> None:
    seen = {
        "tripped_at_s": 105.0,
        "ratio_pct": 105,
        "drawn_a": 16.8,
        "log_text": "302",
        "ok": True,
        "_s": 1,
        "duty_pct": None,
    }
    assert words.evidence(verdict(evidence=seen)) == [
        ("tripped at", "105 s"),
        ("ratio", "105 %"),
        ("drawn", "16.8 A"),
        ("log text", "302"),
        ("ok", "True"),
        (" s", "1"),
        ("duty", "—"),
    ]


def test_a_moment_and_what_it_was_are_one_piece_of_evidence() -> None:
    seen = {"from_s": 5.2, "from": "board currents", "to_s": 105.2, "to": "board pilot"}
    assert words.evidence(verdict(evidence=seen)) == [
        ("from", "5.2 s (board currents)"),
        ("to", "105.2 s (board pilot)"),
    ]


def test_a_text_takes_no_unit() -> None:
    judged = verdict(limit=5.0, measured="did not happen within 9 s")
    assert words.measured(judged) == "did not happen within 9 s"
    assert words.promised(judged) == "5 s"


def test_a_clause_that_was_not_judged_tells_why() -> None:
    judged = verdict(verdict="not-testable", what="not judged", evidence={"reason": "no LED probe"})
    assert words.unseen(judged)
    assert words.sentence(judged) == "C-1 not-testable: not judged; reason no LED probe"
    assert not words.unseen(verdict(measured=0.0))


def test_sentence_tells_everything() -> None:
    judged = verdict(verdict="fail", limit=100.0, measured=110.0, tolerance_late=1.0, margin=-9.0)
    assert words.sentence(judged) == "C-1 fail: w; promised 100 s; measured 110 s; margin −9 s"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (4.25, "4.25 s"),
        (100.0, "100 s"),
        (34.26, "34.3 s"),
        (720, "12 min"),
        (7200, "2 h"),
        (78000, "21 h 40 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(st.text(st.characters()))
def test_printable_fits_xml_and_keeps_what_is_printable(text: str) -> None:
    shown = words.printable(text)
    element = ET.Element("a")
    element.text = shown
    assert (ET.fromstring(ET.tostring(element, encoding="unicode")).text or "") == shown
    if text.isprintable():
        assert shown == text
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\tc", "a\nb\tc"),
        ("\r", "\\x0d"),
        ("\u202e", "\\u202e"),
        ("\ud800", "\\ud800"),
        ("\x85", "\\x85"),
    ],
)
def test_printable_escapes(raw: str, shown: str) -> None:
    assert words.printable(raw) == shown
