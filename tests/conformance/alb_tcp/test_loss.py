"""A Modbus TCP/IP meter is lost and comes back: the example of guide 003, with its currents, times and texts.

Station 32 A, socket 16 A, safe current 12 A, unit 5 at 192.168.0.4 (003 §4.1): 16 A, then 12 A, then 16 A again.
"""

from __future__ import annotations

import re

import pytest

from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import timing
from rig.errors import NotTestableHere
from rig.kit.balancing import (
    at_most,
    car,
    is_offer,
    judge_fallback,
    judge_gradual,
    judge_set_offer,
    offering,
    offers_since,
    settings,
)
from rig.meters import KINDS
from rig.timeline import Event

E27 = KINDS["e27"]
SOCKET_A, SAFE_A = 16.0, 12.0
LOST, ERROR = timing("ALB-TCP-006"), timing("ALB-TCP-039")
COMPLETE = timing("ALB-TCP-042.complete")
EPSILON_S = 0.5
# After a silence it can take this long, beyond its pace, until a station hears its meter again: it may have given the
# connection up.
BACK_WITHIN_S = 4.0

WARNING_TEXT = re.compile(r"Communication warning for modbus unit \d+")
# the unit, then the address in round brackets with 502 behind ; or : in 000 and 001; nothing behind it in 003.
ERROR_TEXT = re.compile(r"Communication error for modbus unit \d+( \(.*[;:]502\))?")
SAFE_MODE_TEXT = re.compile(r"Modbus TCP/IP lost, in safe mode max 12\.0A")
BACK_TEXT = re.compile(r"TCP MODBUS unit 5 connected via 192\.168\.0+\.0*4:502")

CAUSES = {"network disruption": "unplugged", "interrupted cable": "half-open", "defective meter": "silent"}


def configured() -> dict[str, object]:
    return {
        **settings(E27, meter_max_a=32.0, safe_a=SAFE_A),
        "Station-MaxCurrent": 32.0,
        "Connector1-MaxCurrent": SOCKET_A,
    }


async def charging(rig: Case, bench: Bench) -> Event:
    """A car charges with 16 A; returns the arrival of the latest answer."""
    await bench.readings(2)
    await bench.charge(car())
    await offering(bench, SOCKET_A)
    await rig.until(rig.now_s() + 10.0)
    await bench.readings(1)
    return bench.last_arrival


def said(rig: Case, pattern: re.Pattern[str], since_s: float) -> list[Event]:
    return [e for e in rig.timeline.of("log") if e.at_s >= since_s and pattern.fullmatch(str(e.data["text"]))]


def judge_said(rig: Case, clause: str, what: str, found: list[Event], pattern: re.Pattern[str]) -> None:
    rig.judge.holds(
        clause,
        what,
        holds=len(found) == 1,
        seen=f"{len(found)} times" + (f", “{found[0].data['text']}”" if found else ""),
        promised=f"once, {pattern.pattern}",
    )


def judge_safe(rig: Case, clause: str, what: str, offer_a: float) -> None:
    judge_set_offer(rig, clause, what, offer_a, SAFE_A)


