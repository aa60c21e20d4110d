"""One run of the conformance suites: pytest with our plugin underneath, a progress bar and a summary on top."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rig import paths
from rig.errors import ConfigurationError, HarnessError
from rig.gather import Gathered, check_target
from rig.options import DEFAULT_SEED, RunOptions
from rig.plugin import COLLECTOR
from rig.report.summary import print_summary

PASSED, FINDINGS, HARNESS = 0, 1, 2
# A case that takes longer than this in real time hangs; no case of a virtual run comes near it.
CASE_TIMEOUT_S = 300


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asked for. `jobs` None: one worker per core in virtual time, one in real time.

    `keyword` chooses cases by name, as pytest's -k does.
    """

    suites: list[str]
    clock: str = "virtual"
    seed: int = DEFAULT_SEED
    bench: str | None = None
    report: Path | None = None
    jobs: int | None = None
    keyword: str | None = None


class _Progress:
    """Tells the bar how many cases there are and when one is done."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bar = progress.add_task("collecting", total=None)
        self.gathered: Gathered | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        self.gathered = config.stash[COLLECTOR].gathered

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if session.items:
            self._progress.update(self._bar, total=len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._progress.update(self._bar, total=len(ids))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self._progress.update(self._bar, advance=1, description=report.nodeid.partition("::")[0])


def run(wanted: Wanted, console: Console) -> int:
    """Run the suites and print the summary. Returns 0 all pass, 1 findings, 2 harness error.

    Raises ConfigurationError for a bad option before anything starts.
    """
    options = RunOptions.parse(clock=wanted.clock, seed=wanted.seed, bench=wanted.bench, parts=None)
    if wanted.report is not None:
        check_target(wanted.report)
    arguments = _arguments(wanted, options)
    output = io.StringIO()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console.print(f"evse-rig: {options.bench.name}, clock {options.clock}, seed {options.seed}")
    with Progress(*columns, console=console, transient=True) as progress:
        watcher = _Progress(progress)
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            code = pytest.main(arguments, plugins=[watcher])
    gathered = watcher.gathered
    if gathered is None or code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        raise HarnessError(f"the run broke down:\n{_tail(output.getvalue())}")
    if code == pytest.ExitCode.INTERRUPTED and not gathered:
        raise HarnessError(f"the run was interrupted:\n{_tail(output.getvalue())}")
    if not gathered and not gathered.harness_errors:
        raise ConfigurationError("the chosen suites hold no case")
    report = gathered.report()
    print_summary(report, wanted.report, console)
    for error in gathered.harness_errors:
        console.print(f"harness error: {error}", style="red", markup=False)
    outcomes = {case.outcome for case in report.cases}
    if gathered.harness_errors or "error" in outcomes or code == pytest.ExitCode.INTERRUPTED:
        return HARNESS
    return FINDINGS if outcomes & {"fail", "inconclusive"} else PASSED


def _arguments(wanted: Wanted, options: RunOptions) -> list[str]:
    # Hardware cannot be shared between workers; neither can a core, in scaled time.
    most = (os.cpu_count() or 1) if options.clock.kind == "virtual" else 1
    jobs = min(wanted.jobs or most, most)
    arguments: dict[str, Any] = {
        # Nothing of the folder where the user happens to stand may change the run.
        "-c": os.devnull,
        "--rootdir": paths.suites(),
        "--import-mode": "importlib",
        "-p": "no:cacheprovider",
        # Verdicts say what was measured; rewriting asserts would only cost start-up time.
        "--assert": "plain",
        "-W": "error",
        "--timeout": CASE_TIMEOUT_S if options.clock.kind == "virtual" else 0,
        "-k": wanted.keyword,
        "--rig-clock": wanted.clock,
        "--rig-seed": wanted.seed,
        "--rig-bench": wanted.bench,
        "--rig-report": wanted.report,
        "-n": jobs if jobs > 1 else None,
    }
    flat = [text for name, value in arguments.items() if value is not None for text in (name, str(value))]
    return [*flat, *map(str, paths.suite_paths(wanted.suites))]


def _tail(output: str, lines: int = 20) -> str:
    return "\n".join(output.strip().splitlines()[-lines:])


def default_console() -> Console:
    """Where a run reports: standard output, as it was before pytest runs underneath."""
    return Console(file=sys.stdout)
