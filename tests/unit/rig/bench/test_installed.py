"""What the timeline says of the installation."""

from __future__ import annotations

from rig.bench.installed import changed, note_installation
from rig.timeline import Timeline


def noted(settings: dict[str, object]) -> list[tuple[float, str, str, dict[str, object]]]:
    timeline = Timeline()
    note_installation(timeline, 5.0, {1: "L1L2L3", 2: "L2L3L1"}, settings)
    return [(event.at_s, event.source, event.kind, event.data) for event in timeline.events]


WIRING: list[tuple[float, str, str, dict[str, object]]] = [
    (5.0, "rig", "wiring", {"socket": 1, "phases": "L1L2L3"}),
    (5.0, "rig", "wiring", {"socket": 2, "phases": "L2L3L1"}),
]


def test_the_phases_behind_each_socket() -> None:
    assert noted({"FeatureLicenseKey": "ALB"}) == WIRING


def test_the_limits_however_they_are_spelled() -> None:
    both = {"station_a": 32.0, "meter_a": 25.0}
    assert noted({"Station-MaxCurrent": 32, "SmartMeter-Max-Current": 25.0}) == [*WIRING, (5.0, "rig", "limits", both)]
    one = {"station_a": None, "meter_a": 25.0}
    assert noted({"smartmeter maxcurrent": 25}) == [*WIRING, (5.0, "rig", "limits", one)]


def test_no_number_is_no_limit() -> None:
    assert noted({"Station-MaxCurrent": "many"}) == WIRING


def test_a_change_however_it_is_spelled() -> None:
    before: dict[str, object] = {"Station-MaxCurrent": 32.0, "Safe-MaxCurrent": 10.0}
    after = {"Safe-MaxCurrent": 10.0, "station maxcurrent": 16.0}
    assert changed(before, {"station maxcurrent": 16.0}) == after
