"""The P1 meter goes silent or talks nonsense: the station falls back to its safe current, in time and not before."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pytest

from emulators.p1 import faults
from emulators.p1.meter import Corrupt
from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import Timing, limit, timing
from rig.kit.balancing import DSMR4, DSMR5, INTERVAL_S, SAFE_A, car, settings
from rig.kit.old_meters import OLD_TELEGRAMS
from rig.lines.faults import BitFlip, Double, Drop, Fault, Stuck, Unplug
from rig.timeline import Event

# The connection has room to spare, so that a meter's rounding does not move the offer: the station's own limit leads.
MAX_A = 40.0
CHARGING_A = 25.0
TIMEOUT = {DSMR4: timing("ALB-P1-016.dsmr4"), DSMR5: timing("ALB-P1-016.dsmr5")}
MOST_BAD = int(limit("ALB-P1-017").value)
EPSILON_S = 0.5
METERS = pytest.mark.parametrize("meter", [DSMR5, DSMR4])

CRC_TEXT = "P1 Device failure: Read CRC Error"
TIMEOUT_TEXT = "Unable to start P1 communications, Read Timeout Error"
# The documents leave open whether the time-out has the prefix of the CRC text (ALB-P1-020).
TIMEOUT_PATTERN = re.compile(rf"(P1 Device failure: )?{re.escape(TIMEOUT_TEXT)}")


def configured(safe_a: float = SAFE_A) -> dict[str, object]:
    return settings(meter_max_a=MAX_A, station_max_a=CHARGING_A, safe_a=safe_a)


def safe_text(safe_a: float) -> str:
    return f"Enter ActiveLB safeMode: {safe_a:.1f}A"


async def charging(bench: Bench) -> Event:
    """A car charges with all that the station gives; returns the arrival of the latest telegram."""
    await bench.telegrams(2)
    await bench.charge(car())
    if bench.observed.offered_a != CHARGING_A:
        await bench.observed.next("pilot", lambda event: event.data["offered_a"] == CHARGING_A, within_s=300.0)
    arrived = await next_frame(bench)
    assert arrived is not None
    return arrived


async def next_frame(bench: Bench) -> Event | None:
    """The arrival of the next telegram at the station."""
    return await bench.observed.next("frame", lambda event: event.data["dir"] == "a>b", within_s=60.0)


def at_most(offer_a: float) -> Callable[[Event], bool]:
    return lambda event: (event.data["offered_a"] or 0.0) <= offer_a


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


def judge_fallback(rig: Case, clause: str, row: Timing, last: Event, fallen: Event | None) -> None:
    rig.judge.timed(
        row,
        "offer falls to the safe current after the last good telegram",
        start=last,
        end=fallen,
        watched_until_s=rig.now_s(),
        clause=clause,
    )


@METERS
@pytest.mark.parametrize("fault", [Unplug(), Stuck(value=0xFF)], ids=["unplugged", "stuck"])
@pytest.mark.clause(
    "ALB-GEN-014", "ALB-P1-016", "ALB-P1-018", "ALB-P1-019", "ALB-P1-020", "ALB-P1-021", "LOG-002", "LOG-003", "UI-011"
)
async def test_silence(rig: Case, meter: str, fault: Fault) -> None:
    """No telegram for the time-out: safe current, its log texts, and not before

    The cable is unplugged, or stuck at one level, while a car charges with 25 A. Half a second before the time-out
    nothing has changed; then the offer falls to the safe current of 10 A.
    """
    row = TIMEOUT[meter]
    async with rig.bench(configured(), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot", "log", "panel")
        last = await charging(bench)
        with bench.line.fault(fault):
            await rig.until(last.at_s + row.value_s - EPSILON_S)
            rig.judge.value(
                "ALB-P1-016",
                "offer just before the time-out",
                measured=bench.observed.offered_a,
                limit=CHARGING_A,
                unit="A",
                evidence={"at_s": rig.now_s()},
            )
            fallen = await bench.observed.next("pilot", at_most(SAFE_A), within_s=row.value_s)
            judge_fallback(rig, "ALB-P1-016", row, last, fallen)
            judge_fallback(rig, "ALB-P1-021", row, last, fallen)
            await rig.until(rig.now_s() + 30.0)
        rig.judge.value(
            "ALB-GEN-014", "offer without the meter", measured=bench.observed.offered_a, limit=SAFE_A, unit="A"
        )
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
@pytest.mark.clause("ALB-P1-016", "ALB-P1-021")
async def test_silence_that_ends_in_time(rig: Case, meter: str) -> None:
    """A meter that comes back before the time-out: nothing happens

    The last telegram before and the first one after are closer together than the time-out, with one telegram missing
    less than it would take.
    """
    row = TIMEOUT[meter]
    gap_s = row.value_s - INTERVAL_S[meter] - EPSILON_S
    async with rig.bench(configured(), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        last = await charging(bench)
        with bench.line.fault(Unplug()):
            await rig.until(last.at_s + gap_s)
        again = await next_frame(bench)
        await rig.until(rig.now_s() + row.value_s - EPSILON_S)
        fallen = [e for e in rig.timeline.of("pilot") if e.at_s > last.at_s and at_most(CHARGING_A - 1.0)(e)]
        for clause in ("ALB-P1-016", "ALB-P1-021"):
            rig.judge.never(
                clause,
                f"safe current after {(again.at_s if again else rig.now_s()) - last.at_s:g} s without a telegram",
                event=fallen[0] if fallen else None,
                watched_s=rig.now_s() - last.at_s,
                promised=f"none before {row.value_s:g} s",
                clear_s=EPSILON_S,
            )


@METERS
@pytest.mark.parametrize("bad", range(1, MOST_BAD))
@pytest.mark.clause("ALB-P1-017", "LOG-001")
async def test_some_bad_telegrams(rig: Case, meter: str, bad: int) -> None:
    """One or two telegrams with a wrong CRC are logged, and change nothing

    The damaged telegram also shows a current 100 A too high, so a station that does not check would act on it.
    """
    async with rig.bench(configured(), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot", "log")
        start = await charging(bench)
        first = bench.meter.telegrams + 1
        bench.meter.corrupt = faults.during(misread(), first, first + bad - 1)
        await bench.telegrams(bad + 2)
        moved = [event for event in rig.timeline.of("pilot") if event.at_s > start.at_s]
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
async def test_only_bad_telegrams(rig: Case, meter: str, corrupt: Corrupt) -> None:
    """Nothing but damaged telegrams: safe current at the third in a row, and a log line for each"""
    async with rig.bench(configured(), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot", "log")
        start = await charging(bench)
        bench.meter.corrupt = corrupt
        for _ in range(MOST_BAD - 1):
            await next_frame(bench)
        third = await next_frame(bench)
        assert third is not None
        fallen = bench.observed.latest("pilot")
        if fallen is None or not at_most(SAFE_A)(fallen):
            fallen = await bench.observed.next("pilot", at_most(SAFE_A), within_s=60.0)
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
    async with rig.bench(configured(), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot", "log")
        start = await charging(bench)
        for _ in range(WEAK):
            with bench.line.fault(fault):
                await next_frame(bench)
            await next_frame(bench)
        moved = [event for event in rig.timeline.of("pilot") if event.at_s > start.at_s]
        rig.judge.never(
            "ALB-P1-022",
            "a changed offer",
            event=moved[0] if moved else None,
            watched_s=rig.now_s() - start.at_s,
            promised="none: the meter is heard every 2 s",
        )
        # The seed decides how many are hit; fewer than half would mean that the fault did not act.
        judge_log(rig, "ALB-P1-022", start.at_s, CRC_TEXT, at_least=WEAK // 2)


@pytest.mark.clause("ALB-GEN-014", "ALB-P1-019")
async def test_safe_current_below_the_minimum(rig: Case) -> None:
    """A safe current below 6 A pauses the session: there is no such offer (O-33)"""
    safe_a = 5.0
    async with rig.bench(configured(safe_a), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot", "log")
        last = await charging(bench)
        with bench.line.fault(Unplug()):
            await rig.until(last.at_s + TIMEOUT[DSMR5].value_s + 10.0)
        rig.judge.holds(
            "ALB-GEN-014",
            "the session while the meter is lost",
            holds=bench.observed.offered_a == 0.0 and max(bench.observed.drawn_a) == 0.0,
            seen=f"{bench.observed.offered_a:g} A offered, {max(bench.observed.drawn_a):g} A drawn",
            promised="paused",
        )
        judge_log(rig, "ALB-P1-019", last.at_s, safe_text(safe_a))


@pytest.mark.clause("ALB-GEN-014")
async def test_before_the_first_telegram(rig: Case) -> None:
    """A station that has not heard its meter yet offers the safe current, not more"""
    async with rig.bench(configured(), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        with bench.line.fault(Unplug()):
            await bench.charge(car())
            await rig.until(rig.now_s() + 60.0)
            highest_a = max((event.data["offered_a"] or 0.0) for event in rig.timeline.of("pilot"))
            rig.judge.value("ALB-GEN-014", "highest offer", measured=highest_a, limit=SAFE_A, unit="A")


@METERS
@pytest.mark.clause("ALB-P1-016")
async def test_gradual_return(rig: Case, meter: str) -> None:
    """The meter is back: the offer rises step by step to what there is, never falls on the way, and is not slow

    Steps of at most 1 A, 5 s apart (O-32, O-68): from 10 A to 25 A in 15 steps.
    """
    step_a = limit("ALB-TCP-042.step").value
    step_s = timing("ALB-TCP-042.step-interval").value_s
    row = TIMEOUT[meter]
    async with rig.bench(configured(), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        last = await charging(bench)
        with bench.line.fault(Unplug()):
            await rig.until(last.at_s + row.value_s + 20.0)
        back = await next_frame(bench)
        assert back is not None
        # The first step may come with the first telegram, so there is one interval less than there are steps.
        allowed_s = ((CHARGING_A - SAFE_A) / step_a - 1) * step_s
        full = await bench.observed.next("pilot", lambda e: e.data["offered_a"] == CHARGING_A, within_s=2 * allowed_s)
        rig.judge.elapsed(
            "ALB-P1-016",
            "full offer again",
            start=back,
            end=full,
            limit_s=allowed_s,
            late_s=step_s,
            watched_until_s=rig.now_s(),
        )
        offers = [(e.at_s, e.data["offered_a"] or 0.0) for e in rig.timeline.of("pilot") if e.at_s >= back.at_s]
        rises = [after - before for (_, before), (_, after) in pairwise(offers)]
        rig.judge.value(
            "ALB-P1-016",
            "largest single rise",
            measured=max(rises, default=0.0),
            limit=step_a,
            unit="A",
            early=None,
            evidence={"offers_a": [offer_a for _, offer_a in offers]},
        )
        rig.judge.value(
            "ALB-P1-016", "smallest single rise", measured=min(rises, default=0.0), limit=0.0, unit="A", late=None
        )


@pytest.mark.clause("ALB-P1-001", "ALB-P1-021")
async def test_another_cadence(rig: Case) -> None:
    """The meter is replaced by one that sends every 10 s: no fallback, and from then on the time-out of 30 s"""
    row = TIMEOUT[DSMR4]
    async with rig.bench(configured(), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        last = await charging(bench)
        bench.replace_meter(DSMR4)
        for _ in range(6):
            arrived = await next_frame(bench)
            last = arrived or last
        moved = [event for event in rig.timeline.of("pilot") if at_most(SAFE_A)(event) and event.data["offered_a"]]
        rig.judge.never(
            "ALB-P1-001",
            "safe current at the other cadence",
            event=next((event for event in moved if event.at_s > last.at_s - 50.0), None),
            watched_s=60.0,
            promised="none: telegrams keep coming",
        )
        with bench.line.fault(Unplug()):
            fallen = await bench.observed.next("pilot", at_most(SAFE_A), within_s=2 * row.value_s)
            judge_fallback(rig, "ALB-P1-021", row, last, fallen)


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
    async with rig.bench({**configured(), other.key: other.value}, meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        await bench.charge(car())
        await rig.until(rig.now_s() + 300.0)
        offers = {event.data["offered_a"] for event in rig.timeline.of("pilot") if event.data["offered_a"]}
        for clause in (other.clause, *(("ALB-P1-025",) if other.key == "RJ11-Mode" else ())):
            rig.judge.value(
                clause, f"highest offer with {other.key} = {other.value}", measured=max(offers), limit=SAFE_A, unit="A"
            )


@pytest.mark.parametrize("telegram", OLD_TELEGRAMS.values(), ids=OLD_TELEGRAMS.keys())
@pytest.mark.clause("ALB-P1-002")
async def test_older_versions(rig: Case, telegram: bytes) -> None:
    """Telegrams of versions below 4.0 do not count: the station falls back as if there were none"""
    async with rig.bench(configured(), meter=DSMR5) as bench:
        rig.need(bench.capabilities, "pilot")
        last = await charging(bench)
        bench.meter.corrupt = lambda _telegram, _number: telegram
        fallen = await bench.observed.next("pilot", at_most(SAFE_A), within_s=60.0)
        judge_fallback(rig, "ALB-P1-002", TIMEOUT[DSMR5], last, fallen)
        await rig.until(rig.now_s() + 120.0)
        rig.judge.value(
            "ALB-P1-002", "offer with an old meter", measured=bench.observed.offered_a, limit=SAFE_A, unit="A"
        )
