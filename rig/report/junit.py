"""`junit.xml`: the run for a CI server, one test case per case.

A finding is a `failure` and a fault of the harness an `error`. What was not decided (`inconclusive`, `not-testable`) is
`skipped` with its reason: it did not pass, but nothing was found against the station either. `time` is station time.
"""

from __future__ import annotations

from itertools import groupby
from xml.etree import ElementTree as ET

from rig.report.headline import ordered_cases
from rig.report.model import CaseResult, Report
from rig.report.words import printable, sentence
from rig.verdicts import Outcome

FILE_NAME = "junit.xml"
_ELEMENT: dict[Outcome, str] = {
    "fail": "failure",
    "error": "error",
    "inconclusive": "skipped",
    "not-testable": "skipped",
}
_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def render_junit(report: Report) -> bytes:
    """The bytes of `junit.xml`; well-formed whatever the names and texts contain."""
    cases = ordered_cases(report)
    root = ET.Element("testsuites", {"name": "evse-rig", **_counts(cases)})
    for suite, members in groupby(cases, key=lambda case: case.suite):
        group = list(members)
        element = ET.SubElement(root, "testsuite", {"name": printable(suite), **_counts(group)})
        for case in group:
            _add_case(element, case)
    ET.indent(root)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode").encode() + b"\n"


def _counts(cases: list[CaseResult]) -> dict[str, str]:
    elements = [_ELEMENT.get(case.outcome) for case in cases]
    counted = {name: str(elements.count(element)) for name, element in _COUNTED.items()}
    return {"tests": str(len(cases)), **counted, "time": _seconds(sum(case.station_s for case in cases))}


def _add_case(suite: ET.Element, case: CaseResult) -> None:
    names = {"classname": printable(case.suite), "name": printable(case.case), "time": _seconds(case.station_s)}
    element = ET.SubElement(suite, "testcase", names)
    if (tag := _ELEMENT.get(case.outcome)) is not None:
        lines = [sentence(v) for v in case.verdicts if v.verdict != "pass"]
        if case.error:
            lines.insert(0, printable(case.error))
        message = lines[0].splitlines()[0] if lines and lines[0] else case.outcome
        child = ET.SubElement(element, tag, {"message": message, "type": case.outcome})
        child.text = "\n".join(lines)
    out = [sentence(v) for v in case.verdicts] + [printable(line) for line in case.log]
    if out:
        ET.SubElement(element, "system-out").text = "\n".join(out)


def _seconds(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
