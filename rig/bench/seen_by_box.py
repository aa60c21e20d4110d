"""What an EV simulator box sees of a socket, as the events that an emulated socket would give."""

from __future__ import annotations

from typing import Any

from emulators.board.socket import pilot_fields
from emulators.pilot.circuit import Plateaus, Signal
from rig.bench.file import EvBox
from rig.bench.played import NO_LOAD
from rig.instruments.ev_simulator import Looked
from rig.timeline import Timeline

# Below this a phase has no mains; a contact that is open may let a little through.
LIVE_V = 100.0


class SeenByBox:
    """Files changes as `pilot`, `contactor` and `currents` of a socket: in the middle between two looks, known to half
    of what lies between them. What is as it was, as far as the box can tell, is no change.
    """

    def __init__(self, number: int, entry: EvBox, timeline: Timeline) -> None:
        self._number = number
        self._uncertainty_v, self._uncertainty_a = entry.uncertainty_v, entry.uncertainty_a
        self._timeline = timeline
        self._looked_s: float | None = None
        self._pilot: tuple[Signal, Plateaus] | None = None
        self._closed = False
        self._i_a = NO_LOAD

    def take(self, signal: Signal, plateaus: Plateaus, looked: Looked, now_s: float) -> None:
        """The next look, in which the pilot is as `signal` and `plateaus` say."""
        before_s = now_s if self._looked_s is None else self._looked_s
        self._looked_s = now_s
        at_s, half_s = (before_s + now_s) / 2, (now_s - before_s) / 2

        def file(kind: str, fields: dict[str, Any]) -> None:
            self._timeline.record(at_s, "ev box", kind, {"socket": self._number, **fields}, half_s)

        if self._pilot is None or signal != self._pilot[0] or self._moved(plateaus, self._pilot[1]):
            self._pilot = (signal, plateaus)
            file("pilot", pilot_fields(signal, plateaus))
        closed = max(looked.volts) >= LIVE_V
        if closed != self._closed:
            self._closed = closed
            file("contactor", {"closed": closed})
        if any(abs(now - before) > self._uncertainty_a for now, before in zip(looked.amps, self._i_a, strict=True)):
            self._i_a = looked.amps
            file("currents", {"i_a": [round(ampere, 3) for ampere in looked.amps]})

    def _moved(self, now: Plateaus, before: Plateaus) -> bool:
        most_v = 2 * self._uncertainty_v  # both readings may be off
        return abs(now.high_v - before.high_v) > most_v or abs(now.low_v - before.low_v) > most_v
