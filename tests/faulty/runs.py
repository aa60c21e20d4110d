"""Runs `evse-rig` again and again without starting Python each time: a process that is ready, and forks for each run.

    python -m tests.faulty.runs       one JSON line [arguments, output] in, one exit code out

A run that hangs is killed, as a shell would say it: its exit code is that of the signal.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
# No run of a faulty station comes near it.
TIMEOUT_S = 100


class Runner:
    """Its process lives as long as this is used in a `with`."""

    def __enter__(self) -> Runner:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faulty.runs"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, arguments: Sequence[str], output: Path) -> int:
        """Run `evse-rig` with these arguments, what it prints into the file `output`; returns its exit code."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([list(arguments), str(output)]), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


def main() -> None:
    """Serve until the input ends."""
    from rig.cli import app

    for package in ("rig", "station", "emulators"):
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for line in sys.stdin:
        arguments, output = json.loads(line)
        child = os.fork()
        if child == 0:
            into = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(into, 1)
            os.dup2(into, 2)
            signal.alarm(TIMEOUT_S)
            code = app.run(arguments)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
