"""Phases: the feeder's order, the meter's order, and what shows that they do not match."""

from __future__ import annotations

import re

import pytest

from rig.bench import Bench
from rig.case import Case
from rig.kit.balancing import car, charging, heard, judge_offer, meters, settings, settled
from rig.meters import KINDS, MeterKind

MAX_A = 25.0
THREE_PHASE = [kind for kind in KINDS.values() if kind.phases == 3]
ROTATIONS = ("L1L2L3", "L2L3L1", "L3L1L2", "L1L3L2", "L2L1L3", "L3L2L1")
# Station and text are our own; no document prints one.
PHASE_ORDER = re.compile(r"Meter phase order: what socket phase (L\d) draws is seen on meter phase (L\d)")
# Long enough for a car to start or stop, to be followed, and for two readings of the slowest meter.
CHANGE_S = 40.0


@pytest.mark.parametrize("rotation", ROTATIONS)
@meters([KINDS["dsmr5"], KINDS["sdm72d"], KINDS["e27"]])
@pytest.mark.clause("ALB-GEN-049")
async def test_rotation_of_the_feeder(rig: Case, meter: MeterKind, rotation: str) -> None:
    """The phase rotation says which grid phase feeds the station's first terminal

    A one-phase car, so it draws from the grid phase that the rotation names first. A load of 12 A stands on that phase,
    and lighter ones on the others. The offer must be what is left on that phase, with the car's own current taken off
    it and no other.
    """
    first = int(rotation[1]) - 1
    house_a = [1.0, 2.0, 3.0]
    house_a[first] = 12.0
    config = {**settings(meter, meter_max_a=MAX_A), "Phase-Connected": rotation}
    async with rig.bench(config, meter=meter, feeder=rotation) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        bench.house(*house_a)
        # A station of three phases does not know how many a car will use: with the load it is offered 13 A at once.
        await charging(rig, bench, car_phases=1)
        judge_offer(rig, bench, "ALB-GEN-049", f"offer with 12 A on L{first + 1}", MAX_A - 12.0, meter)


@pytest.mark.parametrize("phase", ["L1", "L2", "L3"])
@meters(THREE_PHASE)
@pytest.mark.clause("ALB-GEN-049")
async def test_one_phase_station(rig: Case, meter: MeterKind, phase: str) -> None:
    """A one-phase station on L1, L2 or L3 looks at that phase of a three-phase meter"""
    house_a = [4.0, 4.0, 4.0]
    house_a[int(phase[1]) - 1] = 13.0
    config = {**settings(meter, meter_max_a=MAX_A), "Phase-Connected": phase}
    async with rig.bench(config, meter=meter, feeder=phase) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        bench.house(*house_a)
        await charging(rig, bench, car_phases=1)
        judge_offer(rig, bench, "ALB-GEN-049", f"offer of a station on {phase}", MAX_A - 13.0, meter)


@meters(THREE_PHASE)
@pytest.mark.clause("ALB-GEN-009", "ALB-GEN-049")
async def test_a_car_that_draws_unevenly(rig: Case, meter: MeterKind) -> None:
    """Each phase of the meter is set against the same phase of the socket: the car draws 10, 15 and 6 A

    9 A of the house on every phase leave 16 A. Set against another phase, more or less would seem to be left.
    """
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(9.0)
        await charging(rig, bench)
        vehicle = bench.outlet(1).vehicle
        assert vehicle is not None
        await bench.draw(vehicle, 10.0, 15.0, 6.0)
        await settled(rig, bench)
        for clause in ("ALB-GEN-009", "ALB-GEN-049"):
            judge_offer(rig, bench, clause, "offer to a car that draws unevenly", MAX_A - 9.0, meter)


@pytest.mark.parametrize("rotation", ROTATIONS)
@pytest.mark.clause("ALB-GEN-049")
async def test_an_uneven_car_on_any_feeder(rig: Case, rotation: str) -> None:
    """Every letter of the phase rotation counts, not the first alone: the car draws 10, 15 and 6 A

    9 A of the house on every phase leave 16 A, whatever the order of the feeder. With two phases taken for each other
    what the car draws on one would be taken off the other.
    """
    meter = KINDS["sdm72d"]
    config = {**settings(meter, meter_max_a=MAX_A), "Phase-Connected": rotation}
    async with rig.bench(config, meter=meter, feeder=rotation) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        bench.house(9.0)
        await charging(rig, bench)
        vehicle = bench.outlet(1).vehicle
        assert vehicle is not None
        await bench.draw(vehicle, 10.0, 15.0, 6.0)
        await settled(rig, bench)
        judge_offer(rig, bench, "ALB-GEN-049", f"offer to an uneven car on {rotation}", MAX_A - 9.0, meter)


@pytest.mark.clause("ALB-GEN-009")
async def test_an_uneven_house_and_an_uneven_car(rig: Case) -> None:
    """House and car both draw unevenly, 12, 2 and 9 A and 9, 12 and 6 A: what the house leaves on L1 counts, 13 A

    From each phase the current of the car on that phase is taken off, and not its highest or its mean.
    """
    meter, house_a = KINDS["sdm72d"], (12.0, 2.0, 9.0)
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(*house_a)
        await charging(rig, bench)
        vehicle = bench.outlet(1).vehicle
        assert vehicle is not None
        await bench.draw(vehicle, 9.0, 12.0, 6.0)
        await settled(rig, bench)
        judge_offer(rig, bench, "ALB-GEN-009", "offer on the fullest phase", MAX_A - max(house_a), meter)


