"""Waiting for something to be seen, with a time by which one gives up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from rig.bench.observed import Observed
from rig.clock import VirtualLoop
from rig.timeline import Event, Timeline

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture
def run() -> Run:
    def run(body: Coroutine[Any, Any, None]) -> None:
        loop = VirtualLoop()
        loop.run_until_complete(body)
        loop.close()

    return run


def test_the_latest_of_each_kind() -> None:
    timeline = Timeline()
    observed = Observed(timeline)
    assert (observed.pilot_state, observed.offered_a, observed.drawn_a) == ("", 0.0, (0.0, 0.0, 0.0))
    timeline.record(0.0, "board", "pilot", {"state": "C2", "offered_a": 16.0})
    timeline.record(0.0, "board", "contactor", {"closed": True})
    timeline.record(0.0, "board", "currents", {"i_a": [16.0, 0.0, 0.0]})
    assert (observed.pilot_state, observed.offered_a) == ("C2", 16.0)
    assert observed.contactor_closed
    assert observed.drawn_a == (16.0, 0.0, 0.0)
    observed.end()
    timeline.record(1.0, "board", "pilot", {"state": "A1", "offered_a": None})
    assert observed.pilot_state == "C2"


def test_what_belongs_to_another_socket_is_passed_over(run: Run) -> None:
    timeline = Timeline()
    first, second = Observed(timeline, 1), Observed(timeline, 2)
    found: list[Event | None] = []

    async def body() -> None:
        expected = second.expect_any(lambda _event: True)
        pilot = second.expect("pilot")
        timeline.record(0.0, "board", "pilot", {"socket": 1, "state": "C2"})
        timeline.record(0.0, "station", "status", {"connectorId": 1, "status": "Charging"})
        timeline.record(0.0, "station", "log", {"text": "of the whole station"})
        timeline.record(0.0, "station", "status", {"connectorId": 2, "status": "Available"})
        timeline.record(0.0, "board", "pilot", {"socket": 2, "state": "A1"})
        found.extend([await expected.within(1.0), await pilot.within(1.0)])

    run(body())
    assert [None if event is None else (event.kind, event.data.get("socket")) for event in found] == [
        ("log", None),
        ("pilot", 2),
    ]
    assert [observed.pilot_state for observed in (first, second)] == ["C2", "A1"]
    assert [observed.field("status", "status") for observed in (first, second)] == ["Charging", "Available"]
    assert first.field("log", "text") == second.field("log", "text") == "of the whole station"


def test_of_any_kind_the_first_that_fits_from_now_on(run: Run) -> None:
    timeline = Timeline()
    observed = Observed(timeline)
    found: list[Event | None] = []

    async def body() -> None:
        loop = asyncio.get_running_loop()
        timeline.record(0.0, "p1", "frame", {"dir": "a>b"})  # before anybody listened
        expected = observed.expect_any(lambda event: event.source == "p1")
        pilot = observed.expect("pilot", lambda event: event.source == "p1")
        timeline.record(0.0, "board", "pilot", {})
        timeline.record(0.0, "p1", "request", {"active": True})
        timeline.record(0.0, "p1", "pilot", {})
        found.extend([await expected.within(1.0), await pilot.within(1.0)])
        assert loop.time() == 0.0
        found.append(await observed.expect_any(lambda event: event.source == "p1").within(1.0))

    run(body())
    assert [None if event is None else event.kind for event in found] == ["request", "pilot", None]


def test_next_finds_the_first_that_fits(run: Run) -> None:
    timeline = Timeline()
    observed = Observed(timeline)
    found: list[Event | None] = []

    async def body() -> None:
        loop = asyncio.get_running_loop()
        for at_s, state in ((1.0, "B2"), (2.0, "C2"), (3.0, "C2")):
            loop.call_at(at_s, timeline.record, at_s, "board", "pilot", {"state": state})
        found.append(await observed.next("pilot", lambda event: event.data["state"] == "C2", within_s=10.0))
        found.append(await observed.pilot("C2", within_s=10.0))
        found.append(await observed.pilot("F", within_s=10.0))
        assert loop.time() == pytest.approx(12.0)

    run(body())
    assert [event.at_s if event else None for event in found] == [2.0, 2.0, None]
