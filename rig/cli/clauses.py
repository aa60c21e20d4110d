"""`evse-rig clauses`: what the documents promise, and how far the suites judge it."""

from __future__ import annotations

from typing import Annotated

import typer

from rig import paths
from rig.clauses import coverage
from rig.clauses.show import print_clauses
from rig.terminal import output


def clauses_command(
    area: Annotated[str | None, typer.Option(metavar="AREA", help="Only this area, e.g. OCP.")] = None,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="tested, bench-only, not-testable or not-built.")
    ] = None,
) -> None:
    """List the catalogue: every documented promise, its status, and the cases that judge it."""
    print_clauses(output(), area, status, coverage.tested_by(paths.suites()))
