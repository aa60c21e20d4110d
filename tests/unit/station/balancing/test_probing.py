"""The minute at 14 A: when it begins and ends, who is probed when, and what is kept."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.balancing.allocator import Claim, Limit, allocate, alone_da
from station.balancing.classifiers import Classifier, PowerFactor, Sample, StepDown
from station.balancing.probing import SOURCE, Known, Probing

PROPERTY = settings(derandomize=True, deadline=None, max_examples=3_000 if os.environ.get("EVSE_RIG_DEEP") else 150)
ALL = (0, 1, 2)
ORDINARY, CHAMELEON, STOPS, FULL, SLOW = "ordinary", "chameleon", "chameleon that goes to B", "full", "slow"
JUDGES: dict[str, type[Classifier]] = {"power factor": PowerFactor, "step-down": StepDown}


def seen(car: str, offer_da: int) -> Sample:
    """A car as it is at once under an offer: what the garage's cars do, without their delays."""
    current_ma = offer_da * 100
    if not offer_da or car in (FULL, SLOW) or (car == STOPS and offer_da < 140):
        return Sample((0, 0, 0), (0, 0, 0), False)
    if car in (CHAMELEON, STOPS):
        active_ma = current_ma * 95 // 100 if offer_da >= 140 else 0
        return Sample((current_ma if active_ma else 5_985,) * 3, (active_ma,) * 3, True)
    return Sample((current_ma,) * 3, (current_ma,) * 3, True)


def known(minimum_da: int, surely: bool, phases: tuple[int, ...] = ALL) -> Known:
    return Known(minimum_da, frozenset(phases), surely)


def recalling(what: dict[int, Known]) -> Probing:
    probing = Probing()
    probing.recall(what)
    return probing


class Station:
    """Sockets under one limit, and the cars in them. Nobody alternates here: the first ones are served first."""

    def __init__(self, limit_da: int = 320, room: Probing | None = None) -> None:
        self.room = room or Probing()
        self.limit_da = limit_da
        self.cars: dict[int, str] = {}
        self.held: set[int] = set()
        self.offers_da: dict[int, int] = {}
        self.concluded: dict[int, Known] = {}

    @property
    def limits(self) -> list[Limit]:
        return [Limit("station", frozenset(range(10)), (self.limit_da,) * 3)]

    def at(self, now_s: float) -> dict[int, int]:
        """Offers from `now_s` on, after the cars have followed them; waiting ones are not in it."""
        self._step(now_s)
        self.concluded = self.room.concluded
        self._step(now_s)
        return self._step(now_s)

    def _step(self, now_s: float) -> dict[int, int]:
        samples = {socket: seen(car, self.offers_da.get(socket, 0)) for socket, car in self.cars.items()}
        claims = [Claim(socket, ALL, 320) for socket in self.cars if socket not in self.held]
        claims = self.room.step(now_s, list(self.cars), claims, self.limits, samples)
        self.offers_da = allocate(sorted(claims, key=lambda claim: claim.cap_source != SOURCE), self.limits)
        return dict(self.offers_da)

    def run(self, now_s: float, end_s: float) -> dict[int, int]:
        """All steps that are due from `now_s` to `end_s`."""
        while True:
            offers = self.at(now_s)
            if now_s >= end_s:
                return offers
            now_s = min(end_s, self.room.next_deadline_s() or end_s)


def plugged(car: str, limit_da: int = 320, room: Probing | None = None) -> Station:
    station = Station(limit_da, room)
    station.cars[1] = car
    return station


@pytest.mark.parametrize(("car", "minimum_da"), [(ORDINARY, 60), (CHAMELEON, 140), (STOPS, 140)])
def test_a_minute_at_14_a(car: str, minimum_da: int) -> None:  # PRB-003, PRB-006, S-PRB-1, S-PRB-2, S-SLB-2
    station = plugged(car)
    assert station.at(10.0) == {1: 140}
    assert station.room.probed == {1}
    assert station.room.next_deadline_s() == 70.0
    assert station.at(69.999) == {1: 140}
    assert station.concluded == {}
    assert station.at(70.0) == {1: 320}
    assert station.concluded == {1: known(minimum_da, True)} == station.room.known
    assert station.room.next_deadline_s() is None


