"""Cases with two sockets and their turns: settings, cars, whose turn it was, what was offered and drawn together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from emulators.vehicle.spec import VehicleSpec
from rig.bench import Bench
from rig.bench.outlet import Outlet
from rig.bench.phases import STRAIGHT, behind_socket, to_grid
from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.balancing import OFFER_STEP_A, PWM_STEP_A, offers_since
from rig.kit.sharing import judge_share, settings, settled
from rig.timeline import Event

SOCKETS = 2
# A car has 5 s to follow (M3-001), and a station one control loop of 1 s to see that it has (O-52).
LOOP_S = timing("ALB-GEN-004").value_s
HANDOVER_S = timing("M3-001.car-follows").value_s + LOOP_S
# A socket that is offered current at once has a car in C2 by then.
STARTS_WITHIN_S = 10.0
# The minute (PRB-006), the handover before it, and how late a station may be with it.
PROBED_S = timing("PRB-006").value_s + HANDOVER_S + STARTS_WITHIN_S


def sharing(
    station_max_a: float, *, connector_max_a: float | None = None, period_s: float | None = None
) -> dict[str, object]:
    """Standard load balancing, with an alternating period other than the default if need be."""
    period = {} if period_s is None else {"SCN-AlternatingPeriod": period_s}
    return {**settings(station_max_a, connector_max_a), **period}


def unshared(station_max_a: float, connector_max_a: float | None = None) -> dict[str, object]:
    """No smart charging feature at all."""
    given = settings(station_max_a, connector_max_a)
    del given["Static-LoadBalancing"]
    return {**given, "FeatureLicenseKey": ""}


def quick_car(phases: int = 3, max_a: float = 32.0) -> VehicleSpec:
    """A car without delays, 3 % below its offer: what is timed then is the station alone."""
    return VehicleSpec(phases=phases, max_a=max_a, draw_fraction=0.97, reaction_s=0.0, start_delay_s=0.01)


async def connected(rig: Case, bench: Bench, *cars: VehicleSpec, probing: bool = False) -> None:
    """The cars are plugged in, socket 1 first, and the offers have settled; a station that gives none is judged so.

    With `probing` the minute of each car is waited out.
    """
    for outlet, car in zip(bench.outlets, cars, strict=False):
        await joined(rig, bench, outlet, car, probing=probing)
    await settled(rig, bench)


async def joined(rig: Case, bench: Bench, outlet: Outlet, car: VehicleSpec, *, probing: bool = False) -> None:
    """One more car is plugged in; it charges, or is not let yet."""
    outlet.plug_in(car)
    began_s = rig.now_s()
    await outlet.observed.pilot("C2", within_s=STARTS_WITHIN_S)
    await bench.probed()
    if probing:
        await rig.until(began_s + PROBED_S)


def offers(bench: Bench) -> tuple[float, ...]:
    """What each socket is offered now, A."""
    return tuple(outlet.observed.offered_a for outlet in bench.outlets)


def judge_shares(rig: Case, bench: Bench, clause: str, what: str, *exact_a: float) -> None:
    """The offer of each socket, compared with its exact share."""
    for outlet, share_a in zip(bench.outlets, exact_a, strict=True):
        judge_share(rig, outlet, clause, what, share_a)


def judge_together(rig: Case, bench: Bench, clause: str, what: str, limit_a: float) -> None:
    """What is offered together: all there is, but for the rounding of each share, and no more.

    Generators round to the nearest of their steps: two of them are off by one step together.
    """
    rig.judge.value(
        clause,
        what,
        measured=sum(offers(bench)),
        limit=limit_a,
        unit="A",
        early=SOCKETS * (OFFER_STEP_A + PWM_STEP_A),
        late=PWM_STEP_A,
        evidence={"at_s": rig.now_s(), "offers_a": list(offers(bench))},
    )


class Turn(NamedTuple):
    """From the offer to a socket to its end; None while it lasts."""

    socket: int
    start: Event
    end: Event | None


def turns(rig: Case, since_s: float = 0.0) -> list[Turn]:
    """Every time that a socket was offered something, in the order of the starts, from `since_s` on."""
    begun: dict[int, Event] = {}
    found: list[Turn] = []
    for event in rig.timeline.of("pilot"):
        socket = event.data["socket"]
        if event.data["offered_a"]:
            begun.setdefault(socket, event)
        elif socket in begun:
            found.append(Turn(socket, begun.pop(socket), event))
    found += [Turn(socket, start, None) for socket, start in begun.items()]
    return [turn for turn in sorted(found, key=lambda turn: turn.start.at_s) if turn.start.at_s >= since_s]


def pauses(rig: Case, since_s: float = 0.0) -> list[Turn]:
    """Every time that a socket was offered nothing between two turns, in the order of their starts, from `since_s`."""
    found: list[Turn] = []
    for socket in range(1, SOCKETS + 1):
        own = [turn for turn in turns(rig) if turn.socket == socket]
        found += [Turn(socket, one.end, other.start) for one, other in pairwise(own) if one.end is not None]
        if own and own[-1].end is not None:
            found.append(Turn(socket, own[-1].end, None))
    return [pause for pause in sorted(found, key=lambda pause: pause.start.at_s) if pause.start.at_s >= since_s]


def drawn(rig: Case, feeder: str = STRAIGHT, since_s: float = 0.0) -> list[tuple[float, float]]:
    """What was drawn by all sockets together on the fullest phase of the grid, A: at that time, and every change since.

    Nothing before the first one of them draws.
    """
    by_socket: dict[int, tuple[float, float, float]] = {}
    found = [(since_s, 0.0)]
    for event in rig.timeline.of("currents"):
        socket = event.data["socket"]
        by_socket[socket] = to_grid(event.data["i_a"], behind_socket(feeder, socket, SOCKETS))
        together_a = max(map(sum, zip(*by_socket.values(), strict=True)))
        if event.at_s > since_s:
            found.append((event.at_s, together_a))
        else:
            found[0] = (since_s, together_a)
    return found


def most_drawn_a(rig: Case, feeder: str = STRAIGHT, since_s: float = 0.0) -> float:
    """The most that was drawn on one phase, A, but for the time that cars have to follow a lower offer (M3-001)."""
    lowered_s = [
        later
        for socket in range(1, SOCKETS + 1)
        for (_, before_a), (later, after_a) in pairwise(offers_since(rig, since_s, socket))
        if after_a < before_a
    ]
    steps = drawn(rig, feeder, since_s)
    ends_s = [at_s for at_s, _ in steps[1:]] + [rig.now_s()]
    counted = [a for (at_s, a), end_s in zip(steps, ends_s, strict=True) if _unexcused(at_s, lowered_s) < end_s]
    return max(counted, default=0.0)


def _unexcused(at_s: float, lowered_s: Sequence[float]) -> float:
    """From when on what is drawn since `at_s` counts."""
    for lower_s in sorted(lowered_s):
        if lower_s <= at_s < lower_s + HANDOVER_S:
            at_s = lower_s + HANDOVER_S
    return at_s


def judge_drawn(rig: Case, clause: str, what: str, limit_a: float, since_s: float = 0.0) -> None:
    """The most that was drawn on one phase, against what the station may take."""
    rig.judge.value(
        clause,
        what,
        measured=most_drawn_a(rig, since_s=since_s),
        limit=limit_a,
        unit="A",
        early=None,
        evidence={"since_s": since_s, "until_s": rig.now_s()},
    )
