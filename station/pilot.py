"""The control pilot in numbers: duty cycle to current and back, plateau voltages to the state of the vehicle.

Duty cycles are in 1/1000 % as on the board link, currents in mA, voltages in mV; all integers. IEC 61851-1 annex A.
"""

from enum import Enum, auto
from typing import NamedTuple

MINIMUM_MA = 6_000  # M3-002: never signal less
MAXIMUM_MA = 80_000


class DutySegment(NamedTuple):
    """Up to `duty_to_mpct` (inclusive), current = (duty - offset_mpct) * gain_num / gain_den, in mA."""

    duty_to_mpct: int
    offset_mpct: int
    gain_num: int
    gain_den: int


# I = duty x 0.6 A up to 85 %, then (duty - 64) x 2.5 A up to 96 %.
LOW_SEGMENT = DutySegment(85_000, 0, 3, 5)
HIGH_SEGMENT = DutySegment(96_000, 64_000, 5, 2)
# Between 51 A (85 %) and 52.5 A no duty cycle says the current: the second formula would give less than 85 %.
HIGH_SEGMENT_FROM_MA = 52_500


def duty_mpct(current_ma: int) -> int:
    """Duty that signals `current_ma`, to the nearest 1/1000 % (0.6 mA; 2.5 mA above 51 A); 51 A for 51 to 52.5 A.

    Raises ValueError outside 6 to 80 A: there is no duty cycle for it.
    """
    if not MINIMUM_MA <= current_ma <= MAXIMUM_MA:
        raise ValueError(f"{current_ma} mA cannot be signalled, {MINIMUM_MA} to {MAXIMUM_MA} mA can")
    segment = LOW_SEGMENT if current_ma <= HIGH_SEGMENT_FROM_MA else HIGH_SEGMENT
    duty = segment.offset_mpct + _nearest(current_ma * segment.gain_den, segment.gain_num)
    return min(duty, segment.duty_to_mpct)


def signalled_ma(pilot: int | str) -> int:
    """What a pilot signal of ours tells the vehicle it may draw: 0 for a constant level, else by the duty."""
    if isinstance(pilot, str):
        return 0
    segment = LOW_SEGMENT if pilot <= LOW_SEGMENT.duty_to_mpct else HIGH_SEGMENT
    return _nearest((pilot - segment.offset_mpct) * segment.gain_num, segment.gain_den)


def _nearest(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


class Vehicle(Enum):
    """What the vehicle says through the pilot; UNKNOWN while nothing can be read, as in state F."""

    UNKNOWN = auto()
    A = auto()  # not there
    B = auto()  # there, not ready
    C = auto()  # ready
    D = auto()  # ready, wants ventilation
    E = auto()  # no pilot: a short, or no vehicle that could exist


class VoltageWindow(NamedTuple):
    """From `from_mv` upwards, to the next window. `vehicle` None: between two states, the last one holds."""

    from_mv: int
    vehicle: Vehicle | None


# High plateau: the nominal 12, 9, 6, 3 and 0 V, each +/- 1 V. The gaps between them are the hysteresis.
WINDOWS: tuple[VoltageWindow, ...] = (
    VoltageWindow(11_000, Vehicle.A),
    VoltageWindow(10_001, None),
    VoltageWindow(8_000, Vehicle.B),
    VoltageWindow(7_001, None),
    VoltageWindow(5_000, Vehicle.C),
    VoltageWindow(4_001, None),
    VoltageWindow(2_000, Vehicle.D),
    VoltageWindow(1_001, None),
    VoltageWindow(-10_999, Vehicle.E),
)
# Below that the pilot is at the constant -12 V of state F, and the vehicle cannot be seen.

# The vehicle's diode keeps the low plateau at -12 V; without it the vehicle's resistors pull it up (to -8.8 V in B).
DIODE_LOW_MV = -10_000


def vehicle_state(cp_high_mv: int, before: Vehicle) -> Vehicle:
    """State of the vehicle by the high plateau; `before` holds between two windows."""
    for from_mv, vehicle in WINDOWS:
        if cp_high_mv >= from_mv:
            return before if vehicle is None else vehicle
    return Vehicle.UNKNOWN


def diode_missing(cp_high_mv: int, cp_low_mv: int) -> bool:
    """Whether a square wave comes back without its low half at -12 V; never for a constant level."""
    return cp_low_mv != cp_high_mv and cp_low_mv > DIODE_LOW_MV
