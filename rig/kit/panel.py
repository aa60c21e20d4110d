"""What the display and the LED of a station say, read from its own words for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from rig.bench import Outlet
from rig.case import Case

NOMINAL_V = 230.0
# Figures of power are truncated to this (O-53).
POWER_STEP_KW = 0.1
# A display and an LED may follow this much later than what they show: one control loop (O-52).
SHOWN_WITHIN_S = 1.0
WAITING_TEXT = "Chargepoint ready, waiting for power"

_POWERS = re.compile(r"(\d+(?:[.,]\d+)?)(?![\d.,]*\d)(?:\s*kW)?\D+?(\d+(?:[.,]\d+)?)\s*kW")


class Powers(NamedTuple):
    """The two figures of a display, kW: what is charged with (A), and the most the socket can give (B)."""

    now_kw: float
    most_kw: float


def powers_of(text: str) -> Powers | None:
    """The two powers that a text shows, such as `6.9 of 22.0 kW` or `6,9 / 22,0 kW`; None when it shows none."""
    found = _POWERS.search(text)
    if found is None:
        return None
    now, most = (float(figure.replace(",", ".")) for figure in found.groups())
    return Powers(now, most)


class Led(NamedTuple):
    """How an LED is to look: words of which each has to be in its pattern, and words that must not be.

    How fast it flashes, and the exact colours, no document says (UI-015, O-50).
    """

    has: tuple[str, ...]
    has_not: tuple[str, ...] = ()

    def fits(self, pattern: str) -> bool:
        """Whether a pattern is this."""
        return all(word in pattern for word in self.has) and not any(word in pattern for word in self.has_not)

    def __str__(self) -> str:
        return " ".join(self.has)


_CHANGING = ("flashing", "interrupted", "alternating")
# UI-002, UI-010, UI-011, PRB-023, SCM-010: what one socket can be in.
LEDS: Mapping[str, Led] = {
    "charging": Led(("dark blue", "steady"), _CHANGING),
    "probed": Led(("dark blue",), _CHANGING),
    "asked for less": Led(("dark blue", "flashing"), ("red",)),
    "paused": Led(("light blue", "flashing"), ("red",)),
    "suspended": Led(("blue", "flashing"), ("red",)),
    "over-current": Led(("red", "blue"), ("steady",)),
    "safe current": Led(("blue", "interrupted")),
}


def judge_led(rig: Case, outlet: Outlet, situation: str, *clauses: str, what: str = "") -> None:
    """The LED of a socket now, against what it has to be in this situation; `what` says when, in other words."""
    pattern = str(outlet.observed.field("led", "pattern"))
    for clause in clauses:
        rig.judge.holds(
            clause,
            f"LED of socket {outlet.number}: {what or situation}",
            holds=LEDS[situation].fits(pattern),
            seen=pattern,
            promised=str(LEDS[situation]),
            evidence={"at_s": rig.now_s()},
        )


def judge_text(rig: Case, outlet: Outlet, what: str, text: str, *clauses: str) -> None:
    """The display of a socket now, against a text of the documents; a full stop at its end is no difference."""
    shown = str(outlet.observed.field("display", "text"))
    for clause in clauses:
        rig.judge.holds(
            clause,
            f"{what}: display of socket {outlet.number}",
            holds=shown.rstrip(".") == text,
            seen=shown,
            promised=text,
            evidence={"at_s": rig.now_s()},
        )


def drawn_kw(outlet: Outlet) -> float:
    """What the car draws, as power at the nominal voltage, kW."""
    return sum(outlet.observed.drawn_a) * NOMINAL_V / 1000
