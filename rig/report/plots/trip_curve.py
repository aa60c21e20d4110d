"""The trip curve: what the documents promise for every over-current band, and what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rig.report.model import Band, CaseResult, TripPoint
from rig.report.plots.canvas import Canvas
from rig.report.words import number
from rig.verdicts import Outcome, Verdict

WIDTH, HEIGHT = 720, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 708, 14, 330
_FIRST_PCT = 94.0
# Space right of the last documented bound for the band without an upper bound; what lies beyond is drawn at its edge.
_OPEN_BAND_PCT = 14.0
_DECADES_S = (1.0, 10.0, 100.0, 1000.0, 10000.0)
_MARK = 4.5
_LETTER_PX = 6.5
_INK: dict[Outcome, str] = {
    "pass": "accent",
    "fail": "alarm",
    "inconclusive": "l2",
    "not-testable": "muted",
    "error": "muted",
}


def trip_points(cases: Iterable[CaseResult]) -> list[TripPoint]:
    """The points that the verdicts measured: those whose evidence has `ratio_pct` (drawn over allowed current, in %).

    A verdict with a number in seconds is a trip after that time. Without one, evidence that tells how long it was
    watched (`watched_s`, or `from_s` and `watched_until_s`) is a point where nothing tripped; but a failed `watched_s`
    saw the trip that must not be, at a time that only the timeline tells, and is no point.
    """
    points: list[TripPoint] = []
    for case in cases:
        for verdict in case.verdicts:
            ratio_pct = _evident(verdict, "ratio_pct")
            tripped = isinstance(verdict.measured, int | float) and verdict.unit == "s"
            after_s = float(verdict.measured) if tripped and verdict.measured is not None else _watched_s(verdict)
            if ratio_pct is not None and after_s is not None and after_s > 0:
                point = TripPoint(ratio_pct=ratio_pct, after_s=after_s, tripped=tripped, verdict=verdict.verdict)
                points.append(point)
    return points


def _watched_s(verdict: Verdict) -> float | None:
    from_s, until_s = _evident(verdict, "from_s"), _evident(verdict, "watched_until_s")
    if from_s is not None and until_s is not None:
        return until_s - from_s
    return None if verdict.verdict == "fail" else _evident(verdict, "watched_s")


def _evident(verdict: Verdict, key: str) -> float | None:
    value = verdict.evidence.get(key)
    return float(value) if isinstance(value, int | float) else None


class _Scale:
    """Percent of the allowed current from left to right, seconds upward by powers of ten."""

    def __init__(self, bands: Sequence[Band], points: Sequence[TripPoint]) -> None:
        bounds = [bound for band in bands for bound in (band.lower_pct, band.upper_pct) if bound is not None]
        times = [band.trip_after_s for band in bands] + [point.after_s for point in points]
        self.last_pct = max(bounds, default=150.0) + _OPEN_BAND_PCT
        self.low = math.log10(max(1e-3, min([1.0, *(time * 0.35 for time in times)])))
        self.high = math.log10(max([1000.0, *times]) * 2.0)

    def x(self, percent: float) -> float:
        inside = min(max(percent, _FIRST_PCT), self.last_pct)
        return _LEFT + (_RIGHT - _LEFT) * (inside - _FIRST_PCT) / (self.last_pct - _FIRST_PCT)

    def y(self, seconds: float) -> float:
        value = math.log10(max(seconds, 10**self.low))
        return _BOTTOM - (_BOTTOM - _TOP) * (value - self.low) / (self.high - self.low)


def trip_curve_svg(bands: Sequence[Band], points: Sequence[TripPoint]) -> str:
    """An SVG fragment: documented steps with their tolerance, measured trips, and arrows where nothing tripped."""
    scale = _Scale(bands, points)
    canvas = Canvas(WIDTH, HEIGHT)
    _draw_axes(canvas, scale, bands)
    _draw_bands(canvas, scale, bands)
    _draw_points(canvas, scale, points)
    return canvas.svg("Trip time over drawn current: documented bands and measured points", "trip-curve")


def _draw_axes(canvas: Canvas, scale: _Scale, bands: Sequence[Band]) -> None:
    documented = {band.trip_after_s for band in bands}
    decades = [time for time in _DECADES_S if scale.low <= math.log10(time) <= scale.high]
    canvas.lines([[(_LEFT, scale.y(time)), (_RIGHT, scale.y(time))] for time in decades], "grid", width=0.7)
    for time in decades:
        if all(abs(scale.y(time) - scale.y(other)) > 11 for other in documented):
            canvas.text(_LEFT - 8, scale.y(time) + 4, number(time), ink="muted", anchor="end")
    for time in sorted(documented):
        canvas.text(_LEFT - 8, scale.y(time) + 4, f"{number(time)} s", anchor="end")
    bounds = sorted({bound for band in bands for bound in (band.lower_pct, band.upper_pct) if bound is not None})
    canvas.lines([[(scale.x(bound), _TOP), (scale.x(bound), _BOTTOM)] for bound in bounds], "grid", width=0.7)
    canvas.lines([[(_LEFT, _TOP), (_LEFT, _BOTTOM), (_RIGHT, _BOTTOM)]], "muted", width=1.0)
    for bound in bounds:
        canvas.text(scale.x(bound), _BOTTOM + 16, f"{number(bound)} %", anchor="middle")
    canvas.text(
        (_LEFT + _RIGHT) / 2, _BOTTOM + 36, "Drawn current, % of the allowed current", ink="muted", anchor="middle"
    )


def _draw_bands(canvas: Canvas, scale: _Scale, bands: Sequence[Band]) -> None:
    ordered = sorted(bands, key=lambda band: band.lower_pct)
    allowed = [
        (
            scale.x(band.lower_pct),
            scale.y(band.trip_after_s + band.tolerance_late_s),
            scale.x(scale.last_pct if band.upper_pct is None else band.upper_pct),
            scale.y(band.trip_after_s - band.tolerance_early_s),
        )
        for band in ordered
    ]
    canvas.boxes(allowed, "band")
    curve: list[tuple[float, float]] = []
    for band, (left, _, right, _) in zip(ordered, allowed, strict=True):
        y = scale.y(band.trip_after_s)
        curve += [(left, y), (right, y)]
    if curve:
        first_x = curve[0][0]
        canvas.lines([[(first_x, _TOP), *curve]], "ink", width=1.4)
        if first_x - _LEFT > 40:
            canvas.text((first_x + _LEFT) / 2, _TOP + 12, "never", ink="muted", anchor="middle")
    for band, (left, top, right, _) in zip(ordered, allowed, strict=True):
        if right - left > _LETTER_PX * (len(band.clause) + 1):
            canvas.text((left + right) / 2, top - 8, band.clause, ink="muted", anchor="middle")
        else:
            canvas.text(right + 8, top + 2, band.clause, ink="muted")


def _draw_points(canvas: Canvas, scale: _Scale, points: Sequence[TripPoint]) -> None:
    for outcome, ink in _INK.items():
        places = _places(scale, (p for p in points if p.verdict == outcome and p.tripped))
        if outcome == "fail":
            canvas.lines([line for x, y in places for line in _cross(x, y)], ink, width=2.2)
        elif outcome == "pass":
            canvas.polygons((_diamond(x, y) for x, y in places), "paper", outline=ink)
        else:
            canvas.boxes(((x - 4, y - 4, x + 4, y + 4) for x, y in places), "paper", outline=ink)
        # An arrow that ends where the watching ended, from below, so that a trip just after it stays readable.
        waiting = _places(scale, (p for p in points if p.verdict == outcome and not p.tripped))
        canvas.lines(([(x, y + 20), (x, y + 6)] for x, y in waiting), ink, width=1.4)
        canvas.polygons(([(x - 4, y + 10), (x + 4, y + 10), (x, y + 3)] for x, y in waiting), ink)
    beyond = sorted({p.ratio_pct for p in points if p.ratio_pct > scale.last_pct})
    if beyond:
        names = ", ".join(f"{number(ratio)} %" for ratio in beyond)
        canvas.text(_RIGHT, _TOP + 12, f"at the right edge: {names}", ink="muted", anchor="end")


def _places(scale: _Scale, points: Iterable[TripPoint]) -> list[tuple[float, float]]:
    """Where the points lie, those on one pixel once."""
    return list(dict.fromkeys((round(scale.x(p.ratio_pct), 1), round(scale.y(p.after_s), 1)) for p in points))


def _diamond(x: float, y: float) -> list[tuple[float, float]]:
    return [(x, y - _MARK), (x + _MARK, y), (x, y + _MARK), (x - _MARK, y)]


def _cross(x: float, y: float) -> list[list[tuple[float, float]]]:
    return [[(x - _MARK, y - _MARK), (x + _MARK, y + _MARK)], [(x - _MARK, y + _MARK), (x + _MARK, y - _MARK)]]
