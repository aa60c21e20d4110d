"""How much a car wants to draw at a given offer, in exact integer mA."""

from typing import Self

import msgspec

from emulators.errors import BadConfiguration
from emulators.vehicle.spec import VehicleSpec, check_range

Triple = tuple[int, int, int]
_MILLION = 1_000_000


class Draw(msgspec.Struct, frozen=True):
    """What the driver and the charger want.

    Draw = offer x fraction, rounded half up to 1 mA, the fraction kept in millionths: 105 % of 16.000 A is 16.800 A
    and nothing beside it. The result is at most the maximum and at least what the charger's filter draws by itself; an
    offer below the minimum is not taken at all, which leaves the filter. Below `two_phases_below_ma` L3 carries
    nothing. A fixed draw ignores all that. `wanted`: whether the car wants to charge at all.
    """

    min_ma: int
    max_ma: int
    fraction_ppm: int
    fixed_ma: Triple | None
    filter_ma: int = 0
    two_phases_below_ma: int = 0
    wanted: bool = True

    @classmethod
    def of(cls, spec: VehicleSpec) -> Self:
        """What a car of this kind wants by itself."""
        follows = cls(
            round(spec.min_a * 1000),
            round(spec.max_a * 1000),
            round(spec.draw_fraction * _MILLION),
            None,
            round(spec.filter_a * 1000),
            round((spec.two_phases_below_a or 0.0) * 1000),
        )
        return follows.with_fixed(spec.fixed_draw_a)

    def with_fraction(self, fraction: float) -> Self:
        """Draw this fraction of the offer. Raises BadConfiguration outside 0 ... 100."""
        check_range("draw_fraction", fraction)
        return msgspec.structs.replace(self, fraction_ppm=round(fraction * _MILLION))

    def with_fixed(self, *a_per_phase: float | None) -> Self:
        """Draw this at any offer: one current for all phases, or three. None: by the offer.

        Raises BadConfiguration.
        """
        fixed_a = [current_a for current_a in a_per_phase if current_a is not None]
        if len(a_per_phase) not in (1, 3) or len(fixed_a) not in (0, len(a_per_phase)):
            raise BadConfiguration(f"vehicle: fixed draw {a_per_phase}; give one current, three of them, or None")
        for current_a in fixed_a:
            check_range("fixed_draw_a", current_a)
        if not fixed_a:
            return msgspec.structs.replace(self, fixed_ma=None)
        l1_a, l2_a, l3_a = fixed_a * (3 // len(fixed_a))
        fixed_ma = round(l1_a * 1000), round(l2_a * 1000), round(l3_a * 1000)
        return msgspec.structs.replace(self, fixed_ma=fixed_ma)

    def with_max(self, max_a: float) -> Self:
        """Draw at most this per phase. Raises BadConfiguration."""
        check_range("max_a", max_a)
        return msgspec.structs.replace(self, max_ma=round(max_a * 1000))

    def with_wanted(self, wanted: bool) -> Self:
        """Want to charge, or not."""
        return msgspec.structs.replace(self, wanted=wanted)

    def targets_ma(self, offer_ma: int) -> Triple:
        """The currents of L1, L2 and L3 at this offer."""
        if self.fixed_ma is not None:
            return self.fixed_ma
        taken_ma = 0 if offer_ma < self.min_ma else (2 * offer_ma * self.fraction_ppm + _MILLION) // (2 * _MILLION)
        ma = min(self.max_ma, max(self.filter_ma, taken_ma))
        return (ma, ma, 0 if offer_ma < self.two_phases_below_ma else ma)
