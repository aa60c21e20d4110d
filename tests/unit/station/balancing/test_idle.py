"""Cars that draw nothing of what they are offered."""

import pytest

from station.balancing.allocator import Claim
from station.balancing.classifiers import Sample
from station.balancing.idle import ASKED_AGAIN_S, LAST_PRIORITY, Idle

CLAIMS = [Claim(1, (0,), 320, priority=0), Claim(2, (0,), 320, priority=1)]
IN_B = Sample((0, 0, 0), (0, 0, 0), False)
DRAWING = Sample((6_000, 0, 0), (6_000, 0, 0), True)
A_LITTLE = Sample((1_000, 0, 0), (1_000, 0, 0), True)
BOTH = {1: 60, 2: 60}


def turns(room: Idle, now_s: float, one: Sample, two: Sample = DRAWING, offers: dict[int, int] = BOTH) -> list[int]:
    """Who takes turns; stepping twice must not matter."""
    active, last = room.step(now_s, [1, 2], CLAIMS, offers, {1: one, 2: two})
    assert room.step(now_s, [1, 2], CLAIMS, offers, {1: one, 2: two}) == (active, last)
    assert sorted([claim.socket for claim in (*active, *last)]) == [1, 2]
    assert all(claim.priority == LAST_PRIORITY for claim in last)
    assert all(claim in CLAIMS for claim in active)
    return [claim.socket for claim in active]


@pytest.mark.parametrize("one", [IN_B, A_LITTLE])
def test_after_60_s_without_drawing(one: Sample) -> None:  # O-71: below 1 A in C, or in B
    room = Idle()
    assert turns(room, 10.0, one) == [1, 2]
    assert room.next_deadline_s() == 70.0
    assert turns(room, 69.999, one) == [1, 2]
    assert turns(room, 70.0, one) == [2]
    assert room.idle == {1}
    assert room.next_deadline_s() is None
    assert turns(room, 1000.0, DRAWING) == [1, 2]
    assert room.idle == set()


def test_a_short_rest_is_none() -> None:
    room = Idle()
    turns(room, 0.0, IN_B)
    turns(room, 59.0, DRAWING)
    assert turns(room, 60.0, IN_B) == [1, 2]
    assert turns(room, 119.999, IN_B) == [1, 2]
    assert turns(room, 120.0, IN_B) == [2]


def test_who_is_offered_nothing_cannot_draw() -> None:
    room = Idle()
    assert turns(room, 0.0, IN_B, offers={1: 0, 2: 60}) == [1, 2]
    assert room.next_deadline_s() is None
    assert turns(room, 900.0, IN_B) == [1, 2]
    assert turns(room, 960.0, IN_B) == [2]
    assert turns(room, 1000.0, IN_B, offers={2: 60}) == [2]  # it stays idle in a pause


def test_who_has_been_offered_nothing_for_an_hour_is_asked_again() -> None:
    room = Idle()
    turns(room, 0.0, IN_B)
    assert turns(room, 60.0, IN_B) == [2]
    assert room.next_deadline_s() is None  # it is still offered something
    nothing = {1: 0, 2: 60}
    assert turns(room, 70.0, IN_B, offers=nothing) == [2]
    assert room.next_deadline_s() == 70.0 + ASKED_AGAIN_S
    assert turns(room, 69.0 + ASKED_AGAIN_S, IN_B, offers=nothing) == [2]
    assert turns(room, 70.0 + ASKED_AGAIN_S, IN_B, offers=nothing) == [1, 2]
    assert turns(room, 500.0 + ASKED_AGAIN_S, IN_B, offers=nothing) == [1, 2]  # until its turn comes
    assert turns(room, 500.0 + ASKED_AGAIN_S, IN_B) == [1, 2]
    assert turns(room, 560.0 + ASKED_AGAIN_S, IN_B) == [2]
    assert turns(room, 561.0 + ASKED_AGAIN_S, IN_B, offers=nothing) == [2]
    assert room.next_deadline_s() == 561.0 + 2 * ASKED_AGAIN_S


def test_who_is_offered_something_needs_not_be_asked() -> None:
    room = Idle()
    turns(room, 0.0, IN_B)
    turns(room, 60.0, IN_B)
    turns(room, 70.0, IN_B, offers={1: 0, 2: 60})
    turns(room, 3000.0, IN_B)
    assert turns(room, 70.0 + ASKED_AGAIN_S, IN_B, offers={1: 0, 2: 60}) == [2]


def test_a_late_step_knows_what_was_due() -> None:
    room = Idle()
    turns(room, 0.0, IN_B)
    assert turns(room, 500.0, IN_B) == [2]


def test_who_is_being_probed_is_not_idle() -> None:
    room = Idle()
    samples = {1: IN_B, 2: DRAWING}
    for now_s in (0.0, 30.0, 60.0, 90.0):
        assert room.step(now_s, [1, 2], CLAIMS, BOTH, samples, probed=[1]) == (CLAIMS, [])
    assert turns(room, 90.0, IN_B) == [1, 2]
    assert turns(room, 150.0, IN_B) == [2]


def test_when_nobody_draws_all_take_turns() -> None:
    room = Idle()
    turns(room, 0.0, IN_B, IN_B)
    assert turns(room, 60.0, IN_B, IN_B) == [1, 2]
    assert room.idle == {1, 2}
    assert turns(room, 61.0, IN_B, DRAWING) == [2]


def test_another_car_begins_anew() -> None:
    room = Idle()
    turns(room, 0.0, IN_B)
    turns(room, 60.0, IN_B)
    room.step(61.0, [2], CLAIMS[1:], BOTH, {2: DRAWING})
    assert room.idle == set()
    assert turns(room, 62.0, IN_B) == [1, 2]
    assert turns(room, 121.0, IN_B) == [1, 2]
    assert turns(room, 122.0, IN_B) == [2]
