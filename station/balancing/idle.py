"""Sessions that could charge and do not: full cars, cars with a timer, cars that stopped by themselves (O-71). Pure.

A car that was offered something for 60 s and drew nothing takes no part in the turns any more. It is served after all
others, if there is room, and takes part again as soon as it draws. When nobody draws, all take part: one of them may
want to begin.

A car cannot say that it wants current while it is offered none. So one that has been offered nothing for an hour gets
one turn more, of which it uses no more than those 60 s if it is still full: otherwise a car on a timer, or one that was
slow once, would wait until the other one stops.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from station.balancing.allocator import Claim
from station.balancing.classifiers import Sample

IDLE_S = 60.0  # O-71
ASKED_AGAIN_S = 3600.0  # our own choice: a minute is little of an hour, and an hour is little of a night
LAST_PRIORITY = 1_000_000


class Idle:
    """Who draws nothing of what it is offered. `idle` holds as of the last step."""

    def __init__(self) -> None:
        self._since_s: dict[int, float] = {}  # since when it draws nothing of an offer
        self._without_s: dict[int, float] = {}  # since when one that is idle has been offered nothing
        self.idle: frozenset[int] = frozenset()

    def step(
        self,
        now_s: float,
        plugged: Sequence[int],
        claims: Sequence[Claim],
        offers_da: Mapping[int, int],
        samples: Mapping[int, Sample],
        probed: Collection[int] = (),
    ) -> tuple[list[Claim], list[Claim]]:
        """The claims that take turns, and those that come after them, from `now_s` on.

        `plugged` are the sockets with a session, `offers_da` what is signalled at the moment. Who is being `probed` is
        not idle, whatever it draws.
        """
        lasting = {socket for socket, since_s in self._since_s.items() if now_s >= since_s + IDLE_S}
        busy = {socket for socket, sample in samples.items() if sample.draws}.union(probed)
        asked = {socket for socket, since_s in self._without_s.items() if now_s >= since_s + ASKED_AGAIN_S}
        self.idle = frozenset((self.idle | lasting).intersection(plugged) - busy - asked)
        without = {socket for socket in self.idle if not offers_da.get(socket)}
        self._without_s = {socket: self._without_s.get(socket, now_s) for socket in without}
        wait = {
            socket for socket in plugged if offers_da.get(socket) and socket not in busy and socket not in self.idle
        }
        self._since_s = {socket: self._since_s.get(socket, now_s) for socket in wait}
        active = [claim for claim in claims if claim.socket not in self.idle]
        if not active:
            return list(claims), []
        return active, [replace(c, priority=LAST_PRIORITY) for c in claims if c.socket in self.idle]

    def next_deadline_s(self) -> float | None:
        """When the next session counts as idle, or no longer does."""
        idle_s = [since_s + IDLE_S for since_s in self._since_s.values()]
        asked_s = [since_s + ASKED_AGAIN_S for since_s in self._without_s.values()]
        return min(idle_s + asked_s, default=None)
