"""The commands, and how each ends: 0 all pass, 1 findings, 2 harness error, 3 bad usage or configuration."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer
from rich.console import Console

from rig.cli.clauses import clauses_command
from rig.cli.run import run_command
from rig.errors import RigError

INTERRUPTED = 2
USAGE = 3

app = typer.Typer(
    name="evse-rig",
    help="A hardware-in-the-loop test rig for AC charging stations.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run_command)
app.command("clauses")(clauses_command)


def main() -> None:
    """Entry point of the console script."""
    sys.exit(run(None))


def run(arguments: Sequence[str] | None) -> int:
    """Run one command line (None: the process's own) and return its exit code. Every error is one line."""
    try:
        result = app(args=arguments, standalone_mode=False)
    except typer.Exit as leave:
        return leave.exit_code
    except typer.TyperException as error:
        return _complain(error.format_message(), USAGE)
    except RigError as error:
        return _complain(str(error), error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return _complain("interrupted", INTERRUPTED)
    return result if isinstance(result, int) else 0


def _complain(message: str, code: int) -> int:
    if message:  # there is none when the help was printed for want of a command
        Console(stderr=True, soft_wrap=True).print(f"evse-rig: {message}", markup=False, highlight=False)
    return code
