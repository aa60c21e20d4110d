"""Taking turns: worked examples, boundaries, what a change of the plan does, and that nobody waits for ever."""

import os
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.balancing.allocator import Claim, Limit, allocate, alone_da
from station.balancing.alternating import PERIOD_S, Alternating

PROPERTY = settings(derandomize=True, deadline=None, max_examples=5_000 if os.environ.get("EVSE_RIG_DEEP") else 200)
ALL = (0, 1, 2)


class Sockets:
    """Sockets under one limit, alternating."""

    def __init__(self, limit_da: int, minima_da: dict[int, int], period_s: float = PERIOD_S) -> None:
        self.room = Alternating(period_s)
        self.limit_da = limit_da
        self.minima_da = dict(minima_da)
        self.phases: dict[int, tuple[int, ...]] = {}

    @property
    def claims(self) -> list[Claim]:
        return [
            Claim(socket, self.phases.get(socket, ALL), 320, minimum_da)
            for socket, minimum_da in self.minima_da.items()
        ]

    @property
    def limits(self) -> list[Limit]:
        return [Limit("network", frozenset(range(100)), (self.limit_da,) * 3)]

    def at(self, now_s: float, probed: Sequence[int] = ()) -> dict[int, int]:
        """Offers at `now_s`, in dA."""
        return allocate(self.room.step(now_s, self.claims, self.limits, probed), self.limits)


@pytest.mark.parametrize("period_s", [59.9, 36_000.1, 0.0, -900.0])
def test_other_periods_are_refused(period_s: float) -> None:  # ALT-013
    with pytest.raises(ValueError, match="60 to 36000 s, please"):
        Alternating(period_s)


@pytest.mark.parametrize("period_s", [60.0, 900.0, 36_000.0])
def test_the_turn_changes_when_the_period_is_over(period_s: float) -> None:  # ALT-007, ALT-016, S-SLB-3
    two = Sockets(119, {1: 60, 2: 60}, period_s)
    assert two.at(10.0) == {1: 0, 2: 119}
    assert two.room.next_deadline_s() == 10.0 + period_s
    assert two.at(10.0 + period_s - 0.001) == {1: 0, 2: 119}
    assert two.at(10.0 + period_s) == {1: 119, 2: 0}
    assert two.at(10.0 + 2 * period_s - 0.001) == {1: 119, 2: 0}
    assert two.at(10.0 + 2 * period_s) == {1: 0, 2: 119}
    assert two.room.next_deadline_s() == 10.0 + 3 * period_s


def test_15_minutes_unless_told_otherwise() -> None:  # ALT-011
    assert PERIOD_S == 900.0
    two = Sockets(119, {1: 60, 2: 60})
    two.at(0.0)
    assert two.room.next_deadline_s() == 900.0


@pytest.mark.parametrize(
    ("limit_da", "minima_da", "offers", "alternating"),
    [
        pytest.param(120, (60, 60), {1: 60, 2: 60}, False, id="S-SLB-8-12.0"),
        pytest.param(119, (60, 60), {1: 0, 2: 119}, True, id="S-SLB-8-11.9"),
        pytest.param(199, (140, 60), {1: 0, 2: 199}, True, id="S-SLB-7a"),
        pytest.param(200, (140, 60), {1: 140, 2: 60}, False, id="S-SLB-7b"),
        pytest.param(250, (60, 60), {1: 125, 2: 125}, False, id="S-SLB-3"),
        pytest.param(60, (60, 60), {1: 0, 2: 60}, True, id="6.0"),
        pytest.param(59, (60, 60), {1: 0, 2: 0}, False, id="5.9-is-of-use-to-nobody"),
        pytest.param(139, (140, 60), {1: 0, 2: 139}, False, id="13.9-is-not-shared-with-a-14-A-car"),
        pytest.param(140, (140, 60), {1: 0, 2: 140}, True, id="14.0-is"),
    ],
)
def test_boundaries(limit_da: int, minima_da: tuple[int, int], offers: dict[int, int], alternating: bool) -> None:
    two = Sockets(limit_da, dict(zip((1, 2), minima_da, strict=True)))
    assert two.at(0.0) == offers
    assert two.room.alternating is alternating
    assert (two.room.next_deadline_s() is None) is not alternating
    later = two.at(900.0)
    assert later == ({1: limit_da, 2: 0} if alternating else offers)


