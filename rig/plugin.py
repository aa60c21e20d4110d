"""The pytest plugin: runs conformance cases on the chosen clock, keeps their verdicts, and writes the report.

A conformance case is an `async def` test that takes the fixture `rig` and is marked with the clauses it judges. Plain
`pytest` and `evse-rig run` both come through here; the latter adds a progress bar, a summary and its exit codes.
"""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rig.case import Case, case_name
from rig.clock import self_test, stopwatch
from rig.errors import ConfigurationError
from rig.gather import Gathered, check_target, part_name
from rig.options import DEFAULT_SEED, RunOptions
from rig.outcome import conclude
from rig.report.model import CaseResult

COLLECTOR = pytest.StashKey["Collector"]()
_OPTIONS = pytest.StashKey[RunOptions]()
_CASE = pytest.StashKey[Case]()
_PROPERTY = "evse-rig"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run; `evse-rig run` passes its own through these."""
    group = parser.getgroup("evse-rig", "charging station conformance")
    group.addoption("--rig-report", metavar="DIR", help="write the conformance report to this directory")
    group.addoption("--rig-bench", metavar="FILE", help="the bench file; default: the reference station on ptys")
    group.addoption("--rig-clock", default="virtual", metavar="CLOCK", help="virtual, real or scaled:N")
    group.addoption("--rig-seed", type=int, default=DEFAULT_SEED, metavar="N", help="seed of every random choice")


def pytest_configure(config: pytest.Config) -> None:
    """Read the options once; a mistake in them ends the run with one line."""
    config.addinivalue_line("markers", "clause(*ids): the catalogue rows that this case judges")
    report = config.getoption("--rig-report")
    try:
        if report:
            check_target(Path(report))
        config.stash[_OPTIONS] = RunOptions.parse(
            clock=config.getoption("--rig-clock"),
            seed=config.getoption("--rig-seed"),
            bench=config.getoption("--rig-bench"),
            parts=str(Path(report).absolute()) + ".partial" if report else None,
        )
    except ConfigurationError as error:
        raise pytest.UsageError(str(error)) from None
    options = config.stash[_OPTIONS]
    runs_for_another = hasattr(config, "workerinput")  # a worker of pytest-xdist
    if not runs_for_another:
        if options.parts is not None:
            shutil.rmtree(options.parts, ignore_errors=True)
        collector = Collector(options, Path(report).absolute() if report else None)
        config.stash[COLLECTOR] = collector
        config.pluginmanager.register(collector, "evse-rig-collector")


@pytest.fixture(scope="session")
def _machine_holds(request: pytest.FixtureRequest) -> None:
    """Before the first verdict: does virtual time hold on this machine?"""
    if request.config.stash[_OPTIONS].clock.kind == "virtual":
        self_test()


@pytest.fixture
def rig(request: pytest.FixtureRequest, _machine_holds: None) -> Iterator[Case]:
    """The case's clock, timeline, judge and benches."""
    options = request.config.stash[_OPTIONS]
    name = case_name(request.node.path, request.node.name)
    case = Case(name, options, files=None if options.parts is None else options.parts / part_name(name))
    request.node.stash[_CASE] = case
    yield case
    case.close()


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
    case = item.stash.get(_CASE, None)
    if case is not None and call.when == "call":
        result = conclude(item, case, None if call.excinfo is None else call.excinfo.value)
        report.user_properties.append((_PROPERTY, [item.session.items.index(item), msgspec.to_builtins(result)]))
        if result.outcome == "not-testable":
            report.outcome = "skipped"
            report.longrepr = (str(item.path), item.location[1] or 0, f"not testable: {result.error}")
        elif result.outcome == "error" and not report.failed:
            report.outcome = "failed"
            report.longrepr = result.error
    return report


class Collector:
    """Hears, in the controlling process, of every case of every worker, and writes the report at the end."""

    def __init__(self, options: RunOptions, report: Path | None) -> None:
        self.gathered = Gathered(options, stopwatch())
        self._report = report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the results; a case that never got to run is a fault of the harness."""
        for name, value in report.user_properties:
            if name == _PROPERTY:
                index, result = msgspec.convert(value, tuple[int, CaseResult])
                self.gathered.add(index, result)
        if report.failed and report.when != "call":
            self.gathered.harness_errors.append(f"{report.nodeid} ({report.when}): {_last_line(report)}")

    def pytest_sessionfinish(self) -> None:
        """Write the report, if one is wanted and a case ran."""
        if self._report is not None and self.gathered:
            self.gathered.write(self._report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the report is, and the seed of the run."""
        if self.gathered:
            terminalreporter.write_line(f"evse-rig: seed {self.gathered.options.seed}")
            if self._report is not None:
                terminalreporter.write_line(f"evse-rig: report in {self._report}")


def _last_line(report: pytest.TestReport) -> str:
    return report.longreprtext.strip().splitlines()[-1] if report.longreprtext.strip() else "no message"
