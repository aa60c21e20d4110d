"""The external circuit, both ways round."""

import pytest

from station.setting_rows import P1_MODE, SUSPEND_CLOSED, SUSPEND_OPENED
from station.settings import Settings
from station.suspend import Suspend


def suspend(mode: str, debounce_s: float = 0.1) -> Suspend:
    return Suspend(Settings(rj11_mode=mode, suspend_debounce_s=debounce_s))


@pytest.mark.parametrize(("mode", "when"), [(SUSPEND_CLOSED, True), (SUSPEND_OPENED, False)])
def test_both_ways_round(mode: str, when: bool) -> None:  # SCM-012
    room = suspend(mode)
    assert not room.step(0.0, not when)
    assert not room.step(10.0, when)
    assert room.next_deadline_s() == pytest.approx(10.1)
    assert not room.step(10.09, None)
    assert room.step(10.1, None)
    assert room.next_deadline_s() is None
    assert room.step(20.0, not when)
    assert not room.step(20.1, None)


def test_a_bounce_does_not_count() -> None:  # O-47
    room = suspend(SUSPEND_CLOSED)
    room.step(0.0, False)
    for bounce in range(10):
        assert not room.step(1.0 + bounce * 0.05, bounce % 2 == 0)
    assert not room.step(5.0, None)


def test_as_it_is_at_the_start_it_counts_at_once() -> None:
    assert suspend(SUSPEND_CLOSED).step(0.0, True)
    assert suspend(SUSPEND_OPENED).step(0.0, False)
    assert not suspend(SUSPEND_OPENED).step(0.0, None)


def test_a_step_that_comes_late() -> None:
    room = suspend(SUSPEND_CLOSED)
    room.step(0.0, False)
    room.step(1.0, True)
    assert room.step(9.0, False)
    assert not room.step(9.1, None)


def test_never_without_the_mode() -> None:
    room = suspend(P1_MODE)
    assert not room.step(0.0, True)
    assert room.next_deadline_s() is None