@pytest.mark.parametrize(("car", "minimum_da"), [(ORDINARY, 60), (CHAMELEON, 140), (STOPS, 140), (FULL, 60)])
def test_with_a_step_down_it_takes_10_s_more(car: str, minimum_da: int) -> None:  # O-10
    station = plugged(car, room=Probing(classifier=StepDown))
    station.at(0.0)
    if car != FULL:
        assert station.room.next_deadline_s() == 60.0
        assert station.run(0.0, 59.999) == {1: 140}
        assert station.at(60.0) == {1: 60}
        assert station.room.next_deadline_s() == 70.0
        assert station.run(60.0, 69.999) == {1: 60}
        assert station.room.known == {}
    station.run(70.0, 70.0)
    assert station.room.known == {1: known(minimum_da, car != FULL, () if car == FULL else ALL)}


def test_the_minute_begins_with_c2() -> None:  # PRB-006
    station = plugged(SLOW)
    assert station.at(0.0) == {1: 140}
    assert station.room.next_deadline_s() == 60.0
    station.cars[1] = ORDINARY
    assert station.at(25.0) == {1: 140}
    assert station.room.next_deadline_s() == 85.0
    assert station.at(84.999) == {1: 140}
    assert station.at(85.0) == {1: 320}


def test_a_car_that_does_not_start_does_not_hold_up_the_others() -> None:  # O-12
    station = plugged(FULL)
    station.at(0.0)
    station.cars[2] = ORDINARY
    station.limit_da = 200
    assert station.at(59.999) == {1: 140}
    assert station.at(60.0) == {1: 60, 2: 140}
    assert station.concluded == {1: known(60, False, ())}


def test_a_car_that_starts_later_is_probed_then() -> None:  # O-12
    station = plugged(FULL)
    station.run(0.0, 60.0)
    station.cars[1] = CHAMELEON
    assert station.at(500.0) == {1: 140}
    assert station.run(500.0, 560.0) == {1: 320}
    assert station.room.known == {1: known(140, True)}
    assert station.room.next_deadline_s() is None


@pytest.mark.parametrize(("room", "limit_da"), [(Probing(100), 320), (Probing(), 139), (Probing(), 60)])
def test_below_14_a_the_class_cannot_be_told(
    room: Probing, limit_da: int
) -> None:  # PRB-014, PRB-015, S-PRB-3, S-PRB-4
    station = plugged(CHAMELEON, limit_da, room)
    offer_da = min(100, limit_da) if limit_da == 320 else limit_da
    assert station.at(0.0) == {1: offer_da}
    station.run(0.0, 60.0)
    assert station.room.known == {1: known(60, False)}
    if limit_da < 140:
        assert not seen(CHAMELEON, station.run(61.0, 1000.0)[1]).draws
        assert station.room.probed == set()


def test_a_second_probe_below_14_a_is_the_last() -> None:
    station = plugged(CHAMELEON, room=Probing(100))
    station.run(0.0, 60.0)
    assert station.run(61.0, 300.0) == {1: 320}
    assert station.room.known == {1: known(60, True)}


def test_an_ordinary_car_is_told_below_14_a() -> None:  # O-15
    station = plugged(ORDINARY, 139)
    assert station.at(0.0) == {1: 139}
    station.run(0.0, 60.0)
    assert station.room.known == {1: known(60, True)}


def test_less_than_6_a_is_no_probe() -> None:  # PRB-012, O-15
    station = plugged(ORDINARY, 59)
    assert station.at(0.0) == {}
    assert station.room.probed == set()
    station.limit_da = 60
    assert station.at(100.0) == {1: 60}
    assert station.room.next_deadline_s() == 160.0


