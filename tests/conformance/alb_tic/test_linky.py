"""The Linky meter: both modes, whatever the meter does with its output, and its loss."""

from __future__ import annotations

import pytest

from emulators.tic import faults
from emulators.tic.meter import Corrupt
from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.balancing import (
    SAFE_A,
    at_most,
    charging,
    is_offer,
    judge_fallback,
    judge_offer,
    meters,
    offers_since,
    settings,
    settled,
)
from rig.meters import KINDS, MeterKind
from rig.meters.serial import TicMeter

MAX_A = 25.0
HOUSE_A = (9.0, 5.0, 3.0)
LINKYS = [kind for kind in KINDS.values() if kind.port == "tic"]
OTHER_MODE = {"historique": "standard", "standard": "historique"}
ROW = timing("ALB-TIC-009")


def tic(bench: Bench) -> TicMeter:
    assert isinstance(bench.meter, TicMeter)
    return bench.meter


@meters(LINKYS)
@pytest.mark.clause("ALB-TIC-001", "ALB-TIC-008")
async def test_either_mode(rig: Case, meter: MeterKind) -> None:
    """Historique and standard, one and three phases: read without being told which, and followed"""
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(*HOUSE_A[: meter.phases])
        await charging(rig, bench)
        for clause in ("ALB-TIC-001", "ALB-TIC-008"):
            judge_offer(rig, bench, clause, f"offer beside {HOUSE_A[0]:g} A on L1", MAX_A - HOUSE_A[0], meter)


@meters([kind for kind in LINKYS if not kind.producer])
@pytest.mark.clause("ALB-TIC-008")
async def test_the_mode_is_switched(rig: Case, meter: MeterKind) -> None:
    """The grid operator switches the meter to the other mode, at its own speed: the station follows by itself

    The output goes from 1200 to 9600 baud or back. Nothing is heard until the station has found the new speed; it may
    fall back in the meantime, and must be following again within a minute and the gradual return.
    """
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        tic(bench).switch_mode(OTHER_MODE[meter.model])
        bench.house(*HOUSE_A[: meter.phases])
        await rig.until(rig.now_s() + 60.0)
        await settled(rig, bench)
        judge_offer(rig, bench, "ALB-TIC-008", "offer in the other mode", MAX_A - HOUSE_A[0], KINDS["linky-historique"])


ODD_FRAMES: dict[str, tuple[Corrupt, str]] = {
    "truncated": (faults.truncated(), "cut short"),
    "in the middle": (faults.started_in_the_middle(), "begun in the middle"),
    "interrupted": (faults.interrupted(), "broken off by an EOT"),
    "checksums of the other mode": (faults.other_checksum(), "with the other mode's checksums"),
}


@pytest.mark.parametrize("odd", ODD_FRAMES)
@meters([KINDS["linky-standard"], KINDS["linky-historique-1p"]])
@pytest.mark.clause("ALB-TIC-008", "ALB-TIC-009")
async def test_odd_frames(rig: Case, meter: MeterKind, odd: str) -> None:
    """Every other frame is of no use: none of it is believed, and the good ones keep the meter alive"""
    corrupt, words = ODD_FRAMES[odd]
    async with rig.bench(settings(meter, meter_max_a=40.0, station_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        since_s = rig.now_s()
        tic(bench).model.corrupt = lambda frame, number: corrupt(frame, number) if number % 2 else frame
        await rig.until(since_s + 10 * ROW.value_s)
        offers = offers_since(rig, since_s)
        for clause in ("ALB-TIC-008", "ALB-TIC-009"):
            rig.judge.holds(
                clause,
                f"offers while every other frame is {words}",
                holds=all(is_offer(offer_a, MAX_A) for _, offer_a in offers),
                seen=", ".join(f"{offer_a:g} A" for _, offer_a in offers),
                promised=f"{MAX_A:g} A throughout",
            )


SPOILED: dict[str, Corrupt] = {
    "bad checksum": faults.bad_checksum("URMS1"),
    "current misread": faults.bit_error("IRMS1"),
    "standby": faults.standby(),
    "no current": faults.missing("IRMS1"),
    "repeated": faults.frozen(clock_runs=False),
}


@pytest.mark.parametrize("spoiled", SPOILED)
@pytest.mark.clause("ALB-TIC-009")
async def test_nothing_usable(rig: Case, spoiled: str) -> None:
    """Frames keep coming, but none can be used: the safe current, as if there were none

    A wrong checksum in one group spoils the frame: what else is in it cannot be trusted either. A frame that repeats
    the one before, date and all, brings no measurement.
    """
    meter = KINDS["linky-standard"]
    async with rig.bench(settings(meter, meter_max_a=40.0, station_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        falling = bench.observed.expect("pilot", lambda event: at_most(event, SAFE_A))
        first = tic(bench).model.frames + 1
        tic(bench).model.corrupt = faults.during(SPOILED[spoiled], first)
        last = await bench.arrival()  # a frame that was on its way
        if spoiled == "repeated":
            last = await bench.arrival()  # the one that will be repeated is new
        fallen = await falling.within(2 * ROW.value_s)
        judge_fallback(rig, "ALB-TIC-009", meter, last, fallen)


@meters(LINKYS)
@pytest.mark.clause("ALB-TIC-008")
async def test_overload(rig: Case, meter: MeterKind) -> None:
    """Overload: short frames or warnings take the place of the usual ones, and are followed all the same

    The house draws more than is subscribed; a three-phase meter in historique mode then sends short frames, and goes on
    for a minute after. Nothing is left for the car; when the overload ends it charges again.
    """
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        bench.house(80.0)
        await rig.until(rig.now_s() + 30.0)
        rig.judge.value(
            "ALB-TIC-008", "offer during the overload", measured=bench.observed.offered_a, limit=0.0, unit="A"
        )
        bench.house(*HOUSE_A[: meter.phases])
        await settled(rig, bench)
        judge_offer(rig, bench, "ALB-TIC-008", "offer after the overload", MAX_A - HOUSE_A[0], meter)
