"""A car in the words of an EV simulator box: how it has to be set to be that car now, and what that car sees."""

from __future__ import annotations

from typing import NamedTuple

from emulators.board.socket import PerPhase
from emulators.pilot.circuit import FREQUENCY_HZ, NO_FAULTS, PilotFaults, Plateaus, Signal
from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle
from rig.bench.instrument_entries import EvBox
from rig.errors import ConfigurationError, HarnessError, NotTestableHere
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


# A reading without a level may happen, when it falls on a change.
BLIND_LOOKS = 5
# Readings of one frequency differ by less; what a car minds, 2 %, differs by more.
COUNTED_HZ = 5.0
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


def check_player(commands: BoxCommands, dialect: str) -> None:
    """Raises ConfigurationError for a product that lacks what playing a car takes."""
    lacking = [name for name in ("state", "plug_ohm", "load", "volts", "amps") if not getattr(commands, name)]
    if lacking:
        raise ConfigurationError(
            f"plays_cars: a box of dialect {dialect} cannot do that; it has no {', '.join(lacking)}"
        )


def check_playable(spec: VehicleSpec, entry: EvBox, commands: BoxCommands) -> None:
    """Raises NotTestableHere for a car that this box cannot be."""
    if not commands.power_factors and (spec.filter_a or spec.power_factor):
        raise NotTestableHere("the case needs a car that draws reactive current; this EV box's load bank draws none")
    if spec.phases > entry.load_phases:
        raise NotTestableHere(
            f"the case needs a car of {spec.phases} phases; [instruments] says load_phases = {entry.load_phases}"
        )


def check_load(wanted: Played, entry: EvBox) -> None:
    """Raises NotTestableHere for more current than this box's load bank draws."""
    if max(wanted.load_a) > entry.load_max_a:
        raise NotTestableHere(
            f"the case needs {max(wanted.load_a):g} A on a phase; [instruments] says load_max_a = {entry.load_max_a:g}"
        )


async def tell(box: EvSimulator, before: Played, after: Played) -> None:
    """Set the box from one to the other: a plug goes in with its cable first, and comes out all at once.

    Raises what the box raises.
    """
    leaves = before.state != after.state and (before.state == "C" or after.state == "A")
    if leaves:  # what is changed next must not be seen beside the resistor of state C
        await box.set_state(after.state)
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
    if before.state != after.state and not leaves:
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
        self._most_duty = 2 * uncertainty_duty  # both of two readings may be off
        self._duty = 0.0
        self._blind = 0
        self.signal = Signal("high")
        """What the generator does, as of the latest reading."""
        self.plateaus = Plateaus(0.0, 0.0)

    def read(self, measured: PilotMeasured) -> None:
        """The next reading. One without a level leaves all as it was; after too many of those, raises HarnessError."""
        levels_v = [volt for volt in (measured.high_v, measured.low_v) if volt is not None]
        self._blind = 0 if levels_v else self._blind + 1
        if self._blind > BLIND_LOOKS:
            raise HarnessError(f"the EV box has measured no level of the pilot {self._blind} times in a row")
        if not levels_v:
            return
        self.plateaus = Plateaus(levels_v[0], levels_v[-1])  # of a constant level some instruments tell one
        if measured.duty is None:
            self.signal = Signal("low" if self.plateaus.high_v < 0.0 else "high")
            return
        frequency_hz = FREQUENCY_HZ if measured.frequency_hz is None else measured.frequency_hz
        same = self.signal.level == "pwm" and abs(measured.duty - self._duty) <= self._most_duty
        if not same or abs(frequency_hz - self.signal.frequency_hz) > COUNTED_HZ:
            self._duty = measured.duty
            self.signal = Signal("pwm", round(measured.duty * 100_000), frequency_hz)
