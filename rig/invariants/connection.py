"""No phase carries more than it may: of the connection that the meter watches, and of the station.

What counts is what a car draws and was offered: what it takes beyond its offer is for over-current protection to end
(OCP), which has times of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from rig.bench.phases import STRAIGHT, to_grid
from rig.bench.seen import Seen
from rig.clauses.timings import timing
from rig.invariants.base import Invariant
from rig.invariants.facts import Facts
from rig.kit.balancing import PWM_STEP_A

CAR_FOLLOWS_S = timing("M3-001.car-follows").value_s
LOOP_S = timing("ALB-GEN-004").value_s
# Less is the noise of a meter, not a load.
LOADED_FROM_A = 0.5
_PHASES = range(3)
_NEVER = float("inf")


class _Lately:
    """The highest of what was allowed within the last `window_s`, phase by phase."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._past: deque[tuple[float, tuple[float, ...]]] = deque()

    def allow(self, to_s: float, now_a: tuple[float, ...]) -> None:
        """This was allowed until `to_s`."""
        if self._past and self._past[-1][1] == now_a:
            self._past.pop()
        self._past.append((to_s, now_a))

    def highest_a(self, at_s: float) -> tuple[float, ...]:
        """What counts at `at_s`."""
        while self._past[0][0] < at_s - self._window_s:
            self._past.popleft()
        return tuple(max(allowed[phase] for _, allowed in self._past) for phase in _PHASES)


class _TakenUp:
    """Cars that take up another phase while they charge: which ones a car loads is not known before (PRB-004)."""

    def __init__(self) -> None:
        self._since_s: dict[tuple[int, int], float] = {}
        """Since when each terminal of each socket is loaded."""

    def lately(self, from_s: float, to_s: float, seen: Seen) -> set[tuple[int, int]]:
        """The terminals with a load that the station cannot have answered by `to_s`."""
        for socket in seen.sockets:
            for terminal, a in enumerate(seen.drawn_a(socket)):
                if a < LOADED_FROM_A:
                    self._since_s.pop((socket, terminal), None)
                else:
                    self._since_s.setdefault((socket, terminal), from_s)
        first_s: dict[int, float] = {}
        for (socket, _), since_s in self._since_s.items():
            first_s[socket] = min(since_s, first_s.get(socket, since_s))
        return {
            (socket, terminal)
            for (socket, terminal), since_s in self._since_s.items()
            if since_s > first_s[socket] and to_s - since_s <= LOOP_S + CAR_FOLLOWS_S
        }


def offered_and_drawn_a(facts: Facts, seen: Seen, but: Collection[tuple[int, int]] = ()) -> tuple[float, ...]:
    """Per phase of the grid, what all cars draw as far as it was offered to them, `but` at some terminals."""
    total = [0.0, 0.0, 0.0]
    for socket in seen.sockets:
        offered_a = seen.offered_a(socket)
        counted = [
            0.0 if (socket, terminal) in but else min(a, offered_a) for terminal, a in enumerate(seen.drawn_a(socket))
        ]
        taken = to_grid(counted, facts.orders.get(socket, STRAIGHT))
        total = [a + b for a, b in zip(total, taken, strict=True)]
    return tuple(total)


class Connection(Invariant):
    """The cars never draw more from a phase of the connection than house and limit left it lately.

    Lately: in the time that a decrease takes, two intervals of the meter (to look and to tell), one control loop, and
    the 5 s that lie between two changes of the pilot or that a car takes to follow. While the meter is not heard the
    safe current counts instead, which the house knows nothing of: nothing is judged then.
    """

    clause = "ALB-GEN-008"
    what = "current of a phase of the connection, at any time"
    promised = "within its limit once the time for a decrease is over"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self._lately = _Lately(2 * facts.interval_s + LOOP_S + CAR_FOLLOWS_S + facts.uncertainty_s)
        self._taken_up = _TakenUp()
        self._began_s: float | None = None

    @property
    def applies(self) -> bool:
        """See Invariant."""
        return self.facts.grid_a is not None

    def lasted(self, from_s: float, to_s: float, seen: Seen) -> None:
        """See Invariant."""
        if self._began_s is None:
            # What was allowed before is not known.
            self._began_s = from_s
            self._lately.allow(from_s, (_NEVER,) * 3)
        limit_a = _NEVER if self.unheard or self.facts.grid_a is None else self.facts.grid_a
        self._lately.allow(to_s, tuple(max(0.0, limit_a - house_a) for house_a in seen.house_a()))
        allowed = self._lately.highest_a(to_s)
        taken = offered_and_drawn_a(self.facts, seen, self._taken_up.lately(from_s, to_s, seen))
        for phase in _PHASES:
            off_a = self.facts.error_a + PWM_STEP_A + len(seen.sockets) * self.facts.seen_error_a
            if taken[phase] > allowed[phase] + off_a:
                self._broke(
                    to_s, f"the cars draw {taken[phase]:g} A on L{phase + 1}, where {allowed[phase]:g} A are left"
                )


class StationLimit(Invariant):
    """The sockets together never draw more from a phase than the station may, once a car has had time to follow."""

    clause = "SLB-005"
    what = "current of a phase of the station, at any time"
    promised = "within Station-MaxCurrent"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self._over_since_s: float | None = None

    @property
    def applies(self) -> bool:
        """See Invariant."""
        return self.facts.station_a is not None and len(self.facts.orders) > 1

    def lasted(self, from_s: float, to_s: float, seen: Seen) -> None:
        """See Invariant."""
        limit_a = (self.facts.station_a or 0.0) + len(self.facts.orders) * (PWM_STEP_A + self.facts.seen_error_a)
        taken_a = max(offered_and_drawn_a(self.facts, seen))
        if taken_a <= limit_a:
            self._over_since_s = None
            return
        if self._over_since_s is None:
            self._over_since_s = from_s
        if to_s - self._over_since_s > CAR_FOLLOWS_S + self.facts.uncertainty_s:
            self._broke(self._over_since_s, f"{taken_a:g} A on one phase, {self.facts.station_a:g} A are the station's")
