"""Whether the station can know what the meter says: the meter is well, and has spoken since the station is on."""

from __future__ import annotations

from rig.invariants.facts import Facts
from rig.timeline import Event

_FAULTS = ("break", "fault")
_SAYS = ("telegram", "request")
KINDS = (*_FAULTS, *_SAYS, "reboot", "link")


class Hearing:
    """`hear` every event of `KINDS`; `possible` holds from then on."""

    def __init__(self, facts: Facts) -> None:
        self._found_s = facts.found_s
        self._wrong = 0
        self._off = False
        self._hears_from_s: float | None = None
        """After a reboot, from when on what the meter says is heard; None once it has spoken."""

    @property
    def possible(self) -> bool:
        """Until the first reading after a reboot the station goes by its safe current (ALB-GEN-014)."""
        return not (self._wrong or self._off or self._hears_from_s is not None)

    def hear(self, event: Event) -> None:
        """The next event."""
        if event.kind in _FAULTS:
            self._wrong += 1 if event.data.get("on") else -1
        elif event.kind == "reboot":
            self._off = True
        elif event.kind == "link":
            if self._off and event.data.get("up"):
                self._off, self._hears_from_s = False, event.at_s + self._found_s
        elif self._hears_from_s is not None and event.at_s >= self._hears_from_s and _well(event):
            self._hears_from_s = None


def _well(event: Event) -> bool:
    return bool(event.data.get("answer", "ok") == "ok")