@pytest.mark.clause(
    "ALB-TCP-006", "ALB-TCP-037", "ALB-TCP-038", "ALB-TCP-039", "ALB-TCP-040", "ALB-TCP-041", "ALB-TCP-042",
    "ALB-TCP-043", "ALB-TCP-045", "LOG-004", "LOG-005", "LOG-006", "LOG-007", "LOG-008",
)  # fmt: skip
async def test_the_example_of_the_guide(rig: Case) -> None:
    """16 A; the meter is lost: warning, safe current of 12 A at 60 s, error text at 120 s; back: text, and up to 16 A

    The warning comes no later than the safe current, the error text not before two minutes, the safe current stays
    after it, and the return goes up in steps and is over within a minute.
    """
    async with rig.bench(configured(), meter=E27) as bench:
        rig.need(bench.capabilities, "pilot", "log", "panel")
        last = await charging(rig, bench)
        falling = bench.observed.expect("pilot", lambda event: at_most(event, SAFE_A))
        with bench.meter.broken("unplugged"):
            await rig.until(last.at_s + LOST.value_s - EPSILON_S)
            judge_set_offer(rig, "ALB-TCP-006", "offer just before the time-out", bench.observed.offered_a, SOCKET_A)
            fallen = await falling.within(LOST.value_s)
            judge_fallback(rig, "ALB-TCP-006", E27, last, fallen)
            await rig.until(last.at_s + ERROR.value_s - EPSILON_S)
            judge_safe(rig, "ALB-TCP-038", "offer without the meter", bench.observed.offered_a)
            judge_safe(rig, "ALB-TCP-045", "offer without the meter", bench.observed.offered_a)
            early = said(rig, ERROR_TEXT, last.at_s)
            rig.judge.never(
                "ALB-TCP-039", "the error text before its time", event=early[0] if early else None,
                watched_s=rig.now_s() - last.at_s, promised="not before 2 minutes", clear_s=EPSILON_S,
            )  # fmt: skip
            await rig.until(last.at_s + 2 * ERROR.value_s)
            judge_safe(rig, "ALB-TCP-040", "offer long after the error text", bench.observed.offered_a)
            led, display = str(bench.observed.field("led", "pattern")), str(bench.observed.field("display", "text"))
        warned = said(rig, WARNING_TEXT, last.at_s)
        for clause in ("ALB-TCP-037", "LOG-006"):
            judge_said(rig, clause, "the warning on the loss", warned, WARNING_TEXT)
        failed = said(rig, ERROR_TEXT, last.at_s)
        for clause in ("ALB-TCP-039", "LOG-004", "LOG-007"):
            judge_said(rig, clause, "the error text", failed, ERROR_TEXT)
        rig.judge.timed(
            ERROR, "error text after the last answer", start=last, end=failed[0] if failed else None,
            watched_until_s=rig.now_s(),
        )  # fmt: skip
        judge_said(rig, "LOG-005", "the text of the safe mode", said(rig, SAFE_MODE_TEXT, last.at_s), SAFE_MODE_TEXT)
        judge_panel(rig, led, display)
        await judge_return(rig, bench)


def judge_panel(rig: Case, led: str, display: str) -> None:
    rig.judge.holds(
        "ALB-TCP-043",
        "LED and display while the safe current leads",
        holds="blue" in led and "interrupted" in led and bool(re.search(r"\d", display)),
        seen=f"LED {led}, display “{display}”",
        promised="interrupted blue; the display shows the reduced capacity",
    )


async def judge_return(rig: Case, bench: Bench) -> None:
    """The meter answers again: what is said, and how the offer rises from 12 A to 16 A."""
    since_s = rig.now_s()
    rising = bench.observed.expect("pilot", lambda event: is_offer(event, SOCKET_A))
    await bench.readings(1)
    back = bench.last_arrival
    full = await rising.within(2 * COMPLETE.value_s)
    rig.judge.timed(
        COMPLETE, "16 A again after the meter is back", start=back, end=full, watched_until_s=rig.now_s(),
        clause="ALB-TCP-042",
    )  # fmt: skip
    offers_a = [offer_a for _, offer_a in offers_since(rig, since_s)]
    judge_gradual(rig, "ALB-TCP-042", offers_a, SAFE_A, SOCKET_A)
    found = said(rig, BACK_TEXT, since_s)
    for clause in ("ALB-TCP-041", "LOG-008"):
        judge_said(rig, clause, "the text on reconnection", found, BACK_TEXT)


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.clause("ALB-TCP-036", "ALB-TCP-037")
async def test_causes_of_loss(rig: Case, cause: str) -> None:
    """Network disruption, interrupted cable, defective meter: each is warned of, and a meter that is there is found

    A cable that was out for a moment leaves a connection that only the station believes in: it must open a new one,
    and then nothing was lost. In the two other cases the safe current follows.
    """
    way = CAUSES[cause]
    async with rig.bench(configured(), meter=E27) as bench:
        rig.need(bench.capabilities, "pilot", "log")
        last = await charging(rig, bench)
        with bench.meter.broken(way):
            await rig.until(last.at_s + LOST.value_s + 5.0)
            offered_a = bench.observed.offered_a
        promised_a = SOCKET_A if way == "half-open" else SAFE_A
        judge_set_offer(rig, "ALB-TCP-036", f"offer after 65 s of {cause}", offered_a, promised_a)
        judge_said(
            rig, "ALB-TCP-037", f"the warning on {cause}", said(rig, WARNING_TEXT, last.at_s), WARNING_TEXT
        )  # fmt: skip


