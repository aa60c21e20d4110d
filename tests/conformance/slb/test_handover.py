"""A second car comes: the first one is asked for less, and what it has let go the second one gets, and not before."""

from __future__ import annotations

import msgspec
import pytest

from emulators.vehicle import garage
from emulators.vehicle.spec import VehicleSpec
from rig.bench.outlet import Outlet
from rig.case import Case
from rig.clauses.timings import timing, trip_bands
from rig.kit.balancing import car, is_below
from rig.kit.sharing import settled
from rig.kit.turns import HANDOVER_S, LOOP_S, judge_drawn, quick_car, sharing
from rig.timeline import Event

STATION_MAX_A = 25.0
STARTS = timing("UI-005")
# Longer than a station waits for a car, and an over-current takes (OCP-006, OCP-024).
PATIENCE_S = 60.0
# From the second band of over-current protection on a car draws too much: 105 % (OCP-002).
ADJUSTED = next(band.lower_permille for band in trip_bands() if band.clause == "OCP-002") / 1000
# When to look at the LEDs: no car of these has adjusted by then.
BEFORE_S = 0.5
CARS = {
    "follows after 1 s": car(),
    "follows after 4 s": msgspec.structs.replace(car(), reaction_s=4.0),
    "ramps down": msgspec.structs.replace(garage.load("ramping").spec, max_a=32.0, draw_fraction=0.97),
}


def drawn_a(event: Event) -> float:
    return float(max(event.data["i_a"]))


async def follows(outlet: Outlet, asked: Event) -> Event | None:
    """The event with which the car has adjusted: it draws what it is offered, but for what a meter's noise may be."""
    allowed_a = ADJUSTED * (asked.data["offered_a"] or 0.0)
    latest = outlet.observed.latest("currents")
    if latest is not None and drawn_a(latest) <= allowed_a:
        return latest
    return await outlet.observed.next("currents", lambda event: drawn_a(event) <= allowed_a, within_s=PATIENCE_S)


@pytest.mark.parametrize("spec", list(CARS.values()), ids=list(CARS))
@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.clause("SLB-005", "UI-002", "UI-004", "UI-005")
async def test_the_second_car_waits_for_the_first(rig: Case, first: int, spec: VehicleSpec) -> None:
    """The first car is asked for less, which its LED says by flashing dark blue; the second waits, light blue flashing

    As soon as the first has adjusted the second is offered current, and both LEDs are steady. Together they draw no
    more than there is, at no time.
    """
    async with rig.bench(sharing(STATION_MAX_A), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        one, two = bench.outlet(first), bench.outlet(3 - first)
        await one.charge(spec)
        await rig.until(rig.now_s() + PATIENCE_S)
        before_a = one.observed.offered_a
        lower = one.observed.expect("pilot", lambda event: is_below(event, before_a))
        starts = two.observed.expect("pilot", lambda event: bool(event.data["offered_a"]))
        joined_s = rig.now_s()
        two.plug_in(quick_car())
        asked = await lower.within(PATIENCE_S)
        await rig.until(rig.now_s() + BEFORE_S)
        leds = [outlet.observed.field("led", "pattern") for outlet in (one, two)]
        followed = None if asked is None else await follows(one, asked)
        started = await starts.within(PATIENCE_S)
        for clause, led, promised in (
            ("UI-002", leds[0], "dark blue flashing"),
            ("UI-004", leds[0], "dark blue flashing"),
            ("UI-005", leds[1], "light blue flashing"),
        ):
            rig.judge.holds(
                clause, "LED until the first has adjusted", holds=led == promised, seen=str(led), promised=promised
            )
        rig.judge.holds(
            "UI-005",
            "who is first",
            holds=None not in (followed, started) and _at_s(started) >= _at_s(followed),
            seen=f"the first adjusts at {_at_s(followed):g} s, the second is offered current at {_at_s(started):g} s",
            promised="first the one, then the other",
        )
        if followed is not None:
            rig.judge.timed(
                STARTS, "the second is offered current", start=followed, end=started, watched_until_s=rig.now_s()
            )
        await rig.until(joined_s + 2 * HANDOVER_S)
        await settled(rig, bench)
        for outlet in (one, two):
            led = outlet.observed.field("led", "pattern")
            rig.judge.holds(
                "UI-002",
                f"LED of socket {outlet.number} in the end",
                holds=led == "dark blue steady",
                seen=str(led),
                promised="dark blue steady",
            )
        judge_drawn(rig, "SLB-005", "most drawn on one phase", STATION_MAX_A)


def _at_s(event: Event | None) -> float:
    return float("nan") if event is None else event.at_s


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.clause("SLB-035")
async def test_a_load_that_is_no_car(rig: Case, first: int) -> None:
    """A test plug with an appliance of 20 A does not go down when a car comes: it ends in the over-current pause

    So it cannot show load balancing (X-15). The car gets the current when it is off.
    """
    async with rig.bench(sharing(STATION_MAX_A), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        load, other = bench.outlet(first), bench.outlet(3 - first)
        await load.charge(msgspec.structs.replace(quick_car(), fixed_draw_a=20.0))
        await rig.until(rig.now_s() + 30.0)
        other.plug_in(quick_car())
        paused = await load.observed.pilot("F", within_s=PATIENCE_S)
        rig.judge.holds(
            "SLB-035",
            "the load that does not go down",
            holds=paused is not None,
            seen=f"state {load.observed.pilot_state}",
            promised="state F",
        )
        await rig.until(rig.now_s() + HANDOVER_S + LOOP_S)
        rig.judge.holds(
            "SLB-035",
            "the car beside it",
            holds=other.observed.pilot_state == "C2" and max(other.observed.drawn_a) > 0.0,
            seen=f"state {other.observed.pilot_state}, {max(other.observed.drawn_a):g} A",
            promised="it charges",
        )
