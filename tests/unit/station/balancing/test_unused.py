"""Current that a car leaves unused: the boundaries of 3 A, 180 s and 10 s, who gains, and what is given back."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.balancing.allocator import Claim, Limit, allocate
from station.balancing.unused import SOURCE, Unused

PROPERTY = settings(derandomize=True, deadline=None, max_examples=5_000 if os.environ.get("EVSE_RIG_DEEP") else 200)
ALL = (0, 1, 2)


class Station:
    """Sockets under one limit, of cars that draw what they are told to here, or what they are offered."""

    def __init__(self, limit_da: int = 320, sockets: tuple[int, ...] = (1, 2), minimum_da: int = 60) -> None:
        self.room = Unused()
        self.claims = {socket: Claim(socket, ALL, 320, minimum_da) for socket in sockets}
        self.limits = [Limit("station", frozenset(range(10)), (limit_da,) * 3)]
        self.wish_ma: dict[int, int] = {}
        self.offers_da = allocate(list(self.claims.values()), self.limits)

    def at(self, now_s: float) -> dict[int, int]:
        """What is offered from `now_s` on, in dA; stepping twice must not matter."""
        lowered = self.step(now_s)
        assert self.step(now_s) == lowered
        self.offers_da = allocate(lowered, self.limits)
        return self.offers_da

    def step(self, now_s: float) -> list[Claim]:
        drawn_ma = {
            socket: min(self.wish_ma.get(socket, 80_000), offer_da * 100) for socket, offer_da in self.offers_da.items()
        }
        return self.room.step(now_s, list(self.claims.values()), self.limits, self.offers_da, drawn_ma)


@pytest.mark.parametrize(  # S-SLB-5, SLB-007, SLB-021
    ("drawn_ma", "offers"),
    [
        (12_900, {1: 139, 2: 181}),  # 3.1 A less than 16 A
        (13_000, {1: 160, 2: 160}),  # 3.0 A are not more than 3 A
        (12_999, {1: 140, 2: 180}),
        (5_040, {1: 61, 2: 259}),  # what is kept is rounded up
        (5_000, {1: 60, 2: 260}),
        (0, {1: 60, 2: 260}),  # never less than the minimum
    ],
)
def test_how_much_goes_to_the_other(drawn_ma: int, offers: dict[int, int]) -> None:
    station = Station()
    station.wish_ma[1] = drawn_ma
    for now_s in (0.0, 179.999):
        assert station.at(now_s) == {1: 160, 2: 160}
    for now_s in (180.0, 1000.0):
        assert station.at(now_s) == offers


def test_the_time_is_known_in_advance() -> None:
    station = Station()
    station.at(0.0)
    assert station.room.next_deadline_s() is None
    station.wish_ma[1] = 10_000
    station.at(7.0)
    assert station.room.next_deadline_s() == 187.0
    station.at(187.0)
    assert station.room.next_deadline_s() is None


def test_who_draws_again_before_keeps_it() -> None:  # SLB-007: again at 170 s, never
    station = Station()
    station.wish_ma[1] = 8_000
    station.at(0.0)
    station.wish_ma[1] = 13_000
    station.at(170.0)
    station.wish_ma[1] = 8_000
    for now_s in (171.0, 180.0, 350.999):
        assert station.at(now_s) == {1: 160, 2: 160}
    assert station.at(351.0) == {1: 90, 2: 230}


def test_a_late_step_does_not_lose_what_was_due() -> None:
    station = Station()
    station.wish_ma[1] = 8_000
    station.at(0.0)
    station.wish_ma[1] = 16_000
    assert station.at(200.0) == {1: 90, 2: 230}


def test_the_most_that_was_drawn_is_kept() -> None:
    station = Station()
    for now_s, wish_ma in ((0.0, 8_000), (60.0, 11_000), (120.0, 3_000)):
        station.wish_ma[1] = wish_ma
        station.at(now_s)
    assert station.at(180.0) == {1: 120, 2: 200}


def test_it_comes_back_after_10_s_of_need() -> None:  # O-21
    station = Station()
    station.wish_ma[1] = 8_000
    station.at(0.0)
    assert station.at(180.0) == {1: 90, 2: 230}
    station.wish_ma[1] = 8_001  # within 1 A of the 9.0 A
    for now_s in (300.0, 309.999):
        assert station.at(now_s) == {1: 90, 2: 230}
    assert station.room.next_deadline_s() == 310.0
    assert station.at(310.0) == {1: 160, 2: 160}


def test_a_short_need_is_none() -> None:
    station = Station()
    station.wish_ma[1] = 8_000
    station.at(0.0)
    station.at(180.0)
    for now_s, wish_ma in ((300.0, 9_000), (309.0, 8_000), (311.0, 9_000), (320.999, 9_000)):
        station.wish_ma[1] = wish_ma
        assert station.at(now_s) == {1: 90, 2: 230}
    assert station.at(321.0) == {1: 160, 2: 160}


def test_a_steady_car_does_not_get_it_back_by_itself() -> None:
    for drawn_ma in range(5_000, 5_100, 7):
        station = Station()
        station.wish_ma[1] = drawn_ma
        station.at(0.0)
        before = station.at(180.0)
        station.at(181.0)
        assert station.room.next_deadline_s() is None
        assert station.at(500.0) == before


def test_who_then_draws_even_less_gives_more() -> None:
    station = Station()
    station.wish_ma[1] = 11_000
    station.at(0.0)
    assert station.at(180.0) == {1: 120, 2: 200}
    station.wish_ma[1] = 6_000
    assert station.at(200.0) == {1: 120, 2: 200}
    assert station.at(380.0) == {1: 70, 2: 250}


def test_a_14_a_car_keeps_14_a() -> None:  # PRB-008
    station = Station(minimum_da=140)
    station.wish_ma[1] = 2_000
    station.at(0.0)
    assert station.at(180.0) == {1: 140, 2: 180}


def test_when_the_session_ends_all_is_free_at_once() -> None:  # SLB-029, S-SLB-9
    station = Station()
    station.wish_ma[1] = 8_000
    station.at(0.0)
    station.at(180.0)
    del station.claims[1]
    assert station.at(200.0) == {2: 320}


def test_when_the_other_ends_nothing_is_held_back() -> None:
    station = Station()
    station.wish_ma[1] = 8_000
    station.at(0.0)
    assert station.at(180.0) == {1: 90, 2: 230}
    del station.claims[2]
    assert station.at(200.0) == {1: 320}


def test_alone_nothing_is_unused() -> None:
    station = Station(sockets=(1,))
    station.wish_ma[1] = 8_000
    for now_s in (0.0, 180.0, 1000.0):
        assert station.at(now_s) == {1: 320}
    station.claims[2] = Claim(2, ALL, 320)
    assert station.at(1000.0) == {1: 160, 2: 160}
    assert station.at(1179.9) == {1: 160, 2: 160}
    assert station.at(1180.0) == {1: 90, 2: 230}


def test_where_there_is_enough_nobody_gives() -> None:  # SLB-025
    station = Station(limit_da=640)
    station.wish_ma[1] = 8_000
    station.at(0.0)
    assert station.at(180.0) == {1: 320, 2: 320}
    station.limits = [Limit("station", frozenset({1, 2}), (320,) * 3)]
    assert station.at(200.0) == {1: 90, 2: 230}


def test_on_another_phase_it_is_of_no_use() -> None:  # S-SLB-12
    station = Station(limit_da=250)
    station.claims = {1: Claim(1, (2,), 320), 2: Claim(2, (0,), 320)}
    station.wish_ma[1] = 8_000
    station.at(0.0)
    assert station.at(180.0) == {1: 250, 2: 250}


def test_a_pause_ends_it() -> None:
    station = Station()
    station.wish_ma[1] = 8_000
    station.at(0.0)
    station.at(180.0)
    station.offers_da[1] = 0
    station.step(200.0)
    assert station.at(210.0) == {1: 160, 2: 160}


def test_all_of_a_low_offer_is_need() -> None:
    """The offer fell below what was kept: who takes all of it wants its full share when there is more again."""
    station = Station()
    station.wish_ma[1] = 10_000
    station.at(0.0)
    assert station.at(180.0) == {1: 110, 2: 210}
    station.limits = [Limit("station", frozenset({1, 2}), (160,) * 3)]
    del station.wish_ma[1]
    station.at(200.0)
    assert station.at(200.1) == {1: 80, 2: 80}
    station.at(210.1)
    station.limits = [Limit("station", frozenset({1, 2}), (320,) * 3)]
    assert station.at(211.0) == {1: 160, 2: 160}


def test_what_is_kept_is_no_reason_for_a_higher_cap() -> None:
    station = Station()
    station.wish_ma[1] = 10_000
    station.at(0.0)
    assert station.at(180.0) == {1: 110, 2: 210}
    station.claims[1] = Claim(1, ALL, 100)
    station.claims[2] = Claim(2, ALL, 200)
    assert station.at(181.0) == {1: 100, 2: 200}


def test_the_lower_cap_says_where_it_comes_from() -> None:
    station = Station()
    station.wish_ma[1] = 8_000
    station.at(0.0)
    assert [claim.cap_source for claim in station.step(180.0)] == [SOURCE, "cap"]


@PROPERTY
@given(
    st.integers(60, 640),
    st.sampled_from([(60, 60), (140, 60), (140, 140)]),
    st.lists(
        st.tuples(st.sampled_from([0.5, 9.5, 10.0, 170.0, 180.0, 400.0]), st.integers(0, 32_000), st.integers(1, 2))
    ),
)
def test_promises(limit_da: int, minima_da: tuple[int, int], changes: list[tuple[float, int, int]]) -> None:
    """Offers stay within the limit and above the minima, and a car that wants all gets no less than without this."""
    station = Station(limit_da)
    station.claims = {socket: Claim(socket, ALL, 320, minima_da[socket - 1]) for socket in (1, 2)}
    fair = station.offers_da = allocate(list(station.claims.values()), station.limits)
    now_s, since_s = 0.0, {1: 0.0, 2: 0.0}
    for wait_s, wish_ma, socket in changes:
        station.wish_ma[socket] = wish_ma
        since_s[socket] = now_s
        offers = station.at(now_s)
        end_s = now_s + wait_s
        while now_s < end_s:
            now_s = min(end_s, station.room.next_deadline_s() or end_s)
            offers = station.at(now_s)
            assert sum(offers.values()) <= limit_da
            assert {one for one, offer_da in offers.items() if offer_da} == {one for one, da in fair.items() if da}
            for one, claim in station.claims.items():
                assert offers[one] == 0 or claim.minimum_da <= offers[one] <= claim.cap_da
                wants = station.wish_ma.get(one, 80_000)
                if now_s >= since_s[one] + 11.0 and offers[one]:
                    assert offers[one] >= fair[one] or wants <= offers[one] * 100
