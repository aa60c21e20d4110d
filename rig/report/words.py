"""Verdicts in words: how a promise, a measurement and a margin read in the report, the terminal and `junit.xml`."""

from __future__ import annotations

import math
import re
from typing import Any

from rig.verdicts import Outcome, Verdict

# A sign beside each word, so that colour never carries a verdict alone.
SIGN: dict[Outcome, str] = {"pass": "✓", "fail": "✗", "inconclusive": "≈", "not-testable": "○", "error": "!"}

# Characters that XML 1.0 forbids, that terminals obey, or that turn the direction of reading.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
_LARGE = 1e12


def printable(text: str) -> str:
    """The text with control characters, lone surrogates and bidirectional overrides as visible escapes (`\\x1b`)."""
    return _UNPRINTABLE.sub(lambda found: _escape(ord(found[0])), text)


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def number(value: float) -> str:
    """A number without needless digits: at most six decimals, a true minus sign."""
    if not math.isfinite(value):
        return "unbounded"
    if abs(value) >= _LARGE:
        return f"{value:.6g}".replace("-", "−")
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text in ("0", "-0") else text.replace("-", "−")


def quantity(value: Any, unit: str = "") -> str:
    """A number with its unit, a text as it is; a dash when there is neither."""
    if value is None:
        return "—"
    if not _is_number(value):
        return printable(str(value))
    return f"{number(value)} {printable(unit)}" if unit else number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def promised(verdict: Verdict) -> str:
    """What the document promises: `at most 2 s` when only one side is bounded, else the value itself."""
    value = quantity(verdict.limit, verdict.unit)
    if not isinstance(verdict.limit, int | float):
        return value
    if verdict.tolerance_late is None and verdict.tolerance_early is not None:
        return f"at least {value}"
    if verdict.tolerance_early is None and verdict.tolerance_late is not None:
        return f"at most {value}"
    return value


def measured(verdict: Verdict) -> str:
    """What was measured, with its uncertainty when there is one."""
    value = quantity(verdict.measured, verdict.unit)
    return f"{value} ± {number(verdict.uncertainty)}" if verdict.uncertainty else value


def tolerance(verdict: Verdict) -> str:
    """How far the measurement may lie from the promise, as `−0 / +1 s`."""
    if not isinstance(verdict.limit, int | float):
        return "—"
    early, late = verdict.tolerance_early, verdict.tolerance_late
    if early is None or late is None:
        bound = late if early is None else early
        return "none" if not bound else f"{'+' if early is None else '−'}{quantity(bound, verdict.unit)}"
    if not early and not late:
        return "none"
    return f"−{number(early)} / +{quantity(late, verdict.unit)}"


def margin(verdict: Verdict) -> str:
    """The distance to the nearer edge of what is allowed, signed."""
    if verdict.margin is None:
        return "—"
    return ("+" if verdict.margin > 0 else "") + quantity(verdict.margin, verdict.unit)


def evidence(verdict: Verdict) -> list[tuple[str, str]]:
    """The evidence as pairs of a readable name and a value with the unit that the key's ending names.

    `from_s` beside a text `from` becomes one pair: when, and what it was.
    """
    pairs: dict[str, str] = {}
    for key, value in verdict.evidence.items():
        name, shown = _named(key, value)
        pairs[name] = f"{pairs[name]} ({shown})" if name in pairs else shown
    return list(pairs.items())


_UNITS = {"_at_s": "s", "_s": "s", "_a": "A", "_pct": "%", "_v": "V", "_w": "W"}


def _named(key: str, value: Any) -> tuple[str, str]:
    for ending, unit in _UNITS.items():
        if (value is None or _is_number(value)) and key.endswith(ending) and key != ending:
            name = key.removesuffix(ending)
            return printable(name.replace("_", " ") + (" at" if ending == "_at_s" else "")), quantity(value, unit)
    return printable(key.replace("_", " ")), quantity(value)


def sentence(verdict: Verdict) -> str:
    """One line that tells the whole verdict; for `junit.xml` and logs."""
    parts = [f"{printable(verdict.clause)} {verdict.verdict}: {printable(verdict.what)}"]
    if not unseen(verdict):
        parts += [f"promised {promised(verdict)}", f"measured {measured(verdict)}"]
    if verdict.margin is not None:
        parts.append(f"margin {margin(verdict)}")
    if verdict.verdict != "pass":
        parts += [f"{name} {value}" for name, value in evidence(verdict)]
    return "; ".join(parts)


def unseen(verdict: Verdict) -> bool:
    """Is there nothing to compare, because the clause could not be judged? The evidence says why."""
    return verdict.measured is None and verdict.limit is None


def duration(seconds: float) -> str:
    """A span of time for people: `34.2 s`, `12 min`, `21 h 40 min`."""
    if seconds < 120:
        return f"{number(round(seconds, 1 if seconds >= 10 else 3))} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
