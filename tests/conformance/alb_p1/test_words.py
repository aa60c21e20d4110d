"""What a station with a P1 meter says of a loss, in log and LED: the right figure, once, and not for ever."""

from __future__ import annotations

import re

import pytest

from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.balancing import DSMR4, DSMR5, charging, meters, settings
from rig.meters import MeterKind

MAX_A = 40.0
CHARGING_A = 25.0
# Not a whole number, and not what the station is delivered with.
SAFE_A = 8.5
SAFE_TEXT = re.compile(r"Enter ActiveLB safeMode: 8\.5A")
ANY_SAFE_TEXT = re.compile(r"Enter ActiveLB safeMode.*")
# The documents leave open whether the time-out has the prefix of the CRC text (ALB-P1-020).
TIMEOUT_TEXT = re.compile(r"(P1 Device failure: )?Unable to start P1 communications, Read Timeout Error")
METERS = meters([DSMR5, DSMR4])
# Long enough for a station that says the same over and over to do so.
WATCHED_S = 60.0


def configured(meter: MeterKind) -> dict[str, object]:
    return settings(meter, meter_max_a=MAX_A, station_max_a=CHARGING_A, safe_a=SAFE_A)


def logged(rig: Case, since_s: float, text: re.Pattern[str]) -> list[str]:
    texts = [str(event.data["text"]) for event in rig.timeline.of("log") if event.at_s >= since_s]
    return [found for found in texts if text.fullmatch(found)]


async def lose(rig: Case, bench: Bench) -> float:
    """The meter is unplugged until it has been lost for a minute; returns when that began."""
    await bench.readings(1)
    began_s = rig.now_s()
    with bench.meter.broken("unplugged"):
        await rig.until(began_s + timing(bench.meter.kind.loss).value_s + WATCHED_S)
    return began_s


@METERS
@pytest.mark.clause("ALB-P1-019", "LOG-003")
async def test_the_safe_current_that_is_set(rig: Case, meter: MeterKind) -> None:
    """The log line has the safe current as it is set, 8.5 A, with its decimal"""
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "log", "settings")
        await charging(rig, bench)
        began_s = await lose(rig, bench)
        said = logged(rig, began_s, ANY_SAFE_TEXT)
        for clause in ("ALB-P1-019", "LOG-003"):
            rig.judge.holds(
                clause,
                f"log line with a safe current of {SAFE_A:g} A",
                holds=any(SAFE_TEXT.fullmatch(text) for text in said),
                seen=", ".join(said) or "no line",
                promised=f"Enter ActiveLB safeMode: {SAFE_A:.1f}A",
            )


@METERS
@pytest.mark.clause("ALB-P1-018", "ALB-P1-019", "LOG-002", "LOG-003")
async def test_once_per_loss(rig: Case, meter: MeterKind) -> None:
    """The safe current is entered once per loss, however long it is, and again at the next; each has its time-out

    How often the time-out itself is told while the meter stays away, no document says.
    """
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "log")
        await charging(rig, bench)
        for nth in ("first", "second"):
            began_s = await lose(rig, bench)
            for clauses, text, what, most in (
                (("ALB-P1-018", "LOG-002"), TIMEOUT_TEXT, "time-out", None),
                (("ALB-P1-019", "LOG-003"), ANY_SAFE_TEXT, "safe current", 0.0),
            ):
                for clause in clauses:
                    rig.judge.value(
                        clause,
                        f"log lines about the {what}, {nth} loss",
                        measured=len(logged(rig, began_s, text)),
                        limit=1,
                        unit="lines",
                        late=most,
                        evidence={"since_s": began_s},
                    )


@METERS
@pytest.mark.clause("UI-011")
async def test_led_after_the_return(rig: Case, meter: MeterKind) -> None:
    """The LED of safe-current operation ends when the meter is back"""
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "panel")
        await charging(rig, bench)
        await lose(rig, bench)
        await bench.readings(2)
        await rig.until(rig.now_s() + 5.0)
        led = str(bench.observed.field("led", "pattern"))
        rig.judge.holds(
            "UI-011",
            "LED after safe-current operation",
            holds="interrupted" not in led,
            seen=led,
            promised="not interrupted",
        )
