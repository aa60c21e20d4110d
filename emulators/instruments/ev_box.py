"""An EV simulator box: resistors, a diode, switches and a load bank in place of a car, and a meter. Pure.

The method is that of all testers (shared facts, control_pilot section 7): relays switch R2, R3 or a short between pilot
and earth, with the diode in line; separate switches short or open the diode, break the earth, and set the proximity
resistor. The commands are those of no product; a real box is driven by a table of its own (rig/instruments).
"""

from __future__ import annotations

import msgspec

from emulators.instruments.pilot import NONE_PER_PHASE, CarEnd, Inlet, OutletReading, PilotReading
from emulators.pilot.circuit import R2_OHM, R3_CHARGING_OHM, R3_VENTILATED_OHM, PilotFaults, PilotLoad
from emulators.site.reading import PerPhase


class BoxSettings(msgspec.Struct, frozen=True):
    """How the box is set; as it is after `*RST`: unplugged, with a good car's parts.

    state: A, B, C, D or E. diode: PRESent, SHORted, or MISSing, which is open. short: what is shorted to earth, NONE,
    PILot (0 V in both half-waves) or DIODe (behind the diode, so that the negative half-wave survives). State E is
    the short of PILot. `r3_c_ohm` and `r3_d_ohm` are what lies parallel to `r2_ohm` in states C and D. pp_ohm None is
    an open proximity contact. load_a is what the load bank draws on L1, L2, L3 in states C and D while there is mains,
    and `power_factors` (0 ... 1) how much of that is in phase with the voltage.
    """

    state: str = "A"
    r2_ohm: float = R2_OHM
    r3_c_ohm: float = R3_CHARGING_OHM
    r3_d_ohm: float = R3_VENTILATED_OHM
    diode: str = "PRESent"
    short: str = "NONE"
    pilot: bool = True
    earth: bool = True
    pp_ohm: float | None = None
    load_a: PerPhase = NONE_PER_PHASE
    power_factors: PerPhase = (1.0, 1.0, 1.0)

    @property
    def load(self) -> PilotLoad | None:
        """R2, and R3 where the state has one; None while no resistor is switched on."""
        if self.state == "A":
            return None
        return PilotLoad(self.r2_ohm, {"C": self.r3_c_ohm, "D": self.r3_d_ohm}.get(self.state))

    def end(self) -> CarEnd:
        """What that makes of the circuit. Behind a broken wire or earth no short reaches the pilot."""
        whole = self.pilot and self.earth
        faults = PilotFaults(
            shorted_to_pe=whole and (self.state == "E" or self.short == "PILot"),
            shorted_behind_diode=self.short == "DIODe",
            open=not self.pilot,
            earth_lost=not self.earth,
            diode_shorted=self.diode == "SHORted",
            diode_open=self.diode == "MISSing",
        )
        return CarEnd(self.load, faults, self.pp_ohm)


AS_NEW = BoxSettings()


class EvBox:
    """The box at its inlet. Every change reaches the pilot at once."""

    def __init__(self, inlet: Inlet, now_s: float = 0.0) -> None:
        self._inlet = inlet
        self.reset(now_s)

    @property
    def settings(self) -> BoxSettings:
        """How it is set."""
        return self._settings

    def change(self, now_s: float, **changes: object) -> None:
        """Change settings by their names."""
        self._set(msgspec.structs.replace(self._settings, **changes), now_s)

    def reset(self, now_s: float) -> None:
        """See Device: unplugged, all parts good, no load."""
        self._set(AS_NEW, now_s)

    def read(self, now_s: float) -> PilotReading:
        """The pilot as the box measures it, against its own earth."""
        return self._inlet.read(now_s)

    def read_outlet(self, now_s: float) -> OutletReading:
        """Voltages at the outlet, and the currents into the box."""
        return self._inlet.read_outlet(now_s)

    def _set(self, settings: BoxSettings, now_s: float) -> None:
        self._settings = settings
        self._inlet.hang(settings.end(), now_s)
        self._inlet.set_load(settings.load_a, settings.power_factors, now_s)
