"""A session: commands from a pipe or a terminal, a status line on a terminal, and how it ends."""

from __future__ import annotations

import io
import os
import signal
import termios
import tty
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from rich.console import Console

from rig.cli.live import REFRESH_S, Live
from rig.clock import VirtualLoop
from rig.errors import ConfigurationError, HarnessError, RigError


@dataclass
class Lamp:
    """A device that remembers what it was told and refuses `break`."""

    told: list[str] = field(default_factory=list)
    failed: Callable[[RigError], None] = lambda _error: None
    is_open: bool = False
    unopenable: bool = False
    help: Sequence[tuple[str, str]] = (("on", "light"),)

    async def open(self, failed: Callable[[RigError], None]) -> None:
        if self.unopenable:
            raise HarnessError("the socket is busy")
        self.failed, self.is_open = failed, True

    async def close(self) -> None:
        self.is_open = False

    def introduce(self) -> Sequence[str]:
        return ["a lamp"]

    def do(self, command: str) -> str:
        if command == "break":
            raise ConfigurationError("a lamp does not break")
        self.told.append(command)
        return f"did {command}"

    def status(self) -> str:
        return f"{len(self.told)} done"

    def sent(self) -> str:
        return f"{len(self.told)} orders"


class Bench:
    """A session on virtual time, with everything around it in this process."""

    def __init__(
        self, commands: int | None, *, terminal: bool = False, until_eof: bool = False, width: int = 60
    ) -> None:
        self.loop = VirtualLoop()
        self.lamp = Lamp()
        self.out, self.err = io.StringIO(), io.StringIO()
        self.live = Live(
            self.lamp,
            self.loop,
            output=Console(
                file=self.out, force_terminal=terminal, width=width, highlight=False, _environ={"TERM": "xterm"}
            ),
            errors=Console(file=self.err, width=200),
            commands=commands,
            until_eof=until_eof,
        )

    def run(self) -> int:
        try:
            return self.loop.run_until_complete(self.live.run())
        finally:
            assert not self.lamp.is_open
            self.loop.close()

    def at(self, at_s: float, what: Callable[..., object], *arguments: object) -> None:
        self.loop.call_at(at_s, lambda: what(*arguments))


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


def test_commands_are_carried_out_as_they_come(pipe: tuple[int, int]) -> None:
    bench = Bench(pipe[0])
    bench.at(1.0, os.write, pipe[1], b"on\nof")
    bench.at(2.0, lambda: bench.lamp.told.append("2 s"))
    bench.at(3.0, os.write, pipe[1], b"f\n\n  \nquit\nnever\n")
    assert bench.run() == 0
    assert bench.lamp.told == ["on", "2 s", "off"]
    assert bench.out.getvalue().splitlines() == ["a lamp", "did on", "did off", "evse-rig: stopped after 3 orders"]
    assert bench.err.getvalue() == ""


def test_a_script_ends_it_only_when_asked(pipe: tuple[int, int]) -> None:
    bench = Bench(pipe[0])
    os.write(pipe[1], b"on\noff")
    os.close(pipe[1])
    bench.at(3600.0, signal.raise_signal, signal.SIGINT)
    assert bench.run() == 0
    assert bench.lamp.told == ["on", "off"]


def test_until_eof(pipe: tuple[int, int]) -> None:
    bench = Bench(pipe[0], until_eof=True)
    bench.at(5.0, os.write, pipe[1], b"on\n")
    bench.at(6.0, os.close, pipe[1])
    assert bench.run() == 0
    assert bench.lamp.told == ["on"]


def test_no_commands_at_all() -> None:
    bench = Bench(None)
    bench.at(10.0, signal.raise_signal, signal.SIGTERM)
    assert bench.run() == 0


def test_no_commands_are_soon_at_their_end() -> None:
    assert Bench(None, until_eof=True).run() == 0


def test_a_refused_command_is_one_line_and_the_device_goes_on(pipe: tuple[int, int]) -> None:
    bench = Bench(pipe[0])
    os.write(pipe[1], b"break\non\nstatus\nquit\n")
    assert bench.run() == 3
    assert bench.lamp.told == ["on"]
    assert bench.err.getvalue() == "evse-rig: a lamp does not break\n"
    assert "1 done | last error: a lamp does not break" in bench.out.getvalue()


def test_who_stops_it_by_hand_gets_0(pipe: tuple[int, int]) -> None:
    bench = Bench(pipe[0])
    os.write(pipe[1], b"break\n")
    bench.at(1.0, signal.raise_signal, signal.SIGINT)
    assert bench.run() == 0


def test_help_lists_the_device_s_commands_and_ours(pipe: tuple[int, int]) -> None:
    bench = Bench(pipe[0])
    os.write(pipe[1], b"help\nexit\n")
    bench.run()
    listed = [line.split()[0] for line in bench.out.getvalue().splitlines()[1:-1]]
    assert listed == ["on", "status", "help", "quit"]


def test_a_lost_port_ends_it(pipe: tuple[int, int]) -> None:
    bench = Bench(pipe[0])

    def lose() -> None:
        for reason in ("unplugged", "again"):
            bench.lamp.failed(HarnessError(reason))

    bench.at(5.0, lose)
    with pytest.raises(HarnessError, match="unplugged"):
        bench.run()
    assert "stopped" not in bench.out.getvalue()


def test_a_port_that_cannot_be_opened_says_nothing_else(pipe: tuple[int, int]) -> None:
    bench = Bench(pipe[0])
    bench.lamp.unopenable = True
    with pytest.raises(HarnessError, match="busy"):
        bench.run()
    assert bench.out.getvalue() == ""


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The user's side of a terminal, and the side that the program reads."""
    user, program = os.openpty()
    tty.setraw(program)
    yield user, program
    os.close(program)
    os.close(user)


def test_the_status_line_is_redrawn_above_what_is_typed(terminal: tuple[int, int]) -> None:
    user, program = terminal
    bench = Bench(program, terminal=True)
    bench.at(1.0, os.write, user, b"on\n")
    bench.at(1.1 + REFRESH_S, os.write, user, b"break\n")
    bench.at(3.0, signal.raise_signal, signal.SIGINT)
    assert bench.run() == 0
    text = bench.out.getvalue()
    assert text.startswith("a lamp\ntype help for what can be changed; Ctrl-C ends it\n0 done\n> ")
    assert "\x1b7\x1b[1A\r\x1b[2K1 done\x1b8" in text
    assert "1 done | last error: a lamp does not break\n> " in text
    assert text.endswith("\r\x1b[2Kevse-rig: stopped after 1 orders\n")


def test_a_long_status_never_wraps(terminal: tuple[int, int]) -> None:
    bench = Bench(terminal[1], terminal=True, width=6)
    bench.at(1.0, signal.raise_signal, signal.SIGINT)
    bench.run()
    assert "\x1b[2K0 don\x1b8" in bench.out.getvalue()


def test_ctrl_d_at_a_terminal_ends_it(terminal: tuple[int, int]) -> None:
    user, program = terminal
    tty.setcbreak(program)  # as cooked as needed for the mark of an end of file to be one
    attributes = termios.tcgetattr(program)
    attributes[3] |= termios.ICANON
    termios.tcsetattr(program, termios.TCSANOW, attributes)
    bench = Bench(program, terminal=True)
    bench.at(1.0, os.write, user, b"\x04")
    assert bench.run() == 0
