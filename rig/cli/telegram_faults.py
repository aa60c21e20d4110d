"""Faults of meters that send by themselves: what is wrong with their telegrams, for so many of them or for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from emulators.errors import BadConfiguration
from rig.cli.commands import Command
from rig.errors import ConfigurationError

Corrupt = Callable[[bytes, int], bytes]
"""From a telegram and its running number, from 1, to the bytes that are sent instead."""


@dataclass(frozen=True, slots=True)
class TelegramFault:
    """What makes the fault, and what it does in words."""

    make: Callable[[], Corrupt]
    words: str


class TelegramFaults:
    """The fault that is on a meter. `what` is one of its telegrams in words.

    `begun` counts the telegrams that the meter has begun, `now` is the telegram that it would send at once, to see
    whether a fault finds what it damages, and `put` gives the meter its fault; None: none.
    """

    def __init__(
        self,
        table: Mapping[str, TelegramFault],
        what: str,
        *,
        begun: Callable[[], int],
        now: Callable[[], bytes],
        put: Callable[[Corrupt | None], None],
    ) -> None:
        self._table = table
        self._what = what
        self._begun = begun
        self._now = now
        self._put = put
        self._name = ""
        self._ends_after: int | None = None

    @property
    def command(self) -> Command:
        """What can be typed."""
        rows = [(f"fault {name} [COUNT]", fault.words) for name, fault in self._table.items()]
        return Command("fault", self._set, (*rows, ("fault off", f"{self._what}s as they should be")))

    @property
    def status(self) -> str:
        """What is wrong now, for a status line; nothing when all is well."""
        over = self._ends_after is not None and self._begun() >= self._ends_after
        return "" if over or not self._name else f"fault {self._name}{self._left()}"

    def _set(self, words: list[str]) -> str:
        name, *count = words or [""]
        if (name, count) == ("off", []):
            self._name = ""
            self._put(None)
            return f"{self._what}s are as they should be"
        if name not in self._table:
            raise ConfigurationError(f"there is no fault {name!r}; there is off, {', '.join(self._table)}")
        ends_after = check_count(name, count, self._what)
        fault, begun = self._table[name], self._begun()
        try:
            fault.make()(self._now(), 1)
        except BadConfiguration as error:
            raise ConfigurationError(f"fault {name}: {error}") from None
        self._name = name
        self._ends_after = None if ends_after is None else begun + ends_after
        self._put(during(where_possible(fault.make()), begun + 1, self._ends_after))
        return f"fault {name}{self._left()}: {fault.words}"

    def _left(self) -> str:
        return "" if self._ends_after is None else f", {self._ends_after - self._begun()} to go"


def check_count(name: str, words: list[str], what: str) -> int | None:
    """How many telegrams (`what`) a fault is to last, from the words behind it; None: for good.

    Raises ConfigurationError for anything but a number from 1 on.
    """
    if len(words) > 1 or not all(word.isdecimal() and int(word) > 0 for word in words):
        raise ConfigurationError(f"how many {what}s? Write fault {name} 3, or fault {name} for all from now on")
    return int(words[0]) if words else None


def during(fault: Corrupt, first: int, last: int | None) -> Corrupt:
    """The fault for telegrams `first` to `last` (both included; None: for good), the others as they are."""

    def apply(telegram: bytes, number: int) -> bytes:
        return fault(telegram, number) if first <= number and (last is None or number <= last) else telegram

    return apply


def where_possible(fault: Corrupt) -> Corrupt:
    """The fault, but a telegram without the part to be damaged (a short frame, say) stays as it is."""

    def apply(telegram: bytes, number: int) -> bytes:
        try:
            return fault(telegram, number)
        except BadConfiguration:
            return telegram

    return apply