def test_the_cable_may_allow_less() -> None:
    claims = [Claim(1, ALL, 130)]
    assert Probing().step(0.0, [1], claims, [], {}) == [Claim(1, ALL, 130, 130, cap_source=SOURCE)]


@pytest.mark.parametrize("probing_da", [59, 0])
def test_probing_below_6_a_is_refused(probing_da: int) -> None:  # PRB-012
    with pytest.raises(ValueError, match=r"6\.0 A or more, please"):
        Probing(probing_da)


def test_a_higher_probing_current() -> None:  # PRB-011
    station = plugged(CHAMELEON, room=Probing(160))
    assert station.at(0.0) == {1: 160}
    station.run(0.0, 60.0)
    assert station.room.known == {1: known(140, True)}


def test_one_after_the_other() -> None:  # O-14
    station = plugged(ORDINARY, 279)
    station.at(0.0)
    station.cars[2] = ORDINARY
    assert station.at(30.0) == {1: 140}
    assert station.at(60.0) == {1: 139, 2: 140}
    assert station.room.probed == {2}
    assert station.at(120.0) == {1: 139, 2: 139}


def test_two_at_once_when_there_is_14_a_for_both() -> None:  # O-14
    station = plugged(ORDINARY, 280)
    station.at(0.0)
    station.cars[2] = CHAMELEON
    assert station.at(30.0) == {1: 140, 2: 140}
    assert station.room.next_deadline_s() == 60.0
    station.limit_da = 279  # the second one has to begin anew
    assert station.at(40.0) == {1: 140}
    assert station.at(60.0)[2] == 140
    assert station.room.next_deadline_s() == 120.0


def test_the_first_plugged_is_the_first_probed() -> None:
    station = Station(200)
    station.cars = {5: ORDINARY, 2: ORDINARY, 7: ORDINARY}
    probed = [station.run(minute * 60.0, minute * 60.0) and station.room.probed for minute in range(4)]
    assert probed == [{5}, {2}, {7}, frozenset()]


def test_who_is_being_probed_goes_on_when_an_earlier_one_comes_back() -> None:
    station = Station(200)
    station.cars = {1: ORDINARY, 2: ORDINARY}
    station.held = {1}
    assert station.at(0.0) == {2: 140}
    station.held = set()
    assert station.at(30.0) == {2: 140}
    assert station.at(60.0) == {1: 140, 2: 60}


@pytest.mark.parametrize("pause", ["held", "too little"])
def test_an_interrupted_probe_is_made_anew(pause: str) -> None:  # O-13, O-47
    station = plugged(CHAMELEON)
    station.at(0.0)
    station.held, station.limit_da = ({1}, 320) if pause == "held" else (set(), 50)
    assert station.at(59.0) == {}
    assert station.room.probed == set()
    assert station.room.next_deadline_s() is None
    station.held, station.limit_da = set(), 320
    assert station.at(100.0) == {1: 140}
    assert station.at(159.999) == {1: 140}
    assert station.at(160.0) == {1: 320}
    assert station.room.known == {1: known(140, True)}


@pytest.mark.parametrize(("car", "minimum_da"), [(ORDINARY, 60), (CHAMELEON, 140)])
def test_less_current_for_a_while_does_not_spoil_a_probe(car: str, minimum_da: int) -> None:
    """The meter was lost in the middle: the safe current takes its place, and what was seen at 14 A still counts."""
    station = plugged(car)
    station.at(0.0)
    station.at(20.0)
    station.limit_da = 60
    assert station.at(30.0) == {1: 60}
    station.run(30.0, 60.0)
    assert station.room.known == {1: known(minimum_da, True)}


def test_the_class_outlives_every_pause() -> None:  # PRB-030, O-13
    station = plugged(CHAMELEON)
    station.run(0.0, 60.0)
    station.held = {1}
    station.at(100.0)
    station.held = set()
    station.limit_da = 139
    assert station.at(400.0) == {1: 0}
    station.limit_da = 140
    assert station.at(500.0) == {1: 140}
    assert station.room.probed == set()


