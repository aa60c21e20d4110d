"""Instruments at an outlet of the emulated board: the box stands where a car would, a probe is on the pilot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import msgspec

from emulators.board.codec import Triple
from emulators.board.socket import Socket
from emulators.instruments.pilot import CarEnd, OutletReading, PilotReading, reading_of
from emulators.pilot.circuit import PilotLoad, Plateaus, Signal, seen_by_car
from emulators.site.reading import PerPhase
from emulators.vehicle.vehicle import Vehicle

_NO_CURRENT: Triple = (0, 0, 0)


class SocketProbe:
    """See Probe: at the pilot terminal of the outlet."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    def sample(self, start_s: float, sample_rate_hz: float, count: int) -> Sequence[float]:
        """See Probe."""
        return self._socket.waveform_v(start_s, sample_rate_hz=sample_rate_hz, count=count)


class SocketInlet:
    """See Inlet: the box is plugged in from now on, with a load bank behind the outlet's contactor.

    The load draws in states C and D, on each phase that has voltage behind the contactor. `changed` is called after
    each change, so that whoever steps the board can do so.

    Raises BadConfiguration when a car is plugged in.
    """

    def __init__(self, socket: Socket, now_s: float, changed: Callable[[], None] = lambda: None) -> None:
        self._socket = socket
        self._changed = changed
        self._car = _Car(lambda: socket.outlet_v)
        self._end = CarEnd()
        # A socket takes whatever acts like a car; its annotation names the one that it was made for.
        socket.plug(cast(Vehicle, self._car), now_s)

    def hang(self, end: CarEnd, now_s: float) -> None:
        """See Inlet."""
        self._end = end
        self._car.pilot_load = end.load
        self._car.spec = _Plug(0 if end.pp_ohm is None else round(end.pp_ohm))
        self._socket.set_pilot_faults(end.faults, now_s)
        self._settle(now_s)

    def set_load(self, load_a: PerPhase, power_factors: PerPhase, now_s: float) -> None:
        """See Inlet."""
        l1_a, l2_a, l3_a = load_a
        load = ((round(l1_a * 1000), round(l2_a * 1000), round(l3_a * 1000)), power_factors)
        if load != (self._car.load_ma, self._car.power_factors):
            self._car.load_ma, self._car.power_factors = load
            self._settle(now_s)

    def read(self, now_s: float) -> PilotReading:  # noqa: ARG002 - the outlet is as it is now
        """See Inlet."""
        sense = self._socket.sense()
        at_station = Plateaus(sense.cp_high_mv / 1000, sense.cp_low_mv / 1000)
        return reading_of(seen_by_car(at_station, self._end.faults), self._socket.signal)

    def read_outlet(self, now_s: float) -> OutletReading:
        """See Inlet."""
        return OutletReading(self._socket.outlet_v, self._car.currents_a(now_s))

    def _settle(self, now_s: float) -> None:
        self._socket.step(now_s)
        self._changed()


class _Plug(msgspec.Struct, frozen=True):
    """What a socket asks of a car's specification."""

    pp_ohm: int = 0


class _Car:
    """What a socket asks of a car, answered by resistors and a load bank: it does nothing of its own accord."""

    ramping = False

    def __init__(self, outlet_v: Callable[[], PerPhase]) -> None:
        self.spec = _Plug()
        self.pilot_load: PilotLoad | None = None
        self.load_ma = _NO_CURRENT
        self.power_factors: PerPhase = (1.0, 1.0, 1.0)
        self._outlet_v = outlet_v

    def currents_ma(self, _now_s: float) -> Triple:
        ready = self.pilot_load is not None and self.pilot_load.r3_ohm is not None
        if not ready:
            return _NO_CURRENT
        l1_ma, l2_ma, l3_ma = (ma if volt > 0 else 0 for ma, volt in zip(self.load_ma, self._outlet_v(), strict=True))
        return l1_ma, l2_ma, l3_ma

    def active_ma(self, now_s: float) -> Triple:
        pairs = zip(self.currents_ma(now_s), self.power_factors, strict=True)
        l1_ma, l2_ma, l3_ma = (round(ma * factor) for ma, factor in pairs)
        return l1_ma, l2_ma, l3_ma

    def currents_a(self, now_s: float) -> PerPhase:
        l1_ma, l2_ma, l3_ma = self.currents_ma(now_s)
        return l1_ma / 1000, l2_ma / 1000, l3_ma / 1000

    def plug(self, now_s: float, socket: int = 1) -> None:
        """It has no say in that."""

    def unplug(self, now_s: float) -> None:
        """It has no say in that."""

    def see_pilot(self, seen: Plateaus, signal: Signal, now_s: float) -> None:
        """A resistor does not react."""

    def see_mains(self, on: bool, now_s: float, phases: int = 3) -> None:
        """It looks for itself, phase by phase."""

    def advance(self, now_s: float) -> None:
        """It has nothing to do."""

    def step(self, now_s: float) -> None:
        """It has nothing to do."""

    def next_deadline_s(self) -> float | None:
        return None

    def next_change_s(self) -> float | None:
        return None
