"""The terminal tells the essentials."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
from rich.console import Console

from rig.report.model import Report, RunInfo
from rig.report.summary import print_summary


def shown(report: Report, directory: Path | None = None, width: int = 120) -> str:
    out = io.StringIO()
    print_summary(report, directory, Console(file=out, width=width))
    return out.getvalue()


def test_tells_counts_findings_margins_and_the_place(report: Report) -> None:
    text = shown(report, Path("report"))
    assert "✓ 1 pass  ✗ 2 fail  ≈ 1 inconclusive  ○ 1 not-testable  ! 1 error" in text
    finding = next(line for line in text.splitlines() if "110 s" in line)
    assert " ".join(finding.split()) == "✗ fail OCP-002 time to state F 100 s 110 s −9 s"
    assert "! broken: HarnessError: port closed" in text
    margins = text[text.index("Narrowest margins") :]
    assert "100.2 s" in margins
    assert "✗ Failed. 1 of 2 judged clauses not kept, 2 failing cases." in text
    assert "60 min of station time in 1.5 s, 2400 station seconds per second" in text
    assert "report: report/report.html" in text


def test_no_report_no_place(report: Report) -> None:
    assert "report.html" not in shown(report)


def test_an_empty_run(run: RunInfo) -> None:
    text = shown(Report(run=msgspec.structs.replace(run, wall_s=0.0)))
    assert "Nothing judged" in text
    assert "Findings" not in text
    assert "per second" not in text


def test_a_flood_of_findings_leaves_the_headline_in_sight(report: Report) -> None:
    late = report.cases[0]
    flood = msgspec.structs.replace(late, verdicts=late.verdicts * 50)
    text = shown(Report(run=report.run, cases=[flood]))
    assert text.count("✗ fail ") == 20
    assert "and 30 more; results.json has them all" in text


def test_markup_and_control_characters_in_names_do_nothing(report: Report) -> None:
    late = report.cases[0]
    odd = msgspec.structs.replace(late.verdicts[0], what="[red]x[/] \x1b[2J")
    case = msgspec.structs.replace(late, case="[/]", verdicts=[odd])
    broken = msgspec.structs.replace(report.cases[-1], case="[bold]", error="[/bold] \x07")
    text = shown(Report(run=report.run, cases=[case, broken]))
    assert "[red]x[/] \\x1b[2J" in text
    assert "[bold]: [/bold] \\x07" in text
