"""What a session survives: dips of the mains, reboots at awkward moments, plugs that are pulled for a moment."""

from __future__ import annotations

import pytest

from rig.bench.outlet import CHARGING_WITHIN_S
from rig.case import Case
from rig.clauses.timings import timing
from rig.kit import sharing
from rig.kit.balancing import car, judge_set_offer, settings
from rig.kit.pilot import judge_opening, opens
from rig.meters import KINDS

MAINS_V, NO_MAINS_V = (230.0, 230.0, 230.0), (0.0, 0.0, 0.0)
OFFER_A = 16.0
CHARGING_S = 10.0
PROBING = timing("PRB-006")
# Cars that need less than 14 A at a time, and too little for two of them.
SCARCE_A = 11.0
PERIOD_S = 300.0
OPENS = timing("M3-001.unplug-open")


@pytest.mark.parametrize("for_s", [0.1, 1.0, 20.0])
@pytest.mark.clause("M3-001")
async def test_a_dip_of_the_mains(rig: Case, for_s: float) -> None:
    """The mains of the car are gone for a while and come back: the session goes on, at the offer that it had"""
    async with rig.bench(sharing.settings(OFFER_A)) as bench:
        rig.need(bench.capabilities, "pilot")
        await bench.charge(car())
        await rig.until(rig.now_s() + CHARGING_S)
        before_a = bench.observed.offered_a
        bench.outlet(1).set_mains_v(NO_MAINS_V)
        await rig.until(rig.now_s() + for_s)
        draws = bench.observed.expect("currents", lambda event: max(event.data["i_a"]) > 0.0)
        bench.outlet(1).set_mains_v(MAINS_V)
        drawing = await draws.within(CHARGING_WITHIN_S)
        rig.judge.holds(
            "M3-001",
            f"the session after {for_s:g} s without mains",
            holds=drawing is not None and bench.observed.pilot_state == "C2",
            seen=f"{'draws' if drawing else 'nothing drawn'} in state {bench.observed.pilot_state}",
            promised=f"draws within {CHARGING_WITHIN_S:g} s",
        )
        judge_set_offer(rig, "M3-001", "offer after the dip", bench.observed.offered_a, before_a)


@pytest.mark.parametrize("after_s", [1.0, 30.0, 59.0, 61.0])
@pytest.mark.clause("M3-001")
async def test_a_reboot_around_the_probe(rig: Case, after_s: float) -> None:
    """The station reboots while, or just after, a car is probed: the car ends up with all there is"""
    async with rig.bench(sharing.settings(25.0), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot", "reboot")
        one = bench.outlet(1)
        one.plug_in(car())
        await one.drawing(within_s=CHARGING_WITHIN_S)
        await rig.until(rig.now_s() + after_s)
        await bench.reboot()
        await rig.until(rig.now_s() + CHARGING_WITHIN_S + PROBING.value_s + PROBING.tolerance_late_s)
        judge_set_offer(rig, "M3-001", f"offer after a reboot {after_s:g} s into C2", one.observed.offered_a, 25.0)


@pytest.mark.clause("M3-001")
async def test_a_reboot_while_two_take_turns(rig: Case) -> None:
    """The station reboots while two cars take turns: one of them charges again, and the other one later"""
    config = {**sharing.settings(SCARCE_A), "SCN-AlternatingPeriod": PERIOD_S}
    async with rig.bench(config, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "reboot")
        await sharing.plugged_in(rig, bench, car(), car())
        await bench.reboot()
        charged: set[int] = set()
        for _ in range(2):
            await rig.until(rig.now_s() + PERIOD_S)
            drawing = {outlet.number for outlet in bench.outlets if max(outlet.observed.drawn_a) > 0.0}
            rig.judge.holds(
                "M3-001",
                "sockets that charge",
                holds=len(drawing) == 1,
                seen=", ".join(map(str, sorted(drawing))) or "none",
                promised="one at a time",
            )
            charged |= drawing
        rig.judge.holds(
            "M3-001",
            "sockets that have charged since the reboot",
            holds=charged == {1, 2},
            seen=", ".join(map(str, sorted(charged))) or "none",
            promised="1, 2",
        )


@pytest.mark.parametrize("for_s", [0.2, 0.9])
@pytest.mark.clause("M3-001")
async def test_plugged_in_again_at_once(rig: Case, for_s: float) -> None:
    """The plug is pulled and is back within a second: a new session, which charges"""
    meter = KINDS["dsmr5"]
    async with rig.bench(settings(meter, meter_max_a=25.0), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await bench.readings(2)
        await bench.charge(car())
        opening = opens(bench)
        bench.unplug()
        gone = await bench.observed.pilot("A1", "A2", within_s=1.0)
        opened = await opening.within(1.0)
        judge_opening(rig, OPENS, "contactor opens when the plug is pulled", gone, opened, "M3-001")
        await rig.until(rig.now_s() + for_s)
        bench.plug_in(car())
        drawing = await bench.drawing(within_s=CHARGING_WITHIN_S)
        rig.judge.holds(
            "M3-001",
            f"the car that is plugged in again after {for_s:g} s",
            holds=drawing is not None,
            seen="nothing drawn" if drawing is None else "draws",
            promised=f"draws within {CHARGING_WITHIN_S:g} s",
        )
