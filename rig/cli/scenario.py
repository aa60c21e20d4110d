"""`evse-rig scenario`: checking scenario files, and printing one as a time line. `evse-rig run` plays them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rig.cli.commands import counted
from rig.errors import ConfigurationError
from rig.scenario.file import found, load
from rig.scenario.script import refusal
from rig.scenario.show import lines
from rig.terminal import complain, output

scenario_app = typer.Typer(name="scenario", help="Check or show scenario files.", no_args_is_help=True)


@scenario_app.command("check")
def check_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Scenario files, or folders of them.")],
) -> int:
    """Check scenario files: their form, their words, their clauses, and the settings as the reference station does.

    Ends with 3 and a line for each file with a mistake.
    """
    wrong, paths = 0, [file for given in files for file in found(given)]
    for path in paths:
        try:
            _check(path)
        except ConfigurationError as error:
            wrong += 1
            complain(str(error))
    if wrong:
        return ConfigurationError.exit_code
    output().print(f"{counted(len(paths), 'scenario')} as they should be", highlight=False)
    return 0


def _check(path: Path) -> None:
    if why := refusal(load(path)):
        raise ConfigurationError(f"scenario {path}: {why}")


@scenario_app.command("show")
def show_command(file: Annotated[Path, typer.Argument(metavar="FILE", help="A scenario file.")]) -> int:
    """Print a scenario as a time line: what happens when, what is expected, and which clauses judge it."""
    console = output()
    for line in lines(load(file)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return 0
