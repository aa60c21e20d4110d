"""The timeline keeps order, rounds times and writes the same bytes for the same events."""

from __future__ import annotations

import json

from rig.timeline import Event, Timeline


def test_lines_are_json_with_short_names() -> None:
    timeline = Timeline()
    timeline.emitter("board")(1.2345678, "pilot", {"socket": 1, "state": "C2"})
    (line,) = timeline.lines()
    assert line.endswith(b"\n")
    assert json.loads(line) == {
        "t": 1.234568,
        "src": "board",
        "kind": "pilot",
        "data": {"socket": 1, "state": "C2"},
        "u": 0.0,
    }


def test_listeners_hear_until_they_leave() -> None:
    timeline = Timeline()
    heard: list[Event] = []
    leave = timeline.listen(heard.append)
    timeline.record(0.0, "a", "x", {})
    leave()
    timeline.record(1.0, "a", "x", {})
    assert [event.at_s for event in heard] == [0.0]
    assert len(timeline.events) == 2


def test_a_listener_may_leave_while_it_is_told() -> None:
    timeline = Timeline()
    heard: list[str] = []

    def once(event: Event) -> None:
        heard.append(event.kind)
        leave()

    leave = timeline.listen(once)
    timeline.listen(lambda event: heard.append(f"second {event.kind}"))
    timeline.record(0.0, "a", "x", {})
    timeline.record(0.0, "a", "y", {})
    assert heard == ["x", "second x", "second y"]


def test_by_kind_and_source() -> None:
    timeline = Timeline()
    for source, kind in (("a", "x"), ("b", "x"), ("a", "y")):
        timeline.record(0.0, source, kind, {})
    assert len(timeline.of("x")) == 2
    assert [event.source for event in timeline.of("x", "b")] == ["b"]
