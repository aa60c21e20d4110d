"""The control pilot state machine and its contactor."""

import os
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.mode3 import TABLE, Contactor, Mode3, Permission
from station.pilot import Vehicle
from station.settings import Settings

PROPERTY = settings(derandomize=True, deadline=None, max_examples=20_000 if os.environ.get("EVSE_RIG_DEEP") else 200)

OFFER, NONE, FAULT = Permission.OFFER, Permission.NONE, Permission.FAULT
A, B, C, D, E, UNKNOWN = Vehicle.A, Vehicle.B, Vehicle.C, Vehicle.D, Vehicle.E, Vehicle.UNKNOWN


def charging(at_s: float = 0.0, **setting: float) -> Mode3:
    mode3 = Mode3(Settings(**setting))  # type: ignore[arg-type]
    mode3.step(at_s, C, OFFER, 16_000)
    return mode3


def closed(mode3: Mode3) -> bool:
    return mode3.contactor


def test_the_table_covers_every_pair() -> None:
    assert set(TABLE) == set(product(Vehicle, Permission))


def test_current_flows_in_c2_only() -> None:
    assert {pair for pair, row in TABLE.items() if row.contactor is Contactor.CLOSE} == {(C, OFFER)}
    assert {pair for pair, row in TABLE.items() if row.contactor is Contactor.RELEASE} == {(C, NONE)}


def test_a_square_wave_only_with_an_offer_to_a_vehicle() -> None:
    assert {pair for pair, row in TABLE.items() if row.pilot == "pwm"} == {(B, OFFER), (C, OFFER), (UNKNOWN, OFFER)}


@pytest.mark.parametrize(
    ("vehicle", "permission", "state", "pilot"),
    [
        (A, NONE, "A1", "high"),
        (A, OFFER, "A1", "high"),
        (B, NONE, "B1", "high"),
        (B, OFFER, "B2", 26_667),
        (C, NONE, "C1", "high"),
        (C, OFFER, "C2", 26_667),
        (D, OFFER, "D1", "high"),
        (E, OFFER, "E", "high"),
        (UNKNOWN, OFFER, "B2", 26_667),
        (C, FAULT, "F", "low"),
        (UNKNOWN, FAULT, "F", "low"),
    ],
)
def test_states(vehicle: Vehicle, permission: Permission, state: str, pilot: int | str) -> None:
    mode3 = Mode3(Settings())
    assert mode3.step(0.0, vehicle, permission, 16_000) == mode3.state == state
    assert mode3.pilot == pilot


@pytest.mark.parametrize("offer_ma", [0, 100, 5_999])
def test_an_offer_below_6_amperes_is_refused(offer_ma: int) -> None:  # M3-002
    with pytest.raises(ValueError, match="6000 mA or more"):
        Mode3(Settings()).step(0.0, C, OFFER, offer_ma)


def test_without_a_delay_the_contactor_closes_at_once() -> None:
    mode3 = charging()
    assert closed(mode3)
    assert mode3.next_deadline_s() is None


def test_with_a_delay_the_contactor_closes_after_it() -> None:
    mode3 = charging(10.0, m3_contactor_close_s=0.5)
    assert not closed(mode3)
    assert mode3.next_deadline_s() == 10.5
    mode3.step(10.499, C, OFFER, 10_000)
    assert not closed(mode3)
    mode3.step(10.5, C, OFFER, 10_000)
    assert closed(mode3)
    assert mode3.next_deadline_s() is None


def test_a_delay_starts_afresh_when_c2_was_left() -> None:
    mode3 = charging(0.0, m3_contactor_close_s=1.0)
    mode3.step(0.9, B, OFFER, 16_000)
    assert mode3.next_deadline_s() is None
    mode3.step(0.95, C, OFFER, 16_000)
    mode3.step(1.0, C, OFFER, 16_000)
    assert not closed(mode3)
    assert mode3.next_deadline_s() == 1.95


