"""What every invariant has: a clause, a promise, and the first moment at which it did not hold."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

from rig.bench.seen import Seen
from rig.invariants.facts import Facts


class Broken(NamedTuple):
    """When it did not hold any more, in seconds of the run, and what was seen."""

    at_s: float
    seen: str


class Invariant(ABC):
    """Told of every stretch of time in which nothing changed. `broken` is the first finding, None while it holds."""

    clause: ClassVar[str]
    what: ClassVar[str]
    promised: ClassVar[str]

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.broken: Broken | None = None
        self.unheard = False
        """Whether the station cannot know what the meter says."""

    @property
    def applies(self) -> bool:
        """Whether the bench has what it is about."""
        return True

    @abstractmethod
    def lasted(self, from_s: float, to_s: float, seen: Seen) -> None:
        """What is `seen` has been so from `from_s` to `to_s`, which is later."""

    def _broke(self, at_s: float, seen: str) -> None:
        if self.broken is None:
            self.broken = Broken(round(at_s, 6), seen)
