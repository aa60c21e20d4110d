"""The contactor is closed only while the car asks for power and may have it."""

from __future__ import annotations

from rig.bench.seen import Seen
from rig.clauses.timings import late_tolerance_s, timing
from rig.invariants.base import Invariant
from rig.invariants.facts import Facts

CHARGING = ("C2", "D2")
_OPEN, _UNPLUGGED, _FORCED = (timing(f"M3-001.{name}") for name in ("contactor-open", "unplug-open", "c1-forced-open"))
# By the first letter of the pilot's state. The car may still draw in C1, D1, E and F: there the station may wait for it
# as long as the standard lets it wait in C1.
MAY_STAY_S = {
    "A": _UNPLUGGED.value_s,
    "B": _OPEN.value_s,
    **dict.fromkeys("CDEF", _FORCED.value_s + (late_tolerance_s(_FORCED) or 0.0)),
}


class ContactorOpens(Invariant):
    """Without state C2 or D2 it is not closed for longer than the standard gives it to open."""

    clause = "M3-001"
    what = "contactor closed without state C2 or D2, at any time"
    promised = "open in time: " + ", ".join(f"{letter} {may_s:g} s" for letter, may_s in MAY_STAY_S.items())

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self._since: dict[int, tuple[str, float]] = {}
        """In which state each socket has had its contactor closed, and since when."""

    def lasted(self, from_s: float, to_s: float, seen: Seen) -> None:
        """See Invariant."""
        for socket in seen.sockets:
            state = seen.pilot(socket)
            if not state or state in CHARGING or not seen.closed(socket):
                self._since.pop(socket, None)
                continue
            before, since_s = self._since.get(socket, ("", from_s))
            if before != state:
                since_s = from_s
            self._since[socket] = state, since_s
            may_s = MAY_STAY_S[state[0]] + self.facts.uncertainty_s
            if to_s - since_s > may_s + 1e-6:
                self._broke(since_s + may_s, f"closed in state {state} on socket {socket} for {to_s - since_s:g} s")
