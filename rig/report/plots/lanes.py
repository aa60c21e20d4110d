"""The kinds of strips in a case's plot: currents over time, labelled states, and bare marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rig.report.plots.canvas import Canvas
from rig.report.plots.decimate import Point, Span
from rig.report.plots.scale import ticks
from rig.report.words import number

LEFT = 104
PLOT_WIDTH = 600
RIGHT_EDGE = LEFT + PLOT_WIDTH
WIDTH = RIGHT_EDGE + 16  # room for half a number under the axis

_CURRENT_HEIGHT = 86
# So that the number on the uppermost line touches nothing.
_AIR = 4
_LEGEND_ROW = 13
_LETTER_PX = 6.2
_LETTER_HEIGHT = 12
# Between neighbouring states, so that equal colours stay apart.
_SEAM = 1
# Dashes beside the colours: equal phases lie on one another and all show.
_DASHES: dict[str, tuple[float, ...]] = {"l1": (), "l2": (6, 4), "l3": (2, 4)}

# The ink and the height (0 … 1 of the lane) of a state, by its label.
Look = Callable[[str], tuple[str, float]]
# Intervals in seconds, their ink, their height.
Marks = tuple[Sequence[tuple[float, float]], str, float]


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
class Lane:
    """A strip: how high it is, and how to draw it from its top on."""

    height: int
    draw: Callable[[Canvas, int], None]


def current_lane(frame: Frame, label: str, curves: Sequence[Curve], offered: Sequence[Point]) -> Lane:
    """Currents over time; what is offered is the grey area, so that a current beyond it stands out."""
    values = [value for curve in curves for _, value in curve.points] + [value for _, value in offered]
    low, high = min(0.0, *values, 0.0), max(1.0, *values, 0.0)
    high += (high - low) * 0.08
    scale = ticks(low, high, 4)

    def draw(canvas: Canvas, top: int) -> None:
        def y(value: float) -> float:
            return top + _CURRENT_HEIGHT * (high - value) / (high - low)

        if offered:
            outline = _steps(frame, offered, y)
            canvas.polygons([[(outline[0][0], y(0)), *outline, (outline[-1][0], y(0))]], "idle")
        canvas.lines([[(LEFT, y(value)), (RIGHT_EDGE, y(value))] for value in scale], "grid", width=0.7)
        for value in scale:
            canvas.text(LEFT - 6, y(value) + 4, number(value), ink="muted", anchor="end")
        if offered:
            canvas.lines([_steps(frame, offered, y)], "offer", width=1.0)
        for curve in curves:
            canvas.lines([_steps(frame, curve.points, y)], curve.ink, width=1.6, dash=_DASHES.get(curve.ink, ()))
        canvas.text(0, top + 9, label)
        legend = [("offered", "offer", ())] if offered else []
        rows = [*legend, *((curve.name, curve.ink, _DASHES.get(curve.ink, ())) for curve in curves)]
        for row, (name, ink, dash) in enumerate(rows, start=1):
            middle = top + 5 + row * _LEGEND_ROW
            canvas.lines([[(0, middle), (18, middle)]], ink, width=1.6, dash=dash)
            canvas.text(23, middle + 4, name, ink="muted")

    return Lane(_CURRENT_HEIGHT + _AIR, lambda canvas, top: draw(canvas, top + _AIR))


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
    """States as boxes, one path per ink; a box carries its name where it fits."""

    def draw(canvas: Canvas, top: int) -> None:
        boxes: dict[str, list[tuple[float, float, float, float]]] = {}
        for span in spans:
            ink, share = look(span.label)
            left = frame.x(span.start_s)
            right = max(frame.x(span.end_s) - _SEAM, left + 1)
            boxes.setdefault(ink, []).append((left, top + height * (1 - share), right, top + height))
            if height * share >= _LETTER_HEIGHT and right - left >= _LETTER_PX * len(span.label) + 4:
                canvas.text((left + right) / 2, top + height - 4, span.label, anchor="middle")
        for ink, members in boxes.items():
            canvas.boxes(members, ink)
        canvas.text(0, top + height - 4, label)

    return Lane(height, draw)


def bars(frame: Frame, label: str, groups: Sequence[Marks], height: int) -> Lane:
    """Bare intervals or moments, at least a pixel wide."""

    def draw(canvas: Canvas, top: int) -> None:
        for intervals, ink, share in groups:
            canvas.boxes(
                (
                    (frame.x(first), top + height * (1 - share), max(frame.x(last), frame.x(first) + 1.2), top + height)
                    for first, last in intervals
                ),
                ink,
            )
        canvas.text(0, top + height, label)

    return Lane(height, draw)