async def start_and_stop(rig: Case, bench: Bench, times: int) -> None:
    """A one-phase car starts and stops so many times."""
    vehicle = await bench.charge(car(phases=1))
    await rig.until(rig.now_s() + CHANGE_S)
    for _ in range(times):
        vehicle.stop()
        bench.poke()
        await rig.until(rig.now_s() + CHANGE_S)
        vehicle.resume()
        bench.poke()
        await rig.until(rig.now_s() + CHANGE_S)


@pytest.mark.parametrize("terminals", ["L2L3L1", "L3L1L2", "L2L1L3", "L3L2L1"])
@meters(THREE_PHASE)
@pytest.mark.clause("ALB-GEN-040")
async def test_a_wrong_phase_sequence_is_detected(rig: Case, meter: MeterKind, terminals: str) -> None:
    """The car draws from L1 but the meter rises on another phase: wrong wiring, which the station's log says

    The meter's terminals are connected in another order than the feeder cable. The car starts and stops a few times.
    """
    seen_on = f"L{terminals.split('L')[1:].index('1') + 1}"
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter, terminals=terminals) as bench:
        rig.need(bench.capabilities, "pilot", "log")
        await heard(rig, bench)
        await start_and_stop(rig, bench, times=2)
        found = [PHASE_ORDER.fullmatch(str(event.data["text"])) for event in rig.timeline.of("log")]
        named = [match.groups() for match in found if match is not None]
        rig.judge.holds(
            "ALB-GEN-040",
            f"a meter whose L1 is seen on {seen_on}",
            holds=("L1", seen_on) in named,
            seen=", ".join(f"{socket} on {other}" for socket, other in named) or "nothing said",
            promised=f"said: L1 is seen on {seen_on}",
        )


@meters(THREE_PHASE)
@pytest.mark.clause("ALB-GEN-040")
async def test_a_right_phase_sequence_is_no_fault(rig: Case, meter: MeterKind) -> None:
    """Phases in order, and loads of the house that come and go with the car: nothing is wrong"""
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot", "log")
        await heard(rig, bench)
        for load_a in (0.0, 9.0, 3.0):
            bench.house(0.0, load_a, 9.0 - load_a)
            await start_and_stop(rig, bench, times=1)
            bench.unplug()
            await rig.until(rig.now_s() + CHANGE_S)
        found = [event for event in rig.timeline.of("log") if PHASE_ORDER.fullmatch(str(event.data["text"]))]
        rig.judge.never(
            "ALB-GEN-040",
            "a word about the phase order",
            event=found[0] if found else None,
            watched_s=rig.now_s() - bench.began_s,
            promised="none: car and meter agree",
        )


@meters()
@pytest.mark.clause("ALB-GEN-038", "ALB-GEN-053")
async def test_live_monitoring(rig: Case, meter: MeterKind) -> None:
    """The live currents of meter and socket match a clamp meter; pilot state and duty cycle are shown with them

    On a connection with room to spare, so that the offer stands still.
    """
    house_a = (9.0, 4.0, 6.0)[: meter.phases]
    async with rig.bench(settings(meter, meter_max_a=63.0), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot", "monitor")
        bench.house(*house_a)
        await charging(rig, bench)
        clamp_a = bench.site.read(rig.now_s()).current_a[: meter.phases]
        shown = bench.observed.field("monitor", "meter_a")
        shown_a = list(shown)[: meter.phases] if isinstance(shown, list | tuple) else []
        # Shown with one decimal.
        error_a = meter.error_a + 0.05
        rig.judge.holds(
            "ALB-GEN-038",
            "meter currents shown, beside those of a clamp meter",
            holds=len(shown_a) == meter.phases
            and all(abs(a - b) <= error_a for a, b in zip(shown_a, clamp_a, strict=True)),
            seen=f"{shown_a}",
            promised=f"{[round(a, 2) for a in clamp_a]} within {error_a:g} A",
        )
        socket = bench.observed.field("monitor", "socket_a")
        socket_a = list(socket)[: meter.phases] if isinstance(socket, list | tuple) else []
        seen = bench.observed
        duty_pct = seen.field("monitor", "duty_pct")
        rig.judge.holds(
            "ALB-GEN-053",
            "socket currents, pilot state and duty cycle shown, beside what is measured",
            holds=all(abs(a - b) <= 0.051 for a, b in zip(socket_a, seen.drawn_a, strict=False))
            and seen.field("monitor", "state") == seen.pilot_state
            and duty_pct == seen.field("pilot", "duty_pct"),
            seen=f"{socket_a} A, {seen.field('monitor', 'state')}, {duty_pct} %",
            promised=f"{list(seen.drawn_a)} A, {seen.pilot_state}, {seen.field('pilot', 'duty_pct')} %",
        )
