"""Over-current bands: when the station pauses, and when it does not."""

from __future__ import annotations

import math

import pytest

from rig.case import Case
from rig.clauses.timings import TripBand, late_tolerance_s, timing
from rig.kit.overdraw import BANDS, EPSILON_S, FULL, PATIENCE_S, SETTINGS, STEP, UNDER, car, draw_share, percent

BOUNDED = [band for band in BANDS if band.upper_permille is not None]
OPEN = next(band for band in BANDS if band.upper_permille is None)


STATE_F = ("OCP-013", "M3-004")


def lower(band: TripBand) -> int:
    return band.lower_permille * 10


def edges(band: TripBand) -> list[int]:
    """The lowest share of a band and the highest one below the next band."""
    assert band.upper_permille is not None
    return [lower(band), band.upper_permille * 10 - STEP]


def inside() -> list[object]:
    """Both edges of every bounded band."""
    return [
        pytest.param(band, share, id=percent(share), marks=pytest.mark.clause(band.clause, "OCP-005", *STATE_F))
        for band in BOUNDED
        for share in edges(band)
    ]


def at_threshold() -> list[object]:
    return [pytest.param(band, id=percent(lower(band)), marks=pytest.mark.clause(band.clause)) for band in BOUNDED]


@pytest.mark.parametrize(("band", "share"), inside())
async def test_trips_at_its_time(rig: Case, band: TripBand, share: int) -> None:
    """A constant draw inside a band pauses the session at the band's time

    The car charges at 95 % of what is signalled, then steps to the given share and stays there. Measured from the step
    to the pilot entering state F. The lower bound belongs to the band, the upper one to the next.
    """
    row = timing(band.clause)
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot")
        vehicle = await bench.charge(car())
        start = await draw_share(bench, vehicle, share)
        end = await bench.observed.pilot("F", within_s=row.value_s + PATIENCE_S)
        seen = {"ratio_pct": share / 100}
        rig.judge.timed(
            row, f"pause at {percent(share)}", start=start, end=end, watched_until_s=rig.now_s(), evidence=seen
        )
        rig.judge.timed(
            row, "which band this share is in", start=start, end=end, watched_until_s=rig.now_s(), clause="OCP-005"
        )
        if end is not None:
            opened = bench.observed.latest("contactor")
            if opened is None or opened.data["closed"]:
                opened = await bench.observed.next("contactor", lambda event: not event.data["closed"], within_s=10.0)
            rig.judge.timed(
                timing("M3-001.contactor-open"),
                "the contactor opens with the pause",
                start=end,
                end=opened,
                watched_until_s=rig.now_s(),
                clause=band.clause,
            )
        for clause in STATE_F:
            rig.judge.holds(
                clause,
                "the pilot goes from C to F",
                holds=end is not None and bench.observed.pilot_state == "F",
                seen=f"state {bench.observed.pilot_state}",
                promised="state F, constant -12 V",
                evidence={} if end is None else {"at_s": end.at_s, **end.data},
            )


@pytest.mark.parametrize("band", at_threshold())
async def test_not_before_its_time(rig: Case, band: TripBand) -> None:
    """A draw that ends just before the band's time does not pause the session

    The car draws the band's lower bound for half a second less than the band's time, then falls back to 95 %.
    """
    row = timing(band.clause)
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot")
        vehicle = await bench.charge(car())
        start = await draw_share(bench, vehicle, lower(band))
        await rig.until(start.at_s + row.value_s - EPSILON_S)
        if bench.observed.pilot_state != "F":
            await draw_share(bench, vehicle, UNDER)
        tripped = await bench.observed.pilot("F", within_s=row.value_s + PATIENCE_S)
        rig.judge.never(
            band.clause,
            f"pause after only {row.value_s - EPSILON_S:g} s at {percent(lower(band))}",
            event=tripped,
            watched_s=rig.now_s() - start.at_s,
            promised=f"no pause before {row.value_s:g} s",
            clear_s=EPSILON_S,
        )


@pytest.mark.parametrize("band", at_threshold())
async def test_an_interruption_starts_the_time_again(rig: Case, band: TripBand) -> None:
    """Falling below the band for longer than the reset time starts its time from zero

    Almost to the band's time, then below 100 % for the reset time and a half second more, then again: the pause comes
    at the full time after the second start, not earlier (O-04).
    """
    row, reset = timing(band.clause), timing("OCP-005.reset")
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot")
        vehicle = await bench.charge(car())
        first = await draw_share(bench, vehicle, lower(band))
        await rig.until(first.at_s + row.value_s - EPSILON_S)
        await draw_share(bench, vehicle, UNDER)
        await rig.until(rig.now_s() + reset.value_s + EPSILON_S)
        start = await draw_share(bench, vehicle, lower(band))
        end = await bench.observed.pilot("F", within_s=row.value_s + PATIENCE_S)
        rig.judge.timed(row, "pause after an interruption", start=start, end=end, watched_until_s=rig.now_s())


