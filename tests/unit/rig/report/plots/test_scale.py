"""Axes carry round numbers."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.report.plots.scale import ticks, time_scale


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0.0, 17.3, 4, [0.0, 5.0, 10.0, 15.0]),
        (-6.0, 20.0, 4, [0.0, 10.0, 20.0]),
        (0.0, 405.0, 8, [0.0, 100.0, 200.0, 300.0, 400.0]),
        (3.0, 4.0, 8, [3.0, 3.2, 3.4, 3.6, 3.8, 4.0]),
        (5.0, 5.0, 4, [5.0]),
    ],
)
def test_round_values(low: float, high: float, most: int, expected: list[float]) -> None:
    assert ticks(low, high, most) == expected


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.floats(-1e5, 1e5), st.floats(0.01, 1e6), st.integers(2, 10))
def test_few_rising_and_inside(low: float, span: float, most: int) -> None:
    high = low + span
    found = ticks(low, high, most)
    assert 1 <= len(found) <= most + 1
    assert all(one < other for one, other in pairwise(found))
    assert low - span * 1e-6 <= found[0]
    assert found[-1] <= high + span * 1e-6


@pytest.mark.parametrize(
    ("start_s", "end_s", "unit", "values"),
    [
        (0.0, 100.0, "s", [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]),
        (0.0, 1200.0, "min", [0.0, 5.0, 10.0, 15.0, 20.0]),
        (90.0, 7200.0, "min", [15.0, 30.0, 45.0, 60.0, 75.0, 90.0, 105.0, 120.0]),
        (0.0, 86_400.0, "h", [0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 24.0]),
        (0.0, 3_600_000.0, "h", [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]),
    ],
)
def test_time_is_told_in_what_people_count_in(start_s: float, end_s: float, unit: str, values: list[float]) -> None:
    scale = time_scale(start_s, end_s, 8)
    assert (scale.unit, scale.ticks) == (unit, values)
