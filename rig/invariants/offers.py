"""Offers that must not be made: between 0 and 6 A to anybody, and below 14 A to a car that is known to need them."""

from __future__ import annotations

import math

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
    """A car that needs 14 A is offered at least that, or nothing, once its minute of probing has shown it.

    A minute with less than 14 A shows nothing (O-15), so a session that did not begin with a whole one is let be.
    """

    clause = "PRB-008"
    what = "offers to cars that were probed and need 14 A, while they charge"
    promised = f"0 A, or {CHAMELEON_A:g} A and more"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self._charged_s: dict[int, float] = {}
        """For how long each session has had the full current since it began to charge; no number once it had less."""
        self._known_s: dict[int, float] = {}
        """From when on each car is known."""

    @property
    def applies(self) -> bool:
        """See Invariant."""
        return self.facts.probing_s > 0.0

    def lasted(self, from_s: float, to_s: float, seen: Seen) -> None:
        """See Invariant."""
        for socket in seen.sockets:
            if seen.pilot(socket).startswith("A") or not needs_14_a(self.facts.car(socket)):
                self._charged_s.pop(socket, None)
                self._known_s.pop(socket, None)
            elif seen.pilot(socket) == "C2":
                self._charges(socket, seen.offered_a(socket), from_s, to_s)
            elif not math.isnan(self._charged_s.get(socket, 0.0)):
                self._charged_s.pop(socket, None)  # a minute that was interrupted begins anew (O-13)

    def _charges(self, socket: int, offered_a: float, from_s: float, to_s: float) -> None:
        too_little = 0.0 < offered_a < CHAMELEON_A - PWM_STEP_A
        known_s = self._known_s.get(socket)
        if known_s is None:
            before_s = self._charged_s.get(socket, 0.0)
            self._charged_s[socket] = math.nan if too_little else before_s + to_s - from_s
            if self._charged_s[socket] >= self.facts.probing_s:
                self._known_s[socket] = from_s + self.facts.probing_s - before_s + LEARNT_AFTER_S
        elif too_little and max(from_s, known_s) < to_s:
            self._broke(max(from_s, known_s), f"{offered_a:g} A offered on socket {socket}")