@pytest.mark.parametrize(
    ("vehicle", "permission"), [(B, OFFER), (A, NONE), (UNKNOWN, NONE), (D, OFFER), (E, OFFER), (C, FAULT)]
)
def test_leaving_c_opens_at_once(vehicle: Vehicle, permission: Permission) -> None:
    mode3 = charging()
    mode3.step(1.0, vehicle, permission, 16_000)
    assert not closed(mode3)


class TestOfferWithdrawn:
    def test_the_square_wave_ends_at_once_and_the_vehicle_has_time(self) -> None:
        mode3 = charging()
        assert mode3.step(100.0, C, NONE, 0) == "C1"
        assert mode3.pilot == "high"
        assert closed(mode3)
        assert mode3.next_deadline_s() == 106.0

    def test_the_contactor_opens_when_the_vehicle_leaves_c(self) -> None:
        mode3 = charging()
        mode3.step(100.0, C, NONE, 0)
        assert mode3.step(102.0, B, NONE, 0) == "B1"
        assert not closed(mode3)
        assert mode3.next_deadline_s() is None

    def test_it_opens_under_load_after_6_s_and_not_before(self) -> None:
        mode3 = charging()
        mode3.step(100.0, C, NONE, 0)
        mode3.step(105.999, C, NONE, 0)
        assert closed(mode3)
        mode3.step(106.0, C, NONE, 0)
        assert not closed(mode3)
        assert mode3.next_deadline_s() is None

    def test_the_time_is_a_setting(self) -> None:
        mode3 = charging(m3_c1_open_s=7.0)
        mode3.step(100.0, C, NONE, 0)
        assert mode3.next_deadline_s() == 107.0

    def test_an_offer_in_time_keeps_the_contactor_closed(self) -> None:
        mode3 = charging()
        mode3.step(100.0, C, NONE, 0)
        assert mode3.step(103.0, C, OFFER, 6_000) == "C2"
        assert closed(mode3)
        assert mode3.next_deadline_s() is None
        mode3.step(106.0, C, OFFER, 6_000)
        assert closed(mode3)

    def test_an_offer_after_the_opening_closes_again(self) -> None:
        mode3 = charging()
        mode3.step(100.0, C, NONE, 0)
        mode3.step(106.0, C, NONE, 0)
        mode3.step(200.0, C, OFFER, 6_000)
        assert closed(mode3)

    def test_a_vehicle_in_c_that_never_got_an_offer_gets_no_current(self) -> None:
        mode3 = Mode3(Settings())
        assert mode3.step(0.0, C, NONE, 0) == "C1"
        assert not closed(mode3)
        assert mode3.next_deadline_s() is None


@PROPERTY
@given(
    st.lists(st.tuples(st.floats(0, 8), st.sampled_from(Vehicle), st.sampled_from(Permission)), max_size=30),
    st.sampled_from([0.0, 0.5, 3.0]),
)
def test_whatever_happens(events: list[tuple[float, Vehicle, Permission]], close_s: float) -> None:
    mode3 = Mode3(Settings(m3_contactor_close_s=close_s))
    now_s = 0.0
    for wait_s, vehicle, permission in events:
        now_s += wait_s
        before = mode3.contactor
        state = mode3.step(now_s, vehicle, permission, 6_000)
        assert closed(mode3) <= (state in ("C1", "C2"))
        assert not (state == "C1" and mode3.contactor and not before), "closed without an offer"
        assert not (state == "C1" and mode3.contactor and mode3.next_deadline_s() is None)
        due_s = mode3.next_deadline_s()
        assert due_s is None or now_s < due_s <= now_s + 6.0
        seen = (mode3.pilot, mode3.contactor, mode3.next_deadline_s())
        mode3.step(now_s, vehicle, permission, 6_000)
        assert (mode3.pilot, mode3.contactor, mode3.next_deadline_s()) == seen
