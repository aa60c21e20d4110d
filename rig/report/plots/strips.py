"""From the events of a case to the strips of its plot: what is drawn, before anything is drawn.

One pass over the events. Which fields of which kind are read is listed in docs/architecture.md; an event without them
is not drawn, since a plot must never cost a case its verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rig.report.plots.decimate import Interval, Point, Span
from rig.timeline import Event

PHASES = 3
# Strips of further faults would crowd out everything else; they are counted.
MOST_FAULTS = 6
PAUSED = "paused"
BEYOND = "beyond offer"
NOT_HEARD = "not heard"
# The source of a limit that says that the socket is being probed (PRB-003).
PROBING = "probing"
# What a car does that the pilot does not show.
_NOTED = ("plugged", "unplugged", "full", "asleep", "awake")
# A car that draws so much more than it was offered may still be obeying: the duty cycle counts in steps.
_BEYOND_A = 0.1


@dataclass(slots=True)
class Trace:
    """A step series: a value holds until the next. Repeated values are not stored."""

    points: list[Point] = field(default_factory=list)

    def add(self, at_s: float, value: float) -> None:
        """The value from `at_s` on."""
        if not self.points or self.points[-1][1] != value:
            self.points.append((at_s, value))

    @property
    def last(self) -> float:
        """The latest value; 0 before the first."""
        return self.points[-1][1] if self.points else 0.0


@dataclass(slots=True)
class States:
    """A label that holds until the next; None is no state at all."""

    spans: list[Span] = field(default_factory=list)
    _label: str | None = None
    _since_s: float = 0.0

    def set(self, at_s: float, label: str | None) -> None:
        """The label from `at_s` on."""
        if label != self._label:
            self.close(at_s)
            self._label, self._since_s = label, at_s

    def close(self, at_s: float) -> None:
        """The last label ends."""
        if self._label is not None:
            self.spans.append(Span(self._since_s, at_s, self._label))


@dataclass(slots=True)
class Marks:
    """Moments as intervals, so that close ones can be joined."""

    intervals: list[Interval] = field(default_factory=list)

    def add(self, at_s: float) -> None:
        """One more moment."""
        self.intervals.append((at_s, at_s))


def _three() -> list[Trace]:
    return [Trace() for _ in range(PHASES)]


@dataclass(slots=True)
class Socket:
    """What happened at one socket: currents in ampere, pilot states "A1" … "F", the contactor, what leads the offer.

    `most` is what the car drew from the phase that it loaded most, `within` how much of that was offered.
    """

    offered: Trace = field(default_factory=Trace)
    drawn: list[Trace] = field(default_factory=_three)
    most: Trace = field(default_factory=Trace)
    within: Trace = field(default_factory=Trace)
    beyond: States = field(default_factory=States)
    paused: States = field(default_factory=States)
    pilot: States = field(default_factory=States)
    contactor: States = field(default_factory=States)
    limit: States = field(default_factory=States)
    notes: dict[str, Marks] = field(default_factory=dict)
    phases: tuple[int, ...] = tuple(range(PHASES))

    def compare(self, at_s: float) -> None:
        """Note how what is drawn compares with what is offered, from `at_s` on."""
        if self.most.points:
            self.within.add(at_s, min(self.most.last, self.offered.last))
            self.beyond.set(at_s, BEYOND if self.most.last > self.offered.last + _BEYOND_A else None)


@dataclass(slots=True)
class Meter:
    """What one meter told: currents in ampere (negative: export), when telegrams came and which were corrupted."""

    currents: list[Trace] = field(default_factory=_three)
    arrivals: Marks = field(default_factory=Marks)
    corrupted: Marks = field(default_factory=Marks)
    polled: bool = False


class Strips:
    """Everything of one case that is drawn. Times are seconds of the run and never decrease."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.sockets: dict[str, Socket] = {}
        self.meters: dict[str, Meter] = {}
        self.faults: dict[str, States] = {}
        self.unshown_faults: set[str] = set()
        self.limit = States()
        self.unheard = States()
        self.fullest = Trace()
        self.station_limit = Trace()
        self.meter_limit = Trace()
        self.documented_log = Marks()
        self.own_log = Marks()
        self.start_s: float | None = None
        self.end_s = 0.0
        self._heard = False
        handlers = {
            "wiring": self._wiring,
            "limits": self._limits,
            "pilot": self._pilot,
            "contactor": self._contactor,
            "currents": self._currents,
            "vehicle": self._vehicle,
            "telegram": self._telegram,
            "request": self._request,
            "monitor": self._monitor,
            "fault": self._fault,
            "limit": self._limit,
            "log": self._log,
        }
        for event in events:
            if self.start_s is None:
                self.start_s = self.end_s = event.at_s
            # Two recorders may round differently; a plot that runs backwards helps nobody.
            self.end_s = max(self.end_s, event.at_s)
            handler = handlers.get(event.kind)
            if handler is not None:
                handler(self.end_s, event.data)
        for states in (*self.states(), *(socket.beyond for socket in self.sockets.values())):
            states.close(self.end_s)
        for socket in self.sockets.values():
            probed = [(span.start_s, span.end_s) for span in socket.limit.spans if span.label == PROBING]
            if probed:
                socket.notes[PROBING] = Marks(probed)

    def _socket(self, data: dict[str, Any]) -> Socket:
        return self.sockets.setdefault(str(data.get("socket", "")), Socket())

    def _wiring(self, _at_s: float, data: dict[str, Any]) -> None:
        order = str(data.get("phases", ""))
        self._socket(data).phases = tuple(int(digit) - 1 for digit in order if digit in "123")

    def _limits(self, at_s: float, data: dict[str, Any]) -> None:
        for trace, key in ((self.station_limit, "station_a"), (self.meter_limit, "meter_a")):
            if data.get(key) is not None:
                trace.add(at_s, data[key])

    def _pilot(self, at_s: float, data: dict[str, Any]) -> None:
        socket = self._socket(data)
        # No PWM on the pilot allows no current.
        socket.offered.add(at_s, data.get("offered_a") or 0.0)
        state = data.get("state")
        socket.pilot.set(at_s, None if state is None else str(state))
        paused = data.get("signal") in ("high", "low") and not str(state).startswith("A")
        socket.paused.set(at_s, PAUSED if paused else None)
        socket.compare(at_s)

    def _contactor(self, at_s: float, data: dict[str, Any]) -> None:
        self._socket(data).contactor.set(at_s, "closed" if data.get("closed") else None)

    def _currents(self, at_s: float, data: dict[str, Any]) -> None:
        socket = self._socket(data)
        drawn_a = data.get("i_a") or (0.0,)
        for trace, value_a in zip(socket.drawn, drawn_a, strict=False):
            trace.add(at_s, value_a)
        socket.most.add(at_s, max(drawn_a))
        socket.compare(at_s)
        self.fullest.add(at_s, max(self._on_grid()))

    def _on_grid(self) -> list[float]:
        """What all sockets together draw from each phase of the grid now, in ampere."""
        sum_a = [0.0] * PHASES
        for socket in self.sockets.values():
            for phase, trace in zip(socket.phases, socket.drawn, strict=False):
                sum_a[phase] += trace.last
        return [round(value, 3) for value in sum_a]

    def _vehicle(self, at_s: float, data: dict[str, Any]) -> None:
        if data.get("what") in _NOTED:
            self._socket(data).notes.setdefault(data["what"], Marks()).add(at_s)

    def _telegram(self, at_s: float, data: dict[str, Any]) -> None:
        meter = self.meters.setdefault(str(data.get("meter", "")), Meter())
        for trace, value_a in zip(meter.currents, data.get("i_a") or (), strict=False):
            trace.add(at_s, value_a)
        (meter.corrupted if data.get("corrupted") else meter.arrivals).add(at_s)

    def _request(self, at_s: float, data: dict[str, Any]) -> None:
        # The Data Request of P1 is an event of that name, too.
        if "meter" in data and "answer" in data:
            self._telegram(at_s, {**data, "corrupted": data["answer"] != "ok"})
            self.meters[str(data["meter"])].polled = True

    def _monitor(self, at_s: float, data: dict[str, Any]) -> None:
        heard = data.get("meter_a") is not None
        self._heard = self._heard or heard
        self.unheard.set(at_s, NOT_HEARD if self._heard and not heard else None)

    def _fault(self, at_s: float, data: dict[str, Any]) -> None:
        line, fault = data.get("line"), data.get("fault", "fault")
        what = f"{line}: {fault}" if line else str(fault)
        if what not in self.faults and len(self.faults) >= MOST_FAULTS:
            self.unshown_faults.add(what)
            return
        self.faults.setdefault(what, States()).set(at_s, what if data.get("on", True) else None)

    def _limit(self, at_s: float, data: dict[str, Any]) -> None:
        source = data.get("source")
        states = self._socket(data).limit if "socket" in data else self.limit
        states.set(at_s, None if source is None else str(source))

    def _log(self, at_s: float, data: dict[str, Any]) -> None:
        (self.documented_log if data.get("documented") else self.own_log).add(at_s)

    def states(self) -> list[States]:
        """Every series of labelled spans that is drawn."""
        of_sockets = [
            states
            for socket in self.sockets.values()
            for states in (socket.pilot, socket.contactor, socket.limit, socket.paused)
        ]
        return [*of_sockets, *self.faults.values(), self.limit, self.unheard]

    def marks(self) -> list[Marks]:
        """Every series of moments."""
        of_sockets = [marks for socket in self.sockets.values() for marks in socket.notes.values()]
        of_meters = [marks for meter in self.meters.values() for marks in (meter.arrivals, meter.corrupted)]
        return [*of_sockets, *of_meters, self.documented_log, self.own_log]
