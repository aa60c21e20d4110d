"""Load balancing cases: a station behind a meter of any kind, a car that takes a little less than it is offered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import pytest

from emulators.vehicle.spec import VehicleSpec
from rig.bench import Bench
from rig.bench.outlet import CHARGING_WITHIN_S
from rig.case import Case
from rig.clauses.timings import limit, timing
from rig.meters import KINDS, MeterKind, PortName
from rig.timeline import Event

# The two cadences of P1: a telegram each second, and one every ten.
DSMR5 = KINDS["dsmr5"]
DSMR4 = KINDS["dsmr4"]

STATION_MAX_A = 32.0
SAFE_A = 10.0
# A limit is calculated in tenths of an ampere, rounded down.
OFFER_STEP_A = 0.1
# Common generators of the pilot set its duty cycle in steps of 0.1 %, which is 0.06 A: an offer can be that far off.
PWM_STEP_A = 0.06
# A station may hold each duty cycle for this long before it sets the next one.
HOLD = timing("M3-001.pilot-interval")
# A gradual return takes at most 60 s for the 4 A of guide 003 (O-32, ALB-TCP-042.complete): no rise may be slower.
GUIDE_RISE_A = 4.0
SLOWEST_RISE_S_PER_A = timing("ALB-TCP-042.complete").value_s / GUIDE_RISE_A
# Steps of 1 A follow each other within that time; an offer without a change for a third longer has arrived.
STANDS_STILL_S = 4 / 3 * SLOWEST_RISE_S_PER_A
# Out of a pause the first step that can be seen is that to 6 A (M3-002): the steps below it pass unseen.
PAUSED_S = limit("M3-002").value * SLOWEST_RISE_S_PER_A
# No rise in these cases is longer than from nothing to all that the station has.
SETTLE_S = STATION_MAX_A * SLOWEST_RISE_S_PER_A
# How long a station may take to find a meter that can speak in more than one way: no document says (O-26).
FOUND_WITHIN_S: Mapping[PortName, float] = {"tic": 20.0}
# What judges the loss of a meter, by its port.
LOSS_CLAUSE: Mapping[PortName, str] = {
    "p1": "ALB-P1-016",
    "tic": "ALB-TIC-009",
    "rtu": "ALB-RTU-010",
    "tcp": "ALB-TCP-006",
}


def meters(kinds: Iterable[MeterKind] = KINDS.values()) -> pytest.MarkDecorator:
    """Runs a case with each of these meters, as its argument `meter`."""
    return pytest.mark.parametrize("meter", list(kinds), ids=str)


def one_of_each_port() -> list[MeterKind]:
    """The first kind of each port: for what depends on the port alone."""
    first: dict[PortName, MeterKind] = {}
    for found in KINDS.values():
        first.setdefault(found.port, found)
    return list(first.values())


def settings(
    meter: MeterKind,
    *,
    meter_max_a: float,
    safe_a: float = SAFE_A,
    includes_charger: bool = True,
    station_max_a: float = STATION_MAX_A,
    phases: int | None = None,
) -> dict[str, object]:
    """Active load balancing from a meter, on a station with as many phases as the meter has unless given."""
    return {
        **meter.settings,
        "FeatureLicenseKey": "ALB",
        "Station-MaxCurrent": station_max_a,
        "Connector1-MaxCurrent": station_max_a,
        "Active-LoadBalancing": "On",
        "SmartMeterIncludesCharger": includes_charger,
        "SmartMeter-MaxCurrent": meter_max_a,
        "Safe-MaxCurrent": safe_a,
        **({"Phase-Connected": "L1"} if (phases or meter.phases) == 1 else {}),
    }


def car(phases: int = 3, max_a: float = 32.0) -> VehicleSpec:
    """A car that follows its offer within a second and stays 3 % below it, so that it never is an over-current."""
    return VehicleSpec(phases=phases, max_a=max_a, draw_fraction=0.97, reaction_s=1.0)


async def heard(rig: Case, bench: Bench) -> None:
    """Wait until a good station hears its meter, whatever it has to find out about it first."""
    await bench.readings(2)
    await rig.until(bench.began_s + FOUND_WITHIN_S.get(bench.meter.kind.port, 0.0))


async def charging(rig: Case, bench: Bench, car_phases: int | None = None) -> None:
    """A willing car is plugged in, and the offer has settled; a station that gives none is judged so."""
    await heard(rig, bench)
    drawing = bench.observed.expect("currents", lambda event: max(event.data["i_a"]) > 0.0)
    bench.plug_in(car(car_phases or bench.meter.kind.phases))
    await drawing.within(CHARGING_WITHIN_S)
    await settled(rig, bench)


async def settled(rig: Case, bench: Bench) -> None:
    """Wait until the offer stands still, but for the meter's resolution, or has had all the time it needs.

    The offer of a session that is still probing says nothing (PRB-027).
    """
    await bench.probed()
    meter = bench.meter.kind
    patience_s = 2 * meter.interval_s
    began_s = rig.now_s()
    while rig.now_s() < began_s + SETTLE_S:
        await rig.until(max(began_s + STANDS_STILL_S + patience_s, rig.now_s() + 1.0))
        still_s = patience_s + (STANDS_STILL_S if bench.observed.offered_a else PAUSED_S)
        if rig.now_s() < began_s + still_s:
            continue
        offers_a = [offer_a for _, offer_a in offers_since(rig, rig.now_s() - still_s)]
        if max(offers_a, default=0.0) - min(offers_a, default=0.0) <= off_by_a(meter):
            return


async def offering(bench: Bench, a: float, *, within_s: float = SETTLE_S) -> None:
    """Wait until `a` is offered, or `within_s` has passed."""
    if not is_offer(bench.observed.offered_a, a):
        await bench.observed.next("pilot", lambda event: is_offer(event, a), within_s=within_s)


async def not_held(rig: Case, bench: Bench) -> None:
    """Wait until a station that has just changed its offer, by a tenth perhaps, may have set the next one (M3-001)."""
    changed = bench.observed.latest("pilot")
    if changed is not None:
        await rig.until(max(rig.now_s(), changed.at_s + HOLD.value_s + bench.meter.kind.interval_s))


def held_s(rig: Case, event: Event, socket: int | None = None) -> float:
    """For how long after `event` a station may still hold the offer that it set before it, s (M3-001)."""
    before = [pilot.at_s for pilot in pilots(rig, socket) if pilot.at_s < event.at_s]
    return max(0.0, before[-1] + HOLD.value_s - event.at_s) if before else 0.0


def is_offer(offer: Event | float, a: float) -> bool:
    """Whether an offer, A, or that of a pilot event, is one of `a`, as near as its generator can set it."""
    return at_most(offer, a) and not is_below(offer, a)


def at_most(offer: Event | float, a: float) -> bool:
    """Whether an offer, A, or that of a pilot event, is `a` or less, as near as its generator can set it."""
    return round(_offer_a(offer) - a, 6) <= PWM_STEP_A


def is_below(offer: Event | float, a: float) -> bool:
    """Whether an offer, A, or that of a pilot event, is less than `a` by more than a step of its generator."""
    return round(a - _offer_a(offer), 6) > PWM_STEP_A


def _offer_a(offer: Event | float) -> float:
    return float(offer.data["offered_a"] or 0.0) if isinstance(offer, Event) else offer


def off_by_a(meter: MeterKind, *, exporting: bool = False) -> float:
    """How far an offer may lie beside the exact figure: the meter's resolution, the limit's and the duty cycle's."""
    error_a = meter.export_error_a if exporting else meter.error_a
    assert error_a is not None
    return error_a + OFFER_STEP_A + PWM_STEP_A


