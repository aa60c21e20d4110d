"""The cable: by the resistor in its plug the station knows what it carries, and never signals more."""

from __future__ import annotations

import pytest

from emulators.pilot.codec import duty_for
from emulators.pilot.proximity import CABLES, OPEN_ABOVE_OHM, SHORTED_BELOW_OHM, Cable
from emulators.vehicle.spec import VehicleSpec
from rig.case import Case
from rig.clauses.timings import limit
from rig.kit.balancing import PWM_STEP_A, judge_set_offer
from rig.kit.pilot import PATIENCE_S, SETTLED_S, judge_duty, judge_never_powered, of_rating, settings, unprobed

# More than any cable carries.
STATION_A = 80.0
OF_20_A = limit("M3-012").value


def resistors() -> list[object]:
    """Each cable with the resistor it should have, and at either end of what has to be taken for it."""
    return [
        pytest.param(cable, ohm, id=f"{cable.rating_a}A-{ohm:g}ohm")
        for cable in CABLES
        for ohm in (cable.ohm, cable.accepted_ohm.least, cable.accepted_ohm.most)
    ]


@pytest.mark.parametrize(("cable", "ohm"), resistors())
@pytest.mark.clause("M3-012")
async def test_never_more_than_the_cable_carries(rig: Case, cable: Cable, ohm: float) -> None:
    """A cable for 13, 20, 32 or 63 A at a station that could give 80: exactly that much is offered

    Of a 20 A cable the duty cycle is 33.3 % at most. Also at either end of what its resistor may be.
    """
    async with rig.bench(of_rating(rig, settings(STATION_A), STATION_A)) as bench:
        box, scope = await bench.ev_box(), await bench.scope()
        await box.set_plug_ohm(ohm)
        await unprobed(bench.outlet(1), box)
        for state in ("B", "C"):
            await box.set_state("B" if state == "B" else "C")
            await rig.until(rig.now_s() + SETTLED_S)
            seen = await scope.measure()
            promised_pct = duty_for(1000 * cable.rating_a) / 1000
            what = f"duty cycle with a cable of {cable.rating_a} A ({ohm:g} ohm), state {state}"
            judge_duty(rig, "M3-012", what, seen.duty, promised_pct, scope.uncertainty_duty)


@pytest.mark.clause("M3-012")
async def test_the_cable_of_the_next_session(rig: Case) -> None:
    """A car with a cable of 20 A, then one with 32 A, then 20 A again: each session is offered what its cable carries

    Not for a moment is more offered than that.
    """
    async with rig.bench(of_rating(rig, settings(STATION_A), STATION_A)) as bench:
        rig.need(bench.capabilities, "pilot")
        for rating_a, ohm in ((20, 680), (32, 220), (20, 680)):
            began_s = rig.now_s()
            await bench.charge(VehicleSpec(max_a=80.0, draw_fraction=0.97, pp_ohm=ohm), within_s=PATIENCE_S)
            await rig.until(rig.now_s() + PATIENCE_S)
            judge_set_offer(
                rig, "M3-012", f"offer with a cable of {rating_a} A", bench.observed.offered_a, float(rating_a)
            )
            offers_a = [event.data["offered_a"] for event in rig.timeline.of("pilot") if event.at_s >= began_s]
            rig.judge.value(
                "M3-012",
                f"highest offer of the session with {rating_a} A",
                measured=max(offer_a or 0.0 for offer_a in offers_a),
                limit=float(rating_a),
                unit="A",
                early=None,
                late=PWM_STEP_A,
            )
            bench.unplug()
            await bench.observed.pilot("A1", within_s=PATIENCE_S)
            await rig.until(rig.now_s() + SETTLED_S)


@pytest.mark.clause("M3-012")
async def test_the_setting_below_the_cable(rig: Case) -> None:
    """A cable that carries more than the station is set to lifts nothing; one that carries less lowers it"""
    station_a = 16.0
    for rating_a, ohm, promised_a in ((32, 220, station_a), (20, 680, station_a), (13, 1500, 13.0)):
        async with rig.bench(settings(station_a)) as bench:
            rig.need(bench.capabilities, "pilot")
            await bench.charge(VehicleSpec(max_a=80.0, draw_fraction=0.97, pp_ohm=ohm), within_s=PATIENCE_S)
            await rig.until(rig.now_s() + SETTLED_S)
            judge_set_offer(
                rig, "M3-012", f"{station_a:g} A by a cable of {rating_a} A", bench.observed.offered_a, promised_a
            )


@pytest.mark.parametrize(
    "ohm",
    [SHORTED_BELOW_OHM - 1.0, OPEN_ABOVE_OHM + 1.0, None],
    ids=["shorted", "too-much", "open"],
)
@pytest.mark.clause("M3-012")
async def test_what_is_no_cable(rig: Case, ohm: float | None) -> None:
    """A resistor that no cable has says nothing of what it carries: no power"""
    async with rig.bench(of_rating(rig, settings(STATION_A), STATION_A)) as bench:
        rig.need(bench.capabilities, "pilot")
        box = await bench.ev_box()
        await box.set_plug_ohm(ohm)
        await box.set_state("B")
        await rig.until(rig.now_s() + SETTLED_S)
        await box.set_state("C")
        await rig.until(rig.now_s() + PATIENCE_S)
        judge_never_powered(rig, "M3-012", f"with {'no resistor' if ohm is None else f'{ohm:g} ohm'}", bench.began_s)


@pytest.mark.clause("M3-012")
async def test_a_cable_of_20_a(rig: Case) -> None:
    """The example of the guides: some cables allow only 20 A; the station then never signals more

    A car that could take 32 A, at a station that could give 32: it charges for ten minutes.
    """
    async with rig.bench(settings(32.0)) as bench:
        rig.need(bench.capabilities, "pilot")
        began_s = rig.now_s()
        await bench.charge(VehicleSpec(max_a=32.0, draw_fraction=0.97, pp_ohm=680))
        await rig.until(rig.now_s() + 600.0)
        offers_a = [event.data["offered_a"] or 0.0 for event in rig.timeline.of("pilot") if event.at_s >= began_s]
        rig.judge.value(
            "M3-012",
            "highest offer",
            measured=max(offers_a, default=0.0),
            limit=OF_20_A,
            unit="A",
            early=PWM_STEP_A,
            late=PWM_STEP_A,
        )