@pytest.mark.parametrize("band", at_threshold())
async def test_a_short_dip_does_not_start_it_again(rig: Case, band: TripBand) -> None:
    """Falling below the band for less than the reset time does not start its time again

    Halfway through, the car falls below 100 % for half the reset time. Whether the dip itself counts is open (O-04: the
    timer "runs while" the draw is at the bound), so the pause may come at the band's time from the first start, or as
    much later as the dip was long; but not a whole band's time after the dip.
    """
    row, reset = timing(band.clause), timing("OCP-005.reset")
    dip_s = reset.value_s / 2
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot")
        vehicle = await bench.charge(car())
        start = await draw_share(bench, vehicle, lower(band))
        await rig.until(start.at_s + row.value_s / 2)
        await draw_share(bench, vehicle, UNDER)
        await rig.until(rig.now_s() + dip_s)
        await draw_share(bench, vehicle, lower(band))
        end = await bench.observed.pilot("F", within_s=row.value_s + PATIENCE_S)
        rig.judge.elapsed(
            band.clause,
            "pause in spite of a short dip",
            start=start,
            end=end,
            limit_s=row.value_s + dip_s,
            early_s=dip_s,
            late_s=late_tolerance_s(row),
            watched_until_s=rig.now_s(),
        )


@pytest.mark.clause("OCP-002")
async def test_a_draw_that_varies(rig: Case) -> None:
    """A draw that changes all the time, but never falls below a band, pauses at that band's time

    Between 106 % and 111 % in turns, with 4 s at 115 % now and then: the second band's 100 s run on through all of it,
    and the worse draws are too short for their own band.
    """
    row = timing("OCP-002")
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot")
        vehicle = await bench.charge(car())
        start = await draw_share(bench, vehicle, 10_600)
        shares = ((11_100, 9.0), (11_500, 4.0), (10_600, 9.0))
        while bench.observed.pilot_state != "F" and rig.now_s() < start.at_s + 2 * row.value_s:
            for share, for_s in shares:
                if bench.observed.pilot_state != "F":
                    await draw_share(bench, vehicle, share)
                    await bench.observed.pilot("F", within_s=for_s)
        paused = bench.observed.latest("pilot") if bench.observed.pilot_state == "F" else None
        rig.judge.timed(row, "pause in spite of changes", start=start, end=paused, watched_until_s=rig.now_s())


@pytest.mark.clause("OCP-001", "OCP-003")
async def test_the_earliest_timer_trips(rig: Case) -> None:
    """Every band has its own timer, and a worse draw feeds the milder ones too

    103 % until band 1 has 3 s to go, then 115 %, which band 3 allows 5 s: the pause comes after those 3 s.
    """
    mild, worse = timing("OCP-001"), timing("OCP-003")
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot")
        vehicle = await bench.charge(car())
        start = await draw_share(bench, vehicle, 10_300)
        await rig.until(start.at_s + mild.value_s - 3.0)
        later = await draw_share(bench, vehicle, 11_500)
        end = await bench.observed.pilot("F", within_s=worse.value_s + PATIENCE_S)
        rig.judge.timed(mild, "pause by the milder timer", start=start, end=end, watched_until_s=rig.now_s())
        rig.judge.elapsed(
            "OCP-003",
            "pause after the worse draw, at the latest by its own timer",
            start=later,
            end=end,
            limit_s=worse.value_s,
            early_s=None,
            late_s=EPSILON_S,
            watched_until_s=rig.now_s(),
        )


@pytest.mark.parametrize("share", [15_000, 20_000, 30_000], ids=percent)
@pytest.mark.clause("OCP-006")
async def test_beyond_the_last_band(rig: Case, share: int) -> None:
    """From 150 % on no band is printed: never slower than the band below it (O-01)"""
    row = timing(OPEN.clause)
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot")
        vehicle = await bench.charge(car())
        start = await draw_share(bench, vehicle, share)
        end = await bench.observed.pilot("F", within_s=row.value_s + PATIENCE_S)
        seen = {"ratio_pct": share / 100}
        rig.judge.timed(
            row, f"pause at {percent(share)}", start=start, end=end, watched_until_s=rig.now_s(), evidence=seen
        )


