"""Thinning loses nothing that could be seen."""

from __future__ import annotations

import os
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from rig.report.plots.decimate import MIXED, Span, absorb, coarsen, decimate, join, merge_spans

EXAMPLES = 2000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 150
VALUES = st.floats(-1000, 1000, allow_nan=False)
SERIES = st.lists(st.tuples(st.floats(0, 99.9), VALUES), min_size=1, max_size=200).map(
    lambda points: sorted(points, key=lambda point: point[0])
)


def by_column(points: list[tuple[float, float]], columns: int) -> dict[int, list[float]]:
    found: dict[int, list[float]] = {}
    for at_s, value in points:
        found.setdefault(int(at_s * (columns / 100.0)), []).append(value)
    return found


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(SERIES, st.integers(1, 40))
def test_every_column_keeps_its_extremes_and_its_last_value(points: list[tuple[float, float]], columns: int) -> None:
    kept = decimate(points, 0.0, 100.0, columns)
    before, after = by_column(points, columns), by_column(kept, columns)
    assert before.keys() == after.keys()
    for column, values in before.items():
        assert min(after[column]) == min(values)
        assert max(after[column]) == max(values)
        assert after[column][-1] == values[-1]
    assert all(one[0] <= other[0] for one, other in pairwise(kept))
    assert set(kept) <= set(points)
    assert len(kept) <= max(3 * columns, len(by_column(points, columns)) * 3)


def test_one_short_peak_among_a_hundred_thousand_values_is_kept() -> None:
    points = [(index * 1e-3, 0.0) for index in range(100_000)]
    points[54_321] = (54.321, 80.0)
    kept = decimate(points, 0.0, 100.0, 600)
    assert (54.321, 80.0) in kept
    # and it ends, since the value after it is kept too
    assert kept[kept.index((54.321, 80.0)) + 1][1] == 0.0
    assert len(kept) <= 1800


def test_few_points_stay_as_they_are() -> None:
    points = [(0.0, 1.0), (0.0, 2.0), (0.1, 3.0)]
    assert decimate(points, 0.0, 100.0, 600) == points
    assert decimate([], 0.0, 100.0, 600) == []
    assert decimate([(5.0, 1.0), (5.0, 2.0)], 5.0, 5.0, 1) == [(5.0, 1.0), (5.0, 2.0)]


def test_coarsen_stays_within_the_budget_and_keeps_the_extremes() -> None:
    noise = [[(index * 0.01, float(index * seed % 97)) for index in range(10_000)] for seed in (31, 57, 89)]

    def thin(points: list[tuple[float, float]], grain_s: float) -> list[tuple[float, float]]:
        return decimate(points, 0.0, 100.0, round(100.0 / grain_s))

    thinned = coarsen(noise, thin, 100.0 / 600, 100.0, 900)
    assert 600 < sum(map(len, thinned)) <= 900  # no coarser than it must be
    for before, after in zip(noise, thinned, strict=True):
        assert max(v for _, v in before) == max(v for _, v in after)
        assert min(v for _, v in before) == min(v for _, v in after)


def test_coarsen_ends_when_the_budget_cannot_be_met() -> None:
    assert coarsen([[(0.0, 0.0), (9.0, 9.0)]] * 5, join, 0.1, 8.0, 3) == [[(0.0, 0.0), (9.0, 9.0)]] * 5


def test_equal_neighbours_join() -> None:
    spans = [Span(0, 10, "C2"), Span(10, 20, "C2"), Span(20, 30, "F")]
    assert merge_spans(spans, 1.0) == [Span(0, 20, "C2"), Span(20, 30, "F")]


def test_a_blip_between_long_states_stays() -> None:
    spans = [Span(0, 10, "C2"), Span(10, 10.1, "B2"), Span(10.1, 20, "C2")]
    assert merge_spans(spans, 1.0) == spans


def test_flicker_melts_into_one_span() -> None:
    flicker = [Span(10 + i * 0.1, 10 + (i + 1) * 0.1, "BC"[i % 2]) for i in range(100)]
    merged = merge_spans([Span(0, 10, "A"), *flicker, Span(flicker[-1].end_s, 50, "F")], 1.0)
    assert [span.label for span in merged] == ["A", MIXED, "F"]
    assert merged[1].start_s == 10
    assert merged[1].end_s == merged[2].start_s


def test_a_change_that_nobody_sees_leaves_the_states_before_and_after_it() -> None:
    spans = [Span(0, 10, "B1"), Span(10, 11, "B2"), Span(11, 20, "C2"), Span(20, 21, "C1"), Span(21, 30, "B1")]
    assert absorb(spans, 2.0) == [Span(0, 11, "B1"), Span(11, 21, "C2"), Span(21, 30, "B1")]
    assert absorb(spans, 1.0) == spans


def test_a_first_blip_goes_to_the_state_after_it() -> None:
    assert absorb([Span(0, 1, "B1"), Span(1, 10, "B2")], 2.0) == [Span(0, 10, "B2")]


def test_a_blip_of_another_letter_is_not_absorbed() -> None:
    spans = [Span(0, 10, "C2"), Span(10, 11, "F"), Span(11, 20, "C2"), Span(20, 21, "A1")]
    assert absorb(spans, 2.0) == spans
    assert absorb([Span(0, 1, "B1"), Span(5, 10, "B2")], 2.0) == [Span(0, 1, "B1"), Span(5, 10, "B2")]


def test_spans_far_apart_stay_apart() -> None:
    spans = [Span(0, 1, "x"), Span(50, 51, "x")]
    assert merge_spans(spans, 2.0) == spans
    assert merge_spans([Span(0, 1, "x"), Span(1.5, 51, "x")], 2.0) == [Span(0, 51, "x")]


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.tuples(st.floats(0.001, 10), st.sampled_from("ABC")), min_size=1, max_size=300))
def test_merged_spans_cover_the_same_time_and_are_few(parts: list[tuple[float, str]]) -> None:
    spans, at_s = [], 0.0
    for length, label in parts:
        spans.append(Span(at_s, at_s + length, label))
        at_s += length
    merged = merge_spans(spans, 1.0)
    assert merged[0].start_s == 0.0
    assert merged[-1].end_s == at_s
    assert all(one.end_s == other.start_s for one, other in pairwise(merged))
    # of two neighbours at least one is as long as a visible span
    assert len(merged) <= 2 * at_s + 2
    for span in merged:
        if span.label != MIXED:
            assert all(s.label == span.label for s in spans if s.start_s >= span.start_s and s.end_s <= span.end_s)


def test_join() -> None:
    assert join([], 1.0) == []
    assert join([(5.0, 5.0)], 1.0) == [(5.0, 5.0)]
    moments = [(at_s, at_s) for at_s in (0.0, 1.0, 2.0, 9.0, 9.5)]
    assert join(moments, 1.0) == [(0.0, 2.0), (9.0, 9.5)]
    assert join(join(moments, 1.0), 7.0) == [(0.0, 9.5)]
