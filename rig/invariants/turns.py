"""Nobody waits for longer than the turns of the others take."""

from __future__ import annotations

import math

from emulators.pilot.proximity import rating_of
from rig.bench.seen import Seen
from rig.invariants.base import Invariant
from rig.invariants.facts import Car, Facts
from rig.invariants.offers import CHAMELEON_A, LEARNT_AFTER_S, LEAST_A
from rig.kit.balancing import PAUSED_S

# O-71: who was offered something and drew less than 1 A for 60 s takes no turns until it draws.
IDLE_A, IDLE_S = 1.0, 60.0


class Turns(Invariant):
    """A session that wants current, and could have it if it were alone, waits no longer than O-19 says.

    ⌈sessions / served at a time⌉ − 1 periods, and a probe for each session; behind a meter also the time in which a
    limit comes back. While a station goes by its safe current, what somebody could have alone is not known.
    """

    clause = "ALT-020"
    what = "how long a session waits while another one is served"
    promised = "no longer than the turns of the others and their probes"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self._since_s: dict[int, float] = {}
        self._idle_since_s: dict[int, float] = {}
        self._out: set[int] = set()
        """Who takes no turns: those that could charge and did not, until they do, and those with a faulty pilot.

        Nobody has to give anything to a car that wants ventilation, not even when it no longer asks for it.
        """

    @property
    def applies(self) -> bool:
        """See Invariant."""
        return self.facts.period_s is not None and len(self.facts.orders) > 1

    def lasted(self, from_s: float, to_s: float, seen: Seen) -> None:
        """See Invariant."""
        for socket in seen.sockets:
            self._look(socket, from_s, to_s, seen)
        wanting = [socket for socket in seen.sockets if self._wants(socket, seen)]
        served = [socket for socket in wanting if seen.offered_a(socket) > 0.0]
        for socket in seen.sockets:
            car = self.facts.car(socket)
            waits = socket in wanting and socket not in served and served
            if not waits or car is None or self.unheard or self._left_a(socket, car, seen) < _needs_a(car):
                self._since_s.pop(socket, None)
                continue
            since_s = self._since_s.setdefault(socket, from_s)
            most_s = self._most_s(len(wanting), len(served))
            if to_s - since_s > most_s:
                self._broke(since_s + most_s, f"socket {socket} waits since {since_s:g} s, longer than {most_s:g} s")

    def _look(self, socket: int, from_s: float, to_s: float, seen: Seen) -> None:
        """Whether it takes part (O-71). What a faulty pilot has done to a session lasts until it ends."""
        faulty = self.facts.faulty(socket) or seen.pilot(socket).startswith("D")
        draws = seen.pilot(socket) == "C2" and max(seen.drawn_a(socket)) >= IDLE_A
        if faulty:
            self._out.add(socket)
        elif draws or self.facts.car(socket) is None or seen.pilot(socket).startswith("A"):
            self._out.discard(socket)
        if draws or not seen.offered_a(socket):
            self._idle_since_s.pop(socket, None)
        elif to_s - self._idle_since_s.setdefault(socket, from_s) >= IDLE_S:
            self._out.add(socket)

    def _wants(self, socket: int, seen: Seen) -> bool:
        car = self.facts.car(socket)
        return car is not None and car.willing and socket not in self._out and seen.pilot(socket)[:1] in ("B", "C")

    def _left_a(self, socket: int, car: Car, seen: Seen) -> float:
        """What there would be for it alone."""
        limits = [self.facts.caps_a.get(socket, math.inf), rating_of(car.spec.pp_ohm) or 0.0]
        limits.append(math.inf if self.facts.station_a is None else self.facts.station_a)
        if self.facts.grid_a is not None:
            house_a = seen.house_a()
            limits += [self.facts.grid_a - house_a[phase] for phase in self.facts.phases(socket, car)]
        return min(limits)

    def _most_s(self, sessions: int, served: int) -> float:
        turns = math.ceil(sessions / served) - 1
        probes_s = sessions * (self.facts.probing_s + LEARNT_AFTER_S) if self.facts.probing_s else 0.0
        returns_s = 0.0 if self.facts.grid_a is None else PAUSED_S
        return turns * (self.facts.period_s or 0.0) + probes_s + returns_s + self.facts.uncertainty_s + 1.0


def _needs_a(car: Car) -> float:
    """A car that needs more than 6 A is one of 14 A to the station, whatever it needs exactly; one that draws mostly
    reactive current at first does not charge at 6 A either.
    """
    plain = car.spec.min_a <= LEAST_A and not car.spec.power_factor
    return LEAST_A if plain else max(CHAMELEON_A, car.spec.min_a)
