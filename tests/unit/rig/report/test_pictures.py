"""The report keeps the pictures that tell most."""

from __future__ import annotations

from rig.report.model import CaseResult
from rig.report.pictures import most_telling
from rig.verdicts import Outcome

PICTURE = "<svg>ü</svg>"  # 13 bytes


def case(name: str, outcome: Outcome = "pass", plot: str = PICTURE) -> CaseResult:
    return CaseResult(case=name, suite="ocp", title=name, outcome=outcome, plot=plot)


CASES = [
    case("ocp/a[1]"),
    case("ocp/a[2]", "fail"),
    case("ocp/a[3]", "fail"),
    case("ocp/b", "inconclusive"),
    case("ocp/c", plot=""),
]


def pictured(most_bytes: int) -> list[str]:
    return [one.case for one in most_telling(CASES, most_bytes) if one.plot]


def test_all_that_fit() -> None:
    assert most_telling(CASES, 4 * 13) == CASES
    assert most_telling(CASES) == CASES


def test_findings_before_examples_and_each_kind_before_a_second_of_one() -> None:
    assert pictured(3 * 13) == ["ocp/a[2]", "ocp/a[3]", "ocp/b"]
    assert pictured(2 * 13) == ["ocp/a[2]", "ocp/b"]
    assert pictured(13) == ["ocp/a[2]"]
    assert pictured(12) == []


def test_everything_but_the_pictures_stays() -> None:
    assert [one.case for one in most_telling(CASES, 0)] == [one.case for one in CASES]
