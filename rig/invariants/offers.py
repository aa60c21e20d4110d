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
# O-12: less than that is not charging.
DRAWS_FROM_A = 1.0


class Offers(Invariant):
    """Nothing between 0 and 6 A is ever offered."""

    clause = "M3-002"
    what = "offers between 0 and 6 A, at any time"
    promised = f"0 A, or {LEAST_A:g} A and more"

    def lasted(self, from_s: float, to_s: float, seen: Seen) -> None:  # noqa: ARG002
        """See Invariant."""
        for socket in seen.sockets:
            offered_a = seen.offered_a(socket)
            if 0.0 < offered_a < LEAST_A - PWM_STEP_A - self.facts.seen_error_a:
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
            car = self.facts.car(socket)
            if car is None or seen.pilot(socket).startswith("A") or not needs_14_a(car):
                self._charged_s.pop(socket, None)
                self._known_s.pop(socket, None)
                continue
            self._learn(socket, car, seen, from_s, to_s)
            known_s = max(from_s, self._known_s.get(socket, math.inf))
            if known_s < to_s and seen.pilot(socket) == "C2" and self._too_little(seen.offered_a(socket)):
                self._broke(known_s, f"{seen.offered_a(socket):g} A offered on socket {socket}")

    def _learn(self, socket: int, car: Car, seen: Seen, from_s: float, to_s: float) -> None:
        """A minute that is interrupted, or in which the car does not draw, is made anew (O-12, O-13)."""
        before_s = self._charged_s.get(socket, 0.0)
        if from_s >= self._known_s.get(socket, math.inf) or math.isnan(before_s):
            return
        if not seen.offered_a(socket):
            self._known_s.pop(socket, None)  # broken off at the very end, where a classifier steps down
        elif socket in self._known_s:
            return
        draws = max(seen.drawn_a(socket)) > car.spec.filter_a + DRAWS_FROM_A
        if seen.pilot(socket) != "C2":
            self._charged_s.pop(socket, None)
        elif self._too_little(seen.offered_a(socket)):
            self._charged_s[socket] = math.nan
        elif not draws:
            self._charged_s.pop(socket, None)
        else:
            self._charged_s[socket] = before_s + to_s - from_s
            if self._charged_s[socket] >= self.facts.probing_s:
                self._known_s[socket] = from_s + self.facts.probing_s - before_s + LEARNT_AFTER_S

    def _too_little(self, offered_a: float) -> bool:
        return 0.0 < offered_a < CHAMELEON_A - PWM_STEP_A - self.facts.seen_error_a
