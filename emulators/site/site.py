"""The grid connection that every meter of a bench reads, so that all of them agree about physics."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from emulators.errors import BadConfiguration
from emulators.site.profile import Profile, as_profile
from emulators.site.reading import GridReading, PerPhase

NOMINAL_V = 230.0
WS_PER_KWH = 3_600_000.0

Draw = Callable[[float], PerPhase]
"""What the car at a socket draws per phase of the grid (A) at `now_s`."""


class Site:
    """House loads, PV and sockets behind one grid connection: meter = house + EV - PV (ALB-GEN-018 to 033).

    Currents are given in A per phase, as numbers or profiles, in the order L1, L2, L3; phases left out carry nothing.
    PV currents and EV currents are in phase with the voltage. Loads have a (lagging) power factor: their active parts
    add up with sign, their reactive parts separately, and the meter's current is the length of the sum, with the sign
    of the active part. With every power factor at 1, the default, that is plain addition.
    """

    def __init__(self, *, phases: int = 3, voltage_v: PerPhase = (NOMINAL_V, NOMINAL_V, NOMINAL_V)) -> None:
        """`phases` is 1 or 3. Raises BadConfiguration for another number or a negative voltage."""
        if phases not in (1, 3):
            raise BadConfiguration(f"a grid connection has 1 or 3 phases, not {phases}")
        self._phases = phases
        self._loads: dict[str, _Source] = {}
        self._pv: dict[str, _Source] = {}
        self._sockets: dict[str, Draw] = {}
        self._import_ws = 0.0
        self._export_ws = 0.0
        self._read_at_s: float | None = None
        self._held_power_w = 0.0
        self.set_voltage(voltage_v)

    def add_load(self, name: str, *currents: float | Profile, power_factor: float = 1.0) -> None:
        """Add a named load. Raises BadConfiguration when the name is taken or a value cannot be."""
        _check_new(name, self._loads, "load")
        self._loads[name] = self._load(name, currents, power_factor)

    def set_load(self, name: str, *currents: float | Profile, power_factor: float = 1.0) -> None:
        """Replace the currents of a load that is there. Raises BadConfiguration when it is not."""
        _check_known(name, self._loads, "load")
        self._loads[name] = self._load(name, currents, power_factor)

    def remove_load(self, name: str) -> None:
        """Take a load away. Raises BadConfiguration when it is not there."""
        _check_known(name, self._loads, "load")
        del self._loads[name]

    def add_pv(self, name: str, *currents: float | Profile) -> None:
        """Add a named PV source (positive ampere are supplied). Raises BadConfiguration when the name is taken."""
        _check_new(name, self._pv, "PV source")
        self._pv[name] = self._source(name, currents, active_share=-1.0, reactive_share=0.0)

    def set_pv(self, name: str, *currents: float | Profile) -> None:
        """Replace the currents of a PV source that is there. Raises BadConfiguration when it is not."""
        _check_known(name, self._pv, "PV source")
        self._pv[name] = self._source(name, currents, active_share=-1.0, reactive_share=0.0)

    def remove_pv(self, name: str) -> None:
        """Take a PV source away. Raises BadConfiguration when it is not there."""
        _check_known(name, self._pv, "PV source")
        del self._pv[name]

    def attach(self, name: str, draw: Draw) -> None:
        """Connect a charging socket. Raises BadConfiguration when the name is taken."""
        _check_new(name, self._sockets, "socket")
        self._sockets[name] = draw

    def detach(self, name: str) -> None:
        """Disconnect a charging socket. Raises BadConfiguration when it is not there."""
        _check_known(name, self._sockets, "socket")
        del self._sockets[name]

    def set_voltage(self, voltage_v: PerPhase) -> None:
        """Set the phase voltages (V, to neutral). Raises BadConfiguration for a negative or non-finite one."""
        if not all(math.isfinite(v) and v >= 0 for v in voltage_v):
            raise BadConfiguration(f"phase voltages must be 0 V or more, not {voltage_v}")
        self._voltage_v: PerPhase = voltage_v if self._phases == 3 else (voltage_v[0], 0.0, 0.0)

    def read(self, now_s: float) -> GridReading:
        """Currents, voltages, powers and energies at `now_s`, which may not lie before the previous read.

        The energy registers hold the power of each read until the next one (rectangles), so they are exact for
        currents that change only at a read. Raises BadConfiguration when time runs backwards, when a profile gives
        something that is no number, or when a socket draws from a phase that the connection does not have.
        """
        active_a, reactive_a = self._sums(now_s)
        voltage_v = self._voltage_v
        power_w = (active_a[0] * voltage_v[0], active_a[1] * voltage_v[1], active_a[2] * voltage_v[2])
        total_w = power_w[0] + power_w[1] + power_w[2]
        if not math.isfinite(total_w):
            raise BadConfiguration(f"the currents at {now_s} s add up to {active_a} A, which is no number")
        self._count_energy(now_s, total_w)
        return GridReading(
            phases=self._phases,
            current_a=_with_reactive(active_a, reactive_a) if any(reactive_a) else _three(active_a),
            voltage_v=voltage_v,
            power_w=power_w,
            import_kwh=self._import_ws / WS_PER_KWH,
            export_kwh=self._export_ws / WS_PER_KWH,
        )

    def _sums(self, now_s: float) -> tuple[list[float], list[float]]:
        active_a = [0.0, 0.0, 0.0]
        reactive_a = [0.0, 0.0, 0.0]
        for sources in (self._loads, self._pv):
            for source in sources.values():
                for phase, profile in source.currents:
                    current_a = profile(now_s)
                    active_a[phase] += current_a * source.active_share
                    reactive_a[phase] += current_a * source.reactive_share
        for name, draw in self._sockets.items():
            drawn_a = draw(now_s)
            if self._phases == 1 and (drawn_a[1] or drawn_a[2]):
                raise BadConfiguration(f"socket {name} draws {drawn_a} A, but the connection has only L1")
            for phase in range(self._phases):
                active_a[phase] += drawn_a[phase]
        return active_a, reactive_a

    def _count_energy(self, now_s: float, total_w: float) -> None:
        if self._read_at_s is not None:
            held_s = now_s - self._read_at_s
            if held_s < 0:
                raise BadConfiguration(f"read at {now_s} s after a read at {self._read_at_s} s: time runs forwards")
            energy_ws = self._held_power_w * held_s
            if energy_ws >= 0:
                self._import_ws += energy_ws
            else:
                self._export_ws -= energy_ws
        self._read_at_s = now_s
        self._held_power_w = total_w

    def _load(self, name: str, currents: tuple[float | Profile, ...], power_factor: float) -> _Source:
        if not 0 < power_factor <= 1:
            raise BadConfiguration(f"the power factor of {name} must be above 0 and at most 1, not {power_factor}")
        reactive_share = math.sqrt(1.0 - power_factor * power_factor)
        return self._source(name, currents, active_share=power_factor, reactive_share=reactive_share)

    def _source(
        self, name: str, currents: tuple[float | Profile, ...], *, active_share: float, reactive_share: float
    ) -> _Source:
        if not 1 <= len(currents) <= self._phases:
            raise BadConfiguration(f"{name} needs 1 to {self._phases} phase currents, not {len(currents)}")
        per_phase = tuple((phase, as_profile(current)) for phase, current in enumerate(currents))
        return _Source(per_phase, active_share, reactive_share)


@dataclass(frozen=True, slots=True)
class _Source:
    """A load or PV source: its current per phase index, and how much of that is active and reactive."""

    currents: tuple[tuple[int, Profile], ...]
    active_share: float
    reactive_share: float


def _with_reactive(active_a: list[float], reactive_a: list[float]) -> PerPhase:
    return _three([math.copysign(math.hypot(p, q), p) for p, q in zip(active_a, reactive_a, strict=True)])


def _three(values: list[float]) -> PerPhase:
    return (values[0], values[1], values[2])


def _check_new(name: str, known: dict[str, _Source] | dict[str, Draw], what: str) -> None:
    if name in known:
        raise BadConfiguration(f"there is a {what} called {name} already; change it or choose another name")


def _check_known(name: str, known: dict[str, _Source] | dict[str, Draw], what: str) -> None:
    if name not in known:
        raise BadConfiguration(f"there is no {what} called {name}; there is {', '.join(known) or 'none'}")
