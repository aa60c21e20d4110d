"""What is so on a bench, from events alone."""

from __future__ import annotations

from typing import Any

from rig.bench.seen import Seen, instants
from rig.timeline import Event, Timeline


def pilot(offered_a: float | None, state: str = "C2") -> dict[str, Any]:
    return {"offered_a": offered_a, "state": state}


def test_sockets_are_told_apart_and_one_that_does_not_say_is_the_first() -> None:
    seen = Seen({1: "L3L2L1", 2: "L1L2L3"})
    seen.take(Event(0.0, "board", "pilot", {"socket": 2, **pilot(10.0)}))
    seen.take(Event(0.0, "board", "pilot", pilot(None, "A1")))
    seen.take(Event(1.0, "board", "contactor", {"socket": 2, "closed": True}))
    seen.take(Event(1.0, "board", "currents", {"socket": 2, "i_a": [10.0, 0.0, 0.0]}))
    seen.take(Event(1.0, "board", "currents", {"socket": 1, "i_a": [6.0, 5.0, 0.0]}))
    seen.take(Event(1.0, "site", "site", {"house_a": [1.0, 2.0, 3.0], "pv_a": [0.5]}))
    assert seen.sockets == [1, 2]
    assert (seen.offered_a(1), seen.offered_a(2)) == (0.0, 10.0)
    assert (seen.pilot(1), seen.pilot(2)) == ("A1", "C2")
    assert (seen.closed(1), seen.closed(2)) == (False, True)
    assert seen.at_grid_a(1) == (0.0, 5.0, 6.0)
    assert seen.house_a() == (0.5, 2.0, 3.0)
    assert seen.grid_a() == (10.5, 7.0, 9.0)


def test_nothing_is_seen_at_first() -> None:
    seen = Seen({})
    assert (seen.sockets, seen.pilot(1), seen.offered_a(1), seen.drawn_a(1)) == ([], "", 0.0, (0.0, 0.0, 0.0))
    assert seen.grid_a() == (0.0, 0.0, 0.0)


def test_what_is_so_for_no_time_is_passed_over() -> None:
    timeline = Timeline()
    timeline.record(0.0, "scenario", "step", {})
    for at_s, offered_a in ((5.0, 10.0), (5.0, 6.0), (7.0, 8.0), (20.0, 16.0)):
        timeline.record(at_s, "board", "pilot", pilot(offered_a))
        timeline.record(at_s, "p1", "frame", {})
    found = [(event.at_s, seen.offered_a(1)) for event, seen in instants(timeline.events, 0, 10.0, {})]
    assert found == [(0.0, 0.0), (5.0, 6.0), (7.0, 8.0)]


def test_log_lines_are_those_of_their_instant() -> None:
    timeline = Timeline()
    timeline.record(0.0, "station", "log", {"text": "before"})
    for at_s, text in ((1.0, "one"), (1.0, "two"), (2.0, "three")):
        timeline.record(at_s, "station", "log", {"text": text})
    assert [list(seen.said) for _, seen in instants(timeline.events, 0, 10.0, {})] == [[], ["one", "two"], ["three"]]
