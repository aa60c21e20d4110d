"""Probing cases: the minute with which a session begins, and what a station has found out when it is over."""

from __future__ import annotations

from typing import Any

import msgspec

from emulators.vehicle.garage import load
from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle
from rig.bench import Bench, NotCharging, Outlet
from rig.case import Case
from rig.clauses.timings import early_tolerance_s, late_tolerance_s, limit, timing
from rig.kit import balancing, sharing
from rig.kit.balancing import (
    HOLD,
    PWM_STEP_A,
    STATION_MAX_A,
    is_offer,
    judge_set_offer,
    offers_since,
    pilots,
)
from rig.meters import MeterKind
from rig.timeline import Event

MINUTE = timing("PRB-006")
PROBING_A = limit("PRB-003").value
LEAST_A = limit("PRB-012").value
# Until the one no probe can be over; from the other on every probe must be.
NOT_OVER_S = MINUTE.value_s - (early_tolerance_s(MINUTE) or 0.0)
OVER_S = MINUTE.value_s + (late_tolerance_s(MINUTE) or 0.0)
# So far a probe is judged by what is offered. How long it lasts is judged by its end, and by nothing else.
JUDGED_S = 0.75 * MINUTE.value_s
# How long beyond its time the end of a probe is waited for, before saying that it did not come.
PATIENCE_S = 30.0
# A car is ready within half a minute, and a station that has to wait for another car waits some seconds.
BEGINS_WITHIN_S = 60.0
# What all the examples in the documents share out (PRB-025).
AVAILABLE_A = 20.0
# Cars have 5 s to follow an offer, and a station may hold a duty cycle as long (M3-001): one after the other, and more.
ADJUSTED_S = 2 * HOLD.value_s + 2.0
DRAWS = 0.97
# The two ways of a 14 A car below its minimum: it waits in state C, or goes to B (PRB-010).
CHAMELEONS = ("chameleon", "chameleon-stops")


def settings(available_a: float = AVAILABLE_A, *, probing_a: float = PROBING_A, phases: int = 3) -> dict[str, object]:
    """Two sockets that share `available_a` per phase, and cars that are probed at `probing_a`."""
    one_phase = {"Phase-Connected": "L1"} if phases == 1 else {}
    shared = sharing.settings(available_a, connector_max_a=STATION_MAX_A)
    return {**shared, "Chameleon-MinCurrent": probing_a, **one_phase}


def active_settings(meter: MeterKind, *, meter_max_a: float, **others: Any) -> dict[str, object]:
    """The same under active load balancing; see `balancing.settings`."""
    both = balancing.settings(meter, meter_max_a=meter_max_a, **others)
    second = {"Connector2-MaxCurrent": both["Connector1-MaxCurrent"]}
    return {**both, **second, "Chameleon-MinCurrent": PROBING_A}


def car(name: str = "obedient-3p", **changes: Any) -> VehicleSpec:
    """A car of the garage that stays 3 % below its offer, so that it never is an over-current."""
    return msgspec.structs.replace(load(name).spec, **{"draw_fraction": DRAWS, **changes})


async def begun(outlet: Outlet, spec: VehicleSpec, *, within_s: float = BEGINS_WITHIN_S) -> Event:
    """Plug a car in and wait until it goes to C2, the start of its minute. Raises NotCharging when it does not."""
    outlet.plug_in(spec)
    return await entered(outlet, "C2", within_s=within_s)


async def entered(outlet: Outlet, *states: str, within_s: float = BEGINS_WITHIN_S) -> Event:
    """The next event that finds a pilot in one of these states. Raises NotCharging when there is none."""
    event = await outlet.observed.next("pilot", lambda event: event.data["state"] in states, within_s=within_s)
    if event is None:
        wanted = " or ".join(states)
        raise NotCharging(f"the pilot of socket {outlet.number} was not in {wanted} within {within_s:g} s")
    return event


async def probe_over(rig: Case, outlet: Outlet, c2: Event, a: float = PROBING_A) -> Event | None:
    """The event that ended the probing current `a`; None when it is still offered long after the minute that began."""
    seen = [event for event in pilots(rig, outlet.number) if event.at_s >= c2.at_s and not is_offer(event, a)]
    if seen:
        return seen[0]
    until_s = c2.at_s + OVER_S + PATIENCE_S
    return await outlet.observed.next("pilot", lambda event: not is_offer(event, a), within_s=until_s - rig.now_s())


def judge_first_offer(rig: Case, outlet: Outlet, clause: str, a: float = PROBING_A, *, since_s: float) -> None:
    """The first current that was offered since a time."""
    offers_a = [offer_a for at_s, offer_a in offers_since(rig, since_s, outlet.number) if at_s > since_s and offer_a]
    judge_set_offer(rig, clause, f"first offer, socket {outlet.number}", next(iter(offers_a), 0.0), a)


def judge_minute(rig: Case, clause: str, what: str, c2: Event, end: Event | None) -> None:
    """How long the probing current was offered, from C2 on."""
    rig.judge.timed(MINUTE, what, start=c2, end=end, watched_until_s=rig.now_s(), clause=clause)


def judge_level(rig: Case, outlet: Outlet, clause: str, what: str, a: float, *, since_s: float, until_s: float) -> None:
    """What was offered in a span of time: `a`, or else the offer that is farthest from it."""
    offers_a = [offer_a for at_s, offer_a in offers_since(rig, since_s, outlet.number) if at_s < until_s]
    rig.judge.value(
        clause,
        f"{what}, socket {outlet.number}",
        measured=max(offers_a, key=lambda offer_a: abs(offer_a - a), default=0.0),
        limit=a,
        unit="A",
        early=PWM_STEP_A,
        late=PWM_STEP_A,
        evidence={"from_s": since_s, "to_s": until_s, "socket": outlet.number},
    )


def judge_states(rig: Case, outlet: Outlet, clause: str, what: str, *states: str, since_s: float) -> None:
    """In which states the pilot has been since a time: in none but these."""
    events = pilots(rig, outlet.number)
    seen = [event.data["state"] for event in events if event.at_s <= since_s][-1:]
    seen += [event.data["state"] for event in events if event.at_s > since_s]
    rig.judge.holds(
        clause,
        f"{what}, socket {outlet.number}",
        holds=set(seen) <= set(states),
        seen=", ".join(dict.fromkeys(seen)),
        promised=" or ".join(states),
        evidence={"from_s": since_s, "to_s": rig.now_s(), "socket": outlet.number},
    )


async def charging(rig: Case, bench: Bench, outlet: Outlet, name: str = "obedient-3p") -> Vehicle:
    """A car at an outlet whose probe is over, and all offers stand still. Raises NotCharging."""
    vehicle = outlet.plug_in(car(name))
    c2 = await entered(outlet, "C2")
    await rig.until(c2.at_s + OVER_S)
    await sharing.settled(rig, bench)
    return vehicle


def judge_offer(rig: Case, outlet: Outlet, clause: str, what: str, a: float, *, meter: MeterKind | None = None) -> None:
    """What an outlet offers now, as `sharing.judge_share`. Two cars both have their part in the error of a meter."""
    sharing.judge_share(rig, outlet, clause, what, a, 0.0 if meter is None else 2 * (meter.error_a or 0.0))
