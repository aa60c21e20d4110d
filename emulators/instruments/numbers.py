"""How instruments write numbers."""

from __future__ import annotations

from collections.abc import Sequence

# SCPI-99 volume 1, 7.2.1.5: "not a number", which instruments answer when there is nothing to measure.
NOTHING = 9.9e37


def nr3(value: float | None) -> str:
    """A measured value in NR3 form; None: there is nothing to measure."""
    return f"{NOTHING if value is None else value:+.6E}"


def nr3_list(values: Sequence[float]) -> str:
    """Several measured values in one answer, separated by commas."""
    return ",".join(map(nr3, values))
