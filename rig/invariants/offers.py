"""Offers that must not be made: between 0 and 6 A to anybody, and below 14 A to a car that is known to need them."""

from __future__ import annotations

from rig.bench.seen import Seen
from rig.clauses.timings import limit
from rig.invariants.base import Invariant
from rig.invariants.facts import Car, Facts
from rig.kit.balancing import PWM_STEP_A

LEAST_A = limit("M3-002").value
CHAMELEON_A = limit("PRB-003").value
# A classifier that steps down after the minute takes 10 s more (O-10), and the minute may be 2 s longer (O-11).
LEARNT_AFTER_S = 12.0


class Offers(Invariant):
    """Nothing between 0 and 6 A is ever offered."""

    clause = "M3-002"
    what = "offers between 0 and 6 A, at any time"
    promised = f"0 A, or {LEAST_A:g} A and more"

    def lasted(self, from_s: float, to_s: float, seen: Seen) -> None:  # noqa: ARG002
        """See Invariant."""
        for socket in seen.sockets:
            offered_a = seen.offered_a(socket)
            if 0.0 < offered_a < LEAST_A - PWM_STEP_A:
                self._broke(from_s, f"{offered_a:g} A offered on socket {socket}")


def needs_14_a(car: Car | None) -> bool:
    """Whether the bench put in a car that needs 14 A and shows it by its power factor, as O-10 reads it."""
    if car is None or car.spec.min_a < CHAMELEON_A:
        return False
    return car.spec.filter_a > 0.0 or bool(car.spec.power_factor)


class Needs14A(Invariant):
    """A car that needs 14 A is offered at least that, or nothing, once a whole minute of probing has shown it.

    A minute with less than 14 A shows nothing (O-15).
    """

    clause = "PRB-008"
    what = "offers to cars that were probed and need 14 A, while they charge"
    promised = f"0 A, or {CHAMELEON_A:g} A and more"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self._probed_s: dict[int, float] = {}
        """For how long each car has had the full current in one go, up to the whole minute."""
        self._learnt_s: dict[int, float] = {}
        """When the minute of each car was over."""

    @property
    def applies(self) -> bool:
        """See Invariant."""
        return self.facts.probing_s > 0.0

    def lasted(self, from_s: float, to_s: float, seen: Seen) -> None:
        """See Invariant."""
        for socket in seen.sockets:
            state, offered_a = seen.pilot(socket), seen.offered_a(socket)
            if state.startswith("A") or not needs_14_a(self.facts.car(socket)):
                self._probed_s.pop(socket, None)
                self._learnt_s.pop(socket, None)
            elif socket not in self._learnt_s:
                self._probe(socket, state, offered_a, from_s, to_s)
            elif state == "C2" and 0.0 < offered_a < CHAMELEON_A - PWM_STEP_A:
                since_s = max(from_s, self._learnt_s[socket] + LEARNT_AFTER_S)
                if since_s < to_s:
                    self._broke(since_s, f"{offered_a:g} A offered on socket {socket}")

    def _probe(self, socket: int, state: str, offered_a: float, from_s: float, to_s: float) -> None:
        whole = state == "C2" and offered_a >= CHAMELEON_A - PWM_STEP_A
        before_s = self._probed_s.get(socket, 0.0)
        self._probed_s[socket] = before_s + to_s - from_s if whole else 0.0
        if self._probed_s[socket] >= self.facts.probing_s:
            self._learnt_s[socket] = from_s + self.facts.probing_s - before_s
