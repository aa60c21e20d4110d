"""`evse-rig run`: the conformance suites against a station."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rig.options import DEFAULT_SEED
from rig.run import Wanted, run
from rig.terminal import output


def run_command(
    suites: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SUITE|FILE]...", help="Suites, scenario files or folders of these; default: all."),
    ] = None,
    bench: Annotated[Path | None, typer.Option(metavar="FILE", help="Bench file; default: reference station.")] = None,
    clock: Annotated[str, typer.Option(metavar="CLOCK", help="virtual, real or scaled:N.")] = "virtual",
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of every random choice.")] = DEFAULT_SEED,
    report: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the report to this folder.")] = None,
    pictures: Annotated[bool, typer.Option(help="Draw what happened in a case for the report.")] = True,
    keyword: Annotated[
        str | None, typer.Option("-k", "--keyword", metavar="EXPR", help="Only cases whose names match, as in pytest.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, metavar="N", help="Workers; default: one per core.")] = None,
) -> int:
    """Run conformance suites against a station and report a verdict per documented clause.

    Ends with 0 when all passed, 1 with findings, 2 when the harness failed, 3 on bad usage or configuration.
    """
    wanted = Wanted(
        suites=suites or [],
        clock=clock,
        seed=seed,
        bench=None if bench is None else str(bench),
        report=report,
        jobs=jobs,
        keyword=keyword,
        pictures=pictures,
    )
    return run(wanted, output())
