"""The instruments of a bench: asked for, plugged in, on the timeline, and the same in every run."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from emulators.errors import BadConfiguration
from emulators.vehicle.spec import VehicleSpec
from rig.bench import Bench
from rig.bench.file import BenchFile, Lines, P1Line, StationEntry
from rig.bench.instrument_entries import EvBox, Instruments, Scope
from rig.case import Case
from rig.errors import HarnessError, NotTestableHere
from rig.options import RunOptions
from rig.timeline import Event
from tests.unit.rig.on_bench import Body, run_on_bench

SETTINGS = {"Station-MaxCurrent": 16.0, "Connector1-MaxCurrent": 16.0}


def run(body: Body, file: BenchFile | None = None, **how: Any) -> Case:
    return run_on_bench(body, how.pop("settings", SETTINGS), file, **how)


def told(case: Case, source: str) -> list[str]:
    return [event.data["message"] for event in case.timeline.of("told", source)]


async def through_a_session(case: Case, bench: Bench) -> None:
    box, scope = await bench.ev_box(), await bench.scope()
    await box.set_cable(20)
    for state in ("B", "C", "B", "A"):
        await box.set_state(state)
        await scope.measure()
        await case.until(case.now_s() + 0.1)  # as long as the contactor takes: both at one instant
        await box.measure()


def test_a_box_plays_the_car_at_the_socket_of_the_board() -> None:
    async def body(case: Case, bench: Bench) -> None:
        box, scope = await bench.ev_box(), await bench.scope()
        assert bench.observed.pilot_state == "A1"
        await box.set_cable(32)
        await box.set_state("C")
        assert bench.observed.pilot_state == "C2"  # the station has answered by now
        seen_by_scope, seen_by_box = await scope.measure(), await box.measure()
        for seen in (seen_by_scope, seen_by_box):
            assert seen.duty == pytest.approx(0.26667, abs=0.002)
            assert seen.frequency_hz == pytest.approx(1000.0, abs=1.0)
            assert (seen.high_v, seen.low_v) == pytest.approx((5.99, -12.0), abs=0.1)
        await case.until(1.0)
        assert bench.observed.contactor_closed
        await box.set_state("A")

    case = run(body)
    assert told(case, "ev box") == ["*CLS", "*RST", ":EV:PROXimity:RATing 32", ":EV:STATe C", ":EV:STATe A", "*RST"]
    assert ":TIMebase:SCALe 0.0005" in told(case, "scope")


def test_readings_are_events_with_their_uncertainty() -> None:
    async def body(case: Case, bench: Bench) -> None:
        await (await bench.scope()).measure()

    file = BenchFile(instruments=Instruments(scope=Scope(uncertainty_v=0.25, uncertainty_duty_pct=0.5)))
    (event,) = run(body, file).timeline.of("measured")
    assert event == Event(
        0.0,
        "scope",
        "measured",
        {
            "frequency_hz": None,
            "duty_pct": None,
            "high_v": 12.0,
            "low_v": 12.0,
            "uncertainty_v": 0.25,
            "uncertainty_duty_pct": 0.5,
        },
    )


def test_a_reading_took_place_while_it_was_asked_for() -> None:
    """In real time it is not known when exactly."""
    case = Case("unit/instruments/case", RunOptions.parse(clock="real", seed=1, bench=None))

    async def whole() -> None:
        async with case.bench(SETTINGS) as bench:
            await (await bench.scope()).measure()

    case.run(whole())
    (event,) = case.timeline.of("measured")
    assert 0.0 < event.uncertainty_s < event.at_s <= case.now_s()
    case.close()


@pytest.mark.parametrize("family", ["", "keysight", "rigol", "siglent"])
def test_every_family_says_the_same(family: Any) -> None:
    async def body(case: Case, bench: Bench) -> None:
        await (await bench.ev_box()).set_state("B")
        scope = await bench.scope()
        seen = await scope.measure()
        assert scope.family.name == (family or "keysight")
        assert seen.duty == pytest.approx(0.26667, abs=scope.uncertainty_duty)
        assert seen.high_v == pytest.approx(8.98, abs=scope.uncertainty_v)

    async def plugged(case: Case, bench: Bench) -> None:
        await (await bench.ev_box()).set_cable(32)
        await body(case, bench)

    run(plugged, BenchFile(instruments=Instruments(EvBox(), Scope(family=family))))


def test_two_runs_give_the_same_timeline() -> None:
    first, *others = [list(run(through_a_session).timeline.lines()) for _ in range(6)]
    assert all(other == first for other in others)


def test_two_who_ask_at_one_instant_come_one_after_the_other() -> None:
    async def body(case: Case, bench: Bench) -> None:
        box, scope = await bench.ev_box(), await bench.scope()
        await box.set_cable(32)
        await asyncio.gather(box.set_state("B"), scope.measure(), box.measure(), box.set_state("C"), scope.measure())

    first, *others = [list(run(body).timeline.lines()) for _ in range(6)]
    assert all(other == first for other in others)


def test_an_instrument_is_opened_once() -> None:
    async def body(case: Case, bench: Bench) -> None:
        assert await bench.ev_box() is await bench.ev_box()
        assert await bench.scope() is await bench.scope()

    assert told(run(body), "ev box").count("*CLS") == 1


def test_where_the_box_is_plugged_in_there_is_no_place_for_a_car() -> None:
    async def body(case: Case, bench: Bench) -> None:
        await bench.ev_box()
        with pytest.raises(BadConfiguration, match="a car is plugged in already"):
            bench.plug_in(VehicleSpec())

    run(body)


@pytest.mark.parametrize(
    ("instruments", "message"),
    [
        (Instruments(), r"this bench has no EV simulator box; add \[instruments.ev\] to the bench file"),
        (Instruments(scope=Scope()), r"this bench has no EV simulator box"),
    ],
)
def test_a_bench_without_a_box(instruments: Instruments, message: str) -> None:
    async def body(case: Case, bench: Bench) -> None:
        with pytest.raises(NotTestableHere, match=message):
            await bench.ev_box()

    run(body, BenchFile(instruments=instruments))


def test_a_bench_without_a_scope() -> None:
    async def body(case: Case, bench: Bench) -> None:
        with pytest.raises(NotTestableHere, match=r"no oscilloscope; add \[instruments.scope\]"):
            await bench.scope()

    run(body, BenchFile(instruments=Instruments(ev=EvBox())))


def test_emulated_instruments_need_the_socket_of_a_board_link() -> None:
    async def body(case: Case, bench: Bench) -> None:
        with pytest.raises(NotTestableHere, match=r"emulated oscilloscope stands on the socket of a board link"):
            await bench.scope()

    file = BenchFile(station=StationEntry(kind="external", settings=SETTINGS), lines=Lines(p1=P1Line()))  # type: ignore[arg-type]
    run(body, file, settings={})


def test_one_that_cannot_be_reached() -> None:
    async def body(case: Case, bench: Bench) -> None:
        await bench.scope()

    scope = Scope(resource="TCPIP::127.0.0.1::1::SOCKET", timeout_s=1.0)
    file = BenchFile(
        station=StationEntry(kind="external"), lines=Lines(p1=P1Line()), instruments=Instruments(None, scope)
    )
    with pytest.raises(HarnessError, match=r"TCPIP::127.0.0.1::1::SOCKET: '\*IDN\?': Connection refused"):
        run(body, file, settings={})
