"""After a pause a session is not probed again, and its class is not forgotten (O-13)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from emulators.vehicle.vehicle import Vehicle
from rig.bench import Bench, Outlet
from rig.case import Case
from rig.clauses.timings import timing
from rig.kit import sharing
from rig.kit.balancing import is_offer, offers_since
from rig.kit.probing import (
    ADJUSTED_S,
    AVAILABLE_A,
    JUDGED_S,
    OVER_S,
    PROBING_A,
    begun,
    car,
    charging,
    entered,
    judge_first_offer,
    judge_level,
    judge_minute,
    probe_over,
    settings,
)

SUSPENDING = {"RJ11-Mode": "Suspend when an external circuit is closed"}
SUSPENDED_S = 120.0
# Above 150 % of the allowed current: the shortest way into an over-current pause.
TOO_MUCH = 1.6
PAUSE_S = timing("OCP-010").value_s
RESUMES_WITHIN_S = PAUSE_S + 30.0
PERIOD_S = 60.0

Pause = Callable[[Case, Bench, Outlet, Vehicle], Awaitable[None]]


async def over_current(rig: Case, bench: Bench, outlet: Outlet, vehicle: Vehicle) -> None:
    """The car draws too much until it is paused, and then no more than it may."""
    await outlet.draw(vehicle, TOO_MUCH * outlet.observed.offered_a)
    await entered(outlet, "F")
    vehicle.set_fixed_draw(None)
    bench.poke()
    await entered(outlet, "C2", within_s=RESUMES_WITHIN_S)


async def suspension(rig: Case, bench: Bench, outlet: Outlet, vehicle: Vehicle) -> None:
    """The external circuit is closed for two minutes."""
    bench.contact(closed=True)
    await entered(outlet, "B1", "C1")
    await rig.until(rig.now_s() + SUSPENDED_S)
    bench.contact(closed=False)
    await entered(outlet, "C2")


async def reboot(_rig: Case, bench: Bench, outlet: Outlet, _vehicle: Vehicle) -> None:
    """The station reboots with the cars plugged in."""
    await bench.reboot()
    await entered(outlet, "C2")


PAUSES = pytest.mark.parametrize(
    "pause", [over_current, suspension, reboot], ids=lambda pause: pause.__name__.replace("_", "-")
)


@PAUSES
@pytest.mark.clause("PRB-030")
async def test_no_second_minute(rig: Case, pause: Pause) -> None:
    """A car that has all there is has it again at once after a pause, and not 14 A for a minute"""
    async with rig.bench({**settings(), **SUSPENDING}, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        outlet = bench.outlet(2)
        vehicle = await charging(rig, bench, outlet)
        paused_s = rig.now_s()
        await pause(rig, bench, outlet, vehicle)
        judge_first_offer(rig, outlet, "PRB-030", AVAILABLE_A, since_s=paused_s)
        resumed_s = rig.now_s()
        await rig.until(resumed_s + OVER_S)
        judge_level(rig, outlet, "PRB-030", "after the pause", AVAILABLE_A, since_s=resumed_s, until_s=rig.now_s())


@PAUSES
@pytest.mark.parametrize("paused", [1, 2], ids=["14 A car", "6 A car"])
@pytest.mark.clause("PRB-030")
async def test_the_class_is_kept(rig: Case, paused: int, pause: Pause) -> None:
    """A 14 A car beside a 6 A car: whoever was paused, both have what they had before, and neither is probed"""
    async with rig.bench({**settings(), **SUSPENDING}, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        cars = [await charging(rig, bench, bench.outlet(1), "chameleon"), await charging(rig, bench, bench.outlet(2))]
        before_a = [outlet.observed.offered_a for outlet in bench.outlets]
        await pause(rig, bench, bench.outlet(paused), cars[paused - 1])
        await sharing.settled(rig, bench)
        settled_s = rig.now_s()
        await rig.until(settled_s + OVER_S)
        for outlet, a in zip(bench.outlets, before_a, strict=True):
            judge_level(rig, outlet, "PRB-030", "after the pause", a, since_s=settled_s, until_s=rig.now_s())


@pytest.mark.parametrize(
    ("available_a", "names"),
    [(19.0, ("chameleon", "obedient-3p")), (2 * PROBING_A - 1.0, ("chameleon", "chameleon-stops"))],
    ids=["14 A and 6 A", "14 A both"],
)
@pytest.mark.clause("PRB-030")
async def test_alternating(rig: Case, available_a: float, names: tuple[str, str]) -> None:
    """Two that alternate have all there is in their turn, or nothing: never a minute at 14 A"""
    needed = {**settings(available_a), "SCN-AlternatingPeriod": PERIOD_S}
    async with rig.bench(needed, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        for outlet, name in zip(bench.outlets, names, strict=True):
            outlet.plug_in(car(name))
            c2 = await entered(outlet, "C2", within_s=2 * OVER_S)
            await rig.until(c2.at_s + OVER_S)
        alternating_s = rig.now_s() + ADJUSTED_S
        await rig.until(alternating_s + 6 * PERIOD_S)
        for outlet in bench.outlets:
            offers_a = [offer_a for _, offer_a in offers_since(rig, alternating_s, outlet.number)]
            rig.judge.holds(
                "PRB-030",
                f"offers while alternating, socket {outlet.number}",
                holds=not any(is_offer(offer_a, PROBING_A) for offer_a in offers_a),
                seen=", ".join(f"{offer_a:g} A" for offer_a in offers_a),
                promised=f"{available_a:g} A in its turn, not {PROBING_A:g} A",
            )


@pytest.mark.clause("PRB-002", "PRB-006")
async def test_suspended_while_it_is_probed(rig: Case) -> None:
    """A probe that was cut short has found out nothing: it is made again, the whole minute

    This is our reading: no document says what becomes of an interrupted minute.
    """
    async with rig.bench({**settings(), **SUSPENDING}, sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        outlet = bench.outlet(1)
        c2 = await begun(outlet, car())
        await rig.until(c2.at_s + JUDGED_S)
        suspended_s = rig.now_s()
        bench.contact(closed=True)
        await entered(outlet, "B1", "C1")
        await rig.until(suspended_s + SUSPENDED_S)
        bench.contact(closed=False)
        again = await entered(outlet, "C2")
        end = await probe_over(rig, outlet, again)
        judge_first_offer(rig, outlet, "PRB-002", since_s=suspended_s)
        judge_minute(rig, "PRB-006", "probe after the suspension", again, end)
