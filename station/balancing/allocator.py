"""The one allocator: sockets in use against limits per phase at every level. Pure, integers in dA (0.1 A).

First, who gets anything: claims are admitted in order of priority while the minima of all admitted ones fit; who does
not fit waits with 0 A and the next one is tried. Then, how much: all admitted claims rise together from their minima
until one reaches its cap or a limit it is under is full, which stops that one and leaves the others rising (max-min
fair). An offer is one current for all phases of a socket, floored to 0.1 A and never between 0 and the minimum (O-20).
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MINIMUM_DA = 60  # M3-002


@dataclass(frozen=True, slots=True)
class Claim:
    """One socket in use: the grid phases (0 to 2) it loads, the least it can use and the most it may have.

    Lower `priority` numbers are served first; equal ones in the order given. Raises ValueError for a minimum below
    6 A or a socket without phases.
    """

    socket: int
    phases: tuple[int, ...]
    cap_da: int
    minimum_da: int = MINIMUM_DA
    priority: int = 0

    def __post_init__(self) -> None:
        if self.minimum_da < MINIMUM_DA or not self.phases:
            raise ValueError(f"{self}: a minimum of {MINIMUM_DA} dA or more and at least one phase, please")


@dataclass(frozen=True, slots=True)
class Limit:
    """Together the `sockets` may load each grid phase with no more than `per_phase_da`."""

    level: str
    sockets: frozenset[int]
    per_phase_da: tuple[int, int, int]


def allocate(claims: Sequence[Claim], limits: Sequence[Limit]) -> dict[int, int]:
    """Offer in dA for every socket that claims, 0 for one that must wait. Raises ValueError for a socket twice."""
    offers = {claim.socket: 0 for claim in claims}
    if len(offers) != len(claims):
        raise ValueError(f"a socket claims twice: {[claim.socket for claim in claims]}")
    bottlenecks = _bottlenecks(claims, limits)
    rising = _admit(claims, offers, bottlenecks)
    while rising:
        level_da = _common_level(rising, offers, bottlenecks)
        for claim in rising.values():
            offers[claim.socket] = _at_level(claim, level_da)
        for socket in _stopped(rising, offers, bottlenecks, level_da):
            del rising[socket]
    return offers


# Sockets that load one phase of one limit, and what they may take together.
Bottleneck = tuple[tuple[int, ...], int]


def _bottlenecks(claims: Sequence[Claim], limits: Sequence[Limit]) -> list[Bottleneck]:
    found: dict[tuple[int, ...], int] = {}  # of several limits on the same sockets only the lowest matters
    for limit in limits:
        members = [claim for claim in claims if claim.socket in limit.sockets]
        for phase, limit_da in enumerate(limit.per_phase_da):
            sockets = tuple([claim.socket for claim in members if phase in claim.phases])
            if sockets and limit_da < found.get(sockets, limit_da + 1):
                found[sockets] = limit_da
    return list(found.items())


def _admit(claims: Sequence[Claim], offers: dict[int, int], bottlenecks: Sequence[Bottleneck]) -> dict[int, Claim]:
    """Who gets anything; `offers` then holds their minima."""
    admitted: dict[int, Claim] = {}
    for claim in sorted(claims, key=lambda claim: claim.priority):
        offers[claim.socket] = claim.minimum_da
        mine = [bottleneck for bottleneck in bottlenecks if claim.socket in bottleneck[0]]
        if claim.cap_da >= claim.minimum_da and all(_sum(offers, sockets) <= limit_da for sockets, limit_da in mine):
            admitted[claim.socket] = claim
        else:
            offers[claim.socket] = 0
    return admitted


def _sum(offers: Mapping[int, int], sockets: Iterable[int]) -> int:
    return sum([offers[socket] for socket in sockets])


def _at_level(claim: Claim, level_da: int) -> int:
    return max(claim.minimum_da, min(claim.cap_da, level_da))


def _common_level(rising: Mapping[int, Claim], offers: Mapping[int, int], bottlenecks: Sequence[Bottleneck]) -> int:
    """The highest level all rising claims can stand at; the highest cap if no limit is in the way."""
    level_da = max([claim.cap_da for claim in rising.values()])
    for sockets, limit_da in bottlenecks:
        members = [rising[socket] for socket in sockets if socket in rising]
        if members:
            room_da = limit_da - _sum(offers, [socket for socket in sockets if socket not in rising])
            level_da = _level_within(members, room_da, level_da)
    return level_da


def _level_within(members: Sequence[Claim], room_da: int, highest_da: int) -> int:
    """The highest level up to `highest_da` at which `members` together take no more than `room_da`."""

    def taken_da(level_da: int) -> int:
        return sum([_at_level(claim, level_da) for claim in members])

    if taken_da(highest_da) <= room_da:
        return highest_da
    return bisect_right(range(highest_da), room_da, key=taken_da) - 1


def _stopped(
    rising: Mapping[int, Claim], offers: Mapping[int, int], bottlenecks: Sequence[Bottleneck], level_da: int
) -> set[int]:
    """Who cannot rise above `level_da`: at its cap, or it would overload a bottleneck by rising."""
    stopped = {socket for socket, claim in rising.items() if claim.cap_da <= level_da}
    higher = dict(offers) | {socket: _at_level(claim, level_da + 1) for socket, claim in rising.items()}
    for sockets, limit_da in bottlenecks:
        if _sum(higher, sockets) > limit_da:
            stopped.update(socket for socket in sockets if higher[socket] > offers[socket])
    return stopped
