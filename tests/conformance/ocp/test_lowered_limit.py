"""A limit that is lowered below what the car draws: the car has a grace of 5 s to follow (O-03)."""

from __future__ import annotations

import pytest

from emulators.vehicle.spec import VehicleSpec
from rig import paths
from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.balancing import DSMR5, settings
from rig.kit.overdraw import PATIENCE_S
from rig.scenario import load, play

MAX_A = 26.0
HIGH_A, LOW_A = 20.0, 6.0


def car(reaction_s: float) -> VehicleSpec:
    """A one-phase car that takes a little less than it is offered, and that long to follow."""
    return VehicleSpec(phases=1, max_a=32.0, draw_fraction=0.97, reaction_s=reaction_s)


@pytest.mark.clause("OCP-024")
async def test_a_car_that_follows_in_time(rig: Case) -> None:
    """From 20 A to 6 A with a car that needs 4 s to follow: no pause

    Without the grace the ratio would jump above 300 %, which trips within 2 s.
    """
    async with rig.bench(settings(DSMR5, meter_max_a=MAX_A), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(MAX_A - HIGH_A)
        await bench.readings(2)
        await bench.charge(car(4.0))
        await rig.until(rig.now_s() + 10.0)
        bench.house(MAX_A - LOW_A)
        lowered = await bench.observed.next("pilot", lambda event: event.data["offered_a"] == LOW_A, within_s=5.0)
        tripped = await bench.observed.pilot("F", within_s=60.0)
        rig.judge.holds(
            "OCP-024",
            "the offer falls with the limit",
            holds=lowered is not None,
            seen=f"{bench.observed.offered_a:g} A offered",
            promised=f"{LOW_A:g} A",
        )
        rig.judge.never("OCP-024", "pause", event=tripped, watched_s=60.0, promised="no pause: the car followed in 4 s")


@pytest.mark.clause("OCP-024")
async def test_a_car_that_does_not_follow(rig: Case) -> None:
    """From 20 A to 6 A with a car that stays where it is: pause when grace and trip time are over

    The grace shields the car for 5 s and not longer: after it the draw is far above 150 %, so the pause comes within
    2 s more, and not before the grace has ended.
    """
    grace, trip = timing("OCP-024"), timing("OCP-006")
    async with rig.bench(settings(DSMR5, meter_max_a=MAX_A), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(MAX_A - HIGH_A)
        await bench.readings(2)
        await bench.charge(car(600.0))
        await rig.until(rig.now_s() + 10.0)
        bench.house(MAX_A - LOW_A)
        lowered = await bench.observed.next("pilot", lambda event: event.data["offered_a"] == LOW_A, within_s=5.0)
        tripped = await bench.observed.pilot("F", within_s=PATIENCE_S)
        if lowered is None:
            rig.judge.holds(
                "OCP-024",
                "the offer falls with the limit",
                holds=False,
                seen=f"{bench.observed.offered_a:g} A offered",
                promised=f"{LOW_A:g} A",
            )
            return
        rig.judge.elapsed(
            "OCP-024",
            "pause after the limit was lowered",
            start=lowered,
            end=tripped,
            limit_s=grace.value_s,
            late_s=trip.value_s + 0.5,
            watched_until_s=rig.now_s(),
        )


@pytest.mark.clause("OCP-022")
async def test_measured_against_what_is_signalled(rig: Case) -> None:
    """A connector of 32 A that the meter leaves 15 A: 108 % of the 15 A is over-current, though far below 32 A

    The ratio counts against what the pilot signals, so the pause comes at the time of the second band (O-02).
    """
    row, left_a = timing("OCP-002"), 15.0
    async with rig.bench(settings(DSMR5, meter_max_a=left_a), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        await bench.readings(2)
        vehicle = await bench.charge(car(0.0))
        await rig.until(rig.now_s() + 60.0)
        start = await bench.draw(vehicle, left_a * 1.08)
        end = await bench.observed.pilot("F", within_s=row.value_s + PATIENCE_S)
        rig.judge.timed(
            row,
            "pause at 108 % of what is signalled",
            start=start,
            end=end,
            watched_until_s=rig.now_s(),
            clause="OCP-022",
        )


FIELD_REPORT = "field/limit-lowered-while-drawing.scenario.toml"


@pytest.mark.clause("OCP-024")
async def test_field_report(rig: Case) -> None:
    """A field report: the limit is lowered in two small steps while the car follows slowly, and ends in state F

    8.28 A against 6.4 A and then 6.0 A. When the grace after the first decrease is over, the draw is in the band of
    2 s; the report's station paused as well. Replayed with the meter in the role of the energy manager.
    """
    await play(rig, load(paths.fixtures() / FIELD_REPORT))
