"""An EV simulator box: resistors, a diode and switches in place of a car, and a meter for the pilot. Pure.

The method is that of all testers (shared facts, control_pilot section 7): relays switch R2, R3 or a short between pilot
and earth, with the diode in line; separate switches short or open the diode, break the earth, and set the proximity
resistor. The commands are those of no product; a real box is driven by a table of its own (rig/instruments).
"""

from __future__ import annotations

import msgspec

from emulators.instruments.pilot import CarEnd, Inlet, PilotReading
from emulators.pilot.circuit import R2_OHM, R3_CHARGING_OHM, R3_VENTILATED_OHM, PilotFaults, PilotLoad


class BoxSettings(msgspec.Struct, frozen=True):
    """How the box is set; as it is after `*RST`: unplugged, with a good car's parts.

    state: A, B, C, D or E. diode: PRESent, SHORted, or MISSing, which is open. short: what is shorted to earth, NONE,
    PILot (0 V in both half-waves) or DIODe (behind the diode, so that the negative half-wave survives). State E is
    the short of PILot. `r3_c_ohm` and `r3_d_ohm` are what lies parallel to `r2_ohm` in states C and D. pp_ohm None is
    an open proximity contact.
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
        self._settings = AS_NEW
        inlet.hang(AS_NEW.end(), now_s)

    @property
    def settings(self) -> BoxSettings:
        """How it is set."""
        return self._settings

    def change(self, now_s: float, **changes: object) -> None:
        """Change settings by their names."""
        self._settings = msgspec.structs.replace(self._settings, **changes)
        self._inlet.hang(self._settings.end(), now_s)

    def reset(self, now_s: float) -> None:
        """See Device: unplugged, all parts good."""
        self._settings = AS_NEW
        self._inlet.hang(AS_NEW.end(), now_s)

    def read(self, now_s: float) -> PilotReading:
        """The pilot as the box measures it, against its own earth."""
        return self._inlet.read(now_s)
