"""A car in the words of an EV simulator box: how it has to be set to be that car now, and what that car sees."""

from __future__ import annotations

from typing import NamedTuple

from emulators.board.socket import PerPhase
from emulators.pilot.circuit import FREQUENCY_HZ, NO_FAULTS, PilotFaults, Plateaus, Signal
from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle
from rig.errors import NotTestableHere
from rig.instruments.ev_simulator import BoxCommands, Diode, EvSimulator, PilotMeasured, Short, State

NO_LOAD: PerPhase = (0.0, 0.0, 0.0)


class Played(NamedTuple):
    """How a box is set. `charge_ohm` lies beside `base_ohm` in state C; `plug_ohm` None is no cable."""

    state: State = "A"
    base_ohm: float | None = None
    charge_ohm: float | None = None
    plug_ohm: float | None = None
    diode: Diode = "present"
    short: Short = "none"
    pilot: bool = True
    earth: bool = True
    load_a: PerPhase = NO_LOAD
    power_factors: PerPhase = (1.0, 1.0, 1.0)


AS_NEW = Played()
"""As a box is after it was reset."""


def played(vehicle: Vehicle | None, now_s: float, faults: PilotFaults = NO_FAULTS) -> Played:
    """That car, None for none, with these defects on the pilot."""
    end = Played(
        diode="shorted" if faults.diode_shorted else "missing" if faults.diode_open else "present",
        short="pilot" if faults.shorted_to_pe else "diode" if faults.shorted_behind_diode else "none",
        pilot=not faults.open,
        earth=not faults.earth_lost,
    )
    load = None if vehicle is None else vehicle.pilot_load
    if vehicle is None or load is None:
        return end
    if faults.resistor_ohm is not None:
        return end._replace(state="B", base_ohm=faults.resistor_ohm, plug_ohm=vehicle.spec.pp_ohm or None)
    l1_ma, l2_ma, l3_ma = drawn_ma = vehicle.currents_ma(now_s)
    l1, l2, l3 = map(_power_factor, drawn_ma, vehicle.active_ma(now_s))
    return end._replace(
        state="B" if load.r3_ohm is None else "C",
        base_ohm=load.r2_ohm,
        charge_ohm=vehicle.spec.r3_ohm,
        plug_ohm=vehicle.spec.pp_ohm or None,
        load_a=(l1_ma / 1000, l2_ma / 1000, l3_ma / 1000),
        power_factors=(l1, l2, l3),
    )


def _power_factor(drawn_ma: int, active_ma: int) -> float:
    return round(active_ma / drawn_ma, 5) if drawn_ma else 1.0


def check_playable(spec: VehicleSpec, commands: BoxCommands) -> None:
    """Raises NotTestableHere for a car that a box with those commands cannot be."""
    if not commands.power_factors and (spec.filter_a or spec.power_factor):
        raise NotTestableHere(
            "the case needs a car that draws reactive current; the load bank of this EV box draws none"
        )


async def tell(box: EvSimulator, before: Played, after: Played) -> None:
    """Set the box from one to the other: a plug goes in with its cable first, and comes out all at once.

    Raises what the box raises.
    """
    if after.state == "A" and after.state != before.state:
        await box.set_state("A")
    if after.plug_ohm != before.plug_ohm:
        await box.set_plug_ohm(after.plug_ohm)
    if (after.base_ohm, after.charge_ohm) != (before.base_ohm, before.charge_ohm):
        await box.set_resistors(base_ohm=after.base_ohm, charge_ohm=after.charge_ohm)
    if after.diode != before.diode:
        await box.set_diode(after.diode)
    if after.short != before.short:
        await box.set_short(after.short)
    if after.pilot != before.pilot:
        await box.set_pilot(after.pilot)
    if after.earth != before.earth:
        await box.set_earth(after.earth)
    if after.state not in ("A", before.state):
        await box.set_state(after.state)
    if after.power_factors != before.power_factors:
        await box.set_power_factors(*after.power_factors)
    if after.load_a != before.load_a:
        await box.set_load(*after.load_a)


class Eye:
    """What a car makes of readings that are off by a little: as long as they may be the same signal, it is.

    `uncertainty_duty` (0 ... 1) is how far a duty cycle may be off.
    """

    def __init__(self, uncertainty_duty: float) -> None:
        self._uncertainty_duty = uncertainty_duty
        self._duty = 0.0
        self.signal = Signal("high")
        """What the generator does, as of the latest reading."""
        self.plateaus = Plateaus(0.0, 0.0)

    def read(self, measured: PilotMeasured) -> None:
        """The next reading."""
        self.plateaus = Plateaus(measured.high_v or 0.0, measured.low_v or 0.0)
        if measured.duty is None:
            self.signal = Signal("low" if self.plateaus.high_v < 0.0 else "high")
            return
        frequency_hz = FREQUENCY_HZ if measured.frequency_hz is None else measured.frequency_hz
        same = self.signal.level == "pwm" and abs(measured.duty - self._duty) <= self._uncertainty_duty
        if not same or _differ(frequency_hz, self.signal.frequency_hz):
            self._duty = measured.duty
            self.signal = Signal("pwm", round(measured.duty * 100_000), frequency_hz)


def _differ(one_hz: float, other_hz: float) -> bool:
    """By more than any counter is off."""
    return abs(one_hz - other_hz) > 0.001 * other_hz
