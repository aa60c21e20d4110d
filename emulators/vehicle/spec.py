"""What kind of car it is."""

import math
from typing import Literal

import msgspec

from emulators.errors import BadConfiguration
from emulators.pilot.circuit import DIODE_DROP_V, R2_OHM, R3_CHARGING_OHM
from emulators.pilot.codec import IEC_61851_1, DutyTable
from emulators.pilot.timing import WAKE_PULSE_LEAST_S
from emulators.vehicle.power_factor import Curve, check_curve

MIN_START_DELAY_S = 0.01  # a relay such as S2 does not close faster
PP_20_A_OHM = 680  # Type 2 cable for 20 A (M3-012)
PP_32_A_OHM = 220  # Type 2 cable for 32 A

BelowMin = Literal["wait", "stop"]
WakesBy = Literal["offer", "toggle", "plug"]


class VehicleSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A car and its cable. Currents are per phase. Raises BadConfiguration on values no car can have.

    These fields are the keys of the files in `cars/` too (docs/cars.md).

    phases: 1, 2 or 3; one phase loads L1, two load L1 and L2.
    two_phases_below_a: a three-phase car leaves L3 alone while the offer is below this.
    min_a, max_a: the charger draws nothing below the one and never more than the other (`fixed_draw_a` aside).
    below_min: at an offer below `min_a` the car waits in state C ("wait"), or takes it for none and opens S2 ("stop").
    reaction_s: from a changed offer, or from the loss of PWM, until the car follows. The standard allows 5 s.
    decrease_reaction_s, stop_reaction_s: the same for a lower offer and for the loss of PWM, where they differ
        (None: as `reaction_s`). Infinite: the car ignores it; a lower offer until its mains have been off.
    ramp_a_per_s, ramp_down_a_per_s: how fast the current then rises and falls; infinite is a step.
    start_delay_s: from PWM (state B2) until the car closes S2 (state C2).
    draw_fraction: what the car draws as a fraction of the offer; 1.05 is a car that takes 5 % too much.
    fixed_draw_a: the car draws this whatever it is offered (None: it follows the offer).
    filter_a: reactive current that a charger draws by itself while S2 is closed and mains is on; below `min_a` all.
    power_factor: pairs of A per phase and displacement power factor; without any, `filter_a` alone decides.
    toggle_s: S2 stays closed for the first and open for the second, over and over (None: it stays closed).
    sleep_after_s: the car falls asleep when it was offered nothing for so long (None: never).
    wakes_by: what wakes it: PWM ("offer", B1 to B2), state E or F for `wake_pulse_s` ("toggle"), or only its "plug".
    wake_s: from then until it is up; `start_delay_s` comes after that.
    simplified: a car with a simplified pilot: state C from the start, PWM not read, 10 A at most whenever mains is on.
    battery_kwh, soc_pct: the car ends the charge at 100 %; without a capacity it is never full.
    pp_ohm: the proximity resistor in its cable.
    r2_ohm, r3_ohm, diode_drop_v: its end of the control pilot.
    duty_table: how it reads duty cycles. IEC 61851-1 and SAE J1772 differ below 9.5 % and above 96.5 %.
    """

    phases: int = 3
    two_phases_below_a: float | None = None
    min_a: float = 6.0
    max_a: float = 16.0
    below_min: BelowMin = "wait"
    reaction_s: float = 1.0
    decrease_reaction_s: float | None = None
    stop_reaction_s: float | None = None
    ramp_a_per_s: float = math.inf
    ramp_down_a_per_s: float = math.inf
    start_delay_s: float = 1.0
    draw_fraction: float = 1.0
    fixed_draw_a: float | None = None
    filter_a: float = 0.0
    power_factor: Curve = ()
    toggle_s: tuple[float, float] | None = None
    sleep_after_s: float | None = None
    wakes_by: WakesBy = "offer"
    wake_pulse_s: float = WAKE_PULSE_LEAST_S
    wake_s: float = 0.0
    simplified: bool = False
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
            value = getattr(self, name)
            for each in value if isinstance(value, tuple) else (value,):
                check_range(name, each)
        for name, least in (("min_a", self.min_a), ("filter_a", self.filter_a)):
            if least > self.max_a:
                raise BadConfiguration(f"vehicle: {name} {least} is above max_a {self.max_a}")
        if self.two_phases_below_a is not None and self.phases != 3:
            raise BadConfiguration(f"vehicle: two_phases_below_a is for three phases; phases is {self.phases}")
        check_curve(self.power_factor)


_SMALLEST = 1e-6
_RANGES: dict[str, tuple[float, float]] = {
    "two_phases_below_a": (0.0, 1_000.0),
    "min_a": (0.0, 1_000.0),
    "max_a": (0.0, 1_000.0),
    "reaction_s": (0.0, 3_600.0),
    "decrease_reaction_s": (0.0, math.inf),
    "stop_reaction_s": (0.0, math.inf),
    "ramp_a_per_s": (_SMALLEST, math.inf),
    "ramp_down_a_per_s": (_SMALLEST, math.inf),
    "start_delay_s": (MIN_START_DELAY_S, 86_400.0),
    "draw_fraction": (0.0, 100.0),
    "fixed_draw_a": (0.0, 1_000.0),
    "filter_a": (0.0, 1_000.0),
    "toggle_s": (MIN_START_DELAY_S, 86_400.0),  # either of the two
    "sleep_after_s": (0.0, 1e9),
    "wake_pulse_s": (0.0, 3_600.0),
    "wake_s": (0.0, 86_400.0),
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
