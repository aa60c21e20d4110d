"""Standard load balancing: current that one car leaves unused goes to the others, and back. Pure.

A car that has drawn more than 3 A less than it is offered for 180 s (SLB-007, SLB-008, X-52) keeps what it drew at most
in that time and 1 A more, but not less than its minimum (O-21). It gets its full share again when it has drawn nearly
all that it kept for 10 s, when its session is paused, and when nobody gains by it any more: where there is enough for
all, offers stay as high as they are (SLB-025).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from station.balancing.allocator import Claim, Limit, allocate
from station.units import MA_PER_DA

UNUSED_MA = 3000  # SLB-007: strictly more
UNUSED_S = 180.0  # SLB-007, X-52
KEPT_MA = 1000  # O-21
BACK_WITHIN_MA = 1000  # O-21
BACK_S = 10.0  # O-21
SOURCE = "unused"


@dataclass(slots=True)
class _Watched:
    unused_since_s: float | None = None
    most_ma: int = 0  # drawn since then
    kept_da: int | None = None  # once current was left unused for long enough
    needed_since_s: float | None = None

    def catch_up(self, now_s: float, minimum_da: int, unused_s: float) -> None:
        """What has lasted long enough by now, whatever is seen next."""
        if self.unused_since_s is not None and now_s >= self.unused_since_s + unused_s:
            self.kept_da = max(minimum_da, -(-(self.most_ma + KEPT_MA) // MA_PER_DA))  # rounded up
            self.unused_since_s = None
        if self.needed_since_s is not None and now_s >= self.needed_since_s + BACK_S:
            self.kept_da = self.needed_since_s = None

    def look(self, now_s: float, offer_ma: int, drawn_ma: int, shared: bool, unused_ma: int) -> None:
        """From now on so much is offered and drawn. `shared`: there are others who could use what is left."""
        granted_ma = offer_ma if self.kept_da is None else min(offer_ma, self.kept_da * MA_PER_DA)
        if not shared or granted_ma - drawn_ma <= unused_ma:
            self.unused_since_s = None
        elif self.unused_since_s is None:
            self.unused_since_s, self.most_ma = now_s, drawn_ma
        self.most_ma = max(self.most_ma, drawn_ma)
        if self.kept_da is None or drawn_ma <= granted_ma - BACK_WITHIN_MA:
            self.needed_since_s = None
        elif self.needed_since_s is None:
            self.needed_since_s = now_s

    def deadlines_s(self, unused_s: float) -> list[float]:
        """When something will have lasted long enough."""
        unused = [] if self.unused_since_s is None else [self.unused_since_s + unused_s]
        return unused + ([] if self.needed_since_s is None else [self.needed_since_s + BACK_S])


class Unused:
    """Who leaves more than `unused_ma` unused for `unused_s`."""

    def __init__(self, unused_ma: int = UNUSED_MA, unused_s: float = UNUSED_S) -> None:
        self._unused_ma = unused_ma
        self._unused_s = unused_s
        self._watched: dict[int, _Watched] = {}

    def step(
        self,
        now_s: float,
        claims: Sequence[Claim],
        limits: Sequence[Limit],
        offers_da: Mapping[int, int],
        drawn_ma: Mapping[int, int],
    ) -> list[Claim]:
        """The claims from `now_s` on, with a lower cap for those who give.

        `claims` have their priorities already. `offers_da` is what is signalled at the moment, and `drawn_ma` what the
        car draws then on its worst phase, by socket.
        """
        for socket in self._watched.keys() - {claim.socket for claim in claims}:
            del self._watched[socket]
        for claim in claims:
            watched = self._watched.setdefault(claim.socket, _Watched())
            watched.catch_up(now_s, claim.minimum_da, self._unused_s)
            if offer_da := offers_da.get(claim.socket, 0):
                drawn = drawn_ma.get(claim.socket, 0)
                watched.look(now_s, offer_da * MA_PER_DA, drawn, len(claims) > 1, self._unused_ma)
            else:
                self._watched[claim.socket] = _Watched()
        return self._lowered(claims, limits)

    def next_deadline_s(self) -> float | None:
        """When current changes hands if nothing changes before."""
        return min(
            [at_s for watched in self._watched.values() for at_s in watched.deadlines_s(self._unused_s)], default=None
        )

    def _lowered(self, claims: Sequence[Claim], limits: Sequence[Limit]) -> list[Claim]:
        lowered = list(claims)
        for number, claim in enumerate(claims):
            kept_da = self._watched[claim.socket].kept_da
            if kept_da is None or kept_da >= claim.cap_da:
                continue
            trial = [*lowered[:number], replace(claim, cap_da=kept_da, cap_source=SOURCE), *lowered[number + 1 :]]
            before_da, after_da = allocate(lowered, limits), allocate(trial, limits)
            if any(after_da[socket] > before_da[socket] for socket in after_da):
                lowered = trial
        return lowered
