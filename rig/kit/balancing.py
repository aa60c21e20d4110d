"""Load balancing cases: a station behind a meter, a car that takes a little less than it is offered."""

from __future__ import annotations

from emulators.vehicle.spec import VehicleSpec

# The two cadences of P1: a telegram each second, and one every ten.
DSMR5 = "5.0.2"
DSMR4 = "4.2.2"
INTERVAL_S = {DSMR5: 1.0, DSMR4: 10.0}

STATION_MAX_A = 32.0
SAFE_A = 10.0
# A telegram takes at most 0.1 s on the wire, and the station answers within the same instant.
WIRE_S = 0.1
# Offers are given in tenths of an ampere, rounded down.
OFFER_STEP_A = 0.1
# What the figures of a telegram can be off by, per phase: 5.0.2 has W and 0.1 V; 4.2.2 has whole amperes (O-25).
METER_ERROR_A = {DSMR5: 0.02, DSMR4: 0.5}


def settings(
    *, meter_max_a: float, safe_a: float = SAFE_A, includes_charger: bool = True, station_max_a: float = STATION_MAX_A
) -> dict[str, object]:
    """Active load balancing over P1."""
    return {
        "FeatureLicenseKey": "ALB",
        "Station-MaxCurrent": station_max_a,
        "Connector1-MaxCurrent": station_max_a,
        "Active-LoadBalancing": "On",
        "ALB-ProtocolSelection": "DSMR4.x/SMR5.0 (P1)",
        "RJ11-Mode": "DSMR P1",
        "SmartMeterIncludesCharger": includes_charger,
        "SmartMeter-MaxCurrent": meter_max_a,
        "Safe-MaxCurrent": safe_a,
    }


def car(phases: int = 3, max_a: float = 32.0) -> VehicleSpec:
    """A car that follows its offer within a second and stays 3 % below it, so that it never is an over-current."""
    return VehicleSpec(phases=phases, max_a=max_a, draw_fraction=0.97, reaction_s=1.0)
