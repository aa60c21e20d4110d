"""How a case ended: its outcome, the verdicts of clauses it left open, and its evidence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rig.bench import NotCharging
from rig.case import Case
from rig.errors import ConfigurationError, Finding, HarnessError, NotTestableHere
from rig.options import RunOptions
from rig.outcome import conclude
from rig.report.model import CaseResult
from rig.verdicts import Outcome

A, B = "OCP-003", "OCP-004"


class Item:
    """As much of a pytest item as an outcome needs."""

    name = "test_it"

    def __init__(self, clauses: tuple[str, ...], doc: str | None = None) -> None:
        self._marks = [pytest.mark.clause(clause).mark for clause in clauses]

        def obj() -> None: ...

        obj.__doc__ = doc
        self.obj = obj

    def iter_markers(self, name: str) -> Iterator[pytest.Mark]:
        assert name == "clause"
        return iter(self._marks)


@pytest.fixture
def case() -> Iterator[Case]:
    case = Case("ocp/bands/it", RunOptions())
    yield case
    case.close()


Conclude = Callable[..., CaseResult]


@pytest.fixture
def end(case: Case) -> Conclude:
    def end(raised: BaseException | None = None, clauses: tuple[str, ...] = (A, B), **outcomes: Outcome) -> CaseResult:
        for clause, outcome in outcomes.items():
            case.judge.without({"a": A, "b": B}[clause], outcome, "said by the body")
        return conclude(cast(pytest.Item, Item(clauses)), case, raised)

    return end


def verdicts(result: CaseResult) -> list[tuple[str, str]]:
    return [(verdict.clause, verdict.verdict) for verdict in result.verdicts]


@pytest.mark.parametrize("outcome", ["pass", "fail", "inconclusive", "not-testable"])
def test_the_worst_verdict_is_the_outcome(end: Conclude, outcome: Outcome) -> None:
    raised = Finding("by the judge") if outcome in ("fail", "inconclusive") else None
    result = end(raised, a=outcome, b=outcome)
    assert (result.outcome, result.error) == (outcome, None)
    assert verdicts(result) == [(A, outcome), (B, outcome)]


def test_a_clause_that_is_not_judged_is_an_error(end: Conclude) -> None:
    result = end(a="pass")
    assert result.outcome == "error"
    assert result.error == f"the case ended without judging {B}"
    assert verdicts(result) == [(A, "pass"), (B, "error")]
    assert result.verdicts[1].evidence == {"reason": result.error}


def test_a_clause_that_is_judged_but_not_marked_is_an_error(end: Conclude) -> None:
    result = end(clauses=(A,), a="pass", b="pass")
    assert (result.outcome, result.error) == ("error", f"the case judged {B}, which it is not marked with")


def test_no_clause_is_an_error(end: Conclude) -> None:
    assert end(clauses=()).error == "the case is marked with no clause"
    assert end(HarnessError("x"), clauses=()).outcome == "error"


@pytest.mark.parametrize("raised", [None, NotTestableHere("no pilot"), HarnessError("broken")])
def test_an_unknown_clause_is_an_error(end: Conclude, raised: BaseException | None) -> None:
    result = end(raised, clauses=(A, "OCP-999"), a="pass")
    assert result.outcome == "error"
    assert result.error == "the case is marked with OCP-999, which is not in the catalogue"


@pytest.mark.parametrize("raised", [NotTestableHere("no pilot"), pytest.skip.Exception("no pilot")])
def test_not_testable(end: Conclude, raised: BaseException) -> None:
    result = end(raised)
    assert (result.outcome, result.error) == ("not-testable", "no pilot")
    assert verdicts(result) == [(A, "not-testable"), (B, "not-testable")]


def test_not_testable_hides_no_finding(end: Conclude) -> None:
    result = end(NotTestableHere("no log"), a="fail")
    assert result.outcome == "fail"
    assert verdicts(result) == [(A, "fail"), (B, "not-testable")]


@pytest.mark.parametrize(
    "raised", [RuntimeError("broken"), HarnessError("broken"), ConfigurationError("broken"), AssertionError("broken")]
)
def test_any_other_exception_is_an_error_of_the_harness(end: Conclude, raised: BaseException) -> None:
    result = end(raised)
    assert (result.outcome, result.error) == ("error", f"{type(raised).__name__}: broken")
    assert verdicts(result) == [(A, "error"), (B, "error")]


def test_an_error_after_every_clause_was_judged_spoils_them_all(end: Conclude) -> None:
    result = end(HarnessError("a background task failed"), a="pass", b="pass")
    assert result.outcome == "error"
    assert verdicts(result) == [(A, "pass"), (B, "pass"), (A, "error"), (B, "error")]


def test_an_error_after_a_finding_leaves_both(end: Conclude) -> None:
    result = end(HarnessError("broken"), a="fail")
    assert verdicts(result) == [(A, "fail"), (B, "error")]
    assert result.error == "HarnessError: broken"


@pytest.mark.parametrize("raised", [NotCharging("nothing drawn"), Finding("nothing drawn")])
@pytest.mark.parametrize("judged", [{}, {"a": "pass"}, {"a": "pass", "b": "pass"}])
def test_a_station_that_lets_a_case_not_go_on_never_passes(
    end: Conclude, raised: Finding, judged: dict[str, Outcome]
) -> None:
    result = end(raised, **judged)
    assert (result.outcome, result.error) == ("inconclusive", "nothing drawn")
    open_clauses = [clause for clause in (A, B) if (clause, "pass") not in verdicts(result)] or [A, B]
    assert verdicts(result)[len(judged) :] == [(clause, "inconclusive") for clause in open_clauses]


def test_a_station_that_fails_and_then_does_not_charge(end: Conclude) -> None:
    result = end(NotCharging("nothing drawn"), a="fail")
    assert result.outcome == "fail"
    assert verdicts(result) == [(A, "fail"), (B, "inconclusive")]


def test_what_the_report_tells_of_a_case(case: Case) -> None:
    case.loop.run_until_complete(case.until(7.25))
    case.judge.without(A, "pass", "")
    case.timeline.record(1.0, "station", "log", {"text": "hello"})
    item = Item((A,), "Trips at its time\n\n    Both edges.\n    And more.\n    ")
    result = conclude(cast(pytest.Item, item), case, None)
    assert (result.case, result.suite, result.title) == ("ocp/bands/it", "ocp", "Trips at its time")
    assert result.doc == "Both edges.\nAnd more."
    assert (result.clauses, result.station_s) == ([A], 7.25)
    assert result.log == ["1.000 s  hello"]
    assert (result.timeline_path, result.captures, result.plot) == (None, [], "")


def test_a_case_without_words_is_called_by_its_name(end: Conclude) -> None:
    assert end(a="pass", b="pass").title == "test_it"


def test_a_talkative_station_does_not_flood_the_report(case: Case) -> None:
    for second in range(100):
        case.timeline.record(float(second), "station", "log", {"text": f"line {second}"})
    result = conclude(cast(pytest.Item, Item((A,))), case, HarnessError("x"))
    assert len(result.log) == 41
    assert result.log[-1] == "… and 60 more, see the timeline"


class Parametrised(Item):
    """One of several that differ in their parameters only."""

    originalname = "test_it"
    path = Path("test_a.py")

    def __init__(self, session: SimpleNamespace) -> None:
        super().__init__((A,))
        self.session = session


def test_the_first_of_the_passed_cases_has_a_picture(tmp_path: Path) -> None:
    session = SimpleNamespace(items=[])
    session.items += [Parametrised(session) for _ in range(5)]
    plots = []
    for number, item in enumerate(session.items):
        case = Case("ocp/bands/it", RunOptions(), files=tmp_path / str(number))
        case.timeline.record(1.0, "board", "currents", {"socket": 1, "i_a": [6.0, 6.0, 6.0]})
        case.judge.without(A, "pass", "")
        plots.append(conclude(cast(pytest.Item, item), case, None).plot)
        case.close()
    assert [bool(plot) for plot in plots] == [True, False, False, False, False]


def test_evidence_is_left_in_the_folder_of_the_case(tmp_path: Path) -> None:
    files = tmp_path / "ocp_bands_it"
    case = Case("ocp/bands/it", RunOptions(), files=files)
    files.mkdir()
    (files / "p1.pcapng").touch()
    case.timeline.record(1.0, "board", "pilot", {"state": "C2", "offered_a": 16.0, "signal": "pwm"})
    result = conclude(cast(pytest.Item, Item((A,))), case, NotTestableHere("x"))
    case.close()
    assert result.captures == ["captures/ocp_bands_it/p1.pcapng"]
    assert result.timeline_path == "timeline.jsonl"
    assert result.plot.startswith("<svg")
    lines = [json.loads(line) for line in (files / "timeline.jsonl").read_text().splitlines()]
    first: dict[str, Any] = lines[0]
    assert (first["kind"], first["data"]) == ("case", {"case": "ocp/bands/it"})
    assert [line["kind"] for line in lines] == ["case", "pilot"]
