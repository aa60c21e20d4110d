"""What the invariants know of a bench: its limits, its phases, its cars."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from emulators.pilot.circuit import NO_FAULTS
from emulators.vehicle.spec import VehicleSpec
from rig.bench.bench import Bench
from rig.bench.phases import STRAIGHT, phases_of
from rig.kit.balancing import FOUND_WITHIN_S

_ON = "Active-LoadBalancing"


class Car(Protocol):
    """What the bench knows of a car that a station has to find out."""

    @property
    def spec(self) -> VehicleSpec:
        """What kind of car it is."""

    @property
    def willing(self) -> bool:
        """Whether it would charge if it were offered enough."""


def _no_car(_socket: int) -> Car | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`grid_a` is the limit per phase of the connection that the station balances by, None without; `station_a` that
    of the station, None where it is not known.

    `orders` has the grid's phases at the terminals of each socket, `caps_a` the most that a socket may give.
    `interval_s` lies between two readings of the meter, which is off by `error_a` at most; a station that was just
    switched on needs `found_s` to find it. `period_s` is that of alternating, `probing_s` the minute at the beginning
    of a session, 0 when it is left out. `uncertainty_s` is that of every time on this bench, `seen_error_a`
    that of every offer and current. `car` is the one on a
    socket, `faulty` whether something is wrong with a socket's pilot.
    """

    caps_a: Mapping[int, float] = field(default_factory=dict)
    orders: Mapping[int, str] = field(default_factory=lambda: {1: STRAIGHT})
    grid_a: float | None = None
    station_a: float | None = None
    interval_s: float = 0.0
    error_a: float = 0.0
    found_s: float = 0.0
    period_s: float | None = None
    probing_s: float = 0.0
    uncertainty_s: float = 0.0
    seen_error_a: float = 0.0
    faulty: Callable[[int], bool] = lambda _socket: False
    car: Callable[[int], Car | None] = _no_car

    def phases(self, socket: int, car: Car) -> tuple[int, ...]:
        """Which phases of the grid a car on a socket loads, 0 for L1."""
        return phases_of(self.orders.get(socket, STRAIGHT))[: car.spec.phases]


def facts_of(bench: Bench, uncertainty_s: float = 0.0) -> Facts:
    """Those of a bench, by the settings that its station runs on."""
    shown = _shown(bench)
    kind = bench.meter_kind
    blind = kind is None and str(shown.get(_ON, "Off")) == "On"  # by its safe current for ever
    return Facts(
        orders=bench.orders,
        caps_a=_caps_a(bench, shown),
        grid_a=_number(shown, "SmartMeter-MaxCurrent") if balances(bench) else None,
        station_a=_number(shown, "Station-MaxCurrent"),
        interval_s=0.0 if kind is None else kind.interval_s,
        error_a=0.0 if kind is None else kind.error_a,
        found_s=0.0 if kind is None else FOUND_WITHIN_S.get(kind.port, 0.0),
        period_s=None if blind else _number(shown, "SCN-AlternatingPeriod"),
        probing_s=_number(shown, "probing.duration_s") or 0.0,
        uncertainty_s=uncertainty_s + bench.late_s,
        seen_error_a=max(max(each.side.offer_error_a, each.side.current_error_a) for each in bench.outlets),
        faulty=lambda number: bench.outlet(number).pilot_faults != NO_FAULTS,
        car=lambda number: bench.outlet(number).vehicle,
    )


def balances(bench: Bench) -> bool:
    """Whether the station on it listens to a meter."""
    return bench.meter_kind is not None and str(_shown(bench).get(_ON, "Off")) == "On"


def _shown(bench: Bench) -> Mapping[str, object]:
    face = bench.station.settings_face
    return bench.settings if face is None else face.shown(bench.settings)


def _caps_a(bench: Bench, shown: Mapping[str, object]) -> dict[int, float]:
    """By connector; a station that does not balance gives each socket half at most (SLB-003)."""
    halves = len(bench.orders) > 1 and str(shown.get("Static-LoadBalancing", "On")) == "Off"
    half_a = (_number(shown, "Station-MaxCurrent") or math.inf) / 2 if halves else math.inf
    connectors_a = ((n, _number(shown, f"Connector{n}-MaxCurrent")) for n in bench.orders)
    return {n: min(half_a, math.inf if cap_a is None else cap_a) for n, cap_a in connectors_a}


def _number(shown: Mapping[str, object], key: str) -> float | None:
    value = shown.get(key)
    return float(str(value)) if value is not None else None
