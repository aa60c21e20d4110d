"""Active load balancing while the meter is heard: what is offered follows what the house leaves, on every meter."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.clauses.timings import limit, timing
from rig.kit.balancing import (
    DSMR5,
    OFFER_STEP_A,
    PWM_STEP_A,
    STATION_MAX_A,
    charging,
    held_s,
    is_below,
    judge_offer,
    meters,
    not_held,
    off_by_a,
    offers_since,
    settings,
    settled,
)
from rig.meters import KINDS, MeterKind

MAX_A = 25.0
# One control loop after a new measurement (O-52).
LOOP = timing("ALB-GEN-004")
MINIMUM_A = limit("M3-002").value
THREE_PHASE = [kind for kind in KINDS.values() if kind.phases == 3]
SIGNED = [kind for kind in KINDS.values() if kind.export_error_a is not None]


@meters()
@pytest.mark.clause("ALB-GEN-001", "ALB-GEN-007")
async def test_nothing_else_draws(rig: Case, meter: MeterKind) -> None:
    """With no other load the offer is the maximum smart meter current, or the station's own if that is lower

    Both directions: a connection of 25 A caps a station of 32 A, and one of 40 A does not.
    """
    for meter_max_a, offer_a in ((MAX_A, MAX_A), (40.0, STATION_MAX_A)):
        async with rig.bench(settings(meter, meter_max_a=meter_max_a), meter=meter) as bench:
            rig.need(bench.capabilities, "pilot")
            await charging(rig, bench)
            for clause in ("ALB-GEN-001", "ALB-GEN-007"):
                judge_offer(rig, bench, clause, f"offer on {meter_max_a:g} A", offer_a, meter)


@meters()
@pytest.mark.clause("ALB-GEN-004", "ALB-GEN-006", "ALB-GEN-008", "ALB-GEN-009", "ALB-GEN-039")
async def test_a_load_is_switched_on(rig: Case, meter: MeterKind) -> None:
    """A load in the house lowers the offer within one control loop of the first measurement that shows it

    The car charges with 25 A; then 9 A are switched on in the house. From the moment the first telegram or answer that
    shows them has arrived, the offer falls to what is left, and the connection is not above its limit any more once the
    car has followed.
    """
    load_a = 9.0
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        before_a = bench.observed.offered_a
        bench.house(load_a)
        lowering = bench.observed.expect("pilot", lambda event: is_below(event, before_a))
        shown = await bench.shown(lambda i_a: max(i_a) > MAX_A)
        lowered = await lowering.within(15.0)
        rig.judge.elapsed(
            LOOP.clause,
            "offer falls after the measurement",
            start=shown,
            end=lowered,
            limit_s=LOOP.value_s,
            early_s=None,
            # It may have been changed just before, as a meter that rounds makes it do.
            late_s=held_s(rig, shown),
            watched_until_s=rig.now_s(),
        )
        await rig.until(rig.now_s() + 2 * meter.interval_s + timing("M3-001.car-follows").value_s)
        for clause in ("ALB-GEN-006", "ALB-GEN-009"):
            judge_offer(rig, bench, clause, f"offer beside {load_a:g} A in the house", MAX_A - load_a, meter)
        rig.judge.value(
            "ALB-GEN-008",
            "current of the connection",
            measured=max(bench.site.read(rig.now_s()).current_a),
            limit=MAX_A,
            unit="A",
            early=None,
            late=meter.error_a,
        )
        rig.judge.holds(
            "ALB-GEN-039",
            "the car draws less when another appliance is switched on",
            holds=is_below(bench.observed.offered_a, before_a),
            seen=f"{before_a:g} A before, {bench.observed.offered_a:g} A after",
            promised="less after than before",
        )


@meters()
@pytest.mark.clause("ALB-GEN-006", "ALB-GEN-009")
async def test_a_load_is_switched_off(rig: Case, meter: MeterKind) -> None:
    """A load that is switched off gives its current back to the car, all of it"""
    load_a = 9.0
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(load_a)
        await charging(rig, bench)
        bench.house(0.0)
        await settled(rig, bench)
        for clause in ("ALB-GEN-006", "ALB-GEN-009"):
            judge_offer(rig, bench, clause, f"offer after {load_a:g} A were switched off", MAX_A, meter)


# Each differs from the one before by this; smaller than what a person would notice, larger than a meter's error.
STEPS_A = (3.0, 4.5, 6.0, 7.5, 9.0, 10.5, 12.0)


@meters()
@pytest.mark.clause("ALB-GEN-005")
async def test_small_steps(rig: Case, meter: MeterKind) -> None:
    """Consumption is looked at regularly: each of many small steps of a load is followed, one reading after the other

    No interval is documented; a meter that sends or is asked at its own pace must be followed at that pace (O-52), but
    for the 5 s that a station may keep a duty cycle.
    """
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        off_a = []
        for load_a in STEPS_A:
            bench.house(load_a)
            # One reading that may have begun before the step, one of the step itself, one after the car has followed.
            await bench.readings(3)
            await not_held(rig, bench)
            off_a.append(bench.observed.offered_a - (MAX_A - load_a))
        error_a = off_by_a(meter)
        rig.judge.value(
            "ALB-GEN-005",
            "largest distance of an offer from what was left",
            measured=max(off_a, key=abs),
            limit=0.0,
            unit="A",
            # Until the car has followed, the meter sees what it drew before: never less than is left, by its error.
            early=error_a + 0.03 * MAX_A,
            late=error_a,
            evidence={"steps_a": list(STEPS_A), "off_a": [round(a, 3) for a in off_a]},
        )


@meters()
@pytest.mark.clause("ALB-GEN-010", "ALB-GEN-011")
async def test_exclude_charging_ev(rig: Case, meter: MeterKind) -> None:
    """Exclude: the station is not behind this meter, and meter plus socket make up the maximum"""
    house_a = 13.0
    config = settings(meter, meter_max_a=MAX_A, includes_charger=False)
    async with rig.bench(config, meter=meter, behind_meter=False) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(house_a)
        await charging(rig, bench)
        judge_offer(rig, bench, "ALB-GEN-010", f"offer beside {house_a:g} A on the meter", MAX_A - house_a, meter)
        meter_a = max(bench.site.read(rig.now_s()).current_a)
        rig.judge.value(
            "ALB-GEN-011",
            "meter and offered socket current together",
            measured=meter_a + bench.observed.offered_a,
            limit=MAX_A,
            unit="A",
            early=off_by_a(meter),
            late=off_by_a(meter),
        )


@meters(SIGNED)
@pytest.mark.clause("ALB-GEN-010")
async def test_exclude_with_export(rig: Case, meter: MeterKind) -> None:
    """Exclude, and the house feeds in: what it exports adds to what the station may take (O-62)"""
    pv_a, max_a = 12.0, 16.0
    config = settings(meter, meter_max_a=max_a, includes_charger=False)
    async with rig.bench(config, meter=meter, behind_meter=False) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.pv(pv_a)
        await charging(rig, bench)
        what = f"offer while {pv_a:g} A are exported"
        judge_offer(rig, bench, "ALB-GEN-010", what, max_a + pv_a, meter, exporting=True)


@pytest.mark.clause("ALB-GEN-050")
async def test_figure_of_25_16_and_9(rig: Case) -> None:
    """25 A of which the house draws 9 leave 16 A for the car (figure 5.2)"""
    async with rig.bench(settings(DSMR5, meter_max_a=25.0), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(9.0)
        await charging(rig, bench)
        judge_offer(rig, bench, "ALB-GEN-050", "offer", 16.0, DSMR5)


@pytest.mark.parametrize("phase", [0, 1, 2], ids=["L1", "L2", "L3"])
@meters(THREE_PHASE)
@pytest.mark.clause("ALB-GEN-006")
async def test_the_fullest_phase_leads(rig: Case, meter: MeterKind, phase: int) -> None:
    """A load on one phase only: a three-phase car is offered what that phase leaves"""
    load_a = 12.0
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(*(load_a if index == phase else 0.0 for index in range(3)))
        await charging(rig, bench)
        judge_offer(rig, bench, "ALB-GEN-006", f"offer with {load_a:g} A on L{phase + 1}", MAX_A - load_a, meter)


@meters(THREE_PHASE)
@pytest.mark.clause("ALB-GEN-006", "ALB-GEN-009")
async def test_phases_that_the_car_does_not_use(rig: Case, meter: MeterKind) -> None:
    """A one-phase car and loads on the two other phases: they are none of its concern"""
    house_a = (5.0, 21.0, 24.0)
    async with rig.bench(settings(meter, meter_max_a=MAX_A, phases=1), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(*house_a)
        await charging(rig, bench, car_phases=1)
        for clause in ("ALB-GEN-006", "ALB-GEN-009"):
            judge_offer(rig, bench, clause, "offer of a one-phase station on L1", MAX_A - house_a[0], meter)


@meters(SIGNED)
@pytest.mark.clause("ALB-GEN-008")
async def test_nothing_is_borrowed_from_another_phase(rig: Case, meter: MeterKind) -> None:
    """Export on two phases does not lift the limit of the third"""
    if meter.phases == 1:
        house_a: tuple[float, ...] = (9.0,)
        pv_a: tuple[float, ...] = (0.0,)
    else:
        house_a, pv_a = (9.0, 0.0, 0.0), (0.0, 12.0, 12.0)
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(*house_a)
        bench.pv(*pv_a)
        await charging(rig, bench)
        judge_offer(rig, bench, "ALB-GEN-008", "offer beside 9 A on L1", MAX_A - 9.0, meter)
        highest_a = max(bench.site.read(rig.now_s()).current_a)
        rig.judge.value(
            "ALB-GEN-008",
            "highest phase current of the connection",
            measured=highest_a,
            limit=MAX_A,
            unit="A",
            early=None,
            late=meter.error_a,
        )


@pytest.mark.parametrize("left_a", [0.5, 3.0, 5.8])
@pytest.mark.clause("M3-002")
async def test_less_than_the_minimum_is_left(rig: Case, left_a: float) -> None:
    """Something is left, but less than 6 A: the session is paused, the contactor open, and no current signalled"""
    async with rig.bench(settings(DSMR5, meter_max_a=MAX_A), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        bench.house(MAX_A - left_a)
        await rig.until(rig.now_s() + 60.0)
        seen = bench.observed
        rig.judge.holds(
            "M3-002",
            f"the session with {left_a:g} A left",
            holds=seen.offered_a == 0.0 and not seen.contactor_closed and max(seen.drawn_a) == 0.0,
            seen=f"{seen.offered_a:g} A offered, contactor {'closed' if seen.contactor_closed else 'open'}",
            promised="no offer below 6 A: paused",
        )


@meters([kind for kind in KINDS.values() if kind.error_a < OFFER_STEP_A])
@pytest.mark.clause("ALB-GEN-006", "ALB-GEN-008")
async def test_other_voltages(rig: Case, meter: MeterKind) -> None:
    """At 207 V, 230 V and 253 V what counts is the current, as measured or as power by voltage"""
    house_a = (9.0, 9.0, 9.0)[: meter.phases]
    for low_v in (207.0, 253.0):
        async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
            rig.need(bench.capabilities, "pilot")
            bench.site.set_voltage((low_v, 230.0, 460.0 - low_v))
            bench.house(*house_a)
            await charging(rig, bench)
            for clause in ("ALB-GEN-006", "ALB-GEN-008"):
                judge_offer(rig, bench, clause, f"offer at {low_v:g} V on L1", MAX_A - house_a[0], meter)


@meters()
@pytest.mark.clause("ALB-GEN-055")
async def test_the_lowest_maximum_leads(rig: Case, meter: MeterKind) -> None:
    """The maximum of the station and the maximum of the socket each cap what a meter with room to spare would allow"""
    for station_a, socket_a in ((20.0, 32.0), (32.0, 16.0)):
        config = settings(meter, meter_max_a=63.0)
        config |= {"Station-MaxCurrent": station_a, "Connector1-MaxCurrent": socket_a}
        async with rig.bench(config, meter=meter) as bench:
            rig.need(bench.capabilities, "pilot")
            await charging(rig, bench)
            since_s = rig.now_s()
            await settled(rig, bench)
            rig.judge.value(
                "ALB-GEN-055",
                f"highest offer of a station of {station_a:g} A with a socket of {socket_a:g} A",
                measured=max(offer_a for _, offer_a in offers_since(rig, since_s)),
                limit=min(station_a, socket_a),
                unit="A",
                early=OFFER_STEP_A + PWM_STEP_A,
                late=PWM_STEP_A,
            )
