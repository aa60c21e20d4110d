"""Currents per phase as a user types them: `L1=10A`, `L2=2.5`, `all=6`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rig.errors import ConfigurationError

_SETTING = re.compile(r"(L[123]|all)=([0-9]{1,6}(?:\.[0-9]{1,6})?)A?", re.IGNORECASE)


def with_settings(current_a: tuple[float, ...], settings: Iterable[str]) -> tuple[float, ...]:
    """`current_a` (L1 first, one value per phase of the meter) changed by settings, in their order.

    Raises ConfigurationError for a setting that cannot be read and for a phase that the meter does not have.
    """
    changed = list(current_a)
    for setting in settings:
        match = _SETTING.fullmatch(setting)
        if match is None:
            raise ConfigurationError(
                f"{setting!r} is no current: write a phase and 0 A or more, e.g. L1=10A, L2=2.5 or all=6"
            )
        name, value = match[1].lower(), float(match[2])
        if name == "all":
            changed = [value] * len(changed)
            continue
        phase = int(name[1:]) - 1
        if phase >= len(changed):
            raise ConfigurationError(f"{setting!r}: a one-phase meter has only L1")
        changed[phase] = value
    return tuple(changed)


def spelled(current_a: Iterable[float]) -> str:
    """Currents for a status line: `L1 +10.00 A  L2 -2.50 A`."""
    return "  ".join(f"L{phase} {a:+.2f} A" for phase, a in enumerate(current_a, 1))