def test_24_a_over_six_sockets() -> None:  # S-SCN24-1, S-SCN24-2, S-SCN24-3 (ALT-008, ALT-009, ALT-027, ALT-028)
    six = Sockets(240, dict.fromkeys(range(6), 60))
    assert six.at(0.0) == {0: 0, 1: 0, 2: 60, 3: 60, 4: 60, 5: 60}
    assert six.at(900.0) == {0: 60, 1: 60, 2: 0, 3: 0, 4: 60, 5: 60}
    assert six.at(1800.0) == {0: 60, 1: 60, 2: 60, 3: 60, 4: 0, 5: 0}
    assert six.at(2700.0) == six.at(2700.0) == {0: 0, 1: 0, 2: 60, 3: 60, 4: 60, 5: 60}


def test_20_a_for_one_14_a_car_and_two_others() -> None:  # S-SCN1-5, S-SCN1-6, S-SCN3-6, S-SCN3-7; A, B, C are 0, 1, 2
    three = Sockets(200, {1: 60, 2: 60})
    assert three.at(0.0) == {1: 100, 2: 100}
    three.minima_da[0] = 140
    probing = three.at(100.0, probed=[0])
    assert probing == {0: 140, 1: 0, 2: 60}
    assert three.at(159.9, probed=[0]) == probing
    pattern = [three.at(160.0 + turn * 900.0) for turn in range(6)]
    assert pattern[:3] == [{0: 0, 1: 100, 2: 100}, {0: 140, 1: 0, 2: 60}, {0: 140, 1: 60, 2: 0}]
    assert pattern[3:] == pattern[:3]


def test_another_phase_is_left_alone() -> None:  # ALT-023: L1 is shared, L2 is not
    three = Sockets(110, {1: 60, 2: 60, 3: 60})
    three.phases = {1: (0,), 2: (2, 0), 3: (1,)}
    assert three.at(0.0) == {1: 0, 2: 110, 3: 110}
    assert three.at(900.0) == {1: 110, 2: 0, 3: 110}


@pytest.mark.parametrize(
    ("phases", "name"), [({1: (0,), 2: (2, 0)}, "S-SCNPH-3"), ({1: (0,), 2: (1, 2, 0)}, "S-SCNPH-4")]
)
def test_less_than_12_a_on_the_phase_they_share(phases: dict[int, tuple[int, ...]], name: str) -> None:
    two = Sockets(120, {1: 60, 2: 60})
    two.phases = phases
    assert two.at(0.0) == {1: 60, 2: 60}, name
    two.limit_da = 119
    assert sorted(two.at(1.0).values()) == [0, 119], name


def test_a_late_step_changes_the_turns_that_were_due() -> None:
    late, punctual = (Sockets(240, dict.fromkeys(range(6), 60)) for _ in range(2))
    late.at(0.0)
    for turn in range(8):
        expected = punctual.at(turn * 900.0)
    assert late.at(7 * 900.0 + 450.0) == expected
    assert late.room.next_deadline_s() == 8 * 900.0


def test_a_turn_that_was_over_before_a_change_ends_first() -> None:
    two = Sockets(110, {1: 60, 2: 60})
    two.at(0.0)
    two.minima_da[3] = 60
    assert two.at(1000.0) == {1: 110, 2: 0, 3: 0}
    assert two.room.next_deadline_s() == 1800.0


def test_who_begins_waits_behind_the_others() -> None:  # O-18
    two = Sockets(110, {1: 60, 2: 60})
    two.at(0.0)
    two.minima_da[9] = 60
    assert two.at(300.0) == {1: 0, 2: 110, 9: 0}
    assert two.at(900.0) == {1: 110, 2: 0, 9: 0}
    assert two.at(1800.0) == {1: 0, 2: 0, 9: 110}


def test_who_ends_makes_room_at_once_and_the_others_keep_their_turn() -> None:  # O-18
    three = Sockets(130, {1: 60, 2: 60, 3: 60})
    assert three.at(0.0) == {1: 0, 2: 65, 3: 65}
    del three.minima_da[3]
    assert three.at(10.0) == {1: 65, 2: 65}
    assert three.room.next_deadline_s() is None


def test_who_is_let_in_has_its_whole_turn_before_it() -> None:
    """3 and 2 are at turn; 3 ends and 1 comes in for the rest. When the turn ends it is 1 and 0 that go on."""
    four = Sockets(130, dict.fromkeys(range(4), 60))
    four.at(0.0)
    del four.minima_da[3]
    assert four.at(850.0) == {0: 0, 1: 65, 2: 65}
    assert four.at(900.0) == {0: 65, 1: 65, 2: 0}
    assert four.at(1800.0) == {0: 0, 1: 65, 2: 65}  # both go behind 2, and 1 is before 0


