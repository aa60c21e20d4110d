"""The command line as a whole: every way it can end, in one line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Protocol

import pytest
import typer

from rig import cli
from rig.cli import app as app_module
from rig.cli.app import run
from rig.errors import ConfigurationError, Finding, HarnessError, RigError


class Ended(Protocol):
    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def ends_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Replace the commands by one that raises or returns something."""

    def use(ending: object) -> None:
        app = typer.Typer(pretty_exceptions_enable=False)

        @app.command("clauses")
        def command() -> object:
            if isinstance(ending, BaseException):
                raise ending
            return ending

        @app.command("other")
        def other() -> None: ...

        monkeypatch.setattr(app_module, "app", app)

    return use


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (None, 0),
        (0, 0),
        (1, 1),
        (2, 2),
        (ConfigurationError("a bad bench"), 3),
        (HarnessError("a broken port"), 2),
        (Finding("too late"), 1),
        (RigError("anything else"), 2),
        (typer.Exit(0), 0),
        (typer.Exit(3), 3),
        (KeyboardInterrupt(), 2),
        (typer.Abort(), 2),
        (EOFError(), 2),
    ],
)
def test_endings(ends_with: Callable[[object], None], evse_rig: Command, ending: object, code: int) -> None:
    ends_with(ending)
    ended = evse_rig("clauses")
    assert ended.code == code
    assert ended.out == ""
    expected = {RigError: f"evse-rig: {ending}", KeyboardInterrupt: "evse-rig: interrupted"}
    lines = [line for kind, line in expected.items() if isinstance(ending, kind)]
    if isinstance(ending, typer.Abort | EOFError):
        lines = ["evse-rig: interrupted"]
    assert [line for line in ended.err.splitlines() if line] == lines


def test_a_bug_of_ours_is_no_finding(ends_with: Callable[[object], None], evse_rig: Command) -> None:
    ends_with(ZeroDivisionError("division by zero"))
    ended = evse_rig("clauses")
    assert ended.code == 2
    assert ended.err.splitlines()[0] == "Traceback (most recent call last):"
    assert ended.err.splitlines()[-1] == "evse-rig: this is a bug in evse-rig: ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["runn"], "No such command 'runn'"),
        (["run", "--clok", "real"], "No such option: --clok"),
        (["run", "--seed", "x"], "Invalid value for '--seed': "),
        (["run", "--jobs", "0"], "Invalid value for '--jobs': "),
        (["run", "--jobs"], "Option '--jobs' requires an argument"),
        (["clauses", "surplus"], "Got unexpected extra argument"),
        (["--nonsense"], "No such option: --nonsense"),
    ],
)
def test_bad_usage(evse_rig: Command, arguments: list[str], message: str) -> None:
    ended = evse_rig(*arguments)
    assert (ended.code, ended.out) == (3, "")
    (line,) = ended.err.splitlines()
    assert line.startswith(f"evse-rig: {message}")


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["clauses", "--help"]])
def test_help_is_no_error(evse_rig: Command, arguments: list[str]) -> None:
    ended = evse_rig(*arguments)
    assert (ended.code, ended.err) == (0, "")
    assert "Usage" in ended.out


def test_no_command_shows_the_help(evse_rig: Command) -> None:
    assert run([]) == 3
    ended = evse_rig("--help")
    for command in ("run", "clauses"):
        assert command in ended.out


def test_the_exit_code_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["evse-rig", "run", "nowhere"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 3


def test_as_a_program() -> None:
    """Once for real: interpreter, import, arguments, exit code"""
    command = [sys.executable, "-m", "rig", "run", "nowhere"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("evse-rig: there is no suite 'nowhere'; there is ")
    assert len(done.stderr.splitlines()) == 1
