"""Which phase of the grid stands behind which terminal."""

from __future__ import annotations

import itertools

import pytest

from emulators.site import Site
from rig.bench.phases import STRAIGHT, at_terminals, behind_socket, first_of, phases_of, to_grid

ORDERS = ["".join(f"L{n}" for n in order) for order in itertools.permutations((1, 2, 3))]


def test_names() -> None:
    assert phases_of(STRAIGHT) == (0, 1, 2)
    assert phases_of("L2L3L1") == (1, 2, 0)
    assert phases_of("L2") == (1,)


def test_the_first_phases_of_an_order() -> None:
    assert [first_of("L2L3L1", count) for count in (1, 2, 3)] == ["L2", "L2L3", "L2L3L1"]
    assert first_of("L2", 3) == "L2"


@pytest.mark.parametrize(
    ("feeder", "socket_1", "socket_2"),
    [
        ("L1L2L3", "L3L2L1", "L1L2L3"),
        ("L2L3L1", "L1L3L2", "L2L3L1"),
        ("L3L1L2", "L2L1L3", "L3L1L2"),
        ("L2", "L2", "L2"),
    ],
)
def test_inside_a_station_with_two_sockets(feeder: str, socket_1: str, socket_2: str) -> None:  # PH-001
    assert [behind_socket(feeder, number, 2) for number in (1, 2)] == [socket_1, socket_2]
    assert behind_socket(feeder, 1, 1) == feeder


def test_a_feeder_carries_to_the_grid() -> None:
    assert to_grid((6.0, 7.0, 8.0), STRAIGHT) == (6.0, 7.0, 8.0)
    assert to_grid((6.0, 7.0, 8.0), "L2L3L1") == (8.0, 6.0, 7.0)
    assert to_grid((6.0, 0.0, 0.0), "L3") == (0.0, 0.0, 6.0)


def test_a_meter_reads_what_is_at_its_terminals() -> None:
    site = Site()
    site.add_load("house", 1.0, 2.0, -3.0)
    reading = site.read(5.0)
    assert at_terminals(reading, STRAIGHT) == reading
    crossed = at_terminals(reading, "L3L1L2")
    assert crossed.current_a == (-3.0, 1.0, 2.0)
    assert crossed.power_w == (reading.power_w[2], reading.power_w[0], reading.power_w[1])
    assert crossed.voltage_v == (reading.voltage_v[2], reading.voltage_v[0], reading.voltage_v[1])


def test_a_terminal_without_a_phase_reads_nothing() -> None:
    site = Site()
    site.add_load("house", 1.0, 2.0, 3.0)
    alone = at_terminals(site.read(5.0), "L2")
    assert alone.current_a == (2.0, 0.0, 0.0)
    assert alone.voltage_v[1:] == (0.0, 0.0)
    assert alone.voltage_v[0] > 200.0


@pytest.mark.parametrize("order", ORDERS)
def test_a_meter_connected_as_the_feeder_sees_the_terminals_of_the_station(order: str) -> None:
    site = Site()
    site.attach("socket", lambda _now_s: to_grid((6.0, 7.0, 8.0), order))
    assert at_terminals(site.read(0.0), order).current_a == (6.0, 7.0, 8.0)
