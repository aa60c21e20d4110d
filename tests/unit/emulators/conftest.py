"""Programs of others that have a virtual environment of their own, since they want other packages than we do."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

PEERS = Path(os.environ.get("EVSE_RIG_PEERS") or Path(__file__).resolve().parents[3] / ".venv-peers")

Scripted = Callable[..., list[str]]


@pytest.fixture(scope="session")
def peer() -> Scripted:
    """From a peer's name, a script and its arguments, the command that runs it. Skips where the peer is not installed.

    `make peers` installs them, in `.venv-peers/NAME` or in the folder that EVSE_RIG_PEERS names.
    """

    def command(name: str, script: str, arguments: Sequence[str] = ()) -> list[str]:
        python = PEERS / name / "bin" / "python"
        if not python.exists():
            pytest.skip(f"{name} has no virtual environment at {python.parents[1]}; make peers makes one")
        return [str(python), "-c", script, *arguments]

    return command