def test_another_car_is_another_probe() -> None:  # PRB-002
    station = plugged(CHAMELEON)
    station.run(0.0, 60.0)
    station.cars = {}
    assert station.at(70.0) == {}
    assert station.room.known == {}
    station.cars = {1: ORDINARY}
    assert station.at(71.0) == {1: 140}
    assert station.run(71.0, 131.0) == {1: 320}
    assert station.room.known == {1: known(60, True)}


def test_what_was_known_before_a_reboot() -> None:
    station = plugged(CHAMELEON, 139, recalling({1: known(140, True)}))
    assert station.at(0.0) == {1: 0}
    assert station.room.probed == set()


def test_a_late_step_ends_the_minute_in_time() -> None:
    station = plugged(CHAMELEON)
    station.at(0.0)
    station.cars[1] = ORDINARY  # what happens after the minute does not count
    station._step(5000.0)
    assert station.room.known == {1: known(140, True)}


def test_what_comes_after_the_minute_does_not_count() -> None:
    station = plugged(ORDINARY)
    station.run(0.0, 59.0)
    station.cars[1] = CHAMELEON
    station._step(59.0)
    station._step(5000.0)
    assert station.room.known == {1: known(60, True)}


class StepToTen(StepDown):
    def after_da(self) -> int:
        return 100


def test_a_step_is_no_step_up() -> None:
    station = plugged(ORDINARY, 80, Probing(classifier=StepToTen))
    station.at(0.0)
    assert station.at(60.0) == {1: 80}
    assert station.room.next_deadline_s() == 70.0


def test_beside_another_probe_nobody_is_probed_with_less() -> None:  # O-14
    room, claims = Probing(), [Claim(1, (0,), 320), Claim(2, (1,), 320)]
    for second_da, sockets in ((139, [1]), (140, [1, 2])):
        limits = [Limit("station", frozenset({1, 2}), (140, second_da, 0))]
        assert [claim.socket for claim in room.step(0.0, [1, 2], claims, limits, {})] == sockets


def test_a_meter_that_is_silent_for_a_moment() -> None:
    room = Probing()
    claims, limits = [Claim(1, ALL, 320)], [Limit("station", frozenset({1}), (320,) * 3)]
    for now_s in (0.0, 1.0, 2.0):
        room.step(now_s, [1], claims, limits, {1: seen(CHAMELEON, 140)})
    for now_s in (3.0, 50.0):
        room.step(now_s, [1], claims, limits, {})
    room.step(55.0, [1], claims, limits, {1: seen(ORDINARY, 140)})
    room.step(60.0, [1], claims, limits, {1: seen(ORDINARY, 140)})
    # 3 s at 0.95 and 5 s at 1.0: the time in between belongs to neither.
    assert room.known == {1: known(60, True)}


def on_phases(*phases: int) -> Sample:
    one, two, three = (14_000 * (phase in phases) for phase in ALL)
    return Sample((one, two, three), (one, two, three), True)


@pytest.mark.parametrize(
    ("behind", "loaded", "phases"),
    [((2, 1, 0), (0,), (2,)), ((2, 1, 0), (0, 1), (2, 1)), ((0, 1, 2), (0, 1), (0, 1)), ((1,), (0,), (1,))],
)
def test_which_phases_it_loads(behind: tuple[int, ...], loaded: tuple[int, ...], phases: tuple[int, ...]) -> None:
    """PRB-004, O-67: all of them during the probe, then those that were seen; 0 is the socket's own L1."""
    room, claim = Probing(), Claim(1, behind, 320)
    for now_s in (0.0, 1.0):
        assert [one.phases for one in room.step(now_s, [1], [claim], [], {1: on_phases(*loaded)})] == [behind]
    room.step(60.0, [1], [claim], [], {1: on_phases(*loaded)})
    assert [one.phases for one in room.step(61.0, [1], [claim], [], {1: on_phases(*loaded)})] == [phases]


