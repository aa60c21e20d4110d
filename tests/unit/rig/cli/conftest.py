"""`evse-rig emulate` in a process of its own, as a user has it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Over:
    """How a session ended, with what it printed last."""

    code: int
    out: str
    err: str


class Session:
    """One session, twenty times as fast as real, whose commands come over a pipe. `path` is where the meter is."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rig", "emulate", *arguments, "--clock", "scaled:20", "--until-eof"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        # A status ends what it says of itself.
        self.introduction = self._until_status()
        self.path = self.introduction[0].partition(", on ")[2].partition(" ")[0]

    def write(self, command: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()

    def type(self, command: str) -> str:
        """What is said to a command; nothing when it is refused."""
        self.write(command)
        return "\n".join(self._until_status())

    def _until_status(self) -> list[str]:
        assert self.process.stdout is not None
        self.write("status")
        lines: list[str] = []
        while line := self.process.stdout.readline():
            if " A | " in line:
                return lines
            lines.append(line.rstrip("\n"))
        raise AssertionError(f"it ended with {lines}")

    def end(self) -> Over:
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return Over(self.process.returncode, out, err)


@pytest.fixture
def emulate() -> Iterator[Callable[..., Session]]:
    """Starts sessions; what the test did not end ends with it."""
    sessions: list[Session] = []

    def start(*arguments: str) -> Session:
        sessions.append(Session(*arguments))
        return sessions[-1]

    yield start
    for session in sessions:
        session.process.kill()
        session.process.communicate()
