"""The end of a run in the terminal: counts, findings, the narrowest margins, and where the report is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rig.report import words
from rig.report.headline import NOT_PASSED, count_cases, failed_without_verdict, findings, headline, tightest
from rig.report.model import Report
from rig.verdicts import Outcome, Verdict

_STYLE: dict[Outcome, str] = {
    "pass": "green",
    "fail": "bold red",
    "inconclusive": "yellow",
    "not-testable": "dim",
    "error": "bold yellow",
}
_TIGHTEST = 5
# A station that fails everywhere must not push the headline off the screen; the report has them all.
_MOST_FINDINGS = 20


def print_summary(report: Report, directory: Path | None, console: Console) -> None:
    """Print the summary of a run; `directory` is where the report was written, None when there is none."""
    shown = [
        (outcome, [v for _, v in findings(report, outcome)]) for outcome in NOT_PASSED if outcome != "not-testable"
    ]
    verdicts = [verdict for _, members in shown for verdict in members]
    if verdicts:
        console.print(_table("Findings", verdicts[:_MOST_FINDINGS], with_verdict=True))
    if len(verdicts) > _MOST_FINDINGS:
        console.print(Text(f"and {len(verdicts) - _MOST_FINDINGS} more; results.json has them all", style="dim"))
    for case in failed_without_verdict(report):
        text = words.printable(case.error or "no verdict was reached")
        console.print(_marked(case.outcome, f"{words.printable(case.case)}: {text}"))
    if near := tightest(report, _TIGHTEST):
        console.print(_table("Narrowest margins", near, with_verdict=False))
    answer = headline(report)
    counts = "  ".join(f"{words.SIGN[outcome]} {count} {outcome}" for outcome, count in count_cases(report).items())
    console.print(Text(counts))
    console.print(_marked(answer.outcome, f"{answer.answer}. {answer.reason}"))
    run = report.run
    speed = f", {run.station_s / run.wall_s:.0f} station seconds per second" if run.wall_s > 0 else ""
    console.print(Text(f"{words.duration(run.station_s)} of station time in {words.duration(run.wall_s)}{speed}"))
    if directory is not None:
        console.print(Text(f"report: {directory / 'report.html'}"))


def _what(verdict: Verdict) -> str:
    reason = verdict.evidence.get("reason")
    return verdict.what if reason is None else f"{verdict.what}: {reason}"


def _marked(outcome: Outcome, text: str) -> Text:
    return Text(f"{words.SIGN[outcome]} {text}", style=_STYLE[outcome])


def _table(title: str, verdicts: Iterable[Verdict], *, with_verdict: bool) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    if with_verdict:
        table.add_column("verdict")
    table.add_column("clause", no_wrap=True)
    table.add_column("what", ratio=1)
    for heading in ("promised", "measured", "margin"):
        table.add_column(heading, justify="right")
    for v in verdicts:
        cells = [
            words.printable(v.clause),
            words.printable(_what(v)),
            words.promised(v),
            words.measured(v),
            words.margin(v),
        ]
        row = [Text(cell) for cell in cells]
        table.add_row(*([_marked(v.verdict, v.verdict)] if with_verdict else []), *row)
    return table
