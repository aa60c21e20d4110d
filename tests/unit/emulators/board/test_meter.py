"""The sampling grid of the socket meter."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.board.meter import SAMPLE_S, SocketMeter

EXAMPLES = 20_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 300
U = (2_300, 2_300, 2_300)
I16 = (16_000, 16_000, 16_000)


def test_rests_until_told() -> None:
    meter = SocketMeter(U)
    assert meter.next_deadline_s() is None
    assert not meter.step(100.0, I16, U)
    assert meter.i_ma == (0, 0, 0)


@pytest.mark.parametrize(("now_s", "due_s"), [(0.0, 0.0), (0.01, 0.2), (3.19, 3.2), (3.2, 3.2), (3.2001, 3.4)])
def test_samples_at_the_next_instant(now_s: float, due_s: float) -> None:
    meter = SocketMeter(U)
    meter.watch(now_s)
    assert meter.next_deadline_s() == pytest.approx(due_s)


def test_registers_change_at_the_instant_and_not_before() -> None:
    meter = SocketMeter(U)
    meter.watch(3.1)
    assert not meter.step(3.199, I16, U)
    assert meter.i_ma == (0, 0, 0)
    due_s = meter.next_deadline_s()
    assert due_s is not None
    assert meter.step(due_s, I16, (2_310, 2_310, 2_310))
    assert (meter.i_ma, meter.u_dv) == (I16, (2_310, 2_310, 2_310))
    assert meter.next_deadline_s() is None


def test_an_instant_is_sampled_once() -> None:
    meter = SocketMeter(U)
    meter.watch(3.2)
    due_s = meter.next_deadline_s()
    assert due_s is not None
    meter.step(due_s, I16, U)
    meter.watch(due_s)
    assert meter.next_deadline_s() == pytest.approx(due_s + SAMPLE_S)


def test_watching_again_does_not_postpone() -> None:
    meter = SocketMeter(U)
    meter.watch(3.1)
    meter.watch(3.5)
    assert meter.next_deadline_s() == pytest.approx(3.2)


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(now_s=st.floats(0, 1e7) | st.integers(0, 10**8).map(lambda k: k * SAMPLE_S))
def test_the_instant_is_the_first_one_not_before_now(now_s: float) -> None:
    meter = SocketMeter(U)
    meter.watch(now_s)
    due_s = meter.next_deadline_s()
    assert due_s is not None
    assert now_s <= due_s
    instant = round(due_s / SAMPLE_S)
    assert due_s == instant * SAMPLE_S
    assert (instant - 1) * SAMPLE_S < now_s


def test_active_power_of_each_phase() -> None:
    meter = SocketMeter(U)
    meter.watch(1.0)
    assert meter.p_w == (0, 0, 0)
    assert meter.step(1.0, I16, (2_300, 2_315, 0))
    assert meter.p_w == (3_680, 3_704, 0)
    meter.watch(2.0)
    assert meter.step(2.0, I16, U, (15_200, 0, 2))
    assert meter.p_w == (3_496, 0, 0)  # 0.46 W
    meter.watch(3.0)
    assert meter.step(3.0, I16, U, (3, 2, 0))
    assert meter.p_w == (1, 0, 0)  # 0.69 W
