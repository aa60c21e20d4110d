"""The LEDs of a station with two sockets: while the first car is asked to reduce, while one waits, in any mixture."""

from __future__ import annotations

import pytest

from emulators.vehicle.spec import VehicleSpec
from rig.bench import Bench
from rig.bench.observed import Expectation
from rig.case import Case
from rig.kit.panel import SHOWN_WITHIN_S, judge_led
from rig.kit.sharing import settings
from rig.timeline import Event

STATION_A = 25.0
# Enough for one car at a time.
LITTLE_A = 11.9
PERIOD_S = 60.0
# The standard allows a car 5 s to follow a lower offer.
FOLLOWS = pytest.mark.parametrize("follows_s", [2.5, 4.5], ids=lambda after_s: f"follows after {after_s:g} s")
WAIT_S = 120.0
FOLLOWED_WITHIN_S = 10.0
# Shortly before something happens that the case itself brings about.
EPSILON_S = 0.1


def car(follows_s: float = 1.0) -> VehicleSpec:
    """A car that takes so long to follow a lower offer."""
    return VehicleSpec(phases=3, max_a=32.0, draw_fraction=0.97, decrease_reaction_s=follows_s)


async def asked_for_less(rig: Case, bench: Bench, follows_s: float) -> tuple[Event | None, Expectation]:
    """A car charges with all there is, and a second one is plugged in: what asks the first one for less, judged, and
    what offers the second one current."""
    first, second = bench.outlets
    await first.charge(car(follows_s))
    await rig.until(rig.now_s() + FOLLOWED_WITHIN_S)
    before_a = first.observed.offered_a
    lowering = first.observed.expect("pilot", lambda event: 0.0 < (event.data["offered_a"] or 0.0) < before_a)
    offering = second.observed.expect("pilot", lambda event: event.data["signal"] == "pwm")
    second.plug_in(car())
    lowered = await lowering.within(FOLLOWED_WITHIN_S)
    rig.judge.holds(
        "UI-004",
        "the first car is asked to reduce when a second one comes",
        holds=lowered is not None,
        seen=f"{before_a:g} A before, {first.observed.offered_a:g} A after",
        promised="less after than before",
    )
    return lowered, offering


@FOLLOWS
@pytest.mark.clause("UI-002", "UI-004", "UI-005", "UI-010")
async def test_a_second_car(rig: Case, follows_s: float) -> None:
    """The first car is asked to reduce: its LED flashes dark blue until it has, then it is steady; that of the second
    car flashes light blue until then

    The second car starts as soon as the first one has adjusted, not before.
    """
    async with rig.bench(settings(STATION_A), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        first, second = bench.outlets
        lowered, offering = await asked_for_less(rig, bench, follows_s)
        if lowered is None:
            return
        for at_s in (lowered.at_s + SHOWN_WITHIN_S, lowered.at_s + follows_s - EPSILON_S):
            await rig.until(at_s)
            judge_led(rig, first, "asked for less", "UI-002", "UI-004", "UI-010")
            judge_led(rig, second, "paused", "UI-005", "UI-010", what="waits for the first one")
        offered = await offering.within(follows_s + FOLLOWED_WITHIN_S)
        rig.judge.elapsed(
            "UI-005",
            "the second car is offered current after the first one was asked to reduce",
            start=lowered,
            end=offered,
            limit_s=follows_s,
            # A socket meter may tell of it a little later: one control loop (O-52).
            late_s=SHOWN_WITHIN_S,
            watched_until_s=rig.now_s(),
        )
        for after_s in (FOLLOWED_WITHIN_S, WAIT_S):
            await rig.until(lowered.at_s + follows_s + after_s)
            judge_led(rig, first, "charging", "UI-002", what="has reduced")
            for outlet in bench.outlets:
                judge_led(rig, outlet, "charging", "UI-010", what="both charge")


@pytest.mark.clause("UI-004", "UI-010")
async def test_a_second_car_with_enough_for_both(rig: Case) -> None:
    """Nothing has to be divided: no LED flashes, before the second car comes and after"""
    async with rig.bench(settings(2 * LITTLE_A, LITTLE_A), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        for outlet in bench.outlets:
            await outlet.charge(car())
            await rig.until(rig.now_s() + FOLLOWED_WITHIN_S)
            for one in bench.outlets[: outlet.number]:
                judge_led(rig, one, "charging", "UI-004", "UI-010", what="enough for both")


@pytest.mark.clause("UI-005", "UI-010")
async def test_alternating(rig: Case) -> None:
    """Cars that take turns: who is paused has a flashing light blue LED, who charges a steady dark blue one"""
    config = {**settings(LITTLE_A), "SCN-AlternatingPeriod": PERIOD_S}
    async with rig.bench(config, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        await bench.outlet(1).charge(car())
        bench.outlet(2).plug_in(car())
        await bench.outlet(2).drawing(within_s=3 * PERIOD_S)
        await bench.probed()
        began_s = rig.now_s()
        served: set[int] = set()
        while served != {1, 2} and rig.now_s() < began_s + 4 * PERIOD_S:
            await rig.until(rig.now_s() + PERIOD_S / 2)
            for outlet in bench.outlets:
                charges = outlet.observed.offered_a > 0.0
                served |= {outlet.number} if charges else set()
                judge_led(rig, outlet, "charging" if charges else "paused", "UI-005", "UI-010", what="taking turns")
        rig.judge.holds(
            "UI-005", "sockets that had a turn", holds=served == {1, 2},
            seen=" and ".join(map(str, sorted(served))) or "none", promised="1 and 2",
        )  # fmt: skip


@pytest.mark.parametrize("socket", [1, 2])
@pytest.mark.clause("UI-010")
async def test_each_socket_has_its_own(rig: Case, socket: int) -> None:
    """What one socket is in does not show at the other: alone, beside a second car, in an over-current pause, and both
    suspended
    """
    config = {**settings(STATION_A), "RJ11-Mode": "Suspend when an external circuit is closed"}
    async with rig.bench(config, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "panel", "settings")
        own, other = bench.outlet(socket), bench.outlet(3 - socket)
        vehicle = await own.charge(car())
        await rig.until(rig.now_s() + FOLLOWED_WITHIN_S)
        judge_led(rig, own, "charging", "UI-010", what="charges alone")
        idle = str(other.observed.field("led", "pattern"))
        rig.judge.holds(
            "UI-010", f"LED of socket {other.number} with no car", holds="dark blue" not in idle,
            seen=idle, promised="not that of a car that charges",
        )  # fmt: skip
        await other.charge(car())
        await rig.until(rig.now_s() + FOLLOWED_WITHIN_S)
        for outlet in bench.outlets:
            judge_led(rig, outlet, "charging", "UI-010", what="both charge")
        await own.draw(vehicle, 2 * STATION_A)
        await own.observed.pilot("F", within_s=30.0)
        await rig.until(rig.now_s() + WAIT_S)
        judge_led(rig, own, "over-current", "UI-010", what="over-current")
        judge_led(rig, other, "charging", "UI-010", what="beside an over-current")
        own.unplug()
        bench.contact(True)
        own.plug_in(car())
        await rig.until(rig.now_s() + WAIT_S)
        for outlet in bench.outlets:
            judge_led(rig, outlet, "suspended", "UI-010", what="suspended")
