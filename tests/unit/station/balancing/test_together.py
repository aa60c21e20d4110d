"""The rooms wired as the station's core is to wire them, with the worked examples that take more than one of them."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.balancing.allocator import Claim, Limit
from station.balancing.classifiers import CLASS_6_DA, CLASS_14_DA, Sample
from station.balancing.sharing import Sharing
from station.phases import behind_socket, order
from station.settings import Settings

PROPERTY = settings(derandomize=True, deadline=None, max_examples=2_000 if os.environ.get("EVSE_RIG_DEEP") else 100)
PERIOD_S = 900.0


class Car:
    """Takes what it is offered at once, from its minimum on, up to its wish."""

    def __init__(self, minimum_da: int = 60, phases: int = 3) -> None:
        self.minimum_da = minimum_da
        self.phases = phases
        self.wish_ma = 32_000

    def under(self, offer_da: int) -> Sample:
        current_ma = min(offer_da * 100, self.wish_ma) if offer_da >= self.minimum_da else 0
        active_ma = current_ma * 95 // 100 if self.minimum_da == CLASS_14_DA else current_ma
        return Sample(self._on(current_ma), self._on(active_ma), current_ma > 0)

    def _on(self, value_ma: int) -> tuple[int, int, int]:
        one, two, three = (value_ma if phase < self.phases else 0 for phase in range(3))
        return one, two, three


class Station:
    """Sockets by number, the limits over them, and time that passes from deadline to deadline."""

    def __init__(self, limit_da: int, behind: dict[int, tuple[int, ...]], connector_da: int = 320) -> None:
        self.limit_da = limit_da
        self.behind = behind
        self.connector_da = connector_da
        self.sharing = Sharing(Settings(sockets=2))
        self.cars: dict[int, Car] = {}
        self.suspended = False
        self.offers_da: dict[int, int] = {}
        self.now_s = 0.0

    def step(self) -> None:
        limits = [Limit("station", frozenset(self.behind), (self.limit_da,) * 3)]
        samples = {socket: car.under(self.offers_da.get(socket, 0)) for socket, car in self.cars.items()}
        able = [] if self.suspended else list(self.cars)
        claims = [Claim(socket, self.behind[socket], self.connector_da) for socket in able]
        drawn_ma = {socket: self._on_grid(socket, sample) for socket, sample in samples.items()}
        shares = self.sharing.step(self.now_s, list(self.cars), claims, limits, self.offers_da, samples, drawn_ma)
        self.offers_da = {socket: share.current_da for socket, share in shares.items()}

    def _on_grid(self, socket: int, sample: Sample) -> tuple[int, int, int]:
        flowing = dict(zip(self.behind[socket], sample.current_ma, strict=False))
        return flowing.get(0, 0), flowing.get(1, 0), flowing.get(2, 0)

    def run(self, for_s: float) -> dict[int, int]:
        """Let so much time pass, and what is offered then to those with a car, in dA."""
        end_s = self.now_s + for_s
        while True:
            self._settle()
            due_s = self.sharing.next_deadline_s()
            if self.now_s >= end_s:
                return {socket: self.offers_da.get(socket, 0) for socket in sorted(self.cars)}
            self.now_s = end_s if due_s is None else min(end_s, due_s)

    def plug(self, socket: int, car: Car, for_s: float = 0.0) -> dict[int, int]:
        self.cars[socket] = car
        return self.run(for_s)

    def _settle(self) -> None:
        """Cars and station answer each other until nothing changes any more."""
        for _ in range(5):
            before = self.offers_da
            self.step()
            if self.offers_da == before:
                return
        raise AssertionError(f"offers do not settle at {self.now_s} s: {before}, {self.offers_da}")


ALL = (0, 1, 2)
A, B, C = 0, 1, 2


def double(limit_da: int, phases: str = "L1L2L3", connector_da: int = 320) -> Station:
    """A station with two sockets on one feeder."""
    return Station(limit_da, {socket: behind_socket(order(phases), socket, 2) for socket in (1, 2)}, connector_da)


def walk_through(phases: int, behind: tuple[int, ...]) -> None:
    three = Station(200, dict.fromkeys((A, B, C), behind))
    assert three.plug(B, Car(phases=phases), 59.999) == {B: 140}
    assert three.run(0.001) == {B: 200}
    assert three.plug(C, Car(phases=phases), 59.9) == {B: 60, C: 140}
    assert three.run(0.1) == {B: 100, C: 100}
    assert three.plug(A, Car(CLASS_14_DA, phases), 59.9) == {A: 140, B: 0, C: 60}
    pattern = [three.run(0.1)] + [three.run(PERIOD_S) for _ in range(5)]
    assert pattern[:3] == [{A: 0, B: 100, C: 100}, {A: 140, B: 0, C: 60}, {A: 140, B: 60, C: 0}]
    assert pattern[3:] == pattern[:3]


@pytest.mark.parametrize(
    ("phases", "behind"),
    [
        pytest.param(1, (0,), id="S-SCN1-1 to S-SCN1-6"),
        pytest.param(3, ALL, id="S-SCN1-8, S-SCN3-1 to S-SCN3-7"),
    ],
)
def test_the_walk_through_on_20_a(phases: int, behind: tuple[int, ...]) -> None:
    walk_through(phases, behind)


def test_24_a_over_six_sockets() -> None:  # S-SCN24-1 to S-SCN24-3
    six = Station(360, dict.fromkeys(range(6), (0,)))
    for socket in range(6):
        six.plug(socket, Car(phases=1), 60.0)
    six.limit_da = 240  # with that from the start, turns would have begun before all were there
    assert six.run(300.0) == {0: 0, 1: 0, 2: 60, 3: 60, 4: 60, 5: 60}
    assert six.run(600.0) == {0: 60, 1: 60, 2: 0, 3: 0, 4: 60, 5: 60}
    assert six.run(900.0) == {0: 60, 1: 60, 2: 60, 3: 60, 4: 0, 5: 0}


def test_40_a_over_four_sockets() -> None:  # S-SCN40-1
    four = Station(400, dict.fromkeys(range(4), (0,)))
    for socket in range(4):
        four.plug(socket, Car(phases=1), 60.0)
    assert four.run(0.0) == dict.fromkeys(range(4), 100)


@pytest.mark.parametrize("limit_da", [120, 121, 200, 250, 320])
def test_one_and_then_two_6_a_cars(limit_da: int) -> None:  # S-SLB-2, S-SLB-3, S-SLB-4
    station = double(limit_da)
    assert station.plug(1, Car(), 60.0) == {1: limit_da}
    assert station.plug(2, Car(), 60.0) == {1: limit_da // 2, 2: limit_da // 2}


@pytest.mark.parametrize(
    ("minima_da", "limit_da", "offers"),
    [
        pytest.param((60, 60), 119, [{1: 0, 2: 119}, {1: 119, 2: 0}], id="S-SLB-8 at 11.9 A"),
        pytest.param((60, 60), 120, [{1: 60, 2: 60}, {1: 60, 2: 60}], id="S-SLB-8 at 12.0 A"),
        pytest.param((140, 60), 199, [{1: 0, 2: 199}, {1: 199, 2: 0}], id="S-SLB-7a"),
        pytest.param((140, 60), 200, [{1: 140, 2: 60}, {1: 140, 2: 60}], id="S-SLB-7b"),
    ],
)
def test_boundaries(minima_da: tuple[int, int], limit_da: int, offers: list[dict[int, int]]) -> None:
    """Each car is probed while there is enough, so that its class is known; then the limit falls."""
    station = double(320)
    for socket, minimum_da in zip((1, 2), minima_da, strict=True):
        station.plug(socket, Car(minimum_da), 60.0)
    station.limit_da = limit_da
    assert [station.run(899.9), station.run(0.1)] == offers
    assert [station.run(899.9), station.run(0.1)] == [offers[1], offers[0]]


def test_current_that_one_leaves_goes_to_the_other() -> None:  # S-SLB-5, S-SLB-10; the giver keeps 1 A more (O-21)
    station = double(320)
    slow = Car()
    station.plug(1, slow, 60.0)
    station.plug(2, Car(), 60.0)
    slow.wish_ma = 10_000
    assert station.run(179.9) == {1: 160, 2: 160}
    assert station.run(0.1) == {1: 110, 2: 210}
    slow.wish_ma = 32_000
    assert station.run(9.9) == {1: 110, 2: 210}
    assert station.run(0.1) == {1: 160, 2: 160}


def test_current_that_is_not_scarce_stays_where_it_is() -> None:  # S-SLB-6, S-SLB-12, S-PHASE-E, SLB-027
    station = double(250)
    station.plug(1, Car(phases=1), 60.0)
    second = Car(phases=1)
    assert station.plug(2, second, 60.0) == {1: 250, 2: 250}
    second.wish_ma = 8_000
    assert station.run(1000.0) == {1: 250, 2: 250}


@pytest.mark.parametrize(
    ("phases", "offers"),
    [
        pytest.param((1, 1), {1: 250, 2: 250}, id="S-PHASE-E"),
        pytest.param((2, 1), {1: 250, 2: 250}, id="S-PHASE-F"),
        pytest.param((2, 2), {1: 125, 2: 125}, id="S-PHASE-G"),
        pytest.param((3, 1), {1: 125, 2: 125}, id="S-PHASE-H-1"),
        pytest.param((3, 2), {1: 125, 2: 125}, id="S-PHASE-H-2"),
        pytest.param((3, 3), {1: 125, 2: 125}, id="S-PHASE-H-3"),
    ],
)
def test_the_probe_finds_out_the_phases(phases: tuple[int, int], offers: dict[int, int]) -> None:
    station = double(250)
    for socket, one in zip((1, 2), phases, strict=True):
        station.plug(socket, Car(phases=one), 60.0)
    assert station.run(0.0) == offers


def test_when_one_ends_the_other_has_all() -> None:  # S-SLB-9
    station = double(250)
    station.plug(1, Car(), 60.0)
    assert station.plug(2, Car(), 60.0) == {1: 125, 2: 125}
    del station.cars[1]
    assert station.run(0.0) == {2: 250}


def test_a_station_on_which_nobody_charges() -> None:  # S-SLB-1
    assert double(250).run(3600.0) == {}


@pytest.mark.parametrize(
    ("minimum_da", "offers"),
    [
        pytest.param(CLASS_14_DA, {1: 140, 2: 60}, id="S-PRB-1"),
        pytest.param(CLASS_6_DA, {1: 100, 2: 100}, id="S-PRB-2"),
    ],
)
def test_the_class_decides_what_is_left(minimum_da: int, offers: dict[int, int]) -> None:
    station = double(200)
    station.plug(1, Car(minimum_da), 60.0)
    assert station.sharing.known[1].minimum_da == minimum_da
    station.plug(2, Car(), 60.0)
    assert station.run(0.0) == offers


def test_less_than_14_a_is_nothing_for_a_14_a_car() -> None:  # S-PRB-4, PRB-015
    station = double(130)
    car = Car(CLASS_14_DA)
    offers = station.plug(1, car, 1000.0)
    assert not car.under(offers[1]).draws


def test_suspended_sessions_are_not_probed() -> None:  # S-MIN-3, S-MIN-4, O-47, O-13
    station = double(320)
    station.plug(1, Car(CLASS_14_DA), 30.0)
    station.suspended = True
    assert station.run(100.0) == {1: 0}
    assert station.plug(2, Car(), 100.0) == {1: 0, 2: 0}
    station.suspended = False
    assert station.run(0.0) == {1: 140, 2: 140}
    assert station.run(60.0) == {1: 160, 2: 160}
    assert station.sharing.known[1].minimum_da == 140
    station.suspended = True
    station.run(100.0)
    station.suspended = False
    assert station.run(0.0) == {1: 160, 2: 160}


def test_a_full_car_takes_no_turns() -> None:  # O-71
    station = double(119)
    full = Car()
    station.plug(1, full, 60.0)
    assert station.plug(2, Car(), 60.0) == {1: 0, 2: 119}
    full.wish_ma = 0
    assert station.run(PERIOD_S) == {1: 119, 2: 0}
    assert station.run(59.9) == {1: 119, 2: 0}
    assert station.run(0.1) == {1: 0, 2: 119}
    assert station.run(3 * PERIOD_S) == {1: 0, 2: 119}
    station.limit_da = 120
    assert station.run(0.0) == {1: 60, 2: 60}
    full.wish_ma = 32_000
    station.run(1.0)
    station.limit_da = 119
    assert sorted(station.run(0.0).values()) == [0, 119]
    assert sorted(station.run(PERIOD_S).values()) == [0, 119]
    assert station.sharing.idle.idle == set()


def test_a_car_on_a_timer_gets_a_turn_again() -> None:
    """It draws nothing when it is plugged in, and would two hours later; nobody could know."""
    station = double(119)
    timer = Car()
    timer.wish_ma = 0
    station.plug(1, timer, 60.0)
    assert station.plug(2, Car(), 60.0) == {1: 0, 2: 119}
    station.run(PERIOD_S + 60.0)
    assert station.sharing.idle.idle == {1}
    others = 0
    for _ in range(120):
        others += station.run(60.0) == {1: 119, 2: 0}
    assert others == 1  # it was asked once
    timer.wish_ma = 32_000
    turns = {1: 0, 2: 0}
    for _ in range(4 * 60):
        offers = station.run(60.0)
        assert sorted(offers.values()) == [0, 119]
        turns[1 if offers[1] else 2] += 1
    assert turns[1] >= 80
    assert station.sharing.idle.idle == set()


def test_a_day_of_two_cars_in_turns() -> None:
    """24 h at 11.9 A: each has half of it, in turns of a quarter of an hour, and the limit always holds."""
    station = double(119)
    station.plug(1, Car(), 60.0)
    station.plug(2, Car(), 60.0)
    charged_s = dict.fromkeys((1, 2), 0)
    for _ in range(24 * 60):
        offers = station.run(60.0)
        assert sorted(offers.values()) == [0, 119]
        for socket, offer_da in offers.items():
            charged_s[socket] += 60 * bool(offer_da)
    assert charged_s == {1: 12 * 3600, 2: 12 * 3600}


def test_static_charging_is_a_cap_of_half_for_each() -> None:  # S-SLB-11, O-69
    station = double(250, connector_da=125)
    assert station.plug(1, Car(), 60.0) == {1: 125}
    assert station.plug(2, Car(), 60.0) == {1: 125, 2: 125}


ACTIONS = st.one_of(
    st.tuples(st.just("plug"), st.integers(1, 3), st.sampled_from([60, 140])),
    st.tuples(st.just("wish"), st.integers(1, 3), st.sampled_from([0, 5_000, 9_000, 16_000, 32_000])),
    st.tuples(st.just("limit"), st.sampled_from([0, 59, 60, 119, 120, 139, 140, 199, 200, 260, 420, 800]), st.just(0)),
    st.tuples(st.just("suspend"), st.just(0), st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from([1, 10, 59, 60, 180, 900, 5000]), st.just(0)),
)


@PROPERTY
@given(st.lists(ACTIONS, max_size=40))
def test_promises_of_all_rooms_together(actions: list[tuple[str, int, int]]) -> None:
    """Sockets on L3L2L1, L1L2L3 and L2 alone; every step of any sequence keeps the limits and the minima."""
    station = Station(320, {1: (2, 1, 0), 2: (0, 1, 2), 3: (1,)})
    for action, value, detail in actions:
        if action == "plug" and station.cars.pop(value, None) is None:
            station.cars[value] = Car(detail, phases=value)
        elif action == "wish" and value in station.cars:
            station.cars[value].wish_ma = detail
        elif action == "limit":
            station.limit_da = value
        elif action == "suspend":
            station.suspended = not station.suspended
        offers = station.run(value if action == "wait" else 0)
        for phase in range(3):
            on_phase = [
                offer_da
                for socket, offer_da in offers.items()
                if phase in station.behind[socket][: station.cars[socket].phases]
            ]
            assert sum(on_phase) <= station.limit_da
        for socket, offer_da in offers.items():
            known = station.sharing.known.get(socket)
            assert offer_da == 0 or offer_da >= (60 if known is None else known.minimum_da)
            assert not station.suspended or offer_da == 0
        able = station.limit_da >= 60 and station.cars and not station.suspended
        needs_14_a = {s for s, one in station.sharing.known.items() if one.minimum_da == 140} - station.sharing.probed
        if able and (station.limit_da >= 140 or needs_14_a != set(station.cars)):
            assert any(offers.values())
