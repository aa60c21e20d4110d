"""The strips of a plot hold what the events said."""

from __future__ import annotations

from rig.report.plots.decimate import Span
from rig.report.plots.strips import MOST_FAULTS, Strips
from rig.timeline import Event


def test_a_charging_session() -> None:
    strips = Strips(
        [
            Event(1.0, "board", "pilot", {"socket": 1, "state": "A1", "offered_a": None}),
            Event(2.0, "board", "pilot", {"socket": 1, "state": "C2", "offered_a": 16.0}),
            Event(2.5, "board", "contactor", {"socket": 1, "closed": True}),
            Event(3.0, "board", "currents", {"socket": 1, "i_a": [10.0, 0.0, 0.0]}),
            Event(4.0, "board", "currents", {"socket": 1, "i_a": [10.0, 5.0, 0.0]}),
            Event(5.0, "board", "pilot", {"socket": 1, "state": "F", "offered_a": None}),
            Event(5.0, "board", "contactor", {"socket": 1, "closed": False}),
            Event(9.0, "station", "log", {"text": "x", "documented": True}),
            Event(9.5, "station", "log", {"text": "y", "documented": False}),
        ]
    )
    assert (strips.start_s, strips.end_s) == (1.0, 9.5)
    socket = strips.sockets["1"]
    assert socket.offered.points == [(1.0, 0.0), (2.0, 16.0), (5.0, 0.0)]
    assert socket.drawn[0].points == [(3.0, 10.0)]
    assert socket.drawn[1].points == [(3.0, 0.0), (4.0, 5.0)]
    assert socket.pilot.spans == [Span(1.0, 2.0, "A1"), Span(2.0, 5.0, "C2"), Span(5.0, 9.5, "F")]
    assert socket.contactor.spans == [Span(2.5, 5.0, "closed"), Span(5.0, 9.5, "open")]
    assert strips.documented_log.intervals == [(9.0, 9.0)]
    assert strips.own_log.intervals == [(9.5, 9.5)]


def test_meters_faults_and_limits() -> None:
    strips = Strips(
        [
            Event(0.0, "p1", "telegram", {"meter": "P1", "i_a": [5.0, -4.0, 0.0], "corrupted": False}),
            Event(1.0, "p1", "telegram", {"meter": "P1", "i_a": [5.0, -4.0, 1.0], "corrupted": True}),
            Event(2.0, "line", "fault", {"line": "p1", "fault": "unplugged", "on": True}),
            Event(3.0, "line", "fault", {"fault": "noise", "on": True}),
            Event(4.0, "line", "fault", {"line": "p1", "fault": "unplugged", "on": False}),
            Event(5.0, "station", "limit", {"source": "p1", "limit_a": 16.0}),
            Event(6.0, "station", "limit", {"source": "safe current", "limit_a": 6.0}),
            Event(7.0, "vehicle", "vehicle", {"what": "stopped"}),
        ]
    )
    meter = strips.meters["P1"]
    assert meter.currents[1].points == [(0.0, -4.0)]
    assert meter.arrivals.intervals == [(0.0, 0.0)]
    assert meter.corrupted.intervals == [(1.0, 1.0)]
    assert strips.faults["p1: unplugged"].spans == [Span(2.0, 4.0, "p1: unplugged")]
    assert strips.faults["noise"].spans == [Span(3.0, 7.0, "noise")]
    assert strips.limit.spans == [Span(5.0, 6.0, "p1"), Span(6.0, 7.0, "safe current")]


def test_further_faults_are_counted() -> None:
    strips = Strips([Event(float(n), "line", "fault", {"fault": f"fault {n % 8}", "on": True}) for n in range(16)])
    assert list(strips.faults) == [f"fault {n}" for n in range(MOST_FAULTS)]
    assert strips.unshown_faults == {"fault 6", "fault 7"}


def test_nothing() -> None:
    strips = Strips([])
    assert strips.start_s is None
    assert strips.sockets == {}


def test_time_never_runs_backwards() -> None:
    strips = Strips(
        [Event(5.0, "b", "pilot", {"socket": 1, "state": "A1"}), Event(4.9, "b", "pilot", {"socket": 1, "state": "B1"})]
    )
    assert strips.sockets["1"].pilot.spans == [Span(5.0, 5.0, "A1"), Span(5.0, 5.0, "B1")]


def test_events_without_their_fields_are_not_drawn() -> None:
    kinds = ["pilot", "contactor", "currents", "telegram", "fault", "limit", "log", "unheard of"]
    strips = Strips([Event(float(at_s), "x", kind, {}) for at_s, kind in enumerate(kinds)])
    assert strips.sockets[""].pilot.spans == []
    assert strips.limit.spans == []
