"""Active load balancing from P1 readings; ALB-GEN and the open points O-32, O-52, O-61, O-62."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.balancing.active import OLDEST_S, SOCKET_METER_LATE_S, STEADY_MA, ActiveBalancing
from station.settings import Settings
from station.sources.reading import Reading

PROPERTY = settings(derandomize=True, deadline=None, max_examples=10_000 if os.environ.get("EVSE_RIG_DEEP") else 200)

NOTHING = (0, 0, 0)


def meter(*current_a: float, at_s: float = 0.0, oldest_s: float = 0.0, newest_s: float = 0.0) -> Reading:
    """A reading whose figures are, unless told otherwise, those of the moment at which it arrives."""
    one, two, three = current_a if len(current_a) == 3 else current_a * 3
    return Reading("50", 1.0, (one, two, three), 3, at_s, oldest_s=oldest_s, newest_s=newest_s)


def balancing(**given: object) -> ActiveBalancing:
    return ActiveBalancing(Settings(**{"meter_max_a": 25.0, "safe_a": 8.0, **given}))  # type: ignore[arg-type]


def live(active: ActiveBalancing, now_s: float, *, a: float, drawn_a: float = 0.0, session: bool = True) -> float:
    drawn = (int(drawn_a * 1000),) * 3
    active.step(now_s, "live", meter(a, at_s=now_s), drawn, session)
    return active.limits_da[0] / 10


def until(active: ActiveBalancing, now_s: float, *, safe: bool = False, session: bool = True) -> list[float]:
    """The limits on L1 in A as they change, step by step at the deadlines up to `now_s`."""
    seen = []
    while (due_s := active.next_deadline_s()) is not None and due_s <= now_s:
        active.step(due_s, "lost" if safe else "live", None, NOTHING, session)
        seen.append(active.limits_da[0] / 10)
    return seen


class TestAvailable:
    @pytest.mark.parametrize(
        ("include", "meter_a", "drawn_a", "limit_a"),
        [
            (True, 10.0, 0.0, 15.0),  # S-HAIR-2 with 25 A
            (True, 20.0, 10.0, 15.0),  # ALB-GEN-009
            (True, 25.0, 15.0, 15.0),
            (False, 10.0, 12.0, 15.0),  # ALB-GEN-010: what the vehicle draws is on another meter
            (True, 9.04, 0.0, 15.9),  # floored to 0.1 A
            (True, 19.0, 0.0, 6.0),
            (True, 19.01, 0.0, 0.0),  # never between 0 and 6 A
            (True, 40.0, 0.0, 0.0),  # the other loads alone exceed the limit
        ],
    )
    def test_formula(self, include: bool, meter_a: float, drawn_a: float, limit_a: float) -> None:
        active = balancing(meter_includes_charger=include)
        assert live(active, 0.0, a=meter_a, drawn_a=drawn_a, session=False) == limit_a

    @pytest.mark.parametrize(
        ("meter_a", "ev_a", "house_a", "pv_a"),
        [(0, 0, 0, 0), (2, 0, 2, 0), (12, 12, 0, 0), (-12, 0, 0, 12), (0, 0, 12, 12), (-10, 0, 2, 12), (-6, 6, 0, 12),
         (0, 12, 0, 12), (-4, 6, 2, 12), (0, 6, 6, 12), (6, 16, 2, 12)],
    )  # fmt: skip
    def test_the_pv_table(self, meter_a: float, ev_a: float, house_a: float, pv_a: float) -> None:  # ALB-GEN-023 to 033
        active = balancing(meter_max_a=10.0, station_max_a=80.0, connector1_max_a=80.0)
        available_a = 10.0 - house_a + pv_a
        assert live(active, 0.0, a=meter_a, drawn_a=ev_a, session=False) == (available_a if available_a >= 6 else 0)

    def test_export_raises_what_is_available_up_to_the_cap(self) -> None:  # O-62
        assert live(balancing(meter_max_a=16.0), 0.0, a=-10.0, session=False) == 26.0
        assert live(balancing(meter_max_a=16.0), 0.0, a=-30.0, session=False) == 32.0
        assert live(balancing(meter_max_a=16.0, connector1_max_a=20.0), 0.0, a=-30.0, session=False) == 20.0

    def test_every_phase_on_its_own(self) -> None:
        active = balancing()
        active.step(0.0, "live", meter(0.0, 12.0, -40.0), (0, 2000, 0), False)
        assert active.limits_da == (250, 150, 320)

    def test_it_holds_until_the_next_reading(self) -> None:
        active = balancing()
        assert live(active, 0.0, a=20.0, drawn_a=10.0, session=False) == 15.0
        active.step(5.0, "live", None, NOTHING, False)  # the vehicle stopped, the meter has not spoken since
        assert active.limits_da[0] == 150


class TestFollowing:
    def test_the_first_reading_without_a_session_counts_in_full(self) -> None:
        active = balancing()
        assert active.limits_da == (80, 80, 80)
        assert live(active, 1.0, a=5.0, session=False) == 20.0
        assert active.next_deadline_s() is None

    def test_down_at_once(self) -> None:  # ALB-GEN-008
        active = balancing()
        live(active, 0.0, a=5.0, session=False)
        assert live(active, 1.0, a=30.0, drawn_a=20.0) == 15.0
        assert live(active, 2.0, a=27.0, drawn_a=15.0) == 13.0

    def test_up_by_one_ampere_every_5_s(self) -> None:  # O-32
        active = balancing()
        live(active, 0.0, a=15.0, session=False)
        assert live(active, 100.0, a=21.6, drawn_a=10.0) == 11.0
        assert active.next_deadline_s() == 105.0
        assert until(active, 104.999) == []
        assert until(active, 110.0) == [12.0, 13.0]
        assert until(active, 999.0) == [13.4]
        assert active.next_deadline_s() is None

    def test_5_s_after_a_decrease_too(self) -> None:
        active = balancing()
        live(active, 0.0, a=5.0, session=False)
        live(active, 10.0, a=15.0)
        assert live(active, 14.9, a=5.0) == 10.0
        assert live(active, 15.0, a=5.0) == 11.0

    def test_a_phase_that_falls_does_not_hold_the_others(self) -> None:
        active = balancing()
        active.step(0.0, "live", meter(15.0, 15.0, 15.0), NOTHING, False)
        active.step(10.0, "live", meter(15.0, 5.0, 5.0, at_s=10.0), NOTHING, True)
        active.step(14.0, "live", meter(16.0, 5.0, 5.0, at_s=14.0), NOTHING, True)
        active.step(15.0, "live", meter(5.0, 5.0, 5.0, at_s=15.0), NOTHING, True)
        assert active.limits_da == (90, 120, 120)

    def test_step_and_time_are_settings(self) -> None:
        active = balancing(alb_return_a_per_step=2.0, alb_return_step_s=3.0)
        live(active, 0.0, a=15.0, session=False)
        live(active, 100.0, a=5.0)
        assert until(active, 106.0) == [14.0, 16.0]

    def test_too_little_is_nothing_and_comes_back_from_nothing(self) -> None:  # O-33
        active = balancing()
        live(active, 0.0, a=15.0, session=False)
        assert live(active, 10.0, a=20.0) == 0.0
        assert live(active, 15.0, a=17.0) == 1.0
        assert until(active, 39.999) == [2.0, 3.0, 4.0, 5.0]
        assert until(active, 40.0) == [6.0]

    def test_a_session_that_ends_frees_the_limit(self) -> None:
        active = balancing()
        live(active, 0.0, a=15.0, session=False)
        assert live(active, 10.0, a=5.0) == 11.0
        active.step(11.0, "live", None, NOTHING, False)
        assert active.limits_da[0] == 200


class TestSafeCurrent:
    def test_before_the_first_reading(self) -> None:
        active = balancing(safe_a=7.0)
        active.step(0.0, "waiting", None, NOTHING, True)
        assert active.limits_da == (70, 70, 70)
        assert active.safe

    def test_on_loss_at_once(self) -> None:  # ALB-GEN-014
        active = balancing()
        live(active, 0.0, a=5.0, session=False)
        assert not active.safe
        active.step(31.0, "lost", None, (16_000,) * 3, True)
        assert active.limits_da == (80, 80, 80)
        assert active.safe

    def test_below_6_amperes_is_a_pause(self) -> None:  # O-33
        active = balancing(safe_a=5.9)
        assert active.limits_da == (0, 0, 0)
        live(active, 0.0, a=5.0, session=False)
        active.step(31.0, "lost", None, NOTHING, True)
        assert active.limits_da == (0, 0, 0)

    def test_no_more_than_the_cap(self) -> None:
        active = balancing(safe_a=30.0, connector1_max_a=16.0)
        assert active.limits_da == (160, 160, 160)

    def test_a_limit_below_it_rises_gradually(self) -> None:
        active = balancing(safe_a=10.0)
        live(active, 0.0, a=18.0, session=False)
        active.step(31.0, "lost", None, NOTHING, True)
        assert active.limits_da[0] == 80
        assert until(active, 100.0, safe=True) == [9.0, 10.0]

    def test_gradual_and_monotone_return(self) -> None:  # O-32, O-68: 12 A to 16 A
        active = balancing(safe_a=12.0, connector1_max_a=16.0)
        live(active, 0.0, a=0.0, session=False)
        active.step(31.0, "lost", None, (16_000,) * 3, True)
        assert active.limits_da[0] == 120
        limits = [live(active, 100.0, a=12.0, drawn_a=12.0), *until(active, 160.0)]
        assert limits == [13.0, 14.0, 15.0, 16.0]

    def test_a_stale_value_is_forgotten(self) -> None:
        active = balancing(safe_a=6.0)
        live(active, 0.0, a=5.0, session=False)
        active.step(31.0, "lost", None, NOTHING, True)
        active.step(32.0, "waiting", None, NOTHING, True)
        assert until(active, 1000.0, safe=True) == []
        assert active.limits_da[0] == 60


class TestFiguresOlderThanTheirArrival:
    """A car that is lowered from 16 A to 10 A at 10 s, and readings that may be from before or after."""

    OLDEST_S, NEWEST_S = 2.0, 1.0

    def lowered(self, **given: object) -> ActiveBalancing:
        active = balancing(connector1_max_a=20.0, **given)
        active.step(0.0, "live", meter(16.0), (16_000,) * 3, False)
        assert active.limits_da[0] == 200
        active.step(10.0, "live", meter(31.0, at_s=10.0), (16_000,) * 3, True)
        assert active.limits_da[0] == 100  # 15 A of others
        active.step(10.2, "live", None, (10_000,) * 3, True)
        return active

    def limit_a(self, active: ActiveBalancing, now_s: float, a: float) -> float:
        reading = meter(a, at_s=now_s, oldest_s=self.OLDEST_S, newest_s=self.NEWEST_S)
        active.step(now_s, "live", reading, (10_000,) * 3, True)
        return active.limits_da[0] / 10

    @pytest.mark.parametrize("a", [31.0, 25.0])  # of before or after the decrease
    def test_a_decrease_is_not_answered_with_another_one(self, a: float) -> None:
        active = self.lowered()
        assert self.limit_a(active, 12.0, a) == 10.0
        assert active.next_deadline_s() is None  # nor with a rise

    def test_more_than_the_decrease_explains_is_followed_as_far_as_it_must(self) -> None:
        """28.0 A leave 7 A if they are of after the decrease and 13 A if not; 32.0 A leave 9 A even if not."""
        assert self.limit_a(self.lowered(), 12.0, 28.0) == 10.0
        assert self.limit_a(self.lowered(), 12.0, 32.0) == 9.0

    def test_less_than_the_decrease_explains_is_followed_as_far_as_is_certain(self) -> None:
        active = self.lowered()
        self.limit_a(active, 12.0, 23.0)  # at least 12 A are left, whenever it was
        assert until(active, 100.0) == [11.0, 12.0]

    def test_every_instant_in_which_they_can_have_been_taken_counts(self) -> None:
        """The draw changed at 10.2 s: within the window as long as it began before that, and only then."""
        assert self.limit_a(self.lowered(), 10.2 + self.OLDEST_S - 0.001, 31.0) == 10.0
        assert self.limit_a(self.lowered(), 10.2 + self.OLDEST_S, 31.0) == 0.0  # 4 A are left

    def test_the_socket_s_own_meter_may_be_late(self) -> None:
        """A change that the socket tells of a little after the window may have been in it."""
        ends_s = 10.2 + self.NEWEST_S
        active = self.lowered()
        assert self.limit_a(active, ends_s - SOCKET_METER_LATE_S + 0.001, 25.0) == 10.0
        assert until(active, 100.0) == []
        active = self.lowered()
        self.limit_a(active, ends_s - SOCKET_METER_LATE_S - 0.001, 25.0)
        assert until(active, 100.0)[-1] == 16.0  # all of it is from before: 16 A are left

    def test_what_the_meter_does_not_see_makes_no_difference(self) -> None:
        active = balancing(meter_includes_charger=False, connector1_max_a=20.0)
        active.step(0.0, "live", meter(5.0), (16_000,) * 3, False)
        active.step(10.0, "live", None, (10_000,) * 3, True)
        assert self.limit_a(active, 11.0, 15.0) == 10.0

    def test_every_phase_has_its_own(self) -> None:
        active = balancing(connector1_max_a=20.0)
        active.step(0.0, "live", meter(16.0), (16_000,) * 3, False)
        active.step(10.0, "live", meter(31.0, at_s=10.0), (16_000,) * 3, True)
        active.step(10.2, "live", None, (10_000, 16_000, 10_000), True)
        reading = meter(31.0, 33.0, 25.0, at_s=12.0, oldest_s=2.0, newest_s=1.0)
        active.step(12.0, "live", reading, (10_000, 16_000, 10_000), True)
        assert active.limits_da == (100, 80, 100)

    def test_no_figures_are_older_than_the_socket_s_past_is_kept(self) -> None:
        active = self.lowered()
        reading = meter(31.0, at_s=10.2 + OLDEST_S, oldest_s=1000.0)
        active.step(10.2 + OLDEST_S, "live", reading, (10_000,) * 3, True)
        assert active.limits_da[0] == 0


class TestPhaseOrder:
    """ALB-GEN-040: what a car draws from L1 is seen on L2."""

    def seen(self, active: ActiveBalancing, now_s: float, car_a: float, reading: Reading) -> bool:
        active.step(now_s - 1.0, "live", None, (int(car_a * 1000), 0, 0), True)
        active.step(now_s, "live", reading, (int(car_a * 1000), 0, 0), True)
        return active.mismatch is not None

    def told(self, active: ActiveBalancing, *, phases: int = 3, oldest_s: float = 0.0) -> list[bool]:
        told = []
        for turn in range(8):
            now_s, car_a = 10.0 * turn, 10.0 * (turn % 2)
            reading = Reading("50", 1.0, (1.0, 1.0 + car_a, 1.0), phases, now_s, oldest_s=oldest_s)
            told.append(self.seen(active, now_s, car_a, reading))
        return told

    def test_told_once(self) -> None:
        assert self.told(balancing()) == [False, False, True, *[False] * 5]

    @pytest.mark.parametrize(("noise_ma", "heard"), [(STEADY_MA, True), (STEADY_MA + 1, False)])
    def test_the_noise_of_a_socket_meter_hides_nothing(self, noise_ma: int, heard: bool) -> None:
        active = balancing()
        told = []
        for turn in range(8):
            now_s, car_ma = 10.0 * turn, 10_000 * (turn % 2)
            for step in range(10):
                active.step(now_s - 2.0 + 0.2 * step, "live", None, (car_ma + noise_ma * (step % 2), 0, 0), True)
            reading = meter(1.0, 1.0 + car_ma / 1000, 1.0, at_s=now_s, oldest_s=1.0)
            active.step(now_s, "live", reading, (car_ma, 0, 0), True)
            told.append(active.mismatch)
        assert ((0, 1) in told) is heard

    def test_it_is_of_the_step_that_found_it(self) -> None:
        active = balancing()
        for turn in range(3):
            car_a = 10.0 * (turn % 2)
            self.seen(active, 10.0 * turn, car_a, meter(1.0, 1.0 + car_a, 1.0, at_s=10.0 * turn))
        assert active.mismatch == (0, 1)
        active.step(21.0, "live", None, NOTHING, True)
        assert active.mismatch is None

    def test_not_by_a_meter_that_does_not_see_the_socket(self) -> None:
        assert not any(self.told(balancing(meter_includes_charger=False)))

    def test_not_by_a_meter_of_one_phase(self) -> None:
        assert not any(self.told(balancing(), phases=1))

    def test_not_by_readings_that_may_be_of_before_or_after_a_change(self) -> None:
        """A pause of the car, which no reading shows for certain."""
        active = balancing()
        told = []
        for now_s, car_ma, seen_a, oldest_s in (
            (0.0, 20_000, 21.0, 0.0),
            (10.0, 10_000, 11.0, 2.0),
            (20.0, 20_000, 11.0, 2.0),
            (30.0, 20_000, 21.0, 0.0),
        ):
            active.step(now_s - 1.0, "live", None, (car_ma, 0, 0), True)
            reading = meter(1.0, seen_a, 1.0, at_s=now_s, oldest_s=oldest_s)
            active.step(now_s, "live", reading, (car_ma, 0, 0), True)
            told.append(active.mismatch)
        assert told == [None] * 4

    def test_not_while_the_draw_changed_when_the_figures_may_have_been_taken(self) -> None:
        assert not any(self.told(balancing(), oldest_s=1.001))
        assert any(self.told(balancing(), oldest_s=0.999))


@PROPERTY
@given(
    st.lists(
        st.tuples(
            st.floats(0, 20),
            st.sampled_from(["live", "live", "live", "lost", "waiting"]),
            st.none() | st.floats(-50, 50).map(lambda a: round(a, 3)),
            st.integers(0, 32_000),
            st.booleans(),
            st.floats(0.0, OLDEST_S),
            st.floats(0.0, 1.0),
        ),
        max_size=40,
    ),
    st.sampled_from([0.0, 5.9, 6.0, 12.0, 80.0]),
)
def test_whatever_the_meter_says(
    events: list[tuple[float, str, float | None, int, bool, float, float]], safe_a: float
) -> None:
    """The limit never is above what a reading leaves with the most that was drawn while it can have been taken."""
    active = balancing(safe_a=safe_a, connector1_max_a=20.0)
    now_s = 0.0
    risen_s = -100.0
    before = active.limits_da
    past: list[tuple[float, int]] = []
    for wait_s, state, a, drawn_ma, session, oldest_s, share in events:
        now_s += wait_s
        past.append((now_s, drawn_ma))
        newest_s = oldest_s * share
        reading = None if a is None or state != "live" else meter(a, at_s=now_s, oldest_s=oldest_s, newest_s=newest_s)
        active.step(now_s, state, reading, (drawn_ma,) * 3, session)  # type: ignore[arg-type]
        limits = active.limits_da
        assert all(0 <= limit <= 200 for limit in limits)
        if session and limits[0] > before[0]:
            assert limits[0] - before[0] <= 10
            assert now_s - risen_s >= 5.0 - 1e-9
        if limits[0] != before[0]:
            risen_s = now_s
        if reading is not None and a is not None:
            most_ma = most_drawn(past, now_s - oldest_s, now_s - newest_s + SOCKET_METER_LATE_S)
            assert limits[0] * 100 <= max(0, 25_000 - round(a * 1000) + most_ma)
        due_s = active.next_deadline_s()
        assert due_s is None or due_s > now_s
        active.step(now_s, state, None, (drawn_ma,) * 3, session)  # type: ignore[arg-type]
        assert (active.limits_da, active.next_deadline_s()) == (limits, due_s)
        before = limits


def most_drawn(past: list[tuple[float, int]], from_s: float, to_s: float) -> int:
    """Of what was drawn from each of these instants on: the most in that time, by a rule of this test's own."""
    at_its_begin = [drawn_ma for at_s, drawn_ma in past if at_s <= from_s][-1:] or [past[0][1]]
    return max(at_its_begin + [drawn_ma for at_s, drawn_ma in past if from_s < at_s <= to_s])
