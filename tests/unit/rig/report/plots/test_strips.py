"""The strips of a plot hold what the events said."""

from __future__ import annotations

from rig.report.plots.decimate import Span
from rig.report.plots.strips import BEYOND, MOST_FAULTS, NOT_HEARD, Strips
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
    assert socket.contactor.spans == [Span(2.5, 5.0, "closed")]
    assert socket.most.points == [(3.0, 10.0)]
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


def test_a_socket_is_paused_while_a_car_sees_no_pwm() -> None:
    pilots = [("high", "A1"), ("high", "B1"), ("pwm", "B2"), ("low", "F"), ("high", "A1")]
    fields = [{"socket": 1, "signal": signal, "state": state} for signal, state in pilots]
    strips = Strips([Event(float(at_s), "board", "pilot", one) for at_s, one in enumerate(fields)])
    assert strips.sockets["1"].paused.spans == [Span(1.0, 2.0, "paused"), Span(3.0, 4.0, "paused")]


def test_what_is_drawn_beyond_the_offer() -> None:
    strips = Strips(
        [
            Event(0.0, "board", "pilot", {"socket": 1, "signal": "pwm", "state": "C2", "offered_a": 16.0}),
            Event(1.0, "board", "currents", {"socket": 1, "i_a": [16.0, 16.0, 12.0]}),
            Event(5.0, "board", "pilot", {"socket": 1, "signal": "pwm", "state": "C2", "offered_a": 10.0}),
            Event(8.0, "board", "currents", {"socket": 1, "i_a": [10.0, 9.0, 8.0]}),
        ]
    )
    socket = strips.sockets["1"]
    assert socket.most.points == [(1.0, 16.0), (8.0, 10.0)]
    assert socket.within.points == [(1.0, 16.0), (5.0, 10.0)]
    assert socket.beyond.spans == [Span(5.0, 8.0, BEYOND)]


def test_the_fullest_phase_follows_the_wiring() -> None:
    drawn = [
        Event(1.0, "board", "currents", {"socket": 1, "i_a": [10.0, 0.0, 0.0]}),
        Event(2.0, "board", "currents", {"socket": 2, "i_a": [8.0, 0.0, 3.0]}),
    ]
    straight = [Event(0.0, "rig", "wiring", {"socket": number, "phases": "L1L2L3"}) for number in (1, 2)]
    turned = [straight[0], Event(0.0, "rig", "wiring", {"socket": 2, "phases": "L2L3L1"})]
    assert Strips([*straight, *drawn]).fullest.points == [(1.0, 10.0), (2.0, 18.0)]
    assert Strips([*turned, *drawn]).fullest.points == [(1.0, 10.0), (2.0, 13.0)]
    assert Strips(drawn).fullest.points == [(1.0, 10.0), (2.0, 18.0)]


def test_limits_of_the_installation() -> None:
    strips = Strips([Event(0.0, "rig", "limits", {"station_a": 32.0, "meter_a": None})])
    assert strips.station_limit.points == [(0.0, 32.0)]
    assert strips.meter_limit.points == []


def test_each_socket_has_its_limit_and_its_notes() -> None:
    strips = Strips(
        [
            Event(0.0, "car", "vehicle", {"socket": 2, "what": "plugged"}),
            Event(1.0, "station", "limit", {"socket": 2, "source": "probing", "limit_a": 14.0}),
            Event(2.0, "car", "vehicle", {"socket": 2, "what": "ready"}),
            Event(61.0, "station", "limit", {"socket": 2, "source": "station", "limit_a": 16.0}),
            Event(70.0, "car", "vehicle", {"socket": 2, "what": "full"}),
        ]
    )
    socket = strips.sockets["2"]
    assert socket.limit.spans == [Span(1.0, 61.0, "probing"), Span(61.0, 70.0, "station")]
    notes = {what: marks.intervals for what, marks in socket.notes.items()}
    assert notes == {"plugged": [(0.0, 0.0)], "full": [(70.0, 70.0)], "probing": [(1.0, 61.0)]}
    assert strips.limit.spans == []


def test_a_polled_meter() -> None:
    strips = Strips(
        [
            Event(0.0, "meter", "request", {"meter": "sdm", "answer": "ok", "i_a": [5.0, 4.0, 3.0]}),
            Event(1.0, "meter", "request", {"meter": "sdm", "answer": "exception 2", "i_a": [5.0, 4.0, 3.0]}),
            Event(2.0, "p1", "request", {"line": "p1", "active": True}),
        ]
    )
    meter = strips.meters["sdm"]
    assert (meter.polled, meter.arrivals.intervals, meter.corrupted.intervals) == (True, [(0.0, 0.0)], [(1.0, 1.0)])
    assert list(strips.meters) == ["sdm"]


def test_a_meter_that_is_not_heard_any_more() -> None:
    heard = [None, [1.0, 1.0, 1.0], None, None, [1.0, 1.0, 1.0]]
    events = [Event(float(at_s), "station", "monitor", {"meter_a": one}) for at_s, one in enumerate(heard)]
    assert Strips(events).unheard.spans == [Span(2.0, 4.0, NOT_HEARD)]


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
    kinds = ["wiring", "limits", "pilot", "contactor", "currents", "vehicle", "telegram", "request", "monitor"]
    kinds += ["fault", "limit", "log", "unheard of"]
    strips = Strips([Event(float(at_s), "x", kind, {}) for at_s, kind in enumerate(kinds)])
    assert strips.sockets[""].pilot.spans == []
    assert strips.limit.spans == []
