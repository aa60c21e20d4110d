"""The timeline of one case as stacked strips: currents against what the pilot allows, states, faults, log lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rig.report.plots.canvas import Canvas
from rig.report.plots.decimate import MIXED, Point, coarsen, decimate, join, merge_spans
from rig.report.plots.lanes import WIDTH, Curve, Frame, Lane, bars, current_lane, span_lane
from rig.report.plots.scale import ticks
from rig.report.plots.strips import Strips, Trace
from rig.report.words import number
from rig.timeline import Event
from rig.verdicts import SEVERITY, Verdict

# A name and the seconds of the run.
Moment = tuple[str, float]

# Budgets; together they keep a fragment below about 25 kB even when every pixel column is noise.
_POINTS = 900
_SPANS = 120
_MARKS = 150
_SHORTEST_SPAN_PX = 3.0
_NEAREST_MARK_PX = 2.0
# A case of one instant is drawn a second wide.
_SHORTEST_CASE_S = 1.0
_GAP = 8
_AXIS_HEIGHT = 20
_LETTER_PX = 6.2
_MOMENT_ROWS = 3
_MOST_MOMENTS = 8
# Keys of evidence that name a moment, beside every key that ends in `_at_s`.
_MOMENTS = ("at_s", "from_s", "to_s", "since_s", "watched_until_s")
_MOMENT_ROW_HEIGHT = 13

# How a pilot state is drawn: its ink and its height, so that the height tells what the colour tells.
_PILOT_LOOK = {"A": ("idle", 0.55), "B": ("ready", 0.78), "C": ("charge", 1.0), "D": ("charge", 1.0)}
_CONTACTOR_LOOK = {"open": ("idle", 0.2), "closed": ("charge", 1.0)}
_FAULT_LOOK = ("fault", 1.0)
_MIXED_LOOK = ("grid", 1.0)


def moments_of(verdicts: Iterable[Verdict]) -> list[Moment]:
    """The first few moments that the evidence of the verdicts names, those of the worst verdicts first."""
    worst_first = sorted(verdicts, key=lambda verdict: SEVERITY.index(verdict.verdict), reverse=True)
    found = [
        (key.removesuffix("_s").removesuffix("_at").replace("_", " "), round(float(value), 6))
        for verdict in worst_first
        for key, value in verdict.evidence.items()
        if (key in _MOMENTS or key.endswith("_at_s")) and isinstance(value, int | float)
    ]
    return list(dict.fromkeys(found))[:_MOST_MOMENTS]


def case_timeline_svg(events: Sequence[Event], *, title: str = "Timeline", moments: Sequence[Moment] = ()) -> str:
    """An SVG fragment of the events of one case, at most about 25 kB whatever their number.

    `moments` are drawn as upright dashed lines with their names: where the evidence of the verdicts lies.
    """
    strips = Strips(events)
    if strips.start_s is None:
        return _nothing(title)
    frame = Frame(strips.start_s, max(strips.end_s, strips.start_s + _SHORTEST_CASE_S))
    _thin(strips, frame)
    lanes = _lanes(strips, frame)
    shown = [(name, at_s) for name, at_s in moments if frame.start_s <= at_s <= frame.end_s]
    rows = _rows(shown, frame)
    top = _MOMENT_ROW_HEIGHT * (max(rows.values(), default=-1) + 1) + 4
    bottom = top + sum(lane.height + _GAP for lane in lanes)
    canvas = Canvas(WIDTH, bottom + _AXIS_HEIGHT)
    _draw_axis(canvas, frame, top, bottom)
    y = top
    for lane in lanes:
        lane.draw(canvas, y)
        y += lane.height + _GAP
    _draw_moments(canvas, frame, shown, rows, bottom)
    return canvas.svg(title, "timeline")


def _nothing(title: str) -> str:
    canvas = Canvas(WIDTH, 24)
    canvas.text(0, 16, "no events were recorded", ink="muted")
    return canvas.svg(title, "timeline")


def _thin(strips: Strips, frame: Frame) -> None:
    """Leave of everything what can be seen, and no more than the budgets."""
    whole_s, pixel_s = frame.end_s - frame.start_s, 1 / frame.per_second
    traces, states, marks = strips.traces(), strips.states(), strips.marks()

    def thin(points: list[Point], grain_s: float) -> list[Point]:
        return decimate(points, frame.start_s, frame.end_s, max(1, round(whole_s / grain_s)))

    series = coarsen([trace.points for trace in traces], thin, pixel_s, whole_s, _POINTS)
    for trace, points in zip(traces, series, strict=True):
        trace.points = points
    merged = coarsen([one.spans for one in states], merge_spans, _SHORTEST_SPAN_PX * pixel_s, whole_s, _SPANS)
    for one, spans in zip(states, merged, strict=True):
        one.spans = spans
    joined = coarsen([mark.intervals for mark in marks], join, _NEAREST_MARK_PX * pixel_s, whole_s, _MARKS)
    for mark, intervals in zip(marks, joined, strict=True):
        mark.intervals = intervals


def _lanes(strips: Strips, frame: Frame) -> list[Lane]:
    lanes: list[Lane] = []
    for name, socket in sorted(strips.sockets.items()):
        curves = _phases(socket.drawn)
        if socket.offered.points or curves:
            lanes.append(current_lane(frame, f"Socket {name}, A", curves, socket.offered.points))
        if socket.pilot.spans:
            lanes.append(span_lane(frame, "Pilot", socket.pilot.spans, _pilot_look, 22))
        if socket.contactor.spans:
            lanes.append(span_lane(frame, "Contactor", socket.contactor.spans, _contactor_look, 15))
    for name, meter in sorted(strips.meters.items()):
        curves = _phases(meter.currents)
        if curves:
            lanes.append(current_lane(frame, f"{name or 'Meter'}, A", curves, []))
        arrivals = [(meter.arrivals.intervals, "muted", 0.7), (meter.corrupted.intervals, "alarm", 1.0)]
        lanes.append(bars(frame, "Telegrams", arrivals, 9))
    if strips.limit.spans:
        lanes.append(span_lane(frame, "Limit by", strips.limit.spans, lambda _: ("idle", 1.0), 15))
    lanes += [span_lane(frame, "Fault", one.spans, lambda _: _FAULT_LOOK, 15) for one in strips.faults.values()]
    if strips.unshown_faults:
        lanes.append(bars(frame, f"{len(strips.unshown_faults)} more faults", [], 9))
    if strips.documented_log.intervals or strips.own_log.intervals:
        log = [(strips.own_log.intervals, "muted", 0.5), (strips.documented_log.intervals, "accent", 1.0)]
        lanes.append(bars(frame, "Log lines", log, 11))
    return lanes


def _phases(traces: Sequence[Trace]) -> list[Curve]:
    """The phases that ever carried a current."""
    return [
        Curve(f"L{index}", f"l{index}", trace.points)
        for index, trace in enumerate(traces, start=1)
        if any(value for _, value in trace.points)
    ]


def _pilot_look(label: str) -> tuple[str, float]:
    return _MIXED_LOOK if label == MIXED else _PILOT_LOOK.get(label[:1], _FAULT_LOOK)


def _contactor_look(label: str) -> tuple[str, float]:
    return _MIXED_LOOK if label == MIXED else _CONTACTOR_LOOK[label]


def _draw_axis(canvas: Canvas, frame: Frame, top: int, bottom: int) -> None:
    shown = ticks(frame.start_s, frame.end_s, 8)
    canvas.lines([[(frame.x(at_s), top), (frame.x(at_s), bottom)] for at_s in shown], "grid", width=0.7)
    for at_s in shown:
        canvas.text(frame.x(at_s), bottom + 13, number(at_s), ink="muted", anchor="middle")
    canvas.text(0, bottom + 13, "Time, s", ink="muted")


def _rows(moments: Sequence[Moment], frame: Frame) -> dict[Moment, int]:
    """In which row over the plot each name finds room; a name without room gets its line only."""
    ends = [float("-inf")] * _MOMENT_ROWS
    rows: dict[Moment, int] = {}
    for name, at_s in sorted(moments, key=lambda moment: moment[1]):
        start, end = _extent(name, frame.x(at_s))
        row = next((index for index, taken in enumerate(ends) if start > taken), None)
        if row is not None:
            rows[name, at_s], ends[row] = row, end + _LETTER_PX
    return rows


def _extent(name: str, x: float) -> tuple[float, float]:
    """From where to where a name reaches: to the right of its line, or to the left near the right edge."""
    width = _LETTER_PX * len(name) + 4
    return (x, x + width) if x + width <= WIDTH else (x - width, x)


def _draw_moments(
    canvas: Canvas, frame: Frame, moments: Sequence[Moment], rows: Mapping[Moment, int], bottom: int
) -> None:
    top = {moment: _MOMENT_ROW_HEIGHT * rows.get(moment, 0) for moment in moments}
    # Dashes of two moments on one pixel would add up to a full line.
    highest: dict[int, int] = {}
    for moment in moments:
        pixel = round(frame.x(moment[1]))
        highest[pixel] = min(highest.get(pixel, bottom), top[moment])
    lines = [[(float(x), float(above)), (float(x), float(bottom))] for x, above in highest.items()]
    canvas.lines(lines, "accent", width=1.0, dash=(3, 2))
    for moment in rows:
        name, x = moment[0], frame.x(moment[1])
        left_of_line = _extent(name, x)[0] < x
        place, anchor = (x - 3, "end") if left_of_line else (x + 3, "start")
        canvas.text(place, top[moment] + 9, name, ink="accent", anchor=anchor)
