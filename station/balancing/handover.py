"""Current changes hands only when it has been let go. Pure.

A socket whose offer falls still draws what it had, for cars take up to 5 s to follow. Until then what it draws counts,
not what it is offered, and the other socket waits: it starts or rises as soon as the other has adjusted (UI-004,
UI-005), in one step and not bit by bit, for a pilot holds each duty cycle for 5 s (M3-001). A car that does not adjust
at all is an over-current, and its pause sets the current free.
"""

from collections.abc import Collection, Mapping, Sequence

from station.balancing.allocator import Claim, Limit
from station.units import MA_PER_DA, Triple

# OCP-002: from 105 % of its offer on a car draws too much; a meter's noise stays within.
FOLLOWED_PERCENT = 105


def handed_over(
    shares_da: Mapping[int, int],
    claims: Sequence[Claim],
    limits: Sequence[Limit],
    offers_da: Mapping[int, int],
    flowing_ma: Mapping[int, Triple],
) -> dict[int, int]:
    """What each socket can be offered now, in dA, of its share.

    `offers_da` is what is signalled at the moment, `flowing_ma` what may flow then in the phases of the grid, both by
    socket; of sockets that claim nothing too, for their cars may not have stopped yet.
    """
    now_da = dict(shares_da)
    late = _late(shares_da, flowing_ma)
    if not late:
        return now_da
    phases = {claim.socket: claim.phases for claim in claims}
    for claim in claims:
        share_da, offer_da = shares_da[claim.socket], offers_da.get(claim.socket, 0)
        if share_da <= offer_da:
            continue
        room_da = min(
            [
                limit.per_phase_da[phase] - _taken_da(claim.socket, phase, limit.sockets, shares_da, phases, late)
                for limit in limits
                if claim.socket in limit.sockets
                for phase in claim.phases
            ],
            default=share_da,
        )
        if room_da < share_da:
            now_da[claim.socket] = offer_da if offer_da >= claim.minimum_da else 0
    return now_da


def _late(shares_da: Mapping[int, int], flowing_ma: Mapping[int, Triple]) -> dict[int, Triple]:
    """Who may draw more than its share, and what, in dA."""
    found = {}
    for socket, (l1_ma, l2_ma, l3_ma) in flowing_ma.items():
        if max(l1_ma, l2_ma, l3_ma) * 100 > shares_da.get(socket, 0) * MA_PER_DA * FOLLOWED_PERCENT:
            found[socket] = -(-l1_ma // MA_PER_DA), -(-l2_ma // MA_PER_DA), -(-l3_ma // MA_PER_DA)
    return found


def _taken_da(
    but: int,
    phase: int,
    sockets: Collection[int],
    shares_da: Mapping[int, int],
    phases: Mapping[int, tuple[int, ...]],
    late: Mapping[int, Triple],
) -> int:
    """What the others take of this phase, by their shares or, where it is more, by what they still draw."""
    taken_da = 0
    for socket in sockets:
        if socket != but:
            share_da = shares_da.get(socket, 0) if phase in phases.get(socket, ()) else 0
            taken_da += max(share_da, late[socket][phase] if socket in late else 0)
    return taken_da
