"""One timeline per case: every event with its time, its source and the uncertainty of that time.

Two runs of one scenario in virtual time give byte-identical lines: times are rounded to the microsecond, keys keep the
order in which they were given, and nothing of the machine (descriptors, process ids, wall-clock dates) enters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, rename={"at_s": "t", "uncertainty_s": "u", "source": "src"}):
    """Something that happened at `at_s` seconds of the run, known to within `uncertainty_s` either way."""

    at_s: float
    source: str
    kind: str
    data: dict[str, Any]
    uncertainty_s: float = 0.0


Listener = Callable[[Event], None]
_ENCODER = msgspec.json.Encoder()


class Timeline:
    """Events in the order in which they were recorded, with listeners that are told of each."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._listeners: list[Listener] = []

    def record(self, at_s: float, source: str, kind: str, data: dict[str, Any], uncertainty_s: float = 0.0) -> Event:
        """Add an event and tell the listeners."""
        event = Event(round(at_s, 6), source, kind, data, uncertainty_s)
        self.events.append(event)
        for listener in tuple(self._listeners):
            listener(event)
        return event

    def emitter(self, source: str, uncertainty_s: float = 0.0) -> Callable[[float, str, dict[str, Any]], None]:
        """An `emit(at_s, kind, fields)` for a model, filing everything under `source`."""

        def emit(at_s: float, kind: str, fields: dict[str, Any]) -> None:
            self.record(at_s, source, kind, fields, uncertainty_s)

        return emit

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event from now on; the returned function ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def of(self, kind: str, source: str | None = None) -> list[Event]:
        """The recorded events of one kind."""
        return [e for e in self.events if e.kind == kind and (source is None or e.source == source)]

    def lines(self) -> Iterator[bytes]:
        """The timeline as JSON lines."""
        for event in self.events:
            yield _ENCODER.encode(event) + b"\n"
