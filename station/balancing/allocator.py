"""The one allocator: sockets in use against limits per phase at every level. Pure, integers in dA (0.1 A).

First, who gets anything: claims are admitted in order of priority while the minima of all admitted ones fit; who does
not fit waits with 0 A and the next one is tried. Then, how much: all admitted claims rise together from their minima.
The limit that is full first stops those under it, the others rise on until the next one is full, or to their caps
(max-min fair). A share is one current for all phases of a socket. The arithmetic is exact; at the very end shares are
floored to 0.1 A (O-20), so no share is between 0 and the minimum, and equal ones get equal shares.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import NamedTuple

MINIMUM_DA = 60  # M3-002
CAP = "cap"


@dataclass(frozen=True, slots=True)
class Claim:
    """One socket in use: the grid phases (0 to 2) it loads, the least it can use and the most it may have.

    Lower `priority` numbers are served first; equal ones in the order given. `cap_source` is the name the cap goes by
    when it leads. Raises ValueError for a minimum below 6 A or a socket without phases.
    """

    socket: int
    phases: tuple[int, ...]
    cap_da: int
    minimum_da: int = MINIMUM_DA
    priority: int = 0
    cap_source: str = CAP

    def __post_init__(self) -> None:
        if self.minimum_da < MINIMUM_DA or not self.phases:
            raise ValueError(f"{self}: a minimum of {MINIMUM_DA} dA or more and at least one phase, please")


@dataclass(frozen=True, slots=True)
class Limit:
    """Together the `sockets` may load each grid phase with no more than `per_phase_da`."""

    level: str
    sockets: frozenset[int]
    per_phase_da: tuple[int, int, int]


class Share(NamedTuple):
    """What a socket may take, in dA, 0 if it must wait; and the limit that leads: the level, or the cap's name."""

    current_da: int
    source: str


def allocate(claims: Sequence[Claim], limits: Sequence[Limit]) -> dict[int, int]:
    """Offer in dA for every socket that claims, 0 for one that must wait. Raises ValueError for a socket twice."""
    return {socket: share.current_da for socket, share in divide(claims, limits).items()}


def divide(claims: Sequence[Claim], limits: Sequence[Limit]) -> dict[int, Share]:
    """The share of every socket that claims, and what leads. Raises ValueError for a socket twice.

    Of limits that are full at once the first one given leads, and the cap before all of them.
    """
    bottlenecks = _bottlenecks(claims, limits)
    waiting = _waiting(claims, bottlenecks)
    shares = waiting | _fill({claim.socket: claim for claim in claims if claim.socket not in waiting}, bottlenecks)
    return {claim.socket: shares[claim.socket] for claim in claims}


def served(claims: Sequence[Claim], limits: Sequence[Limit]) -> frozenset[int]:
    """The sockets that get anything. Raises ValueError for a socket twice."""
    waiting = _waiting(claims, _bottlenecks(claims, limits))
    return frozenset(claim.socket for claim in claims if claim.socket not in waiting)


def alone_da(claim: Claim, limits: Sequence[Limit]) -> int:
    """What the socket would get if nobody else claimed anything, in dA; 0 when that is less than its minimum."""
    above = [limit.per_phase_da[phase] for limit in limits if claim.socket in limit.sockets for phase in claim.phases]
    most_da = min([claim.cap_da, *above])
    return most_da if most_da >= claim.minimum_da else 0


