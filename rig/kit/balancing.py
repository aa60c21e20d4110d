"""Load balancing cases: a station behind a meter of any kind, a car that takes a little less than it is offered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from emulators.vehicle.spec import VehicleSpec
from rig.bench import Bench
from rig.bench.bench import CHARGING_WITHIN_S
from rig.case import Case
from rig.clauses.timings import timing
from rig.meters import KINDS, MeterKind, PortName
from rig.timeline import Event

# The two cadences of P1: a telegram each second, and one every ten.
DSMR5 = KINDS["dsmr5"]
DSMR4 = KINDS["dsmr4"]

STATION_MAX_A = 32.0
SAFE_A = 10.0
# Offers are given in tenths of an ampere, rounded down.
OFFER_STEP_A = 0.1
# An offer that rises does so in steps, which come closer together than this; no rise in these cases takes longer than
# `SETTLE_S` in all. Out of a pause the first step that can be seen is that to 6 A.
STANDS_STILL_S = 20.0
PAUSED_S = 45.0
SETTLE_S = 200.0
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
    """Wait until the offer stands still, but for the meter's resolution, or has had all the time it needs."""
    meter = bench.meter.kind
    began_s = rig.now_s()
    while rig.now_s() < began_s + SETTLE_S:
        still_s = STANDS_STILL_S if bench.observed.offered_a else PAUSED_S
        still_s += 2 * meter.interval_s
        await rig.until(max(began_s + still_s, rig.now_s() + 1.0))
        offers_a = [offer_a for _, offer_a in offers_since(rig, rig.now_s() - still_s)]
        if max(offers_a, default=0.0) - min(offers_a, default=0.0) <= off_by_a(meter):
            return


def off_by_a(meter: MeterKind, *, exporting: bool = False) -> float:
    """How far an offer may lie beside the exact figure: the meter's resolution and the offer's."""
    error_a = meter.export_error_a if exporting else meter.error_a
    assert error_a is not None
    return error_a + OFFER_STEP_A


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


def offers_since(rig: Case, since_s: float) -> list[tuple[float, float]]:
    """When which current was offered, A, 0 for none: what was offered at that time, and every change since."""
    offers = [(event.at_s, event.data["offered_a"] or 0.0) for event in rig.timeline.of("pilot")]
    before = [(since_s, offer_a) for at_s, offer_a in offers if at_s <= since_s][-1:]
    return before + [offer for offer in offers if offer[0] > since_s]
