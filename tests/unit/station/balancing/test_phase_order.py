"""station/balancing/phase_order.py: a car's steps, and on which phase of the meter they are seen (ALB-GEN-040)."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.balancing.phase_order import TELLING_A, TIMES, Mismatch, PhaseOrder

PROPERTY = settings(derandomize=True, deadline=None, max_examples=10_000 if os.environ.get("EVSE_RIG_DEEP") else 300)
HOUSE = (3.0, 1.0, 2.0)


class Watched:
    """A socket whose phase n is seen on the meter's phase `order[n]`; the house is steady unless told otherwise."""

    def __init__(self, *order: int) -> None:
        self.order = order
        self.compared = PhaseOrder()

    def __call__(self, *car_a: float, house: tuple[float, ...] = HOUSE, share: float = 1.0) -> Mismatch | None:
        meter = list(house)
        for phase, current_a in enumerate(car_a):
            meter[self.order[phase]] += current_a * share
        drawn_ma = [round(current_a * 1000) for current_a in car_a] + [0] * (3 - len(car_a))
        return self.compared.step(meter, drawn_ma)


@pytest.mark.parametrize("order", [(1, 2, 0), (2, 0, 1), (1, 0, 2)])
@pytest.mark.parametrize("socket", [0, 1, 2])
def test_a_wrong_order_is_seen_with_the_second_step_and_told_once(order: tuple[int, int, int], socket: int) -> None:
    watched = Watched(*order)
    off, on = (0.0, 0.0, 0.0), tuple(16.0 * (phase == socket) for phase in range(3))
    said = [watched(*car_a) for car_a in (off, on, off, on, off)]
    expected = Mismatch(socket, order[socket]) if order[socket] != socket else None
    assert said == [None, None, expected, None, None]
    assert TIMES == 2


def test_the_right_order_is_no_news() -> None:
    watched = Watched(0, 1, 2)
    assert not any(watched(16.0 * (turn % 2)) for turn in range(10))


def test_a_car_on_three_phases_cannot_tell() -> None:
    watched = Watched(1, 2, 0)
    assert not any(watched(*[16.0 * (turn % 2)] * 3) for turn in range(10))


@pytest.mark.parametrize(("step_a", "tells"), [(TELLING_A, True), (TELLING_A - 0.1, False)])
def test_only_a_step_that_does_not_drown(step_a: float, tells: bool) -> None:
    watched = Watched(1, 0, 2)
    assert any(watched(step_a * (turn % 2)) for turn in range(10)) is tells


@pytest.mark.parametrize(("second_a", "tells"), [(1.2, True), (1.3, False)])
def test_only_a_step_on_one_phase_alone(second_a: float, tells: bool) -> None:
    watched = Watched(1, 2, 0)
    assert any(watched(16.0 * (turn % 2), 0.0, second_a * (turn % 2)) for turn in range(10)) is tells


@pytest.mark.parametrize(("share", "tells"), [(0.71, True), (0.69, False)])
def test_most_of_the_step_must_be_seen_elsewhere(share: float, tells: bool) -> None:
    watched = Watched(1, 0, 2)
    assert any(watched(16.0 * (turn % 2), share=share) for turn in range(10)) is tells


@pytest.mark.parametrize(("own_a", "tells"), [(16.0 * 0.29, True), (16.0 * 0.31, False)])
def test_little_of_it_may_be_seen_where_it_belongs(own_a: float, tells: bool) -> None:
    watched = Watched(1, 0, 2)
    found = [watched(16.0 * (turn % 2), house=(3.0 + own_a * (turn % 2), 1.0, 2.0)) for turn in range(10)]
    assert any(found) is tells


def test_seen_on_both_other_phases_says_nothing() -> None:
    watched = Watched(1, 0, 2)
    assert not any(watched(16.0 * (turn % 2), house=(3.0, 1.0, 2.0 + 16.0 * (turn % 2))) for turn in range(10))


def test_a_load_of_the_house_that_is_switched_with_the_car_is_not_enough() -> None:
    """The car's own step is balanced on L1 by a load that goes, and looks like one on L2; once."""
    watched = Watched(0, 1, 2)
    watched(0.0, house=(20.0, 1.0, 2.0))
    assert watched(16.0, house=(4.0, 17.0, 2.0)) is None
    assert watched(0.0, house=(4.0, 17.0, 2.0)) is None  # seen on L1: the suspicion is gone
    watched(16.0, house=(4.0, 17.0, 2.0))
    assert watched(0.0, house=(20.0, 1.0, 2.0)) is None  # and begins afresh


def test_two_different_suspicions_are_not_one() -> None:
    compared = PhaseOrder()
    compared.step((0.0, 0.0, 0.0), (0, 0, 0))
    assert compared.step((0.0, 16.0, 0.0), (16_000, 0, 0)) is None
    assert compared.step((0.0, 16.0, -16.0), (0, 0, 0)) is None
    assert compared.step((0.0, 16.0, 0.0), (16_000, 0, 0)) == (0, 2)


def test_readings_without_a_step_in_between_change_nothing() -> None:
    watched = Watched(1, 0, 2)
    assert [watched(a) for a in (0.0, 0.0, 16.0, 16.0, 16.0, 0.0)] == [None] * 5 + [Mismatch(0, 1)]


@PROPERTY
@given(
    st.permutations(range(3)),
    st.lists(st.tuples(st.integers(0, 2), st.floats(-32.0, 32.0)), max_size=30),
    st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3),
)
def test_what_is_told_is_so(order: list[int], steps: list[tuple[int, float]], noise: list[float]) -> None:
    """Whatever a car does behind a house that hardly changes: only a true mismatch is told, and no right order."""
    watched = Watched(*order)
    car_a = [0.0, 0.0, 0.0]
    for number, (phase, current_a) in enumerate(steps):
        car_a[phase] = current_a
        house = tuple(a + n * (number % 2) for a, n in zip(HOUSE, noise, strict=True))
        found = watched(*car_a, house=house)
        if found is not None:
            assert found.socket != found.meter
            assert order[found.socket] == found.meter