def test_less_current_takes_it_from_the_last_in_the_turn() -> None:  # O-18
    three = Sockets(130, {1: 60, 2: 60, 3: 60})
    three.at(0.0)
    three.limit_da = 100
    assert three.at(300.0) == {1: 0, 2: 0, 3: 100}
    three.limit_da = 130
    assert three.at(400.0) == {1: 0, 2: 65, 3: 65}  # 2 is before 1 in the queue, and it is still its turn
    assert three.at(900.0) == {1: 65, 2: 0, 3: 65}


def test_a_dip_does_not_take_the_turn_from_who_waits() -> None:
    """2 falls out during each of its turns; it has had its turn all the same, or 1 would never be served."""
    two = Sockets(119, {1: 60, 2: 60})
    assert two.at(0.0) == {1: 0, 2: 119}
    two.limit_da = 50
    assert two.at(400.0) == {1: 0, 2: 0}
    two.limit_da = 119
    assert two.at(500.0) == {1: 0, 2: 119}
    assert two.at(1500.0) == {1: 119, 2: 0}


def test_a_limit_that_swings_does_not_favour_one_for_ever() -> None:
    """Every minute there is enough for both, and then for one: the turn stands still while there is enough."""
    two = Sockets(119, {1: 60, 2: 60})
    waiting_minutes = dict.fromkeys((1, 2), 0)
    for minute in range(120):
        two.limit_da = 119 if minute % 2 else 120
        for socket, offer_da in two.at(minute * 60.0).items():
            waiting_minutes[socket] += offer_da == 0
    assert waiting_minutes == {1: 30, 2: 30}


def test_after_a_whole_period_of_plenty_it_begins_anew() -> None:
    for plenty_s, ends_s in [(899.9, 1899.9), (900.0, 2200.0)]:
        two = Sockets(119, {1: 60, 2: 60})
        two.at(0.0)
        two.limit_da = 120
        two.at(400.0)
        assert two.room.next_deadline_s() is None
        two.limit_da = 119
        two.at(400.0 + plenty_s)
        assert two.room.next_deadline_s() == pytest.approx(ends_s - (0 if plenty_s == 900.0 else 100.0))


def test_an_empty_station_forgets_its_queue() -> None:
    two = Sockets(119, {1: 60, 2: 60})
    two.at(0.0)
    assert two.at(900.0) == {1: 119, 2: 0}
    two.minima_da.clear()
    assert two.at(1000.0) == {}
    two.minima_da = {1: 60, 2: 60}
    assert two.at(1010.0) == {1: 0, 2: 119}
    assert two.room.next_deadline_s() == 1910.0


def test_a_new_session_on_a_socket_is_not_the_one_before() -> None:
    three = Sockets(119, {1: 60, 2: 60, 3: 60})
    three.at(0.0)
    del three.minima_da[3]
    assert three.at(10.0) == {1: 0, 2: 119}
    three.minima_da[3] = 60
    assert three.at(20.0) == {1: 0, 2: 119, 3: 0}
    assert three.at(900.0) == {1: 0, 2: 119, 3: 0}  # 2 was let in during the turn
    assert three.at(1800.0) == {1: 119, 2: 0, 3: 0}
    assert three.at(2700.0) == {1: 0, 2: 0, 3: 119}


def test_before_the_first_turn_it_does_not_matter_who_came_first() -> None:  # ALT-008
    two = Sockets(119, {1: 60})
    assert two.at(0.0) == {1: 119}
    two.minima_da[2] = 60
    assert two.at(100.0) == {1: 0, 2: 119}


def test_a_new_session_does_not_go_on_with_the_turn_of_the_one_before() -> None:
    """2 had its turn when there was plenty, and the next session on its socket comes behind 1."""
    two = Sockets(119, {1: 60, 2: 60})
    two.at(0.0)
    two.limit_da = 120
    two.at(100.0)
    del two.minima_da[2]
    two.at(110.0)
    two.minima_da[2] = 60
    two.at(120.0)
    two.limit_da = 119
    assert two.at(130.0) == {1: 119, 2: 0}


def test_a_new_session_is_not_sent_to_the_back_for_the_turn_of_the_one_before() -> None:
    room = Sockets(119, {1: 60, 2: 60, 3: 60})
    room.at(0.0)
    del room.minima_da[3]
    room.at(10.0)
    room.minima_da[3] = 60
    room.at(20.0)
    room.minima_da[4] = 60
    room.at(30.0)
    in_turn = [max(offers, key=offers.__getitem__) for turn in range(1, 6) if (offers := room.at(turn * 900.0))]
    assert in_turn == [2, 1, 3, 4, 2]


