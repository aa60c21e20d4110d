"""Where the commands write: results on standard output, and what went wrong in one line on standard error."""

from __future__ import annotations

import sys

from rich.console import Console


def output() -> Console:
    """Standard output as it is now, whatever it is redirected to later."""
    return Console(file=sys.stdout)


def complain(message: str) -> None:
    """One line on standard error."""
    Console(stderr=True, soft_wrap=True).print(f"evse-rig: {message}", markup=False, highlight=False)
