"""The control pilot circuit, computed from its components (IEC 61851-1 annex A).

    station                                     car
    +-12 V --- R1 ---+--- pilot wire ---+--- diode ---+--- R2 ---+--- PE
                     measured here      |             +--- S2 - R3

Current flows through the diode in the positive half-wave only. So the low plateau stays at the source voltage as
long as the diode is intact, and a constant -12 V says nothing about a car.
"""

from typing import Literal

import msgspec

from emulators.errors import BadConfiguration

R1_OHM = 1_000.0
R2_OHM = 2_740.0
R3_CHARGING_OHM = 1_300.0
R3_VENTILATED_OHM = 270.0
DIODE_DROP_V = 0.7
FREQUENCY_HZ = 1_000.0
# Generator, cable and car together. A reference design shows rise times of 4.3 us in state B and 3.08 us in state C;
# this capacitance explains both (the standard allows 3.1 nF, by recollection).
CAPACITANCE_NF = 2.6

Level = Literal["pwm", "high", "low"]


class Signal(msgspec.Struct, frozen=True):
    """What the generator does: constant +12 V, constant -12 V, or PWM with a duty cycle in 1/1000 %."""

    level: Level
    duty_mpct: int | None = None
    frequency_hz: float = FREQUENCY_HZ


HIGH = Signal("high")
LOW = Signal("low")
MIN_DUTY_MPCT = 1
MAX_DUTY_MPCT = 99_999


def pwm(duty_mpct: int) -> Signal:
    """A PWM signal. Raises BadConfiguration for 0 % and 100 %, which are constant levels, and beyond."""
    if not MIN_DUTY_MPCT <= duty_mpct <= MAX_DUTY_MPCT:
        raise BadConfiguration(f"duty {duty_mpct} is not PWM: {MIN_DUTY_MPCT} ... {MAX_DUTY_MPCT} (1/1000 %)")
    return Signal("pwm", duty_mpct)


class Source(msgspec.Struct, frozen=True):
    """The station's generator with the values it really has; what it may have is in `tolerance`.

    Values outside model a defective generator; with 0 V on both sides it has no supply, which is state E.
    duty_error_mpct: what is added to every duty cycle it is told to make, in 1/1000 %.
    jitter_s: how far an edge of the PWM lies from its place at most, early or late.
    """

    high_v: float = 12.0
    low_v: float = -12.0
    r1_ohm: float = R1_OHM
    frequency_hz: float = FREQUENCY_HZ
    duty_error_mpct: int = 0
    jitter_s: float = 0.0
    capacitance_nf: float = CAPACITANCE_NF

    def emits(self, told: Signal) -> Signal:
        """The signal that comes out when the generator is told to make this one. PWM stays PWM at either end."""
        if told.duty_mpct is None:
            return told
        duty_mpct = min(max(told.duty_mpct + self.duty_error_mpct, MIN_DUTY_MPCT), MAX_DUTY_MPCT)
        return Signal("pwm", duty_mpct, self.frequency_hz)


class PilotLoad(msgspec.Struct, frozen=True):
    """The car's end: R2, R3 in parallel while S2 is closed (None: open), and the diode's forward drop."""

    r2_ohm: float = R2_OHM
    r3_ohm: float | None = None
    diode_drop_v: float = DIODE_DROP_V

    @property
    def total_ohm(self) -> float:
        """R2 and R3 in parallel, or R2 alone."""
        return self.r2_ohm if self.r3_ohm is None else 1 / (1 / self.r2_ohm + 1 / self.r3_ohm)