def test_when_all_whose_turn_it_was_have_left_a_new_one_begins() -> None:  # ALT-020, O-19
    """Otherwise who takes over has the rest of theirs and a whole one after it, and the other waits for both."""
    two = Sockets(119, {1: 60, 2: 60})
    assert two.at(0.0) == {1: 0, 2: 119}
    del two.minima_da[2]
    assert two.at(100.0) == {1: 119}
    two.minima_da[2] = 60
    assert two.at(101.0) == {1: 119, 2: 0}
    assert two.at(1000.9) == {1: 119, 2: 0}
    assert two.at(1001.0) == {1: 0, 2: 119}


def test_a_probe_stops_the_clock() -> None:  # O-16
    two = Sockets(160, {1: 140, 2: 60})
    assert two.at(0.0) == {1: 0, 2: 160}
    two.minima_da[3] = 140
    assert two.at(600.0, probed=[3]) == {1: 0, 2: 0, 3: 160}
    assert two.room.next_deadline_s() is None
    two.minima_da[3] = 60
    assert two.at(660.0) == {1: 0, 2: 80, 3: 80}  # 2 goes on; 1 does not fit beside it, 3 does
    assert two.room.next_deadline_s() == 960.0
    assert two.at(960.0) == {1: 160, 2: 0, 3: 0}


def test_a_probe_serves_others_in_the_order_of_the_queue() -> None:  # O-16, PRB-029
    four = Sockets(270, dict.fromkeys(range(1, 5), 60))
    assert four.at(0.0) == {1: 67, 2: 67, 3: 67, 4: 67}
    assert four.at(100.0, probed=[1]) == {1: 67, 2: 67, 3: 67, 4: 67}
    four.minima_da[1] = 140
    assert four.at(100.0, probed=[1]) == {1: 140, 2: 0, 3: 65, 4: 65}


LIMITS_DA = st.sampled_from([0, 50, 60, 100, 119, 120, 139, 140, 199, 200, 259, 260, 400])
ACTIONS = st.one_of(
    st.tuples(st.just("toggle"), st.integers(0, 5)),
    st.tuples(st.just("limit"), LIMITS_DA),
    st.tuples(st.just("wait"), st.sampled_from([1, 59, 450, 899, 900, 901, 3000])),
    st.tuples(st.just("probe"), st.integers(0, 5)),
)
CHAMELEONS = (2, 5)


@PROPERTY
@given(LIMITS_DA, st.lists(ACTIONS, max_size=60))
def test_nobody_waits_for_ever(limit_da: int, actions: list[tuple[str, int]]) -> None:
    """Who can be served at all waits for no more whole periods than there are others, and somebody is always served."""
    room = Sockets(limit_da, {})
    now_s, waited_s, others = 0.0, dict.fromkeys(range(6), 0.0), dict.fromkeys(range(6), 0)
    probed: list[int] = []
    for action, value in actions:
        probed = []
        if action == "toggle":
            if room.minima_da.pop(value, None) is None:
                room.minima_da[value] = 140 if value in CHAMELEONS else 60
            waited_s[value] = 0.0
        elif action == "limit":
            room.limit_da = value
        elif action == "probe" and value in room.minima_da:
            probed = [value]
        end_s = now_s + (value if action == "wait" else 0)
        while True:
            offers = room.at(now_s, probed)
            assert room.at(now_s, probed) == offers
            able = {claim.socket for claim in room.claims if alone_da(claim, room.limits)}
            starving = {socket for socket in able if not offers[socket]}
            assert bool(starving) <= any(offers.values())
            assert room.room.alternating is bool(starving)
            deadline_s = room.room.next_deadline_s()
            assert (deadline_s is not None) is (bool(starving) and not probed)
            assert deadline_s is None or now_s < deadline_s <= now_s + PERIOD_S
            for socket in range(6):
                if socket not in starving:
                    waited_s[socket] = 0.0
                    others[socket] = 0
                others[socket] = max(others[socket], len(room.minima_da) - 1)
                assert waited_s[socket] <= others[socket] * PERIOD_S
            if now_s >= end_s:
                break
            until_s = min(end_s, deadline_s or end_s)
            for socket in starving:
                waited_s[socket] += until_s - now_s
            now_s = until_s
