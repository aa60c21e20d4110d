"""The commands, and how each ends: 0 all pass, 1 findings, 2 harness error, 3 bad usage or configuration."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

import typer

from rig.cli.clauses import clauses_command
from rig.cli.emulate import emulate_command
from rig.cli.replay import replay_command
from rig.cli.run import run_command
from rig.cli.scenario import scenario_app
from rig.errors import HarnessError, RigError
from rig.terminal import complain

INTERRUPTED = 2
USAGE = 3
# What typer makes of Ctrl-C in a command.
_TYPER_INTERRUPTED = 130

app = typer.Typer(
    name="evse-rig",
    help="A hardware-in-the-loop test rig for AC charging stations.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run_command)
app.command("clauses")(clauses_command)
app.command("emulate")(emulate_command)
app.command("replay")(replay_command)
app.add_typer(scenario_app)


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
        result = _TYPER_INTERRUPTED
    except Exception as error:  # noqa: BLE001  a bug of ours must not end with 1, as a finding on the station does
        traceback.print_exc()
        return _complain(f"this is a bug in evse-rig: {type(error).__name__}: {error}", HarnessError.exit_code)
    if result == _TYPER_INTERRUPTED:
        return _complain("interrupted", INTERRUPTED)
    return result if isinstance(result, int) else 0


def _complain(message: str, code: int) -> int:
    if message:  # there is none when the help was printed for want of a command
        complain(message)
    return code
