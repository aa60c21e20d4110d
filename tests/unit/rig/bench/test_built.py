"""How a station is built: what there is, which phases are behind its sockets, what it has to be set to."""

from __future__ import annotations

import pytest

from rig.bench.built import Built
from rig.bench.file import StationEntry
from rig.errors import ConfigurationError, NotTestableHere

REFERENCE = StationEntry()
EXTERNAL = StationEntry(kind="external")


@pytest.mark.parametrize(
    ("built", "message"),
    [
        (Built(0), "sockets = 0 and feeders = 1; a station has 1 to 2 sockets and no more feeders than sockets"),
        (Built(3), "sockets = 3"),
        (Built(1, 2), "sockets = 1 and feeders = 2"),
        (Built(2, 0), "sockets = 2 and feeders = 0"),
        (Built(2, 1, feeder_2="L2L3L1"), "feeder_2 = L2L3L1 and one feeder; set feeders = 2"),
        (Built(2, 2, "L1L2L3", "L2"), "feeder = L1L2L3 and feeder_2 = L2; both have 1 phase, or both 3"),
    ],
)
def test_what_no_station_is(built: Built, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        built.check()


@pytest.mark.parametrize(
    ("built", "phases", "orders"),
    [
        (Built(), 3, ["L1L2L3"]),
        (Built(feeder="L2L3L1"), 3, ["L2L3L1"]),
        (Built(feeder="L2"), 3, ["L2"]),
        (Built(), 1, ["L1"]),
        (Built(2), 3, ["L3L2L1", "L1L2L3"]),
        (Built(2), 1, ["L1", "L1"]),  # PH-004
        (Built(2, 2), 3, ["L3L2L1", "L1L2L3"]),  # PH-008
        (Built(2, 2, "L1L2L3", "L2L3L1"), 3, ["L3L2L1", "L2L3L1"]),
        (Built(2, 1, "L2"), 3, ["L2", "L2"]),
        (Built(2, 2, "L1", "L2"), 3, ["L1", "L2"]),  # PH-015
    ],
)
def test_phases_behind_each_socket(built: Built, phases: int, orders: list[str]) -> None:
    built.check()
    assert built.orders(phases) == orders


@pytest.mark.parametrize(
    ("built", "phases", "reference", "external"),
    [
        (Built(feeder="L2L3L1"), 3, {}, {}),
        (Built(2), 3, {"station.sockets": 2, "station.feeders": 1}, {}),
        (Built(2, 2, "L2L3L1"), 3, {"station.sockets": 2, "station.feeders": 2, "station.phases_2": "L2L3L1"}, {}),
        (Built(2, 2), 1, {"station.sockets": 2, "station.feeders": 2, "station.phases_2": "L1"}, {}),
        (
            Built(2, 2, "L1", "L2"),
            3,
            {"station.sockets": 2, "station.feeders": 2, "station.phases_2": "L2"},
            {"station.phases_2": "L2"},
        ),
    ],
)
def test_what_it_is_set_to(
    built: Built, phases: int, reference: dict[str, object], external: dict[str, object]
) -> None:
    assert built.settings(REFERENCE, phases) == reference
    assert built.settings(EXTERNAL, phases) == external


def test_a_station_that_the_rig_does_not_build() -> None:
    Built().check_external(EXTERNAL)
    Built(2, 2).check_external(StationEntry(kind="external", sockets=2, feeders=2))
    with pytest.raises(NotTestableHere, match=r"needs a station with sockets = 2; \[station\] .* says sockets = 1"):
        Built(2).check_external(EXTERNAL)
    with pytest.raises(NotTestableHere, match=r"needs a station with sockets = 1; .* says sockets = 2"):
        Built().check_external(StationEntry(kind="external", sockets=2))
    with pytest.raises(NotTestableHere, match=r"needs a station with feeders = 2; .* says feeders = 1"):
        Built(2, 2).check_external(StationEntry(kind="external", sockets=2))
