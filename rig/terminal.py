"""Where the commands write: results on standard output, and what went wrong in one line on standard error."""

from __future__ import annotations

import os
import sys

from rich.console import Console

from rig.errors import HarnessError


class _Output(Console):
    def on_broken_pipe(self) -> None:
        """The reader went away, as in `| head`. rich would end with 1, which is a finding on a station here."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())  # or Python complains when it flushes at its end
        raise SystemExit(HarnessError.exit_code)


def output() -> Console:
    """Standard output as it is now, whatever it is redirected to later."""
    return _Output(file=sys.stdout)


def complain(message: str) -> None:
    """One line on standard error."""
    Console(stderr=True, soft_wrap=True).print(f"evse-rig: {message}", markup=False, highlight=False)
