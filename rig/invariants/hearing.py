"""Whether the station can know what the meter says: the meter is well, and has spoken since the station is on."""

from __future__ import annotations

from rig.invariants.facts import Facts
from rig.timeline import Event

_FAULTS = ("break", "fault")
_SAYS = ("telegram", "request")
_CHANGES = (*_FAULTS, "reboot", "link")


class Hearing:
    """`hear` every event that `concerns` it; `possible` holds from then on. `facts` are those of the bench by now."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._wrong = 0
        self._off = False
        self._hears_from_s: float | None = None
        """After a reboot, from when on what the meter says is heard; None once it has spoken."""

    def concerns(self, event: Event) -> bool:
        """Whether it has to hear of it; most of what a meter says changes nothing."""
        return event.kind in _CHANGES or (event.kind in _SAYS and self._hears_from_s is not None)

    @property
    def possible(self) -> bool:
        """Until the first reading after a reboot the station goes by its safe current (ALB-GEN-014). One that does not
        listen to a meter needs none.
        """
        listens = self.facts.grid_a is not None
        return not listens or not (self._wrong or self._off or self._hears_from_s is not None)

    def hear(self, event: Event) -> None:
        """The next event."""
        if event.kind in _FAULTS:
            self._wrong += 1 if event.data.get("on") else -1
        elif event.kind == "reboot":
            self._off = True
        elif event.kind == "link":
            if self._off and event.data.get("up"):
                self._off, self._hears_from_s = False, event.at_s + self.facts.found_s
        elif self._hears_from_s is not None and event.at_s >= self._hears_from_s and _well(event):
            self._hears_from_s = None


def _well(event: Event) -> bool:
    return bool(event.data.get("answer", "ok") == "ok")