def test_a_phase_that_is_taken_up_later_counts_at_once_and_stays() -> None:
    room, claim = Probing(), Claim(1, ALL, 320)
    phases = [
        room.step(now_s, [1], [claim], [], {1: on_phases(*loaded)})[0].phases
        for now_s, loaded in ((0.0, (0,)), (60.0, (0,)), (70.0, (0, 1)), (80.0, (0,)), (90.0, ()))
    ]
    assert phases == [ALL, (0,), (0, 1), (0, 1), (0, 1)]


def test_a_second_probe_forgets_no_phase() -> None:
    room, claim = Probing(), Claim(1, ALL, 320)
    for now_s, loaded in ((0.0, ()), (60.0, ()), (70.0, (0, 1)), (70.0, (0,)), (130.0, (0,))):
        phases = room.step(now_s, [1], [claim], [], {1: on_phases(*loaded)})[0].phases
    assert phases == (0, 1)
    assert room.known == {1: known(60, True, (0, 1))}


def test_a_car_that_draws_nothing_may_load_any_phase() -> None:
    room, claim = Probing(), Claim(1, ALL, 320)
    nothing = {1: seen(FULL, 140)}
    assert [room.step(now_s, [1], [claim], [], nothing)[0].phases for now_s in (0.0, 60.0, 70.0)] == [ALL] * 3


def test_a_claim_needs_a_session() -> None:
    with pytest.raises(ValueError, match=r"sockets \[3\] claim, but only \[1\] have a session"):
        Probing().step(0.0, [1], [Claim(3, ALL, 320)], [], {})


ACTIONS = st.one_of(
    st.tuples(st.just("plug"), st.integers(1, 3), st.sampled_from([ORDINARY, CHAMELEON, STOPS, FULL])),
    st.tuples(st.just("hold"), st.integers(1, 3), st.none()),
    st.tuples(st.just("limit"), st.sampled_from([0, 59, 60, 139, 140, 200, 279, 280, 640]), st.none()),
    st.tuples(st.just("wait"), st.sampled_from([1, 30, 59, 60, 61, 600]), st.none()),
)


@pytest.mark.parametrize("judge", JUDGES)
@PROPERTY
@given(actions=st.lists(ACTIONS, max_size=40))
def test_promises(judge: str, actions: list[tuple[str, int, str | None]]) -> None:
    station = Station(320, Probing(classifier=JUDGES[judge]))
    now_s = 0.0
    sure: dict[int, tuple[str, Known]] = {}
    for action, value, car in actions:
        if action == "plug":
            sure.pop(value, None)
            if station.cars.pop(value, None) is None and car is not None:
                station.cars[value] = car
        elif action == "hold":
            station.held ^= {value}
        elif action == "limit":
            station.limit_da = value
        offers = station.run(now_s, now_s + (value if action == "wait" else 0))
        now_s += value if action == "wait" else 0
        room = station.room
        assert room.known.keys() <= station.cars.keys()
        assert room.probed <= station.cars.keys() - station.held
        assert sum(offers.values()) <= max(station.limit_da, 0)
        for socket, car_in in station.cars.items():
            known = room.known.get(socket)
            if known is not None and known.surely:
                assert known.minimum_da == 60 or car_in in (CHAMELEON, STOPS)
                assert sure.setdefault(socket, (car_in, known)) == (car_in, known)
                assert offers.get(socket, 0) == 0 or offers[socket] >= known.minimum_da
        for socket in room.probed:
            alone = alone_da(Claim(socket, ALL, 320), station.limits)
            assert offers[socket] in {min(140, alone), 60}
            assert judge == "step-down" or offers[socket] == min(140, alone)
        waiting = station.cars.keys() - station.held - room.probed - room.known.keys()
        assert not waiting or room.probed or station.limit_da < 60
