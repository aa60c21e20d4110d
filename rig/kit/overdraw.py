"""Over-current cases: a car that draws a set share of what it is offered, to the milliampere."""

from __future__ import annotations

from collections.abc import Mapping

from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle
from rig.bench import Bench
from rig.clauses.timings import TripBand, trip_bands
from rig.errors import NotTestableHere
from rig.timeline import Event

# 16 A is 26.667 % duty, which a car reads as 16.000 A: so every share below is exact in whole milliamperes.
ALLOWED_A = 16.0
# No meter and no licence: over-current protection is a standard function (OCP-023).
SETTINGS: Mapping[str, object] = {
    "Station-MaxCurrent": ALLOWED_A,
    "Connector1-MaxCurrent": ALLOWED_A,
    "FeatureLicenseKey": "",
}
# Shares are given in hundredths of a percent of the allowed current: 10499 is 104.99 %.
FULL = 10_000
UNDER = 9_500
STEP = 1
# How long beyond its time a trip is waited for, before saying that it did not come.
PATIENCE_S = 30.0
# Well clear of the 0.2 s on which a socket meter samples; the pair around a trip time keeps this distance from it.
EPSILON_S = 0.5

BANDS: tuple[TripBand, ...] = trip_bands()


def car(phases: int = 1) -> VehicleSpec:
    """A car that could draw far more than the socket allows and, to begin with, draws a little less than offered."""
    return VehicleSpec(phases=phases, max_a=80.0, draw_fraction=UNDER / FULL, reaction_s=0.0)


def ampere(share: int) -> float:
    """A share of the allowed current in A, rounded to the milliampere."""
    return round(ALLOWED_A * share / FULL, 3)


def percent(share: int) -> str:
    """A share for a case's name, e.g. "104.99%"."""
    return f"{share / 100:g}%"


async def draw_share(bench: Bench, vehicle: Vehicle, share: int, *, phase: int | None = None) -> Event:
    """Draw a share of the allowed current, on all phases of the car or, at 95 % on the others, on one (0 is L1).

    Raises NotTestableHere when it lies so near to the edge of a band that the load of this bench may be beyond it.
    """
    error_a = bench.outlet(1).side.draw_error_a
    edges_a = [ALLOWED_A, *(ALLOWED_A * band.lower_permille / 1000 for band in BANDS)]
    if error_a and any(abs(ampere(share) - edge_a) <= error_a for edge_a in edges_a):
        raise NotTestableHere(f"{percent(share)} are nearer to a band's edge than the {error_a:g} A of this load bank")
    if phase is None:
        return await bench.draw(vehicle, ampere(share))
    return await bench.draw(vehicle, *(ampere(share if index == phase else UNDER) for index in range(3)))
