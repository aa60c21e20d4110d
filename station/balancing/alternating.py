"""Alternating: whose turn it is when there is too little for all. Pure.

Sessions stand in a queue. The allocator serves them in its order, passes over who does not fit, and divides what is
left as ever. When the period is over, those whose turn it was go to the back, in that order (O-17, X-02). The queue is
first in, first out, and begins with the highest socket (ALT-008, X-04).

When a session begins or ends or a limit changes, the plan is made anew at once: who is being served comes first and
keeps the rest of the turn, then come the others in the order of the queue (O-18). Who is let in so has not had a turn
yet when the period ends; only when all whose turn it was have left, a new one begins. So the first in the queue is
served when the next period begins, whatever happened, and nobody waits for more periods than there are sessions before
(O-19).

While there is enough for all, and during a probe (O-16), no turn is running. It is taken up again where it was left,
so that a limit that swings around what all need does not favour the same one for ever. After a whole period of plenty
it is forgotten.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from station.balancing.allocator import Claim, Limit, alone_da, served

PERIOD_S = 900.0  # ALT-011
SHORTEST_S, LONGEST_S = 60.0, 36_000.0  # ALT-013, ALT-014


@dataclass(slots=True)
class _Turn:
    """The queue, and the turn that runs or stands still in it."""

    queue: list[int] = field(default_factory=list)
    served: frozenset[int] = frozenset()
    had_it: frozenset[int] = frozenset()  # served when the turn began
    ends_s: float | None = None  # while it runs
    left_s: float | None = None  # while it stands still; neither before the first one
    plenty_since_s: float | None = None

    def line_up(self, sockets: set[int]) -> None:
        """New sessions join at the back, the highest socket first; before the first turn all of them are new."""
        begun = self.ends_s is not None or self.left_s is not None
        self.queue = [socket for socket in self.queue if socket in sockets] if begun else []
        self.queue += sorted(sockets.difference(self.queue), reverse=True)
        self.served &= sockets
        self.had_it &= sockets

    def run(self, now_s: float, now_served: frozenset[int], period_s: float) -> None:
        """It goes on, or begins: also when all whose turn it was have left."""
        self.served = now_served
        if not self.had_it:
            self.had_it = now_served
            self.ends_s = now_s + period_s
        elif self.left_s is not None:
            self.ends_s = now_s + self.left_s
        self.left_s = self.plenty_since_s = None

    def stand_still(self, now_s: float) -> None:
        if self.ends_s is not None:
            self.left_s, self.ends_s = self.ends_s - now_s, None


class Alternating:
    """The order in which the sockets in use are served. Raises ValueError for a period out of range.

    `alternating` holds as of the last step: some wait for their turn.
    """

    def __init__(self, period_s: float = PERIOD_S) -> None:
        if not SHORTEST_S <= period_s <= LONGEST_S:
            raise ValueError(f"an alternating period of {period_s} s; {SHORTEST_S:.0f} to {LONGEST_S:.0f} s, please")
        self._period_s = period_s
        self._claims: Sequence[Claim] = ()
        self._limits: Sequence[Limit] = ()
        self._turn = _Turn()
        self.alternating = False

    def step(
        self, now_s: float, claims: Sequence[Claim], limits: Sequence[Limit], probed: Collection[int] = ()
    ) -> list[Claim]:
        """The claims with the priority they have from `now_s` on. Those of `probed` sockets come before all others."""
        self._end_turns(now_s)
        self._claims, self._limits = claims, limits
        if not claims or self._plenty_for_long(now_s):
            self._turn = _Turn()
        turn = self._turn
        plan = self._plan(probed)
        now_served = served(plan, limits)
        # Who could not charge if it were alone does not wait for a turn.
        self.alternating = any(c.socket not in now_served and alone_da(c, limits) for c in claims)
        if probed or not self.alternating:
            turn.stand_still(now_s)
        else:
            turn.run(now_s, now_served, self._period_s)
        if not self.alternating and turn.plenty_since_s is None:
            turn.plenty_since_s = now_s
        return plan

    def next_deadline_s(self) -> float | None:
        """When the turn ends; None when none is running."""
        return self._turn.ends_s

    def _plenty_for_long(self, now_s: float) -> bool:
        since_s = self._turn.plenty_since_s
        return since_s is not None and now_s >= since_s + self._period_s

    def _plan(self, probed: Collection[int] = ()) -> list[Claim]:
        turn = self._turn
        turn.line_up({claim.socket for claim in self._claims})
        order = sorted(turn.queue, key=lambda socket: (socket not in probed, socket not in turn.served))
        priority = {socket: number for number, socket in enumerate(order)}
        return [replace(claim, priority=priority[claim.socket]) for claim in self._claims]

    def _end_turns(self, now_s: float) -> None:
        """Let turns end at their own time, also when the step comes late."""
        turn = self._turn
        while turn.ends_s is not None and turn.ends_s <= now_s:
            turn.queue.sort(key=lambda socket: socket in turn.had_it)
            turn.served = frozenset()
            turn.served = turn.had_it = served(self._plan(), self._limits)
            turn.ends_s += self._period_s
