"""What an EV simulator box sees of a socket, as the events that an emulated socket would give."""

from __future__ import annotations

from typing import Any

from emulators.board.socket import PerPhase, pilot_fields
from emulators.pilot.circuit import Plateaus, Signal
from rig.bench.instrument_entries import EvBox
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
        self._uncertainty_a = entry.uncertainty_a
        # Both of two readings may be off.
        self._most_v, self._most_a = 2 * entry.uncertainty_v, 2 * entry.uncertainty_a
        self._timeline = timeline
        self._began_s: float | None = None
        self._pilot: tuple[Signal, Plateaus] | None = None
        self._closed = False
        self._i_a = NO_LOAD

    def take(self, signal: Signal, plateaus: Plateaus, looked: Looked, began_s: float, now_s: float) -> None:
        """The next look, from `began_s` to `now_s`, in which the pilot is as `signal` and `plateaus` say.

        What is new came about after the look before this one began.
        """
        before_s = began_s if self._began_s is None else self._began_s
        self._began_s = began_s
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
        i_a = self._without_noise(looked.amps)
        ended = any(self._i_a) and not any(i_a)
        if ended or any(abs(now_a - before_a) > self._most_a for now_a, before_a in zip(i_a, self._i_a, strict=True)):
            self._i_a = i_a
            file("currents", {"i_a": [round(ampere, 3) for ampere in i_a]})

    def _moved(self, now: Plateaus, before: Plateaus) -> bool:
        return abs(now.high_v - before.high_v) > self._most_v or abs(now.low_v - before.low_v) > self._most_v

    def _without_noise(self, amps: PerPhase) -> PerPhase:
        """What may be no current is none."""
        l1_a, l2_a, l3_a = (0.0 if abs(ampere) <= self._uncertainty_a else ampere for ampere in amps)
        return l1_a, l2_a, l3_a
