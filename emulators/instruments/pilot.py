"""What instruments need of an outlet and its control pilot: something to plug into, and something to put a probe on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from emulators.pilot.circuit import NO_FAULTS, PilotFaults, PilotLoad, Plateaus, Signal
from emulators.site.reading import PerPhase

# With less between the half-waves there is no PWM to be measured.
MIN_SWING_V = 1.0
NONE_PER_PHASE: PerPhase = (0.0, 0.0, 0.0)


class CarEnd(msgspec.Struct, frozen=True):
    """What hangs on the pilot and on the proximity contact in place of a car; nothing at first."""

    load: PilotLoad | None = None
    faults: PilotFaults = NO_FAULTS
    pp_ohm: float | None = None


class PilotReading(msgspec.Struct, frozen=True):
    """The pilot as it is measured: plateaus in volt; duty (0 ... 1) and frequency are None while nothing oscillates."""

    high_v: float
    low_v: float
    duty: float | None = None
    frequency_hz: float | None = None


class OutletReading(msgspec.Struct, frozen=True):
    """L1, L2, L3 at the outlet as they are measured: phase voltages behind the contactor in volt, currents into the box
    in ampere. 0 on a phase that is not there."""

    volts: PerPhase = NONE_PER_PHASE
    amps: PerPhase = NONE_PER_PHASE


def reading_of(plateaus: Plateaus, emitted: Signal) -> PilotReading:
    """What an instrument measures where these plateaus are, while the generator makes this signal."""
    if emitted.duty_mpct is None or plateaus.high_v - plateaus.low_v < MIN_SWING_V:
        return PilotReading(plateaus.high_v, plateaus.low_v)
    return PilotReading(plateaus.high_v, plateaus.low_v, emitted.duty_mpct / 100_000, emitted.frequency_hz)


class Inlet(Protocol):
    """Where an EV simulator box is plugged in, with its load bank."""

    def hang(self, end: CarEnd, now_s: float) -> None:
        """From now on this hangs there."""

    def set_load(self, load_a: PerPhase, power_factors: PerPhase, now_s: float) -> None:
        """What the load bank draws on L1, L2, L3 in ampere, while there is mains and the car's end asks for it."""

    def read(self, now_s: float) -> PilotReading:
        """The pilot against earth, as it arrives at the car's end."""

    def read_outlet(self, now_s: float) -> OutletReading:
        """Voltages and currents at the outlet."""


class Probe(Protocol):
    """Where an oscilloscope is clipped on: the station's pilot terminal."""

    def sample(self, start_s: float, sample_rate_hz: float, count: int) -> Sequence[float]:
        """`count` voltages, `1 / sample_rate_hz` apart, the first at `start_s`, which may lie a little ahead."""