def judge_offer(
    rig: Case, bench: Bench, clause: str, what: str, exact_a: float, meter: MeterKind, *, exporting: bool = False
) -> None:
    """The offer, compared with what the site's true currents leave."""
    off_a = off_by_a(meter, exporting=exporting)
    rig.judge.value(
        clause,
        what,
        measured=bench.observed.offered_a,
        limit=exact_a,
        unit="A",
        early=off_a,
        late=off_a,
        evidence={"at_s": rig.now_s(), "meter": meter.id},
    )


def judge_set_offer(rig: Case, clause: str, what: str, offered_a: float, promised_a: float) -> None:
    """An offer that was set and not calculated from a meter: as promised, to one step of the duty cycle."""
    rig.judge.value(
        clause,
        what,
        measured=offered_a,
        limit=promised_a,
        unit="A",
        early=PWM_STEP_A,
        late=PWM_STEP_A,
        evidence={"at_s": rig.now_s()},
    )


def judge_gradual(rig: Case, clause: str, offers_a: Sequence[float], from_a: float, to_a: float) -> None:
    """The offers of a return from `from_a` to `to_a`: never down, and not in one jump (ALB-TCP-042, O-32)."""
    falls = any(is_below(after, before) for before, after in pairwise(offers_a))
    between = any(is_below(from_a, a) and is_below(a, to_a) for a in offers_a)
    rig.judge.holds(
        clause,
        "offers on the way",
        holds=between and not falls,
        seen=", ".join(f"{offer_a:g} A" for offer_a in offers_a),
        promised="up, with steps in between",
    )


def judge_fallback(
    rig: Case, clause: str, meter: MeterKind, last: Event, fallen: Event | None, row: str | None = None
) -> None:
    """When the offer fell to the safe current after the last good reading, compared with its time."""
    rig.judge.timed(
        timing(row or meter.loss),
        "offer falls to the safe current after the last good reading",
        start=last,
        end=fallen,
        watched_until_s=rig.now_s(),
        clause=clause,
    )


def offers_since(rig: Case, since_s: float, socket: int | None = None) -> list[tuple[float, float]]:
    """When which current was offered, A, 0 for none: what was offered at that time, and every change since.

    On a bench with several sockets, by one of them.
    """
    offers = [(event.at_s, event.data["offered_a"] or 0.0) for event in pilots(rig, socket)]
    before = [(since_s, offer_a) for at_s, offer_a in offers if at_s <= since_s][-1:]
    return before + [offer for offer in offers if offer[0] > since_s]


def pilots(rig: Case, socket: int | None) -> list[Event]:
    """What was seen of the pilot of a socket, None: of all."""
    return [event for event in rig.timeline.of("pilot") if socket in (None, event.data.get("socket"))]
