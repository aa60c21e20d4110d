"""What a P1 meter has of its own when it goes silent or talks nonsense: CRCs, log texts, cadences, old versions."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from emulators.p1 import faults
from emulators.p1.meter import Corrupt
from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import limit, timing
from rig.kit.balancing import (
    DSMR4,
    DSMR5,
    SAFE_A,
    at_most,
    car,
    is_offer,
    judge_fallback,
    judge_set_offer,
    meters,
    offering,
    offers_since,
    settings,
)
from rig.kit.old_meters import OLD_TELEGRAMS
from rig.lines.faults import BitFlip, Double, Drop, Fault
from rig.meters import MeterKind
from rig.meters.serial import P1Meter
from rig.timeline import Event

# The connection has room to spare, so that a meter's rounding does not move the offer: the station's own limit leads.
MAX_A = 40.0
CHARGING_A = 25.0
MOST_BAD = int(limit("ALB-P1-017").value)
EPSILON_S = 0.5
METERS = meters([DSMR5, DSMR4])

CRC_TEXT = "P1 Device failure: Read CRC Error"
TIMEOUT_TEXT = "Unable to start P1 communications, Read Timeout Error"
# The documents leave open whether the time-out has the prefix of the CRC text (ALB-P1-020).
TIMEOUT_PATTERN = re.compile(rf"(P1 Device failure: )?{re.escape(TIMEOUT_TEXT)}")


def configured(meter: MeterKind, safe_a: float = SAFE_A) -> dict[str, object]:
    return settings(meter, meter_max_a=MAX_A, station_max_a=CHARGING_A, safe_a=safe_a)


def safe_text(safe_a: float) -> str:
    return f"Enter ActiveLB safeMode: {safe_a:.1f}A"


def p1(bench: Bench) -> P1Meter:
    assert isinstance(bench.meter, P1Meter)
    return bench.meter


async def charging(bench: Bench) -> Event:
    """A car charges with all that the station gives; returns the arrival of the latest telegram."""
    await bench.readings(2)
    await bench.charge(car())
    await offering(bench, CHARGING_A)
    return await bench.arrival()


def is_safe(event: Event) -> bool:
    return at_most(event, SAFE_A)


def changed_offers(rig: Case, since_s: float) -> list[Event]:
    """What the pilot offered after that time, where it was not what the station gave all along."""
    return [event for event in rig.timeline.of("pilot") if event.at_s > since_s and not is_offer(event, CHARGING_A)]


def logged(rig: Case, since_s: float, text: re.Pattern[str] | str) -> list[Event]:
    pattern = re.compile(re.escape(text)) if isinstance(text, str) else text
    return [
        event
        for event in rig.timeline.of("log")
        if event.at_s >= since_s and pattern.fullmatch(str(event.data.get("text")))
    ]


def judge_log(rig: Case, clause: str, since_s: float, text: re.Pattern[str] | str, at_least: int = 1) -> None:
    shown = text if isinstance(text, str) else TIMEOUT_TEXT
    rig.judge.value(
        clause,
        f"log lines “{shown}”",
        measured=len(logged(rig, since_s, text)),
        limit=at_least,
        unit="lines",
        late=None,
        evidence={"since_s": since_s},
    )


@METERS
@pytest.mark.parametrize("how", ["unplugged", "stuck", "repeated"])
@pytest.mark.clause(
    "ALB-P1-016", "ALB-P1-018", "ALB-P1-019", "ALB-P1-020", "ALB-P1-021", "LOG-002", "LOG-003", "UI-011"
)
async def test_silence(rig: Case, meter: MeterKind, how: str) -> None:
    """No new telegram for the time-out: the log texts and the LED of safe-current operation

    The cable is unplugged, or stuck at one level, or the same telegram comes over and over: a splitter or a dongle that
    repeats what it heard last, date and all, brings no measurement.
    """
    row = timing(meter.loss)
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot", "log", "panel")
        last = await charging(bench)
        falling = bench.observed.expect("pilot", is_safe)
        with bench.meter.broken(how):
            if how == "repeated":
                last = await bench.arrival()  # the first one is new
            fallen = await falling.within(2 * row.value_s)
            for clause in ("ALB-P1-016", "ALB-P1-021"):
                judge_fallback(rig, clause, meter, last, fallen)
            await rig.until(rig.now_s() + 30.0)
        for clause in ("ALB-P1-018", "ALB-P1-020", "LOG-002"):
            judge_log(rig, clause, last.at_s, TIMEOUT_PATTERN)
        for clause in ("ALB-P1-019", "LOG-003"):
            judge_log(rig, clause, last.at_s, safe_text(SAFE_A))
        led = str(bench.observed.field("led", "pattern"))
        rig.judge.holds(
            "UI-011",
            "LED in safe-current operation",
            holds="blue" in led and "interrupted" in led,
            seen=led,
            promised="interrupted blue",
        )


@METERS
@pytest.mark.clause("ALB-P1-018", "ALB-P1-019")
async def test_no_words_without_a_cause(rig: Case, meter: MeterKind) -> None:
    """While the meter is heard the log says nothing of a loss"""
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot", "log")
        last = await charging(bench)
        await rig.until(rig.now_s() + 3 * timing(meter.loss).value_s)
        for clause, text in (("ALB-P1-018", TIMEOUT_PATTERN), ("ALB-P1-019", re.compile("Enter ActiveLB safeMode.*"))):
            found = logged(rig, last.at_s, text)
            rig.judge.never(
                clause,
                "a line about a loss",
                event=found[0] if found else None,
                watched_s=rig.now_s() - last.at_s,
                promised="none: telegrams keep coming",
            )


@METERS
@pytest.mark.parametrize("bad", range(1, MOST_BAD))
@pytest.mark.clause("ALB-P1-017", "LOG-001")
async def test_some_bad_telegrams(rig: Case, meter: MeterKind, bad: int) -> None:
    """One or two telegrams with a wrong CRC are logged, and change nothing

    The damaged telegram also shows a current 100 A too high, so a station that does not check would act on it.
    """
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot", "log")
        start = await charging(bench)
        first = p1(bench).model.telegrams + 1
        p1(bench).model.corrupt = faults.during(misread(), first, first + bad - 1)
        await bench.readings(bad + 2)
        moved = changed_offers(rig, start.at_s)
        rig.judge.never(
            "ALB-P1-017",
            f"a changed offer after {bad} bad in a row",
            event=moved[0] if moved else None,
            watched_s=rig.now_s() - start.at_s,
            promised=f"none before {MOST_BAD} in a row",
        )
        for clause in ("ALB-P1-017", "LOG-001"):
            judge_log(rig, clause, start.at_s, CRC_TEXT, at_least=bad)


def misread() -> Corrupt:
    """A digit of the current and one of the power on L1 change on the way; the CRC stays as it was."""
    current, power = faults.bit_error("1-0:31.7.0"), faults.bit_error("1-0:21.7.0")
    return lambda telegram, number: power(current(telegram, number), number)


@METERS
@pytest.mark.parametrize("corrupt", [misread(), faults.truncated()], ids=["wrong CRC", "cut short"])
@pytest.mark.clause("ALB-P1-017", "ALB-P1-019", "LOG-001")
async def test_only_bad_telegrams(rig: Case, meter: MeterKind, corrupt: Corrupt) -> None:
    """Nothing but damaged telegrams: safe current at the third in a row, and a log line for each"""
    async with rig.bench(configured(meter), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot", "log")
        start = await charging(bench)
        p1(bench).model.corrupt = corrupt
        for _ in range(MOST_BAD - 1):
            await bench.arrival()
        third = await bench.arrival()
        assert third is not None
        fallen = bench.observed.latest("pilot")
        if fallen is None or not is_safe(fallen):
            fallen = await bench.observed.next("pilot", is_safe, within_s=60.0)
        rig.judge.elapsed(
            "ALB-P1-017",
            f"offer falls to the safe current after {MOST_BAD} bad telegrams in a row",
            start=third,
            end=fallen,
            limit_s=0.0,
            late_s=1.0,
            watched_until_s=rig.now_s(),
        )
        # Fewer than three lines where the time-out comes first: three telegrams of a 10 s meter take 30 s.
        for clause in ("ALB-P1-017", "LOG-001"):
            judge_log(rig, clause, start.at_s, CRC_TEXT, at_least=MOST_BAD - 1)
        judge_log(rig, "ALB-P1-019", start.at_s, safe_text(SAFE_A))


WEAK = 100


@pytest.mark.parametrize(
    "fault",
    [BitFlip(probability=0.001), Drop(probability=0.005), Double(probability=0.005)],
    ids=["bit errors", "lost characters", "doubled characters"],
)
@pytest.mark.clause("ALB-P1-022")
async def test_a_weak_signal(rig: Case, fault: Fault) -> None:
    """Every other telegram damaged at random by a weak signal: none is believed, and none of it moves the offer

    The good telegram in between keeps the meter alive, so nothing may change for 200 s.
    """
    async with rig.bench(configured(DSMR5), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot", "log")
        start = await charging(bench)
        for _ in range(WEAK):
            with p1(bench).line.fault(fault):
                await bench.arrival()
            await bench.arrival()
        moved = changed_offers(rig, start.at_s)
        rig.judge.never(
            "ALB-P1-022",
            "a changed offer",
            event=moved[0] if moved else None,
            watched_s=rig.now_s() - start.at_s,
            promised="none: the meter is heard every 2 s",
        )
        # The seed decides how many are hit; fewer than half would mean that the fault did not act.
        judge_log(rig, "ALB-P1-022", start.at_s, CRC_TEXT, at_least=WEAK // 2)


@pytest.mark.clause("ALB-P1-001", "ALB-P1-021")
async def test_another_cadence(rig: Case) -> None:
    """The meter is replaced by one that sends every 10 s, and then by the old one: each counts by its own cadence

    No fallback at the change; then the time-out of 30 s, and after the way back the one of 10 s again.
    """
    async with rig.bench(configured(DSMR5), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        last = await charging(bench)
        for replacement in (DSMR4, DSMR5):
            p1(bench).replace(replacement)
            await bench.readings(6)
            offers = offers_since(rig, last.at_s)
            rig.judge.holds(
                "ALB-P1-001",
                f"offers after the change to {replacement.title}",
                holds=all(is_offer(offer_a, CHARGING_A) for _, offer_a in offers),
                seen=", ".join(f"{offer_a:g} A" for _, offer_a in offers),
                promised=f"{CHARGING_A:g} A throughout: telegrams keep coming",
            )
            falling = bench.observed.expect("pilot", is_safe)
            last = bench.last_arrival
            with bench.meter.broken("unplugged"):
                fallen = await falling.within(2 * timing(replacement.loss).value_s)
                judge_fallback(rig, "ALB-P1-021", replacement, last, fallen)
            await offering(bench, CHARGING_A)
            last = await bench.arrival()


@dataclass(frozen=True, slots=True)
class Other:
    """A way in which the station is not set to read P1."""

    key: str
    value: str
    clause: str


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(
            Other("RJ11-Mode", "Suspend when an external circuit is closed", "ALB-P1-012"),
            id="RJ11-Mode",
            marks=pytest.mark.clause("ALB-P1-012", "ALB-P1-025"),
        ),
        pytest.param(
            Other("ALB-ProtocolSelection", "Modbus TCP/IP", "ALB-P1-013"),
            id="protocol",
            marks=pytest.mark.clause("ALB-P1-013"),
        ),
    ],
)
async def test_not_set_to_p1(rig: Case, other: Other) -> None:
    """With another RJ11 mode or protocol telegrams are not read: safe current, whatever the meter says"""
    async with rig.bench({**configured(DSMR5), other.key: other.value}, meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        await bench.charge(car())
        await rig.until(rig.now_s() + 300.0)
        offers = {event.data["offered_a"] for event in rig.timeline.of("pilot") if event.data["offered_a"]}
        for clause in (other.clause, *(("ALB-P1-025",) if other.key == "RJ11-Mode" else ())):
            what = f"highest offer with {other.key} = {other.value}"
            judge_set_offer(rig, clause, what, max(offers, default=0.0), SAFE_A)


@pytest.mark.parametrize("telegram", OLD_TELEGRAMS.values(), ids=OLD_TELEGRAMS.keys())
@pytest.mark.clause("ALB-P1-002")
async def test_older_versions(rig: Case, telegram: bytes) -> None:
    """Telegrams of versions below 4.0 do not count: the station falls back as if there were none"""
    async with rig.bench(configured(DSMR5), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        last = await charging(bench)
        p1(bench).model.corrupt = lambda _telegram, _number: telegram
        fallen = await bench.observed.next("pilot", is_safe, within_s=60.0)
        judge_fallback(rig, "ALB-P1-002", DSMR5, last, fallen)
        await rig.until(rig.now_s() + 120.0)
        judge_set_offer(rig, "ALB-P1-002", "offer with an old meter", bench.observed.offered_a, SAFE_A)