class _Bottleneck:
    """One phase of one limit: the claims that load it and may still rise, and the room there is for these, in dA."""

    __slots__ = ("name", "rising", "room_da")

    def __init__(self, name: str, rising: dict[int, Claim], room_da: int) -> None:
        self.name = name
        self.rising = rising
        self.room_da: int | Fraction = room_da

    def full_at_da(self) -> Fraction | None:
        """The level at which the claims, rising together, fill the room; None if their caps stop all of them before.

        What they take together is the sum of their minima at first, and bends wherever one begins to rise and wherever
        one reaches its cap. Between two bends it is `standing_da + rising * level`.
        """
        claims = self.rising.values()
        bends = [(claim.minimum_da, 1) for claim in claims] + [(claim.cap_da, -1) for claim in claims]
        standing_da, rising = sum([claim.minimum_da for claim in claims]), 0
        for level_da, change in sorted(bends):
            if standing_da + rising * level_da > self.room_da:
                return Fraction(self.room_da - standing_da) / rising
            standing_da -= change * level_da
            rising += change
        return None

    def stop(self, shares_da: Mapping[int, Fraction | int]) -> bool:
        """Take out those that have their share. Whether there were any."""
        stopped = self.rising.keys() & shares_da.keys()
        for socket in stopped:
            del self.rising[socket]
            self.room_da -= shares_da[socket]
        return bool(stopped)


def _bottlenecks(claims: Sequence[Claim], limits: Sequence[Limit]) -> list[_Bottleneck]:
    sockets = [claim.socket for claim in claims]
    if len(set(sockets)) != len(sockets):
        raise ValueError(f"a socket claims twice: {sockets}")
    found: dict[tuple[int, ...], _Bottleneck] = {}  # of several limits on the same sockets only the lowest matters
    for limit in limits:
        members = [claim for claim in claims if claim.socket in limit.sockets]
        for phase, limit_da in enumerate(limit.per_phase_da):
            rising = {claim.socket: claim for claim in members if phase in claim.phases}
            key = tuple(rising)
            if rising and (key not in found or limit_da < found[key].room_da):
                found[key] = _Bottleneck(limit.level, rising, limit_da)
    return list(found.values())


def _waiting(claims: Sequence[Claim], bottlenecks: Sequence[_Bottleneck]) -> dict[int, Share]:
    """Who must wait, and for which limit. They are out of the bottlenecks then."""
    above: dict[int, list[_Bottleneck]] = {claim.socket: [] for claim in claims}
    for bottleneck in bottlenecks:
        for socket in bottleneck.rising:
            above[socket].append(bottleneck)
    left_da = {bottleneck: bottleneck.room_da for bottleneck in bottlenecks}
    waiting: dict[int, Share] = {}
    for claim in sorted(claims, key=lambda claim: claim.priority):
        mine = above[claim.socket]
        lowest = min(mine, key=left_da.__getitem__, default=None)
        if claim.cap_da < claim.minimum_da or (lowest is not None and left_da[lowest] < claim.minimum_da):
            capped = lowest is None or claim.cap_da <= left_da[lowest]
            waiting[claim.socket] = Share(0, claim.cap_source if capped or lowest is None else lowest.name)
            for bottleneck in mine:
                bottleneck.stop({claim.socket: 0})
        else:
            for bottleneck in mine:
                left_da[bottleneck] -= claim.minimum_da
    return waiting


def _fill(admitted: dict[int, Claim], bottlenecks: Sequence[_Bottleneck]) -> dict[int, Share]:
    """Raise all together, one bottleneck after the other: which one is full first settles those under it."""
    shares: dict[int, Share] = {}
    levels_da: dict[_Bottleneck, Fraction] = {}
    for bottleneck in bottlenecks:
        if (full_at_da := bottleneck.full_at_da()) is not None:
            levels_da[bottleneck] = full_at_da
    while levels_da:
        full = min(levels_da, key=levels_da.__getitem__)
        level_da = levels_da.pop(full)
        stopped_da: dict[int, Fraction | int] = {}
        for socket, claim in full.rising.items():
            del admitted[socket]
            at_da = level_da if level_da > claim.minimum_da else claim.minimum_da
            capped = claim.cap_da <= at_da
            stopped_da[socket] = claim.cap_da if capped else at_da
            shares[socket] = Share(floor(stopped_da[socket]), claim.cap_source if capped else full.name)
        for bottleneck in [other for other in levels_da if other.stop(stopped_da)]:
            if (full_at_da := bottleneck.full_at_da()) is None:
                del levels_da[bottleneck]
            else:
                levels_da[bottleneck] = full_at_da
    return shares | {socket: Share(claim.cap_da, claim.cap_source) for socket, claim in admitted.items()}
