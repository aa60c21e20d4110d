"""What kind of car it is."""

import math
from dataclasses import dataclass

from emulators.errors import BadConfiguration
from emulators.pilot.circuit import DIODE_DROP_V, R2_OHM, R3_CHARGING_OHM
from emulators.pilot.codec import IEC_61851_1, DutyTable

MIN_START_DELAY_S = 0.01  # a relay such as S2 does not close faster
PP_20_A_OHM = 680  # Type 2 cable for 20 A (M3-012)
PP_32_A_OHM = 220  # Type 2 cable for 32 A


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleSpec:
    """A car and its cable. Currents are per phase. Raises BadConfiguration on values no car can have.

    phases: 1, 2 or 3; one phase loads L1, two load L1 and L2.
    min_a, max_a: the charger draws nothing below the one and never more than the other (`fixed_draw_a` aside).
    reaction_s: from a changed offer, or from the loss of PWM, until the car follows. The standard allows 5 s.
    ramp_a_per_s, ramp_down_a_per_s: how fast the current then rises and falls; infinite is a step.
    start_delay_s: from PWM (state B2) until the car closes S2 (state C2).
    draw_fraction: what the car draws as a fraction of the offer; 1.05 is a car that takes 5 % too much.
    fixed_draw_a: the car draws this whatever it is offered (None: it follows the offer).
    battery_kwh, soc_pct: the car ends the charge at 100 %; without a capacity it is never full.
    pp_ohm: the proximity resistor in its cable.
    r2_ohm, r3_ohm, diode_drop_v: its end of the control pilot.
    duty_table: how it reads duty cycles. IEC 61851-1 and SAE J1772 differ below 9.5 % and above 96.5 %.
    """

    phases: int = 3
    min_a: float = 6.0
    max_a: float = 16.0
    reaction_s: float = 1.0
    ramp_a_per_s: float = math.inf
    ramp_down_a_per_s: float = math.inf
    start_delay_s: float = 1.0
    draw_fraction: float = 1.0
    fixed_draw_a: float | None = None
    battery_kwh: float | None = None
    soc_pct: float = 30.0
    pp_ohm: int = PP_32_A_OHM
    r2_ohm: float = R2_OHM
    r3_ohm: float = R3_CHARGING_OHM
    diode_drop_v: float = DIODE_DROP_V
    duty_table: DutyTable = IEC_61851_1

    def __post_init__(self) -> None:
        if self.phases not in (1, 2, 3):
            raise BadConfiguration(f"vehicle: phases is {self.phases}; allowed: 1, 2, 3")
        for name in _RANGES:
            check_range(name, getattr(self, name))
        if self.min_a > self.max_a:
            raise BadConfiguration(f"vehicle: min_a {self.min_a} is above max_a {self.max_a}")


_SMALLEST = 1e-6
_RANGES: dict[str, tuple[float, float]] = {
    "min_a": (0.0, 1_000.0),
    "max_a": (0.0, 1_000.0),
    "reaction_s": (0.0, 3_600.0),
    "ramp_a_per_s": (_SMALLEST, math.inf),
    "ramp_down_a_per_s": (_SMALLEST, math.inf),
    "start_delay_s": (MIN_START_DELAY_S, 86_400.0),
    "draw_fraction": (0.0, 100.0),
    "fixed_draw_a": (0.0, 1_000.0),
    "battery_kwh": (_SMALLEST, 10_000.0),
    "soc_pct": (0.0, 100.0),
    "pp_ohm": (1, 100_000),
    "r2_ohm": (1.0, 1e9),
    "r3_ohm": (1.0, 1e9),
    "diode_drop_v": (0.0, 5.0),
}


def check_range(name: str, value: float | None) -> None:
    """Raise BadConfiguration unless `value` is one that the field `name` of a VehicleSpec can have; None is."""
    lower, upper = _RANGES[name]
    if value is not None and not lower <= value <= upper:
        raise BadConfiguration(f"vehicle: {name} is {value}; allowed: {lower} ... {upper}")
