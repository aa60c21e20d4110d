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


@dataclass(slots=True)
class Trace:
    """A step series: a value holds until the next. Repeated values are not stored."""

    points: list[Point] = field(default_factory=list)

    def add(self, at_s: float, value: float) -> None:
        """The value from `at_s` on."""
        if not self.points or self.points[-1][1] != value:
            self.points.append((at_s, value))


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


@dataclass(slots=True)
class Socket:
    """What happened at one socket: currents in ampere, pilot states "A1" … "F", the contactor."""

    offered: Trace = field(default_factory=Trace)
    drawn: list[Trace] = field(default_factory=lambda: [Trace() for _ in range(PHASES)])
    pilot: States = field(default_factory=States)
    contactor: States = field(default_factory=States)


@dataclass(slots=True)
class Meter:
    """What one meter told: currents in ampere (negative: export), when telegrams came and which were corrupted."""

    currents: list[Trace] = field(default_factory=lambda: [Trace() for _ in range(PHASES)])
    arrivals: Marks = field(default_factory=Marks)
    corrupted: Marks = field(default_factory=Marks)


class Strips:
    """Everything of one case that is drawn. Times are seconds of the run and never decrease."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.sockets: dict[str, Socket] = {}
        self.meters: dict[str, Meter] = {}
        self.faults: dict[str, States] = {}
        self.unshown_faults: set[str] = set()
        self.limit = States()
        self.documented_log = Marks()
        self.own_log = Marks()
        self.start_s: float | None = None
        self.end_s = 0.0
        handlers = {
            "pilot": self._pilot,
            "contactor": self._contactor,
            "currents": self._currents,
            "telegram": self._telegram,
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
        for states in self.states():
            states.close(self.end_s)

    def _socket(self, data: dict[str, Any]) -> Socket:
        return self.sockets.setdefault(str(data.get("socket", "")), Socket())

    def _pilot(self, at_s: float, data: dict[str, Any]) -> None:
        socket = self._socket(data)
        # No PWM on the pilot allows no current.
        socket.offered.add(at_s, data.get("offered_a") or 0.0)
        state = data.get("state")
        socket.pilot.set(at_s, None if state is None else str(state))

    def _contactor(self, at_s: float, data: dict[str, Any]) -> None:
        self._socket(data).contactor.set(at_s, "closed" if data.get("closed") else "open")

    def _currents(self, at_s: float, data: dict[str, Any]) -> None:
        for trace, value_a in zip(self._socket(data).drawn, data.get("i_a") or (), strict=False):
            trace.add(at_s, value_a)

    def _telegram(self, at_s: float, data: dict[str, Any]) -> None:
        meter = self.meters.setdefault(str(data.get("meter", "")), Meter())
        for trace, value_a in zip(meter.currents, data.get("i_a") or (), strict=False):
            trace.add(at_s, value_a)
        (meter.corrupted if data.get("corrupted") else meter.arrivals).add(at_s)

    def _fault(self, at_s: float, data: dict[str, Any]) -> None:
        line, fault = data.get("line"), data.get("fault", "fault")
        what = f"{line}: {fault}" if line else str(fault)
        if what not in self.faults and len(self.faults) >= MOST_FAULTS:
            self.unshown_faults.add(what)
            return
        self.faults.setdefault(what, States()).set(at_s, what if data.get("on", True) else None)

    def _limit(self, at_s: float, data: dict[str, Any]) -> None:
        source = data.get("source")
        self.limit.set(at_s, None if source is None else str(source))

    def _log(self, at_s: float, data: dict[str, Any]) -> None:
        (self.documented_log if data.get("documented") else self.own_log).add(at_s)

    def traces(self) -> list[Trace]:
        """Every step series."""
        drawn = [trace for socket in self.sockets.values() for trace in (socket.offered, *socket.drawn)]
        return drawn + [trace for meter in self.meters.values() for trace in meter.currents]

    def states(self) -> list[States]:
        """Every series of labelled spans."""
        at_sockets = [states for socket in self.sockets.values() for states in (socket.pilot, socket.contactor)]
        return [*at_sockets, *self.faults.values(), self.limit]

    def marks(self) -> list[Marks]:
        """Every series of moments."""
        of_meters = [marks for meter in self.meters.values() for marks in (meter.arrivals, meter.corrupted)]
        return [*of_meters, self.documented_log, self.own_log]
