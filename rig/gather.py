"""From the results of single cases to one report: which clause was judged where, and the timelines in one file."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rig import report_folder
from rig.clauses import catalogue, reasons, timings
from rig.options import RunOptions
from rig.report import write_report
from rig.report.model import Band, CaseResult, ClauseRow, Report, RunInfo
from rig.report.pictures import most_telling
from rig.timeline import Timeline
from rig.verdicts import worst

TIMELINE = "timeline.jsonl"
CAPTURES = "captures"
# Among the folders of the cases, whose names never begin with a dot.
_READY = ".report"
_UNSAFE = re.compile(r"[^A-Za-z0-9.,=-]+")


def part_name(case: str) -> str:
    """A folder or file name for a case, readable and safe on every file system."""
    return _UNSAFE.sub("_", case).strip("_")


class Gathered:
    """The case results of one run, as they come in, in whatever order the workers finish."""

    def __init__(self, options: RunOptions, wall_s: Callable[[], float]) -> None:
        self.options = options
        self._wall_s = wall_s
        self.results: dict[int, CaseResult] = {}
        self._broken: dict[str, CaseResult] = {}
        self._evidence: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self.results or self._broken)

    def add(self, index: int, result: CaseResult) -> None:
        """`index` is the case's place in the collected order, which is the order of the report."""
        self.results[index] = result
        if self._evidence.setdefault(part_name(result.case), index) != index:
            self.add_broken(result.case, "another case of this run leaves its evidence under the same name; rename one")

    def add_broken(self, where: str, error: str) -> None:
        """Something that gave no result: a file that cannot be imported, a worker that died. Told once per `where`."""
        suite = where.partition("/")[0]
        self._broken[where] = CaseResult(case=where, suite=suite, title=where, outcome="error", error=error)

    def report(self) -> Report:
        """Everything that was judged so far, and after it what broke."""
        cases = [result for _, result in sorted(self.results.items())] + list(self._broken.values())
        options = self.options
        bench = options.bench
        return Report(
            run=RunInfo(
                version=installed_version(),
                commit=commit(),
                clock=str(options.clock),
                seed=options.seed,
                bench=str(options.bench_path) if options.bench_path else bench.name,
                station=bench.station.name or bench.station.factory or f"{bench.station.kind} station",
                station_s=round(sum(case.station_s for case in cases), 3),
                wall_s=round(self._wall_s(), 3),
                self_test="passed" if options.clock.kind == "virtual" else "not needed",
            ),
            pictures=options.pictures,
            cases=most_telling(cases),
            clauses=_clause_rows(cases),
            bands=_bands(),
            obstacles={name: obstacle.text for name, obstacle in reasons.obstacles().items()},
        )

    def write(self, directory: Path) -> None:
        """Write the report with the evidence beside it, inside `report_folder.parts_of(directory)`.

        Files of an earlier report are replaced once all the new ones are there. Raises ConfigurationError when the
        folder is not ours or cannot be written.
        """
        report = self.report()
        report_folder.check(directory)
        parts = report_folder.partial(directory)
        ready = parts / _READY
        try:
            ready.mkdir()
            _join_timelines(report.cases, parts, ready / TIMELINE)
            _move_captures(report.cases, parts, ready / CAPTURES)
            write_report(report, ready)
            directory.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(directory / CAPTURES, ignore_errors=True)
            for path in ready.iterdir():
                shutil.move(path, directory / path.name)
        except OSError as error:
            raise report_folder.unwritable(directory, error) from error


def write_case_files(timeline: Timeline, case: str, files: Path) -> None:
    """Leave a case's timeline where `Gathered.write` finds it."""
    header = Timeline()
    header.record(0.0, "rig", "case", {"case": case})
    with (files / TIMELINE).open("wb") as out:
        out.writelines(header.lines())
        out.writelines(timeline.lines())


def _join_timelines(cases: list[CaseResult], parts: Path, target: Path) -> None:
    with target.open("wb") as out:
        for case in cases:
            part = parts / part_name(case.case) / TIMELINE
            if part.is_file():
                with part.open("rb") as source:
                    shutil.copyfileobj(source, out)


def _move_captures(cases: list[CaseResult], parts: Path, target: Path) -> None:
    for name in dict.fromkeys(name for case in cases for name in case.captures):
        place = Path(name).relative_to(CAPTURES)
        (target / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(parts / place, target / place)


def _clause_rows(cases: list[CaseResult]) -> list[ClauseRow]:
    verdicts = [verdict for case in cases for verdict in case.verdicts]
    rows = []
    for clause in catalogue.load().clauses.values():
        own = [verdict for verdict in verdicts if verdict.clause == clause.id]
        rows.append(
            ClauseRow(
                id=clause.id,
                area=clause.area,
                text=clause.text,
                source=clause.source,
                status=clause.status.value,
                reason=clause.reason,
                verdict=worst(own),
                cases=list(dict.fromkeys(verdict.case for verdict in own)),
            )
        )
    return rows


def _bands() -> list[Band]:
    bands = []
    for band in timings.trip_bands():
        row = timings.timing(band.clause)
        bands.append(
            Band(
                clause=band.clause,
                lower_pct=band.lower_permille / 10,
                upper_pct=None if band.upper_permille is None else band.upper_permille / 10,
                trip_after_s=band.trip_after_s,
                tolerance_early_s=timings.early_tolerance_s(row) or 0.0,
                tolerance_late_s=timings.late_tolerance_s(row) or 0.0,
            )
        )
    return bands


def installed_version() -> str:
    """The version of this distribution."""
    try:
        return version("evse-rig")
    except PackageNotFoundError:
        return "not installed"


def commit() -> str | None:
    """The commit of the checkout that this code runs from; None when it runs from an installed wheel."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
