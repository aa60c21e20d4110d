"""Conditions of a scenario, put to what is seen. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from rig.bench.seen import Seen
from rig.scenario.form import Condition, Range, quantity_of

# Less is the noise of a meter, not a load.
LOADED_FROM_A = 0.5
_MEASURE: Mapping[str, Callable[[Seen, int], Any]] = {
    "offered_a": lambda seen, socket: seen.offered_a(socket),
    "drawn_a": lambda seen, socket: max(seen.drawn_a(socket)),
    "total_offered_a": lambda seen, _socket: sum(map(seen.offered_a, seen.sockets)),
    "grid_a": lambda seen, _socket: max(seen.grid_a()),
    "loaded_phases": lambda seen, socket: sum(a >= LOADED_FROM_A for a in seen.drawn_a(socket)),
    "charging": lambda seen, _socket: sum(seen.closed(n) and seen.offered_a(n) > 0.0 for n in seen.sockets),
    "pilot": Seen.pilot,
    "contactor": lambda seen, socket: "closed" if seen.closed(socket) else "open",
    "display": lambda seen, socket: str(seen.field("display", "text", socket) or ""),
    "led": lambda seen, socket: str(seen.field("led", "pattern", socket) or ""),
    "log": lambda seen, _socket: "; ".join(seen.said),
    "limit_source": lambda seen, socket: str(seen.field("limit", "source", socket) or ""),
    "refusal": lambda seen, _socket: str(seen.field("configured", "refusal") or ""),
}
_IN_AMPERES = ("offered_a", "drawn_a", "total_offered_a", "grid_a")
_OF_ONE_SOCKET = ("offered_a", "drawn_a", "loaded_phases", "pilot", "contactor", "display", "led", "limit_source")


class Asked:
    """A condition that can be put to what is seen.

    `below_a` and `above_a` are how far a single value may be off where the condition gives no tolerance.
    """

    def __init__(self, condition: Condition, below_a: float, above_a: float) -> None:
        self.condition = condition
        self.name, self._wanted = quantity_of(condition)
        self._below_a = self._above_a = condition.tolerance_a
        if condition.tolerance_a is None:
            self._below_a, self._above_a = below_a, above_a

    def value(self, seen: Seen) -> Any:
        """What is so now."""
        return _MEASURE[self.name](seen, self.condition.socket)

    @property
    def in_amperes(self) -> bool:
        """Whether it is a current."""
        return self.name in _IN_AMPERES

    @property
    def bounds_a(self) -> tuple[float, float | None, float | None]:
        """A value, and how far below and above it may be; None: any distance. Of a current."""
        wanted = self._wanted
        if not isinstance(wanted, Range):
            return wanted, self._below_a, self._above_a
        if wanted.at_least is None:
            return wanted.at_most or 0.0, None, 0.0
        return wanted.at_least, 0.0, None if wanted.at_most is None else wanted.at_most - wanted.at_least

    def holds(self, seen: Seen) -> bool:
        """Whether it is so now."""
        value, wanted = self.value(seen), self._wanted
        if self.in_amperes:
            limit_a, below_a, above_a = self.bounds_a
            low = below_a is None or round(value - (limit_a - below_a), 6) >= 0.0
            return low and (above_a is None or round(limit_a + above_a - value, 6) >= 0.0)
        if self.name == "log":
            return any(re.search(wanted, text) for text in seen.said)
        if self.name in _PATTERNS:
            return re.search(wanted, value) is not None
        return bool(value in wanted if isinstance(wanted, tuple) else value == wanted)

    @property
    def where(self) -> str:
        """On which socket, if it is about one."""
        return f" on socket {self.condition.socket}" if self.name in _OF_ONE_SOCKET else ""

    def __str__(self) -> str:
        """In words: offered 12.5 A on socket 2."""
        unit = " A" if self.in_amperes else ""
        return f"{self.name.removesuffix('_a').replace('_', ' ')} {self._wanted_in_words()}{unit}{self.where}"

    def _wanted_in_words(self) -> str:
        wanted = self._wanted
        if isinstance(wanted, Range):
            sides = (("at least", wanted.at_least), ("at most", wanted.at_most))
            return " and ".join(f"{word} {a:g}" for word, a in sides if a is not None)
        if isinstance(wanted, tuple):
            return " or ".join(wanted)
        if isinstance(wanted, float):
            return f"{wanted:g}"
        return repr(wanted) if self.name in _PATTERNS else str(wanted)


_PATTERNS = ("display", "log", "refusal")


def said_of(asked: Asked, seen: Seen) -> str:
    """What is so now, in words."""
    value = asked.value(seen)
    return f"{value:g} A" if asked.in_amperes else str(value) or "nothing"
