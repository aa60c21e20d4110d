"""Duty cycle to current and back, at every edge of the table and over the whole range."""

import os
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration
from emulators.pilot.codec import (
    IEC_61851_1,
    SAE_J1772_2017,
    DutyTable,
    Meaning,
    Offer,
    duty_for,
    read_duty,
)

EXAMPLES = 20_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 300
TABLES = pytest.mark.parametrize("table", [IEC_61851_1, SAE_J1772_2017], ids=["iec", "j1772"])

NOT_ALLOWED = Offer(Meaning.NOT_ALLOWED, None)
DIGITAL = Offer(Meaning.DIGITAL, None)


def current(ma: int) -> Offer:
    return Offer(Meaning.CURRENT, ma)


@pytest.mark.parametrize(
    ("duty_mpct", "offer"),
    [
        (0, NOT_ALLOWED),
        (2_999, NOT_ALLOWED),
        (3_000, DIGITAL),
        (5_000, DIGITAL),
        (7_000, DIGITAL),
        (7_001, NOT_ALLOWED),
        (7_999, NOT_ALLOWED),
        (8_000, current(6_000)),
        (9_999, current(6_000)),
        (10_000, current(6_000)),
        (10_001, current(6_001)),
        (16_000, current(9_600)),
        (23_333, current(14_000)),  # PRB-003
        (26_667, current(16_000)),
        (33_333, current(20_000)),  # M3-012
        (53_333, current(32_000)),
        (84_999, current(50_999)),
        (85_000, current(51_000)),
        (85_001, current(52_503)),  # 52.5025 A, rounded half up
        (89_200, current(63_000)),
        (96_000, current(80_000)),
        (96_001, current(80_000)),
        (97_000, current(80_000)),
        (97_001, NOT_ALLOWED),
        (100_000, NOT_ALLOWED),
    ],
)
def test_reads_duty_as_iec_says(duty_mpct: int, offer: Offer) -> None:
    assert read_duty(duty_mpct) == offer


@pytest.mark.parametrize(
    ("duty_mpct", "by_iec", "by_j1772"),
    [
        (9_499, current(6_000), NOT_ALLOWED),
        (9_500, current(6_000), current(6_000)),
        (96_500, current(80_000), current(80_000)),
        (96_501, current(80_000), NOT_ALLOWED),
    ],
)
def test_j1772_differs_at_the_ends(duty_mpct: int, by_iec: Offer, by_j1772: Offer) -> None:
    assert read_duty(duty_mpct, IEC_61851_1) == by_iec
    assert read_duty(duty_mpct, SAE_J1772_2017) == by_j1772


@pytest.mark.parametrize("duty_mpct", [-1, 100_001])
def test_no_duty_outside_0_to_100_percent(duty_mpct: int) -> None:
    with pytest.raises(BadConfiguration, match=r"outside 0 \.\.\. 100 %"):
        read_duty(duty_mpct)


@TABLES
def test_table_has_neither_gaps_nor_overlaps(table: DutyTable) -> None:
    assert table[0].first_mpct == 0
    assert table[-1].last_mpct == 100_000
    for lower, upper in pairwise(table):
        assert upper.first_mpct == lower.last_mpct + 1


@pytest.mark.parametrize(
    ("offer_ma", "duty_mpct"),
    [(6_000, 10_000), (16_000, 26_667), (51_000, 85_000), (52_503, 85_001), (63_000, 89_200), (80_000, 96_000)],
)
def test_duty_for_a_current(offer_ma: int, duty_mpct: int) -> None:
    assert duty_for(offer_ma) == duty_mpct


@pytest.mark.parametrize("offer_ma", [51_001, 52_000, 52_502])
def test_the_gap_between_the_slopes_is_offered_as_51_a(offer_ma: int) -> None:
    assert read_duty(duty_for(offer_ma)).ma == 51_000


@pytest.mark.parametrize("offer_ma", [5_999, 80_001])
def test_currents_that_pwm_cannot_say(offer_ma: int) -> None:
    with pytest.raises(BadConfiguration, match=r"6 \.\.\. 80 A"):
        duty_for(offer_ma)


@TABLES
@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(offer_ma=st.integers(6_000, 51_000))
def test_round_trip_is_exact_up_to_51_a(table: DutyTable, offer_ma: int) -> None:
    assert read_duty(duty_for(offer_ma, table), table).ma == offer_ma


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(offer_ma=st.integers(52_503, 80_000))
def test_round_trip_is_within_half_a_step_above(offer_ma: int) -> None:
    read_ma = read_duty(duty_for(offer_ma)).ma
    assert read_ma is not None
    assert abs(read_ma - offer_ma) <= 1.75  # half of 2.5 mA, and the rounding to 1 mA


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(duty_mpct=st.integers(10_000, 96_000))
def test_more_duty_never_offers_less(duty_mpct: int) -> None:
    lower, upper = read_duty(duty_mpct).ma, read_duty(duty_mpct + 1).ma
    assert lower is not None
    assert upper is not None
    assert lower <= upper
