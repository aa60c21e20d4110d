"""One run of the conformance suites: pytest with our plugin underneath, a progress bar and a summary on top."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rig import paths, report_folder
from rig.errors import ConfigurationError, HarnessError
from rig.options import DEFAULT_SEED, RunOptions
from rig.plugin import COLLECTOR, Collector
from rig.preflight import preflight
from rig.report.model import Report
from rig.report.summary import print_summary
from rig.scenario.file import found, is_scenario, load
from rig.scenario.script import refusal
from rig.terminal import complain

PASSED, FINDINGS, HARNESS = 0, 1, 2
# A case that takes longer than this in real time hangs; no case of a virtual run comes near it.
CASE_TIMEOUT_S = 300
_PLUGINS = ("no:cacheprovider", "rig.plugin", "pytest_timeout", "xdist.plugin")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asked for.

    `suites` are names of suites, scenario files, or folders of these. `jobs` None: one worker per core in virtual
    time, one in real time. `keyword` chooses cases by name, as pytest's -k does.
    """

    suites: list[str]
    clock: str = "virtual"
    seed: int = DEFAULT_SEED
    bench: str | None = None
    report: Path | None = None
    jobs: int | None = None
    keyword: str | None = None
    pictures: bool = True


class _Watcher:
    """Tells the bar how many cases there are and when one is done, and hears what broke the run off, if anything."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bar = progress.add_task("collecting", total=None)
        self.collector: Collector | None = None
        self.broken_off: BaseException | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        self.collector = config.stash[COLLECTOR]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if session.items:
            self._progress.update(self._bar, total=len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._progress.update(self._bar, total=len(ids))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or (report.when == "setup" and not report.passed):
            self._progress.update(self._bar, advance=1, description=report.nodeid.partition("::")[0])

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.broken_off = excinfo.value


def run(wanted: Wanted, console: Console) -> int:
    """Run the suites and print the summary. Returns 0 all pass, 1 findings, 2 harness error.

    Before anything starts, raises ConfigurationError for a bad option, and what `preflight` raises for the bench or the
    machine. Raises HarnessError when the run breaks down; no report is written then.
    """
    options = RunOptions.parse(clock=wanted.clock, seed=wanted.seed, bench=wanted.bench)
    arguments = _arguments(wanted, options, _chosen(wanted.suites, options))
    if wanted.report is not None:
        report_folder.check(wanted.report)
    preflight(options)
    output = io.StringIO()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console.print(f"evse-rig: {options.bench.name}, clock {options.clock}, seed {options.seed}", markup=False)
    with Progress(*columns, console=console, transient=True) as progress:
        watcher = _Watcher(progress)
        with _only_our_plugins(), contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            code = _main(arguments, watcher)
    collector = watcher.collector
    if collector is not None and collector.failure is not None:
        raise collector.failure
    if code == pytest.ExitCode.USAGE_ERROR:
        raise ConfigurationError(_last_line(output).removeprefix("ERROR: "))
    if code == pytest.ExitCode.INTERRUPTED:
        _say_why_broken_off(watcher.broken_off)
    if collector is None or code == pytest.ExitCode.INTERNAL_ERROR:
        raise HarnessError(f"the run broke down: {_last_line(output).removeprefix('INTERNALERROR> ')}")
    if not collector.gathered:
        raise ConfigurationError("the chosen suites hold no case" + (" of that name" if wanted.keyword else ""))
    report = collector.gathered.report()
    print_summary(report, wanted.report, console)
    _say_what_broke(report)
    outcomes = {case.outcome for case in report.cases} | {v.verdict for case in report.cases for v in case.verdicts}
    if "error" in outcomes:
        return HARNESS
    if outcomes & {"fail", "inconclusive"}:
        return FINDINGS
    if "pass" not in outcomes:
        raise ConfigurationError("nothing could be judged on this bench; the report says of every case what it lacks")
    return PASSED


def _main(arguments: list[str], watcher: _Watcher) -> int:
    try:
        return pytest.main(arguments, plugins=[watcher])
    except Exception as error:
        # An interruption may well be what left things in disorder.
        if watcher.broken_off is not None:
            _say_why_broken_off(watcher.broken_off)
        first_line = str(error).partition("\n")[0]
        raise HarnessError(f"the run broke down: {type(error).__name__}: {first_line}") from error


def _say_why_broken_off(error: BaseException | None) -> NoReturn:
    if isinstance(error, pytest.Session.Interrupted):
        raise HarnessError(f"the run was broken off: {error}")
    raise KeyboardInterrupt


def _say_what_broke(report: Report) -> None:
    """One line for every error of the harness, however many cases it hit."""
    hit: dict[str, list[str]] = {}
    for case in report.cases:
        if any(outcome == "error" for outcome in (case.outcome, *(v.verdict for v in case.verdicts))):
            hit.setdefault((case.error or "no verdict").partition("\n")[0], []).append(case.case)
    for error, cases in hit.items():
        others = f" (and {len(cases) - 1} more cases)" if len(cases) > 1 else ""
        complain(f"{cases[0]}{others}: {error}")


@contextlib.contextmanager
def _only_our_plugins() -> Iterator[None]:
    """Nothing that the environment says to pytest, and no other plugin that is installed, may change the run."""
    theirs = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PYTEST_")}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update(theirs)


def _chosen(names: Sequence[str], options: RunOptions) -> list[Path]:
    """The folders of suites, and scenario files, which are checked. Raises ConfigurationError for anything else."""
    known = paths.suite_names()
    suites = [name for name in names if name in known or not (is_scenario(Path(name)) or Path(name).is_dir())]
    files = [file.absolute() for name in names if name not in suites for file in found(Path(name))]
    for file in files:
        script = load(file)
        if options.bench.station.kind == "reference" and (why := refusal(script)):
            raise ConfigurationError(f"scenario {file}: {why}")
    return [*(paths.suite_paths(suites) if suites or not files else []), *files]


def _arguments(wanted: Wanted, options: RunOptions, chosen: Sequence[Path]) -> list[str]:
    # Hardware cannot be shared between workers; neither can a core, in scaled time.
    most = (os.cpu_count() or 1) if options.clock.kind == "virtual" else 1
    jobs = min(wanted.jobs or most, most)
    options_of_pytest = {
        # Nothing of the folder where the user happens to stand may change the run.
        "-c": os.devnull,
        "--rootdir=": paths.suites(),
        "--import-mode=": "importlib",
        # Its output goes nowhere but into a message, and what it captured would be lost to the progress bar.
        "--capture=": "no",
        # Verdicts say what was measured; rewriting asserts would only cost start-up time.
        "--assert=": "plain",
        "-W": "error",
        "--timeout=": CASE_TIMEOUT_S if options.clock.kind == "virtual" else 0,
        "-k": wanted.keyword or None,
        "--rig-clock=": wanted.clock,
        "--rig-seed=": wanted.seed,
        "--rig-bench=": wanted.bench,
        "--rig-report=": wanted.report,
        "-n": jobs if jobs > 1 else None,
        "--rig-no-pictures": None if wanted.pictures else "",
    }
    return [
        *(f"-p{plugin}" for plugin in _PLUGINS),
        # With or without workers: a file that cannot be imported costs its own cases, and the run ends with an error.
        "--continue-on-collection-errors",
        *(f"{name}{value}" for name, value in options_of_pytest.items() if value is not None),
        *map(str, chosen),
    ]


def _last_line(output: io.StringIO) -> str:
    return output.getvalue().strip().rpartition("\n")[2].strip() or "no message"
