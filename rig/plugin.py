"""The pytest plugin: runs conformance cases on the chosen clock, keeps their verdicts, and writes the report.

A conformance case is an `async def` test that takes the fixture `rig` and is marked with the clauses it judges. Plain
`pytest` and `evse-rig run` both come through here; the latter adds a progress bar, a summary and its exit codes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rig import report_folder
from rig.case import Case, case_name
from rig.clock import self_test, stopwatch
from rig.errors import ConfigurationError, RigError
from rig.gather import Gathered, part_name
from rig.options import DEFAULT_SEED, RunOptions
from rig.outcome import conclude
from rig.report.model import CaseResult
from rig.scenario.case import ScenarioFile
from rig.scenario.file import is_scenario

COLLECTOR = pytest.StashKey["Collector"]()
_OPTIONS = pytest.StashKey[RunOptions]()
_CASE = pytest.StashKey[Case]()
_PROPERTY = "evse-rig"
# Of a run that was broken off no report is written: it would say less than the one that may be there.
_ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run; `evse-rig run` passes its own through these."""
    group = parser.getgroup("evse-rig", "charging station conformance")
    group.addoption("--rig-report", metavar="DIR", help="write the conformance report to this directory")
    group.addoption("--rig-bench", metavar="FILE", help="the bench file; default: the reference station on ptys")
    group.addoption("--rig-no-pictures", action="store_true", help="draw no pictures for the report")
    group.addoption("--rig-clock", default="virtual", metavar="CLOCK", help="virtual, real or scaled:N")
    group.addoption("--rig-seed", type=int, default=DEFAULT_SEED, metavar="N", help="seed of every random choice")


def pytest_configure(config: pytest.Config) -> None:
    """Read the options once; a mistake in them ends the run with one line."""
    config.addinivalue_line("markers", "clause(*ids): the catalogue rows that this case judges")
    report = Path(text).absolute() if (text := config.getoption("--rig-report")) else None
    runs_for_another = hasattr(config, "workerinput")  # a worker of pytest-xdist
    try:
        config.stash[_OPTIONS] = RunOptions.parse(
            clock=config.getoption("--rig-clock"),
            seed=config.getoption("--rig-seed"),
            bench=config.getoption("--rig-bench"),
            parts=report_folder.partial(report) if report else None,
            pictures=not config.getoption("--rig-no-pictures"),
        )
        if not runs_for_another:
            config.stash[COLLECTOR] = Collector(config.stash[_OPTIONS], report)
            config.pluginmanager.register(config.stash[COLLECTOR], "evse-rig-collector")
    except ConfigurationError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.fixture(scope="session")
def _machine_holds(request: pytest.FixtureRequest) -> None:
    """Before the first verdict: does virtual time hold on this machine?"""
    if request.config.stash[_OPTIONS].clock.kind == "virtual":
        self_test()


@pytest.fixture
def rig(request: pytest.FixtureRequest, _machine_holds: None) -> Iterator[Case]:
    """The case's clock, timeline, judge and benches."""
    case = _make_case(request.node)
    yield case
    case.close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A scenario file is a case as well."""
    return ScenarioFile.from_parent(parent, path=file_path) if is_scenario(file_path) else None


def _make_case(item: pytest.Item) -> Case:
    options = item.config.stash[_OPTIONS]
    name = item.name if isinstance(item.parent, ScenarioFile) else case_name(item.path, item.name)
    if isinstance(item.parent, ScenarioFile) and (seed := item.parent.script.scenario.seed) is not None:
        options = dataclasses.replace(options, seed=seed)
    case = Case(name, options, files=None if options.parts is None else options.parts / part_name(name))
    item.stash[_CASE] = case
    return case


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an asynchronous case on its own loop."""
    case = pyfuncitem.stash.get(_CASE, None)
    if case is None or not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    case.run(pyfuncitem.obj(**arguments))
    case.judge.finish()
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Turn how the case ended into its result, and send that along with pytest's own report."""
    report: pytest.TestReport = yield
    raised = None if call.excinfo is None else call.excinfo.value
    has_ended = call.when == "call" or (call.when == "setup" and raised is not None)
    if has_ended and "rig" in getattr(item, "fixturenames", ()):
        result = _result(item, raised)
        report.user_properties.append((_PROPERTY, [item.session.items.index(item), msgspec.to_builtins(result)]))
        if result.outcome not in ("pass", "not-testable"):
            if not report.failed:
                report.outcome = "failed"
                report.longrepr = result.error or result.outcome
        elif result.error is not None:  # all of its clauses, or some of them
            report.outcome = "skipped"
            report.longrepr = (str(item.path), item.location[1] or 0, f"not testable: {result.error}")
    return report


def _result(item: pytest.Item, raised: BaseException | None) -> CaseResult:
    case = item.stash.get(_CASE, None)
    if case is not None:
        return conclude(item, case, raised)
    case = _make_case(item)  # skipped or broken before its fixtures were there
    try:
        return conclude(item, case, raised)
    finally:
        case.close()


class Collector:
    """Hears, in the controlling process, of every case of every worker, and writes the report at the end."""

    def __init__(self, options: RunOptions, report: Path | None) -> None:
        """Raises ConfigurationError when the report cannot be written."""
        self.gathered = Gathered(options, stopwatch())
        self.failure: RigError | None = None
        self._report = report
        self._written = False
        self._parts = contextlib.ExitStack()
        if report is not None:
            report_folder.check(report)
            self._parts.enter_context(report_folder.parts_of(report))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the results. A failure without one (a teardown, a dead worker, no case at all) is the harness's."""
        values = [value for name, value in report.user_properties if name == _PROPERTY]
        for value in values:
            index, result = msgspec.convert(value, tuple[int, CaseResult])
            self.gathered.add(index, result)
        if report.failed and not values:
            # A teardown breaks after the case may have passed; both are told.
            where = f"{report.nodeid} (teardown)" if report.when == "teardown" else report.nodeid
            self.gathered.add_broken(where, _reason(report))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be collected holds cases that nobody judged."""
        if report.failed:
            self.gathered.add_broken(report.nodeid, f"cannot be collected: {_reason(report)}")

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report, if one is wanted, a case ran, and the run came to its end."""
        if self._report is not None and self.gathered and exitstatus in _ENDED:
            try:
                self.gathered.write(self._report)
                self._written = True
            except RigError as error:
                self.failure = error
                session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the report is, and the seed of the run."""
        if self.gathered.results:
            terminalreporter.write_line(f"evse-rig: seed {self.gathered.options.seed}")
        if self._written:
            terminalreporter.write_line(f"evse-rig: report in {self._report}")
        if self.failure is not None:
            terminalreporter.write_line(f"evse-rig: {self.failure}", red=True)

    def pytest_unconfigure(self) -> None:
        """Take away what a report was collected in; the workers have ended by now."""
        self._parts.close()


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why, in one line."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message.partition("\n")[0] if crash is not None else report.longreprtext.strip().rpartition("\n")[2]
    return text.removeprefix("E ").strip() or "no message"
