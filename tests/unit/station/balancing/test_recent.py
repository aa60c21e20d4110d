"""station/balancing/recent.py: what was drawn in a stretch of the past."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.balancing.recent import Recent

PROPERTY = settings(derandomize=True, deadline=None, max_examples=10_000 if os.environ.get("EVSE_RIG_DEEP") else 300)


def steps(*currents_ma: int, keep_s: float = 100.0) -> Recent:
    """Drawn from L1 from 0 s on, from 1 s on, and so on; L2 draws 1 mA more and L3 nothing."""
    recent = Recent(keep_s)
    for at_s, current_ma in enumerate(currents_ma):
        recent.note(float(at_s), (current_ma, current_ma + 1, 0))
    return recent


@pytest.mark.parametrize(
    ("from_s", "to_s", "least_ma", "most_ma"),
    [
        (1.5, 1.6, 6000, 6000),  # within one stretch
        (1.0, 1.999, 6000, 6000),  # what ended as the time began is not in it
        (1.0, 2.0, 6000, 16_000),  # what began as it ended is
        (0.999, 1.0, 6000, 10_000),
        (0.5, 3.5, 6000, 16_000),  # the extremes lie inside, not at its ends
        (3.0, 99.0, 12_000, 12_000),  # the last one lasts
        (-5.0, -1.0, 10_000, 10_000),  # before the first word of it: the same
    ],
)
def test_the_least_and_the_most(from_s: float, to_s: float, least_ma: int, most_ma: int) -> None:
    recent = steps(10_000, 6000, 16_000, 12_000)
    assert recent.least_and_most(from_s, to_s) == [(least_ma, most_ma), (least_ma + 1, most_ma + 1), (0, 0)]


def test_phases_are_apart() -> None:
    recent = Recent(100.0)
    recent.note(0.0, (1, 20, 5))
    recent.note(1.0, (2, 10, 5))
    assert recent.least_and_most(0.5, 1.5) == [(1, 2), (10, 20), (5, 5)]


def test_what_was_drawn_as_the_kept_time_began_is_still_known() -> None:
    recent = steps(10_000, 6000, keep_s=50.0)
    recent.note(50.999, (6000, 6001, 0))
    assert recent.least_and_most(0.999, 0.999)[0] == (10_000, 10_000)
    recent.note(51.0, (6000, 6001, 0))  # what came before 1.0 s is too old now
    assert recent.least_and_most(0.999, 0.999)[0] == (6000, 6000)


def test_it_does_not_grow() -> None:
    recent = Recent(10.0)
    for tenth in range(10_000):
        recent.note(tenth / 10, (tenth, 0, 0))
    assert len(recent._drawn) <= 101
    for tenth in range(10_000, 20_000):
        recent.note(tenth / 10, (7, 0, 0))
    assert len(recent._drawn) == 1


@PROPERTY
@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 32_000)), min_size=1, max_size=30),
    st.integers(0, 300),
    st.integers(0, 100),
)
def test_as_if_every_instant_were_looked_at(changes: list[tuple[int, int]], back: int, length: int) -> None:
    """Times in whole tenths of a second, so that each of them can be."""
    recent = Recent(30.0)
    drawn_at: dict[int, int] = {}
    now = 0
    for wait, current_ma in changes:
        drawn_at |= {tenth: drawn_at.get(now, current_ma) for tenth in range(now, now + wait)}
        now += wait
        drawn_at[now] = current_ma
        recent.note(now / 10, (current_ma, 0, 0))
    begin = now - back
    end = min(now, begin + length)
    first = drawn_at[0]
    seen = [drawn_at.get(tenth, first) for tenth in range(begin, max(begin, end) + 1)]
    assert recent.least_and_most(begin / 10, max(begin, end) / 10)[0] == (min(seen), max(seen))
