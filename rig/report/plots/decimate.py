"""Many events, few pixels: thin out what cannot be seen and nothing else.

A step series keeps the lowest, the highest and the last value of every pixel column, so no peak, however short, is
lost. Spans narrower than a column melt into one span that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

Point = tuple[float, float]
Interval = tuple[float, float]
Drawn = TypeVar("Drawn")
_COARSER = 1.3

# The label of a span that stands for several states, each too short to be seen.
MIXED = "…"


@dataclass(frozen=True, slots=True)
class Span:
    """A state that held from `start_s` to `end_s`."""

    start_s: float
    end_s: float
    label: str


def decimate(points: Sequence[Point], start_s: float, end_s: float, columns: int) -> list[Point]:
    """The points of a step series (time, value; times rising), at most three per pixel column, in order."""
    if len(points) <= columns or end_s <= start_s:
        return list(points)
    per_second = columns / (end_s - start_s)
    kept: list[Point] = []
    column = -1
    low = high = last = 0
    for index, (at_s, value) in enumerate(points):
        here = int((at_s - start_s) * per_second)
        if here != column:
            if column >= 0:
                kept += [points[one] for one in sorted({low, high, last})]
            column, low, high = here, index, index
        elif value < points[low][1]:
            low = index
        elif value > points[high][1]:
            high = index
        last = index
    return kept + [points[one] for one in sorted({low, high, last})]


def merge_spans(spans: Iterable[Span], shortest_s: float) -> list[Span]:
    """Join equal neighbours; neighbours each shorter than `shortest_s` melt into one span labelled `MIXED`.

    A short span between two long ones stays, so that a blip remains visible. Spans less than `shortest_s` apart are
    neighbours.
    """
    merged: list[Span] = []
    for span in spans:
        previous = merged[-1] if merged else None
        if previous is None or span.start_s - previous.end_s > shortest_s:
            merged.append(span)
        elif previous.label == span.label:
            merged[-1] = Span(previous.start_s, span.end_s, span.label)
        elif _melts(span, shortest_s) and (previous.label == MIXED or _melts(previous, shortest_s)):
            merged[-1] = Span(previous.start_s, span.end_s, MIXED)
        else:
            merged.append(span)
    return merged


def _melts(span: Span, shortest_s: float) -> bool:
    return span.end_s - span.start_s < shortest_s


def absorb(spans: Sequence[Span], shortest_s: float) -> list[Span]:
    """A span shorter than `shortest_s` becomes part of a neighbour whose label begins with the same letter.

    Of pilot states this leaves B1 and C2 of a change through B2 and C1 that nobody could see, and every blip of another
    letter.
    """
    left: list[Span] = []
    waiting: Span | None = None  # for the next one, if that is of its letter
    for span in spans:
        if waiting is not None and waiting.label[0] == span.label[0] and span.start_s == waiting.end_s:
            span, waiting = Span(waiting.start_s, span.end_s, span.label), None
        if waiting is not None:
            left.append(waiting)
            waiting = None
        previous = left[-1] if left else None
        if not _melts(span, shortest_s):
            left.append(span)
        elif previous is not None and previous.label[0] == span.label[0] and previous.end_s == span.start_s:
            left[-1] = Span(previous.start_s, span.end_s, previous.label)
        else:
            waiting = span
    return left if waiting is None else [*left, waiting]


def join(intervals: Iterable[Interval], nearest_s: float) -> list[Interval]:
    """Intervals or moments (equal ends), those at most `nearest_s` apart as one; starts rising."""
    joined: list[Interval] = []
    for start_s, end_s in intervals:
        if joined and start_s - joined[-1][1] <= nearest_s:
            joined[-1] = (joined[-1][0], end_s)
        else:
            joined.append((start_s, end_s))
    return joined


def coarsen(
    series: list[list[Drawn]],
    thin: Callable[[list[Drawn], float], list[Drawn]],
    finest_s: float,
    coarsest_s: float,
    budget: int,
) -> list[list[Drawn]]:
    """Every series thinned with an ever coarser grain, until all together are at most `budget` things to draw."""
    grain_s = finest_s
    drawn = [thin(one, grain_s) for one in series]
    while sum(map(len, drawn)) > budget and grain_s < coarsest_s:
        grain_s *= _COARSER
        drawn = [thin(one, grain_s) for one in drawn]
    return drawn
