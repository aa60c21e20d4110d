"""What an EV simulator box sees of a socket, as events."""

from __future__ import annotations

from typing import Any

from emulators.pilot.circuit import HIGH, Plateaus, pwm
from rig.bench.instrument_entries import EvBox
from rig.bench.played import NO_LOAD
from rig.bench.seen_by_box import SeenByBox
from rig.instruments import Looked, PilotMeasured
from rig.timeline import Timeline

ENTRY = EvBox(uncertainty_v=0.05, uncertainty_a=0.05)
PILOT = PilotMeasured(None, None, None, None)  # it is not asked for that
MAINS = (230.0, 231.0, 229.0)
FREE, IN_C = Plateaus(12.0, 12.0), Plateaus(5.99, -12.0)


class Watched:
    """A box at socket 2 that is looked at."""

    def __init__(self) -> None:
        self.timeline = Timeline()
        self.seen = SeenByBox(2, ENTRY, self.timeline)

    def look(
        self, at_s: float, signal: Any, plateaus: Plateaus, volts: Any = NO_LOAD, amps: Any = NO_LOAD
    ) -> list[tuple[float, str, dict[str, Any], float]]:
        before = len(self.timeline.events)
        self.seen.take(signal, plateaus, Looked(PILOT, volts, amps), at_s, at_s)
        new = self.timeline.events[before:]
        assert all(event.source == "ev box" and event.data["socket"] == 2 for event in new)
        return [
            (
                e.at_s,
                e.kind,
                {key: value for key, value in e.data.items() if key != "socket"},
                round(e.uncertainty_s, 6),
            )
            for e in new
        ]


def test_the_first_look_says_how_the_pilot_is() -> None:
    fields = {"signal": "high", "duty_pct": None, "offered_a": None, "high_v": 12.0, "low_v": 12.0, "state": "A1"}
    assert Watched().look(5.0, HIGH, FREE) == [(5.0, "pilot", fields, 0.0)]


def test_a_change_was_in_the_middle_between_two_looks() -> None:
    watched = Watched()
    watched.look(0.0, HIGH, FREE)
    fields = {"signal": "pwm", "duty_pct": 26.667, "offered_a": 16.0, "high_v": 5.99, "low_v": -12.0, "state": "C2"}
    assert watched.look(0.2, pwm(26_667), IN_C) == [(0.1, "pilot", fields, 0.1)]
    assert watched.look(0.3, pwm(26_667), IN_C, MAINS) == [(0.25, "contactor", {"closed": True}, 0.05)]
    drawn = {"i_a": [16.0, 15.999, 0.0]}
    assert watched.look(0.5, pwm(26_667), IN_C, MAINS, (16.0, 15.9994, 0.0)) == [(0.4, "currents", drawn, 0.1)]
    ends = watched.look(0.6, HIGH, FREE)
    assert [(kind, uncertainty_s) for _, kind, _, uncertainty_s in ends] == [
        ("pilot", 0.05),
        ("contactor", 0.05),
        ("currents", 0.05),
    ]
    assert [fields.get("closed", fields.get("i_a", fields.get("state"))) for _, _, fields, _ in ends] == [
        "A1",
        False,
        [0.0, 0.0, 0.0],
    ]


def test_what_the_box_cannot_tell_apart_is_no_change() -> None:
    watched = Watched()
    watched.look(0.0, HIGH, FREE, MAINS, (16.0, 16.0, 16.0))
    assert watched.look(1.0, HIGH, Plateaus(11.91, 12.08), (228.0, 0.0, 0.0), (16.04, 15.96, 16.0)) == []
    assert [kind for _, kind, _, _ in watched.look(2.0, HIGH, Plateaus(11.85, 12.0), MAINS, (16.11, 16.0, 16.0))] == [
        "pilot",
        "currents",
    ]


def test_a_trickle_through_an_open_contactor_is_no_mains() -> None:
    watched = Watched()
    watched.look(0.0, HIGH, FREE)
    assert watched.look(1.0, HIGH, FREE, (60.0, 12.0, 3.0)) == []
