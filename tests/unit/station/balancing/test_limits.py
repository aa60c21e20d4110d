"""The limits over one socket: the lowest leads."""

import pytest

from station.balancing.limits import Offer, SocketLimits
from station.settings import Settings


def limits(station_a: float = 32.0, connector_a: float = 32.0, phases: str = "L1L2L3") -> SocketLimits:
    return SocketLimits(Settings(station_max_a=station_a, connector1_max_a=connector_a, phases=phases))


def test_the_lowest_leads() -> None:  # CFG-058, O-46
    assert limits(20.0, 25.0).offer(None) == Offer(20_000, "station")
    assert limits(20.0, 16.0).offer(320) == Offer(16_000, "connector")
    assert limits(32.0, 32.0).offer(200) == Offer(20_000, "cable")  # M3-012
    assert limits(32.0, 32.0).offer(200, (250, 180, 250)) == Offer(18_000, "active")
    assert limits(32.0, 32.0).offer(200, (80, 80, 80), "safe") == Offer(8_000, "safe")


def test_of_equal_ones_the_fixed_one_leads() -> None:
    assert limits(16.0, 16.0).offer(160, (160, 160, 160)) == Offer(16_000, "station")


@pytest.mark.parametrize("grid", [(0, 0, 0), (59, 250, 250), (250, 10, 250)])
def test_too_little_is_nothing(grid: tuple[int, int, int]) -> None:
    assert limits().offer(None, grid) == Offer(0, "active")


def test_a_bad_cable_gets_nothing() -> None:
    assert limits().offer(0) == Offer(0, "cable")


def test_only_the_phases_of_the_station_count() -> None:
    assert limits(phases="L2").offer(None, (0, 130, 60)) == Offer(13_000, "active")


def test_the_answer_follows_every_change() -> None:
    socket = limits()
    assert socket.offer(None, (100, 100, 100)).current_ma == 10_000
    assert socket.offer(None, (90, 100, 100)).current_ma == 9_000
    assert socket.offer(None, (90, 100, 100), "safe").source == "safe"
    assert socket.offer(80, (90, 100, 100), "safe").current_ma == 8_000
    assert socket.offer(80) == Offer(8_000, "cable")