class PilotFaults(msgspec.Struct, frozen=True):
    """Defects between generator and car.

    shorted_to_pe: chafed cable or water in the plug, before the diode: 0 V in both half-waves.
    shorted_behind_diode: a defective car inlet, or a test box wired so: the negative half-wave survives.
    open: the pilot wire is broken; the station sees no car, the car sees no pilot.
    earth_lost: the protective conductor of the cable is broken. The pilot's current has no way back, so it is `open`
        by the voltages: an empty socket to the station, 0 V (state E) to the car.
    diode_shorted: the car's diode conducts both ways, or is missing and bridged: a resistor stands in for a car.
    diode_open: the car's diode has burnt out and conducts neither way: the station sees no car, the car its pilot.
    resistor_ohm: this resistor stands where R2 and R3 should be, whatever the car's S2 does.
    """

    shorted_to_pe: bool = False
    shorted_behind_diode: bool = False
    open: bool = False
    earth_lost: bool = False
    diode_shorted: bool = False
    diode_open: bool = False
    resistor_ohm: float | None = None

    @property
    def broken(self) -> bool:
        """Whether generator and car are apart."""
        return self.open or self.earth_lost


NO_FAULTS = PilotFaults()


class Plateaus(msgspec.Struct, frozen=True):
    """Voltages of the two half-waves in volt; equal while the signal is a constant level."""

    high_v: float
    low_v: float


DEAD = Plateaus(0.0, 0.0)


def measure(source: Source, signal: Signal, load: PilotLoad | None, faults: PilotFaults = NO_FAULTS) -> Plateaus:
    """The plateau voltages at the station's pilot terminal. `load` is None while no car is connected."""
    if faults.shorted_to_pe:
        return DEAD
    branch = branch_of(load, faults)
    high_v = level_v(source.high_v, source.r1_ohm, branch)
    low_v = level_v(source.low_v, source.r1_ohm, branch)
    if signal.level == "pwm":
        return Plateaus(high_v, low_v)
    return Plateaus(high_v, high_v) if signal.level == "high" else Plateaus(low_v, low_v)


def seen_by_car(at_station: Plateaus, faults: PilotFaults) -> Plateaus:
    """The plateau voltages at the car's inlet: those of the station's terminal unless the wire is broken."""
    return DEAD if faults.broken else at_station


class Branch(msgspec.Struct, frozen=True):
    """What hangs on the pilot terminal: a resistor to `knee_v` that carries current above `knee_v` only, or always."""

    ohm: float
    knee_v: float
    one_way: bool


def branch_of(load: PilotLoad | None, faults: PilotFaults = NO_FAULTS) -> Branch | None:
    """The car's branch with its defects; None when no current can flow through a car."""
    if load is None or faults.broken or (faults.diode_open and not faults.diode_shorted):
        return None
    ohm = load.total_ohm if faults.resistor_ohm is None else faults.resistor_ohm
    knee_v = 0.0 if faults.diode_shorted else load.diode_drop_v
    return Branch(0.0 if faults.shorted_behind_diode else ohm, knee_v, not faults.diode_shorted)


def level_v(source_v: float, r1_ohm: float, branch: Branch | None) -> float:
    """The voltage at the terminal when the generator holds `source_v` behind `r1_ohm`."""
    if branch is None or (branch.one_way and source_v <= branch.knee_v):
        return source_v
    return branch.knee_v + (source_v - branch.knee_v) * branch.ohm / (branch.ohm + r1_ohm)


# Lower bounds in volt of the high plateau. The standard's windows are nominal +-1 V with gaps between; here each gap
# is shared out so that every generator and resistor within tolerance lands in its letter (A from 11.4 V, B 7.60 to
# 10.53 V, C 4.96 to 6.91 V, D 2.76 to 3.11 V). Who needs the gaps finds the plateau voltages beside the state.
_LOWER_BOUND_V = (("A", 11.0), ("B", 7.5), ("C", 4.5), ("D", 1.5), ("E", -1.5))


def state_of(plateaus: Plateaus, signal: Signal) -> str:
    """The state "A1" ... "D2", "E" or "F" that these voltages and this signal amount to.

    The figure is 2 while PWM runs and 1 on a constant level. The low plateau does not enter: a shorted diode shows
    there, and it is for the station to notice.
    """
    for letter, lower_bound_v in _LOWER_BOUND_V:
        if plateaus.high_v >= lower_bound_v:
            return letter if letter == "E" else letter + ("2" if signal.level == "pwm" else "1")
    return "F"
