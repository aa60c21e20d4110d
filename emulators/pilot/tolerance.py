"""What the parts of a control pilot circuit may measure, and generators and cars drawn from within that.

Sources: A is confirmed by more than one, B is one engineering-grade source, D is a recollection of the standard.
"""

from random import Random

import msgspec

from emulators.pilot.circuit import (
    DIODE_DROP_V,
    FREQUENCY_HZ,
    R1_OHM,
    R2_OHM,
    R3_CHARGING_OHM,
    PilotLoad,
    Source,
)


class Tolerance(msgspec.Struct, frozen=True):
    """A quantity with its nominal value and the least and the most that it may be."""

    nominal: float
    least: float
    most: float

    def holds(self, value: float) -> bool:
        """Whether `value` is within tolerance, the ends included."""
        return self.least <= value <= self.most

    def draw(self, rng: Random) -> float:
        """A value within tolerance, all equally likely."""
        return rng.uniform(self.least, self.most)


def plus_minus(nominal: float, fraction: float) -> Tolerance:
    """`nominal` plus or minus this fraction of it."""
    low, high = sorted((nominal * (1 - fraction), nominal * (1 + fraction)))
    return Tolerance(nominal, low, high)


# The generator.
HIGH_V = plus_minus(12.0, 0.05)  # A
LOW_V = plus_minus(-12.0, 0.05)  # A
R1 = plus_minus(R1_OHM, 0.03)  # A
GENERATED_HZ = plus_minus(FREQUENCY_HZ, 0.005)  # D: not found in a source that was read
DUTY_ERROR_MPCT = Tolerance(0.0, -500.0, 500.0)  # D: 5 us of a period of 1 ms

# The car.
R2 = plus_minus(R2_OHM, 0.03)  # D; 1 % is typical (A)
R3_CHARGING = plus_minus(R3_CHARGING_OHM, 0.03)  # D
DIODE_V = Tolerance(DIODE_DROP_V, 0.55, 0.85)  # A

# What has to be understood by the other side.
ACCEPTED_HZ = plus_minus(FREQUENCY_HZ, 0.02)  # A
ACCEPTED_R2_OHM = Tolerance(R2_OHM, 1_870.0, 4_610.0)  # B: as state B
ACCEPTED_R3_OHM = Tolerance(R3_CHARGING_OHM, 909.0, 1_723.0)  # B: as state C, in parallel with 2.74 kOhm

# The generators that give the lowest and the highest plateau.
LOWEST = Source(HIGH_V.least, LOW_V.most, R1.most)
HIGHEST = Source(HIGH_V.most, LOW_V.least, R1.least)


def any_source(rng: Random, jitter_s: float = 0.0) -> Source:
    """A generator within tolerance. The same `rng` gives the same one."""
    return Source(
        HIGH_V.draw(rng),
        LOW_V.draw(rng),
        R1.draw(rng),
        GENERATED_HZ.draw(rng),
        round(DUTY_ERROR_MPCT.draw(rng)),
        jitter_s,
    )


def any_load(rng: Random, *, s2_closed: bool) -> PilotLoad:
    """The end of a car within tolerance, in state B or C. The same `rng` gives the same one."""
    r2_ohm, r3_ohm, drop_v = R2.draw(rng), R3_CHARGING.draw(rng), DIODE_V.draw(rng)
    return PilotLoad(r2_ohm, r3_ohm if s2_closed else None, drop_v)
