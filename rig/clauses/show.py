"""`evse-rig clauses`: the catalogue as a table on the terminal, and how many clauses have which status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rig.clauses import catalogue
from rig.clauses.catalogue import Catalogue, Clause, Status

_STYLE = {
    Status.TESTED: "green",
    Status.BENCH_ONLY: "yellow",
    Status.NOT_TESTABLE: "bright_black",
    Status.NOT_BUILT: "red",
}


def print_clauses(
    console: Console, area: str | None, status: str | None, tested_by: Mapping[str, Sequence[str]]
) -> None:
    """Print the clauses of `area` (None: all) with `status` (None: any), and the counts per area and status.

    `tested_by` gives the ids of the cases that judge a clause. Of one area the readings of its open points are printed
    as well. Raises ConfigurationError for an unknown area or status.
    """
    shipped = catalogue.load()
    selected = shipped.select(area, status)
    console.print(_clause_table(selected, tested_by))
    if area is not None:
        _print_readings(console, selected)
    console.print(_count_table(shipped, [area] if area is not None else list(shipped.titles)))


def _clause_table(clauses: Iterable[Clause], tested_by: Mapping[str, Sequence[str]]) -> Table:
    table = Table(show_lines=True, expand=True)
    table.add_column("clause", no_wrap=True)
    table.add_column("promise", ratio=3)
    table.add_column("source", ratio=1, style="dim")
    table.add_column("status", ratio=2)
    for clause in clauses:
        table.add_row(
            clause.id, Text(clause.text), Text(clause.source), _how_judged(clause, tested_by.get(clause.id, ()))
        )
    return table


def _how_judged(clause: Clause, cases: Sequence[str]) -> Text:
    text = Text(clause.status.value, style=_STYLE[clause.status])
    if clause.reason:
        text.append(f": {clause.reason}")
    for module, count in Counter(map(_module, cases)).items():
        text.append(f"\n{module}: {count} case{'s' if count > 1 else ''}")
    return text


def _module(case: str) -> str:
    """Where a case stands, e.g. "ocp/bands" for a case in `…/ocp/test_bands.py`."""
    path = PurePosixPath(case.partition("::")[0])
    return f"{path.parent.name}/{path.stem.removeprefix('test_')}"


def _print_readings(console: Console, clauses: Iterable[Clause]) -> None:
    """The readings adopted where the documents are open or disagree, for the marks these clauses carry."""
    used = {mark for clause in clauses for mark in clause.marks}
    for mark in catalogue.marks().values():
        if mark.id in used and mark.reading:
            console.print(Text(f"{mark.id}  {mark.subject} {mark.reading}"))


def _count_table(shipped: Catalogue, areas: Sequence[str]) -> Table:
    table = Table()
    table.add_column("area", no_wrap=True)
    table.add_column("")
    for status in Status:
        table.add_column(status.value, justify="right", style=_STYLE[status])
    table.add_column("clauses", justify="right")
    rows = {area: shipped.counts(area) for area in areas}
    for area, counts in rows.items():
        table.add_row(area, shipped.titles[area], *_figures(counts))
    if len(areas) > 1:
        table.add_section()
        table.add_row("all", "", *_figures(shipped.counts()))
    return table


def _figures(counts: Mapping[Status, int]) -> list[str]:
    return [str(counts[status]) for status in Status] + [str(sum(counts.values()))]
