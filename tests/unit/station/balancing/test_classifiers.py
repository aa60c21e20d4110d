"""How cars are told apart, with what the cars of the garage show at a socket's meter."""

import pytest

from station.balancing.classifiers import CLASS_14_DA, STEPDOWN_S, Classifier, PowerFactor, Sample, StepDown


def sample(current_ma: int, power_factor: float, phases: int = 1, charging: bool = True) -> Sample:
    drawn = [current_ma] * phases + [0] * (3 - phases)
    one, two, three = drawn
    active_one, active_two, active_three = (round(ma * power_factor) for ma in drawn)
    return Sample((one, two, three), (active_one, active_two, active_three), charging)


FILTER = sample(5_985, 0.0, phases=3)  # a Chameleon charger below its minimum
IN_B = sample(0, 1.0, charging=False)


@pytest.mark.parametrize(
    ("current_ma", "charging", "draws"), [(1_000, True, False), (1_001, True, True), (14_000, False, False)]
)
def test_when_a_car_draws(current_ma: int, charging: bool, draws: bool) -> None:  # O-12
    assert sample(current_ma, 1.0, charging=charging).draws is draws


def test_a_filter_alone_is_no_charging() -> None:
    assert not FILTER.draws


@pytest.mark.parametrize("phases", [1, 2, 3])
@pytest.mark.parametrize(
    ("power_factor", "needs"), [(1.0, False), (0.98, False), (0.966, False), (0.964, True), (0.95, True), (0.9, True)]
)
def test_power_factor_at_14_a(power_factor: float, needs: bool, phases: int) -> None:
    judge = PowerFactor()
    judge.take(60.0, 140, sample(14_000, power_factor, phases))
    assert judge.needs_14_a() is needs


def test_nothing_seen_is_no_verdict_against_it() -> None:
    assert not PowerFactor().needs_14_a()
    assert not StepDown().needs_14_a()


@pytest.mark.parametrize(
    ("offer_da", "seen"),
    [
        (139, sample(13_900, 0.5)),  # PRB-014: below 14 A it cannot be told
        (140, FILTER),
        (140, sample(5_999, 0.5)),
        (140, sample(14_000, 0.5, charging=False)),
    ],
)
def test_what_says_nothing_about_the_power_factor(offer_da: int, seen: Sample) -> None:
    judge = PowerFactor()
    judge.take(60.0, offer_da, seen)
    assert not judge.needs_14_a()


def test_long_times_and_high_currents_count_more() -> None:
    judge = PowerFactor()
    judge.take(20.0, 140, sample(6_000, 0.9))  # on its way up
    judge.take(40.0, 140, sample(14_000, 0.99))
    assert not judge.needs_14_a()
    judge.take(200.0, 140, sample(14_000, 0.95))
    assert judge.needs_14_a()


def step_down(at_14_a: Sample, below: Sample, following: Sample | None = None) -> Classifier:
    judge = StepDown()
    judge.take(60.0, CLASS_14_DA, at_14_a)
    if following is not None:
        judge.take(5.0, judge.after_da(), following)
    judge.take(STEPDOWN_S - 5.0, judge.after_da(), below)
    return judge


def test_step_down() -> None:
    charging, below = sample(14_000, 0.95, 3), sample(6_000, 1.0)
    assert not step_down(charging, below).needs_14_a()
    assert step_down(charging, FILTER).needs_14_a()  # PRB-010 (a)
    assert step_down(charging, IN_B).needs_14_a()  # PRB-010 (b)
    assert step_down(charging, IN_B, following=charging).needs_14_a()  # 5 s to follow
    assert not step_down(charging, below, following=IN_B).needs_14_a()  # it is back
    assert not step_down(IN_B, IN_B).needs_14_a()  # it never charged


def test_what_lasted_no_time_was_not_seen() -> None:
    judge = step_down(sample(14_000, 1.0), sample(6_000, 1.0))
    judge.take(0.0, judge.after_da(), IN_B)
    assert not judge.needs_14_a()


def test_the_step_is_below_14_a_and_takes_10_s() -> None:
    assert 60 <= StepDown().after_da() < CLASS_14_DA
    assert (StepDown().after_s, PowerFactor().after_s) == (10.0, 0.0)
    assert PowerFactor().after_da() == CLASS_14_DA
