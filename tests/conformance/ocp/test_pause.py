"""The over-current pause: how long it lasts, how it repeats, and how it ends."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.clauses.timings import TripBand, timing
from rig.kit.overdraw import BANDS, PATIENCE_S, SETTINGS, UNDER, car, draw_share, percent

CYCLES = 20
SHARES = [
    pytest.param(band, band.lower_permille * 10, id=percent(band.lower_permille * 10))
    for band in BANDS
    if band.upper_permille is not None
]


@pytest.mark.parametrize(("band", "share"), SHARES)
@pytest.mark.clause("OCP-010", "OCP-011")
async def test_resumes_by_itself_and_pauses_again(rig: Case, band: TripBand, share: int) -> None:
    """After 300 s in state F the station offers current again, and pauses again if the car still draws too much

    Both edges of the pause: one second before its end the pilot is still in F, and then PWM comes back without anybody
    doing anything. The car goes on drawing too much, so after the band's time there is a second pause of 300 s.
    """
    pause, row = timing("OCP-010"), timing(band.clause)
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot")
        vehicle = await bench.charge(car())
        await draw_share(bench, vehicle, share)
        for number in ("first", "second"):
            start = await bench.observed.pilot("F", within_s=row.value_s + PATIENCE_S)
            if start is None:
                rig.judge.holds("OCP-011", f"{number} pause", holds=False, seen="no pause", promised="a pause")
                break
            await rig.until(start.at_s + pause.value_s - 1.0)
            rig.judge.holds(
                "OCP-010",
                f"the pilot 1 s before the end of the {number} pause",
                holds=bench.observed.pilot_state == "F",
                seen=f"state {bench.observed.pilot_state}",
                promised="state F for 300 s",
                clear_s=1.0,
                evidence={"at_s": rig.now_s()},
            )
            end = await bench.observed.pilot("B2", "C2", within_s=1.0 + PATIENCE_S)
            rig.judge.timed(pause, f"end of the {number} pause", start=start, end=end, watched_until_s=rig.now_s())
            drawing = await bench.drawing(within_s=PATIENCE_S)
            if drawing is None:
                rig.judge.holds("OCP-011", "current after it", holds=False, seen="none", promised="the session goes on")
                break
            again = await bench.observed.pilot("F", within_s=row.value_s + PATIENCE_S)
            rig.judge.timed(
                row,
                f"pause again after the {number} one",
                start=drawing,
                end=again,
                watched_until_s=rig.now_s(),
                clause="OCP-011",
            )


@pytest.mark.parametrize(("band", "share"), SHARES)
@pytest.mark.clause("OCP-012", "OCP-021")
async def test_twenty_cycles_and_an_end(rig: Case, band: TripBand, share: int) -> None:
    """Pause and resume repeat without a limit, and end as soon as the car draws less than it is offered

    Twenty pauses, each reported with code 302; then the car falls to 95 % and charges on for as long as twice the
    band's time without another pause.
    """
    pause, row = timing("OCP-010"), timing(band.clause)
    period_s = pause.value_s + row.value_s + PATIENCE_S
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot", "status")
        vehicle = await bench.charge(car())
        await draw_share(bench, vehicle, share)
        pauses = 0
        while pauses < CYCLES:
            paused = await bench.observed.next("pilot", lambda event: event.data["state"] == "F", within_s=period_s)
            if paused is None:
                break
            pauses += 1
        rig.judge.value(
            "OCP-012", "pauses in a row", measured=pauses, limit=CYCLES, unit="pauses", late=None,
            evidence={"ratio": percent(share)},
        )  # fmt: skip
        codes = [event.data.get("vendorErrorCode") for event in rig.timeline.of("status")]
        rig.judge.value(
            "OCP-021", "StatusNotifications with code 302", measured=codes.count("302"), limit=pauses, unit="messages"
        )
        resumed = await bench.drawing(within_s=pause.value_s + PATIENCE_S)
        await draw_share(bench, vehicle, UNDER)
        again = await bench.observed.pilot("F", within_s=2 * row.value_s + PATIENCE_S)
        rig.judge.never(
            "OCP-012",
            "another pause once the car draws less",
            event=again,
            watched_s=2 * row.value_s + PATIENCE_S,
            promised="the cycle ends with the over-current",
        )
        rig.judge.holds(
            "OCP-012",
            "charging after the cycle",
            holds=resumed is not None and bench.observed.pilot_state == "C2" and max(bench.observed.drawn_a) > 0.0,
            seen=f"state {bench.observed.pilot_state}, {max(bench.observed.drawn_a):g} A",
            promised="state C2, current flows",
        )


@pytest.mark.clause("OCP-012")
async def test_unplugging_ends_the_cycle(rig: Case) -> None:
    """A car that is unplugged during the pause leaves the socket free; the next one charges at once"""
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot")
        vehicle = await bench.charge(car())
        await draw_share(bench, vehicle, 13_000)
        await bench.observed.pilot("F", within_s=PATIENCE_S)
        await rig.until(rig.now_s() + 10.0)
        bench.unplug()
        free = await bench.observed.pilot("A1", within_s=PATIENCE_S)
        rig.judge.holds(
            "OCP-012",
            "the socket after unplugging in the pause",
            holds=free is not None,
            seen=f"state {bench.observed.pilot_state}",
            promised="state A1",
        )
        bench.plug_in(car())
        drawing = await bench.drawing(within_s=PATIENCE_S)
        rig.judge.holds(
            "OCP-012",
            "the next car",
            holds=drawing is not None,
            seen="charges" if drawing else f"no current within {PATIENCE_S:g} s",
            promised="charges, without waiting for the pause to end",
        )