@pytest.mark.clause("ALB-TCP-047")
async def test_port_502_is_blocked(rig: Case) -> None:
    """The network drops what goes to port 502, from the start: safe current; opened: the meter is found by itself"""
    async with rig.bench(configured(), meter=E27) as bench:
        rig.need(bench.capabilities, "pilot")
        with bench.meter.broken("unplugged"):
            await bench.charge(car())
            await rig.until(rig.now_s() + 2 * LOST.value_s)
            judge_safe(rig, "ALB-TCP-047", "offer while the port is blocked", bench.observed.offered_a)
        await offering(bench, SOCKET_A, within_s=100.0)
        judge_set_offer(rig, "ALB-TCP-047", "offer after it was opened", bench.observed.offered_a, SOCKET_A)


@pytest.mark.clause("ALB-TCP-006")
async def test_interruptions_below_a_minute(rig: Case) -> None:
    """A meter that is silent for most of a minute again and again is not lost: each answer begins the minute anew"""
    async with rig.bench(configured(), meter=E27) as bench:
        rig.need(bench.capabilities, "pilot")
        first = await charging(rig, bench)
        await bench.readings(1)
        # A station asks at its own pace, which may be slower than the meter's.
        pace_s = max(E27.interval_s, bench.last_arrival.at_s - first.at_s)
        for _ in range(5):
            last = bench.last_arrival
            with bench.meter.broken("silent"):
                await rig.until(last.at_s + LOST.value_s - pace_s - BACK_WITHIN_S)
            await bench.readings(1)
            silent_s = bench.last_arrival.at_s - last.at_s
            if silent_s > LOST.value_s - EPSILON_S:
                raise NotTestableHere(f"the station heard its meter again only after {silent_s:g} s")
            await bench.readings(2)
        lowest_a = min(offer_a for _, offer_a in offers_since(rig, first.at_s))
        judge_set_offer(rig, "ALB-TCP-006", "lowest offer", lowest_a, SOCKET_A)


@pytest.mark.clause("ALB-TCP-044", "ALB-TCP-006")
async def test_zero_is_a_value(rig: Case) -> None:
    """0 A on every phase is what a house without loads has: no loss, and all of the current for the car (X-44)"""
    config = {**configured(), "SmartMeterIncludesCharger": False}
    async with rig.bench(config, meter=E27, behind_meter=False) as bench:
        rig.need(bench.capabilities, "pilot", "log")
        last = await charging(rig, bench)
        await rig.until(rig.now_s() + 3 * ERROR.value_s)
        lowest_a = min(offer_a for _, offer_a in offers_since(rig, last.at_s))
        for clause in ("ALB-TCP-044", "ALB-TCP-006"):
            judge_set_offer(rig, clause, "lowest offer at 0 A", lowest_a, SOCKET_A)
        found = [*said(rig, WARNING_TEXT, last.at_s), *said(rig, ERROR_TEXT, last.at_s)]
        rig.judge.never(
            "ALB-TCP-044", "a word about a loss", event=found[0] if found else None,
            watched_s=rig.now_s() - last.at_s, promised="none: zero is a valid value",
        )  # fmt: skip
