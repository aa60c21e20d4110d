"""The timeline of one case as stacked strips: currents against what the pilot allows, states, faults, log lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from rig.report.plots.canvas import Canvas
from rig.report.plots.decimate import MIXED, Point, Span, absorb, coarsen, decimate, join, merge_spans
from rig.report.plots.described import describe
from rig.report.plots.lanes import (
    WIDTH,
    Curve,
    Frame,
    Lane,
    Shade,
    bars,
    current_lane,
    notes_lane,
    span_lane,
)
from rig.report.plots.scale import time_scale
from rig.report.plots.strips import BEYOND, NOT_HEARD, PAUSED, PHASES, Socket, Strips, Trace
from rig.report.words import number
from rig.timeline import Event
from rig.verdicts import SEVERITY, Verdict

# A name and the seconds of the run.
Moment = tuple[str, float]

# Budgets; together they keep a fragment below about 15 kB even when every pixel column is noise.
# What sockets do must not get coarser since a meter is restless.
_POINTS = 700
_METER_POINTS = 200
_SPANS = 600
_MARKS = 120
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
# The limits that lead, in the order of their appearance.
_SOURCE_LOOKS = (("idle", 1.0), ("ready", 0.9), ("charge", 0.8), ("fault", 0.7))
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
    """An SVG fragment of the events of one case, at most about 15 kB whatever their number.

    `moments` are drawn as upright dashed lines with their names: where the evidence of the verdicts lies.
    """
    strips = Strips(events)
    if strips.start_s is None:
        return _nothing(title)
    description = describe(strips)
    frame = Frame(strips.start_s, max(strips.end_s, strips.start_s + _SHORTEST_CASE_S))
    sockets = {name: _SocketPicture(socket, frame) for name, socket in sorted(strips.sockets.items())}
    meters = {name: _phase_groups(meter.currents) for name, meter in sorted(strips.meters.items())}
    drawn = [trace for picture in sockets.values() for trace in picture.traces]
    told = [group.trace for groups in meters.values() for group in groups]
    _thin_traces([*drawn, strips.fullest, strips.station_limit], frame, _POINTS)
    _thin_traces([*told, strips.meter_limit], frame, _METER_POINTS)
    _thin_states(strips, frame)
    lanes = [*_socket_lanes(strips, sockets, frame), *_meter_lanes(strips, meters, frame), *_other_lanes(strips, frame)]
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
    return canvas.svg(title, "timeline", description)


def _nothing(title: str) -> str:
    canvas = Canvas(WIDTH, 24)
    canvas.text(0, 16, "no events were recorded", ink="muted")
    return canvas.svg(title, "timeline")


class _PhaseGroup(NamedTuple):
    """Phases that carry the same current: their names, the ink of the first one, and the current."""

    name: str
    ink: str
    trace: Trace

    @property
    def curve(self) -> Curve:
        """As a line."""
        return Curve(self.name, self.ink, self.trace.points)


def _phase_groups(traces: Sequence[Trace]) -> list[_PhaseGroup]:
    """The phases that ever carried a current, equal ones as one."""
    groups: dict[tuple[Point, ...], list[int]] = {}
    for index, trace in enumerate(traces, start=1):
        if any(value for _, value in trace.points):
            groups.setdefault(tuple(trace.points), []).append(index)
    return [_PhaseGroup(_names(members), f"l{members[0]}", traces[members[0] - 1]) for members in groups.values()]


def _names(phases: Sequence[int]) -> str:
    return "L1–L3" if len(phases) == PHASES else ", ".join(f"L{phase}" for phase in phases)


class _SocketPicture:
    """What of a socket is worth drawing: single phases only where they differ, an excess only where it can be seen."""

    def __init__(self, socket: Socket, frame: Frame) -> None:
        self.socket = socket
        groups = _phase_groups(socket.drawn)
        self._phases = groups if len(groups) > 1 else []
        self._area = "drawn, most" if len(groups) > 1 else f"drawn, {groups[0].name}" if groups else ""
        longest_s = max((span.end_s - span.start_s for span in socket.beyond.spans), default=0.0)
        self._beyond = longest_s * frame.per_second >= 1.0
        socket.pilot.spans = absorb(socket.pilot.spans, 1 / frame.per_second)

    @property
    def traces(self) -> list[Trace]:
        """The step series that are drawn."""
        areas = [self.socket.most, self.socket.within] if self._beyond else [self.socket.most]
        return [self.socket.offered, *areas, *(group.trace for group in self._phases)]

    def lane(self, frame: Frame, label: str, highest_a: float) -> Lane:
        """The currents of the socket. What is drawn beyond the offer shows since the part within lies over it."""
        socket = self.socket
        lines = [Curve("offered", "offer", socket.offered.points), *(group.curve for group in self._phases)]
        areas = [Curve(self._area, "drawn", socket.most.points)] if self._area else []
        if self._beyond:
            areas = [Curve(BEYOND, "fault", socket.most.points), Curve(self._area, "drawn", socket.within.points)]
        paused = Shade(PAUSED, "idle", socket.paused.spans)
        return current_lane(frame, label, lines, areas=areas, shades=[paused], highest_a=highest_a)


def _thin_traces(traces: Sequence[Trace], frame: Frame, budget: int) -> None:
    """Leave of step series what can be seen, and no more than the budget."""
    whole_s = frame.end_s - frame.start_s

    def thin(points: list[Point], grain_s: float) -> list[Point]:
        return decimate(points, frame.start_s, frame.end_s, max(1, round(whole_s / grain_s)))

    series = coarsen([trace.points for trace in traces], thin, 1 / frame.per_second, whole_s, budget)
    for trace, points in zip(traces, series, strict=True):
        trace.points = points


def _thin_states(strips: Strips, frame: Frame) -> None:
    """The same for labelled spans and for moments."""
    whole_s, pixel_s = frame.end_s - frame.start_s, 1 / frame.per_second
    states, marks = strips.states(), strips.marks()
    merged = coarsen([one.spans for one in states], merge_spans, _SHORTEST_SPAN_PX * pixel_s, whole_s, _SPANS)
    for one, spans in zip(states, merged, strict=True):
        one.spans = spans
    joined = coarsen([mark.intervals for mark in marks], join, _NEAREST_MARK_PX * pixel_s, whole_s, _MARKS)
    for mark, intervals in zip(marks, joined, strict=True):
        mark.intervals = intervals


def _socket_lanes(strips: Strips, pictures: Mapping[str, _SocketPicture], frame: Frame) -> Iterator[Lane]:
    """All sockets on one scale, and under them what they load the fullest phase with together."""
    values = [value for picture in pictures.values() for trace in picture.traces for _, value in trace.points]
    highest_a = max(values, default=0.0)
    for name, picture in pictures.items():
        socket = picture.socket
        if socket.notes:
            yield notes_lane(frame, {what: marks.intervals for what, marks in socket.notes.items()})
        if socket.offered.points or socket.most.points:
            yield picture.lane(frame, f"Socket {name}, A", highest_a)
        if socket.pilot.spans:
            yield span_lane(frame, "Pilot", socket.pilot.spans, _pilot_look, 22)
        if socket.contactor.spans:
            closed = [(span.start_s, span.end_s) for span in socket.contactor.spans]
            yield bars(frame, "Contactor closed", [(closed, "muted", 0.6)], 9)
        yield from _limit_lane(strips, socket.limit.spans, frame)
    if len(pictures) > 1 and strips.fullest.points:
        limit = Curve("limit", "alarm", strips.station_limit.points)
        fullest = Curve("fullest phase", "drawn", strips.fullest.points)
        yield current_lane(frame, "All sockets, A", [limit], areas=[fullest])


def _meter_lanes(strips: Strips, meters: Mapping[str, Sequence[_PhaseGroup]], frame: Frame) -> Iterator[Lane]:
    for name, groups in meters.items():
        meter = strips.meters[name]
        if groups:
            limit = Curve("limit", "alarm", strips.meter_limit.points)
            unheard = Shade(NOT_HEARD, "fault", strips.unheard.spans)
            curves = [limit, *(group.curve for group in groups)]
            yield current_lane(frame, f"{name or 'Meter'}, A", curves, shades=[unheard])
        arrivals = [(meter.arrivals.intervals, "muted", 0.7), (meter.corrupted.intervals, "alarm", 1.0)]
        yield bars(frame, "Answers" if meter.polled else "Telegrams", arrivals, 9)


def _other_lanes(strips: Strips, frame: Frame) -> Iterator[Lane]:
    yield from _limit_lane(strips, strips.limit.spans, frame)
    for fault in strips.faults.values():
        yield span_lane(frame, "Fault", fault.spans, lambda _: _FAULT_LOOK, 15)
    if strips.unshown_faults:
        yield bars(frame, f"{len(strips.unshown_faults)} more faults", [], 9)
    if strips.documented_log.intervals or strips.own_log.intervals:
        log = [(strips.own_log.intervals, "muted", 0.5), (strips.documented_log.intervals, "accent", 1.0)]
        yield bars(frame, "Log lines", log, 12)


def _limit_lane(strips: Strips, spans: Sequence[Span], frame: Frame) -> Iterator[Lane]:
    """Which limit led, each in the same look at every socket."""
    everywhere = [*(one for socket in strips.sockets.values() for one in socket.limit.spans), *strips.limit.spans]
    order = [label for label in dict.fromkeys(span.label for span in everywhere) if label != MIXED]

    def look(label: str) -> tuple[str, float]:
        return _MIXED_LOOK if label == MIXED else _SOURCE_LOOKS[order.index(label) % len(_SOURCE_LOOKS)]

    if spans:
        yield span_lane(frame, "Limit by", spans, look, 18)


def _pilot_look(label: str) -> tuple[str, float]:
    return _MIXED_LOOK if label == MIXED else _PILOT_LOOK.get(label[:1], _FAULT_LOOK)


def _draw_axis(canvas: Canvas, frame: Frame, top: int, bottom: int) -> None:
    unit, unit_s, values = time_scale(frame.start_s, frame.end_s, 8)
    shown = [(value, frame.x(value * unit_s)) for value in values]
    canvas.lines([[(x, top), (x, bottom)] for _, x in shown], "grid", width=0.7)
    for value, x in shown:
        canvas.text(x, bottom + 13, number(value), ink="muted", anchor="middle")
    canvas.text(0, bottom + 13, f"Time, {unit}", ink="muted")


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
