"""The kinds of strips in a case's plot: currents over time, labelled states, and bare marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rig.report.plots.canvas import Box, Canvas
from rig.report.plots.decimate import MIXED, Interval, Point, Span
from rig.report.plots.scale import ticks
from rig.report.words import number

LEFT = 118
PLOT_WIDTH = 600
RIGHT_EDGE = LEFT + PLOT_WIDTH
WIDTH = RIGHT_EDGE + 16  # room for half a number under the axis

_CURRENT_HEIGHT = 86
# Over the uppermost line: the name of the lane, which may be longer than the numbers leave room for.
_AIR = 14
_LEGEND_ROW = 13
_SWATCH = 14
_LETTER_PX = 6.2
_LETTER_HEIGHT = 12
# Between neighbouring states, so that equal colours stay apart.
_SEAM = 1
# How often a lane of states names the same state.
_NAMED = 4
_NOTES_HEIGHT = 16
_TRIANGLES = ("plugged", "unplugged")
_NOTE_PX = 7.0
# Dashes beside the colours: phases on one another all show.
_DASHES: dict[str, tuple[float, ...]] = {"l1": (), "l2": (6, 4), "l3": (2, 4), "alarm": (9, 3)}

# The ink and the height (0 … 1 of the lane) of a state, by its label.
Look = Callable[[str], tuple[str, float]]
# Intervals in seconds, their ink, their height.
Marks = tuple[Sequence[Interval], str, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """The stretch of time that the plot shows."""

    start_s: float
    end_s: float

    @property
    def per_second(self) -> float:
        """Pixels per second."""
        return PLOT_WIDTH / (self.end_s - self.start_s)

    def x(self, at_s: float) -> float:
        """The pixel of a moment."""
        return LEFT + (at_s - self.start_s) * self.per_second


@dataclass(frozen=True, slots=True)
class Curve:
    """A named step series in an ink."""

    name: str
    ink: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Shade:
    """Named stretches of time over the whole height of a lane, in an ink."""

    name: str
    ink: str
    spans: Sequence[Span]


@dataclass(frozen=True, slots=True)
class Lane:
    """A strip: how high it is, and how to draw it from its top on."""

    height: int
    draw: Callable[[Canvas, int], None]


def current_lane(
    frame: Frame,
    label: str,
    curves: Sequence[Curve],
    *,
    areas: Sequence[Curve] = (),
    shades: Sequence[Shade] = (),
    highest_a: float = 0.0,
) -> Lane:
    """Currents over time: shades, over them areas from 0, over them lines. The scale reaches `highest_a` at least."""
    values = [value for curve in (*curves, *areas) for _, value in curve.points]
    low, high = min(0.0, *values, 0.0), max(1.0, highest_a, *values, 0.0)
    high += (high - low) * 0.08
    scale = ticks(low, high, 4)
    areas, curves = [area for area in areas if area.points], [curve for curve in curves if curve.points]
    shades = [shade for shade in shades if shade.spans]
    height = max(_CURRENT_HEIGHT, _LEGEND_ROW * (len(curves) + len(areas) + len(shades)))

    def draw(canvas: Canvas, label_top: int) -> None:
        top = label_top + _AIR

        def y(value: float) -> float:
            return top + height * (high - value) / (high - low)

        for shade in shades:
            canvas.bars(((frame.x(span.start_s), top, frame.x(span.end_s), y(low)) for span in shade.spans), shade.ink)
        canvas.lines([[(LEFT, y(value)), (RIGHT_EDGE, y(value))] for value in scale], "grid", width=0.7)
        for value in scale:
            canvas.text(LEFT - 6, y(value) + 4, number(value), ink="muted", anchor="end")
        for area in areas:
            outline = _steps(frame, area.points, y)
            canvas.polygons([[(outline[0][0], y(0)), *outline, (outline[-1][0], y(0))]], area.ink)
        for curve in curves:
            width = 1.3 if curve.ink == "offer" else 1.6
            canvas.lines([_steps(frame, curve.points, y)], curve.ink, width=width, dash=_DASHES.get(curve.ink, ()))
        canvas.text(0, label_top + 9, label)
        row = top - 1
        for curve in curves:
            row += _LEGEND_ROW
            line = [(0, row - 4), (_SWATCH, row - 4)]
            canvas.lines([line], curve.ink, width=1.6, dash=_DASHES.get(curve.ink, ()))
            canvas.text(_SWATCH + 4, row, curve.name, ink="muted")
        for name, ink in [*((area.name, area.ink) for area in areas), *((shade.name, shade.ink) for shade in shades)]:
            row += _LEGEND_ROW
            canvas.boxes([(0, row - 9, _SWATCH, row)], ink)
            canvas.text(_SWATCH + 4, row, name, ink="muted")

    return Lane(height + _AIR, draw)


def _steps(frame: Frame, points: Sequence[Point], y: Callable[[float], float]) -> list[Point]:
    """The corners of a step series; the last value holds to the right edge."""
    corners: list[Point] = []
    for at_s, value in points:
        x = frame.x(at_s)
        if corners:
            corners.append((x, corners[-1][1]))
        corners.append((x, y(value)))
    corners.append((float(RIGHT_EDGE), corners[-1][1]))
    return corners


def span_lane(frame: Frame, label: str, spans: Sequence[Span], look: Look, height: int) -> Lane:
    """States as boxes, one path per ink and height; each state carries its name where it first fits.

    A name that fits into no box stands beside one; one that has no room there either, in the legend under the label.
    """
    places = [_place(frame, span) for span in spans]
    names: dict[str, list[float]] = {}
    for index, (span, (left, right)) in enumerate(zip(spans, places, strict=True)):
        width = _width(span.label)
        shown = names.setdefault(span.label, [])
        if right - left >= width and len(shown) < _NAMED:
            shown.append((left + right) / 2)
        elif not shown:
            before = places[index - 1][1] if index else LEFT
            after = places[index + 1][0] if index + 1 < len(places) else float(RIGHT_EDGE)
            if after - right >= width:
                shown.append(right + width / 2)
            elif left - before >= width:
                shown.append(left - width / 2)
    legend = _legend([name for name, shown in names.items() if not shown and name != MIXED])

    def draw(canvas: Canvas, top: int) -> None:
        boxes: dict[tuple[str, float], list[Box]] = {}
        for span, (left, right) in zip(spans, places, strict=True):
            ink, share = look(span.label)
            boxes.setdefault((ink, share), []).append((left, top + height * (1 - share), right, top + height))
        for (ink, _), members in boxes.items():
            canvas.bars(members, ink)
        for name, shown in names.items():
            for middle in shown:
                canvas.text(middle, top + height - 4, name, anchor="middle")
        canvas.text(0, top + height - 4, label)
        for name, (x, row) in legend.items():
            bottom = top + height + row * _LEGEND_ROW
            ink, share = look(name)
            canvas.boxes([(x, bottom - 9 * share, x + _SWATCH, bottom)], ink)
            canvas.text(x + _SWATCH + 4, bottom, name, ink="muted")

    rows = max((row for _, row in legend.values()), default=0)
    return Lane(height + (_LEGEND_ROW * rows + 4 if rows else 0), draw)


def _legend(names: Sequence[str]) -> dict[str, tuple[float, int]]:
    """Where each name goes in the rows under a label, as many to a row as fit: its left edge and its row, from 1."""
    places: dict[str, tuple[float, int]] = {}
    x, row = 0.0, 1
    for name in names:
        if x and x + _SWATCH + _width(name) > LEFT:
            x, row = 0.0, row + 1
        places[name] = (x, row)
        x += _SWATCH + _width(name) + 6
    return places


def _place(frame: Frame, span: Span) -> Interval:
    left = frame.x(span.start_s)
    return left, max(frame.x(span.end_s) - _SEAM, left + 1)


def _width(text: str) -> float:
    return _LETTER_PX * len(text) + 4


def notes_lane(frame: Frame, notes: Mapping[str, Sequence[Interval]]) -> Lane:
    """What happened, in words: ▲ plugged, ▼ unplugged, a bar for what lasts and for everything else.

    Notes that lie closer together than their signs are wide share their words; words without room are left out.
    """
    found = sorted((start_s, name) for name, intervals in notes.items() for start_s, _ in intervals)
    groups: list[tuple[float, list[str]]] = []
    for start_s, name in found:
        x = frame.x(start_s)
        if groups and x - groups[-1][0] < _NOTE_PX:
            if name not in groups[-1][1]:
                groups[-1][1].append(name)
        else:
            groups.append((x, [name]))

    def draw(canvas: Canvas, top: int) -> None:
        words_at, bar_at = top + 10, top + 12
        for name, intervals in notes.items():
            signs = [(frame.x(start_s), frame.x(end_s)) for start_s, end_s in intervals]
            if name in _TRIANGLES:
                base, tip = (words_at, top + 2) if name == "plugged" else (top + 2, words_at)
                canvas.polygons(([(x - 4, base), (x + 4, base), (x, tip)] for x, _ in signs), "accent")
            else:
                canvas.bars(((x, bar_at, max(end, x + 2), bar_at + 3) for x, end in signs), "accent")
        ends = [x for x, _ in groups[1:]] + [float(WIDTH)]
        free_from = float(LEFT)
        for (x, names), end in zip(groups, ends, strict=True):
            words = ", ".join(names)
            width = _width(words)
            if end - x >= width + _NOTE_PX:
                canvas.text(x + _NOTE_PX, words_at, words, ink="accent")
            elif x - free_from >= width + _NOTE_PX and end == WIDTH:
                canvas.text(x - _NOTE_PX, words_at, words, ink="accent", anchor="end")
            free_from = x + _NOTE_PX

    return Lane(_NOTES_HEIGHT, draw)


def bars(frame: Frame, label: str, groups: Sequence[Marks], height: int) -> Lane:
    """Bare intervals or moments, at least a pixel wide."""

    def draw(canvas: Canvas, top: int) -> None:
        for intervals, ink, share in groups:
            canvas.bars(
                (
                    (frame.x(first), top + height * (1 - share), frame.x(last), top + height)
                    for first, last in intervals
                ),
                ink,
            )
        canvas.text(0, top + height, label)

    return Lane(height, draw)