@pytest.mark.clause("OCP-007")
async def test_below_the_limit_never(rig: Case) -> None:
    """Two hours at 99.9 % of what is signalled: no pause"""
    share, watched_s = 9_990, 7_200.0
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot")
        vehicle = await bench.charge(car())
        await draw_share(bench, vehicle, share)
        tripped = await bench.observed.pilot("F", within_s=watched_s)
        rig.judge.never(
            "OCP-007",
            "pause at 99.9 %",
            event=tripped,
            watched_s=watched_s,
            promised="no over-current pause below 100 %",
            evidence={"ratio_pct": share / 100},
        )


@pytest.mark.clause("OCP-008")
async def test_exactly_the_limit_strict(rig: Case) -> None:
    """Exactly 100.00 % counts as over-current, as printed, while the measuring tolerance is 0 (X-01)"""
    row = timing("OCP-001")
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        vehicle = await bench.charge(car())
        start = await draw_share(bench, vehicle, FULL)
        end = await bench.observed.pilot("F", within_s=row.value_s + PATIENCE_S)
        rig.judge.timed(
            row, "pause at exactly 100 %", start=start, end=end, watched_until_s=rig.now_s(), clause="OCP-008"
        )


@pytest.mark.clause("OCP-008")
async def test_exactly_the_limit_tolerant(rig: Case) -> None:
    """With a measuring tolerance of 1 % a car at exactly its limit is left alone (O-05)"""
    watched_s = 2 * timing("OCP-001").value_s
    async with rig.bench({**SETTINGS, "ocp.meas_tolerance_pct": 1.0}) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        vehicle = await bench.charge(car())
        await draw_share(bench, vehicle, FULL)
        tripped = await bench.observed.pilot("F", within_s=watched_s)
        rig.judge.never(
            "OCP-008", "pause at exactly 100 %", event=tripped, watched_s=watched_s, promised="no pause, tolerance 1 %"
        )


@pytest.mark.parametrize("phase", [0, 1, 2], ids=["L1", "L2", "L3"])
@pytest.mark.parametrize("band", BOUNDED, ids=lambda band: percent(lower(band)))
@pytest.mark.clause("OCP-022")
async def test_one_phase_is_enough(rig: Case, band: TripBand, phase: int) -> None:
    """Over-current on a single phase of a three-phase car pauses the session at that band's time (O-02)"""
    row = timing(band.clause)
    async with rig.bench(SETTINGS) as bench:
        rig.need(bench.capabilities, "pilot")
        vehicle = await bench.charge(car(phases=3))
        start = await draw_share(bench, vehicle, lower(band), phase=phase)
        end = await bench.observed.pilot("F", within_s=row.value_s + PATIENCE_S)
        rig.judge.timed(
            row, f"pause by L{phase + 1}", start=start, end=end, watched_until_s=rig.now_s(), clause="OCP-022"
        )


@pytest.mark.clause("OCP-009")
async def test_selective_before_a_circuit_breaker(rig: Case) -> None:
    """The station pauses before a miniature circuit breaker of the allowed current would open

    Compared with the fastest breaker that EN 60898-1 allows: it may open from one hour on at 1.13 times its rated
    current and from 1 s on at 2.55 times, straight between these on logarithmic scales.
    """
    for band in BOUNDED:
        share = lower(band)
        async with rig.bench(SETTINGS) as bench:
            rig.need(bench.capabilities, "pilot")
            vehicle = await bench.charge(car())
            start = await draw_share(bench, vehicle, share)
            end = await bench.observed.pilot("F", within_s=band.trip_after_s + PATIENCE_S)
            rig.judge.elapsed(
                "OCP-009",
                f"pause at {percent(share)} against the fastest breaker",
                start=start,
                end=end,
                limit_s=fastest_breaker_s(share / FULL),
                early_s=None,
                watched_until_s=rig.now_s(),
            )


NON_TRIPPING, NON_TRIPPING_S = 1.13, 3600.0
FAST, FAST_S = 2.55, 1.0


def fastest_breaker_s(ratio: float) -> float:
    """The earliest time at which a breaker may open at `ratio` times its rated current, s."""
    if ratio <= NON_TRIPPING:
        return NON_TRIPPING_S
    slope = math.log(FAST_S / NON_TRIPPING_S) / math.log(FAST / NON_TRIPPING)
    return NON_TRIPPING_S * math.pow(ratio / NON_TRIPPING, slope)
