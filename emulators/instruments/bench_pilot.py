"""A pilot on the bench: a generator at one end, an EV simulator box at the other, a probe between them. Pure.

There is a pilot and nothing else: no mains, so a load bank draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from emulators.instruments.pilot import CarEnd, OutletReading, PilotReading, reading_of
from emulators.pilot.circuit import HIGH, Plateaus, Signal, Source, measure, seen_by_car, state_of
from emulators.pilot.waveform import sample
from emulators.site.reading import PerPhase


class BenchPilot:
    """See Inlet and Probe. The generator begins at +12 V; `changed(now_s)` is told when the end changes."""

    def __init__(self, source: Source | None = None, changed: Callable[[float], None] = lambda _now_s: None) -> None:
        self.source = source if source is not None else Source()
        self._changed = changed
        self._told = HIGH
        self._end = CarEnd()

    # -- the station's end ---------------------------------------------------------------------------------------

    @property
    def signal(self) -> Signal:
        """What the generator really makes."""
        return self.source.emits(self._told)

    @property
    def end(self) -> CarEnd:
        """What hangs on it."""
        return self._end

    @property
    def plateaus(self) -> Plateaus:
        """The voltages at the station's terminal."""
        return measure(self.source, self.signal, self._end.load, self._end.faults)

    @property
    def state(self) -> str:
        """The state "A1" ... "F" that the station sees."""
        return state_of(self.plateaus, self.signal)

    def drive(self, signal: Signal) -> None:
        """What the generator is told to make from now on."""
        self._told = signal

    # -- the instruments' end ------------------------------------------------------------------------------------

    def hang(self, end: CarEnd, now_s: float) -> None:
        """See Inlet."""
        self._end = end
        self._changed(now_s)

    def set_load(self, load_a: PerPhase, power_factors: PerPhase, now_s: float) -> None:
        """See Inlet. Without mains that changes nothing."""

    def read(self, now_s: float) -> PilotReading:  # noqa: ARG002 - it is the same at any time
        """See Inlet."""
        return reading_of(seen_by_car(self.plateaus, self._end.faults), self.signal)

    def read_outlet(self, now_s: float) -> OutletReading:  # noqa: ARG002 - there is no mains at any time
        """See Inlet."""
        return OutletReading()

    def sample(self, start_s: float, sample_rate_hz: float, count: int) -> list[float]:
        """See Probe."""
        return sample(
            self.source,
            self.signal,
            self._end.load,
            self._end.faults,
            sample_rate_hz=sample_rate_hz,
            count=count,
            start_s=start_s,
        )
