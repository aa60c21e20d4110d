"""The quantities that a register can hold, computed from what the site measured; units are in their names.

Everything follows from the currents, voltages and powers of one `GridReading`. The phases are 120 degrees apart and
their reactive parts lag, as the loads of the site do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from emulators.modbus.energy import Energy
from emulators.site import GridReading

NOMINAL_HZ = 50.0
_PHASES = (0, 1, 2)
_PAIRS = ((0, 1), (1, 2), (2, 0))


class Measured:
    """What a meter on `phases` of the connection sees, currents and powers times `ratio`; lists are per phase.

    Currents are with the sign of their active power; S and Q are never negative.
    """

    __slots__ = ("apparent_va", "current_a", "energy", "phases", "power_w", "reactive_var", "total_w", "voltage_v")

    def __init__(self, reading: GridReading, energy: Energy, phases: int, ratio: float) -> None:
        self.phases = min(phases, reading.phases)
        seen = [ratio if phase < self.phases else 0.0 for phase in _PHASES]
        self.voltage_v = [reading.voltage_v[phase] if seen[phase] else 0.0 for phase in _PHASES]
        self.current_a = [reading.current_a[phase] * seen[phase] for phase in _PHASES]
        self.power_w = [reading.power_w[phase] * seen[phase] for phase in _PHASES]
        self.apparent_va = [abs(self.current_a[phase]) * self.voltage_v[phase] for phase in _PHASES]
        self.reactive_var = [
            math.sqrt(max(0.0, s * s - p * p)) for s, p in zip(self.apparent_va, self.power_w, strict=True)
        ]
        self.total_w = sum(self.power_w)
        self.energy = energy

    def neutral_a(self) -> float:
        """The length of the sum of the phase currents, each in its direction."""
        total = 0j
        for phase in _PHASES[: self.phases]:
            volt = self.voltage_v[phase]
            if volt:
                in_phase_a, lagging_a = self.power_w[phase] / volt, self.reactive_var[phase] / volt
                turn = math.radians(-120.0 * phase)
                total += complex(in_phase_a, -lagging_a) * complex(math.cos(turn), math.sin(turn))
        return abs(total)


Quantity = Callable[[Measured], float]


def _mean(values: list[float], phases: int) -> float:
    return sum(values[:phases]) / phases


def _line_to_line(first: float, second: float) -> float:
    """Between two phases that are 120 degrees apart; 0 V when one of them is missing."""
    return math.sqrt(first * first + second * second + first * second) if first and second else 0.0


def _cos_phi(power_w: float, apparent_va: float) -> float:
    """Without sign; 1 where no current flows."""
    return min(1.0, abs(power_w) / apparent_va) if apparent_va else 1.0


def _power_factor(power_w: float, apparent_va: float) -> float:
    """Negative on export."""
    return math.copysign(_cos_phi(power_w, apparent_va), power_w)


def _angle_deg(power_w: float, apparent_va: float) -> float:
    return math.degrees(math.acos(max(-1.0, min(1.0, power_w / apparent_va)))) if apparent_va else 0.0


def _per_phase(phase: int) -> Mapping[str, Quantity]:
    following = _PAIRS[phase][1]
    return {
        f"voltage_l{phase + 1}_v": lambda m: m.voltage_v[phase],
        f"voltage_l{phase + 1}_l{following + 1}_v": lambda m: _line_to_line(m.voltage_v[phase], m.voltage_v[following]),
        f"current_l{phase + 1}_a": lambda m: abs(m.current_a[phase]),
        f"signed_current_l{phase + 1}_a": lambda m: m.current_a[phase],
        f"power_l{phase + 1}_w": lambda m: m.power_w[phase],
        f"apparent_l{phase + 1}_va": lambda m: m.apparent_va[phase],
        f"reactive_l{phase + 1}_var": lambda m: m.reactive_var[phase],
        f"power_factor_l{phase + 1}": lambda m: _power_factor(m.power_w[phase], m.apparent_va[phase]),
        f"cos_phi_l{phase + 1}": lambda m: _cos_phi(m.power_w[phase], m.apparent_va[phase]),
        f"phase_angle_l{phase + 1}_deg": lambda m: _angle_deg(m.power_w[phase], m.apparent_va[phase]),
        f"import_l{phase + 1}_kwh": lambda m: m.energy.phase_import_kwh[phase],
        f"export_l{phase + 1}_kwh": lambda m: m.energy.phase_export_kwh[phase],
    }


QUANTITIES: Mapping[str, Quantity] = {
    name: quantity for phase in _PHASES for name, quantity in _per_phase(phase).items()
} | {
    "voltage_mean_v": lambda m: _mean(m.voltage_v, m.phases),
    "voltage_line_to_line_mean_v": lambda m: sum(_line_to_line(m.voltage_v[a], m.voltage_v[b]) for a, b in _PAIRS) / 3,
    "current_mean_a": lambda m: _mean([abs(current) for current in m.current_a], m.phases),
    "current_sum_a": lambda m: sum(abs(current) for current in m.current_a),
    "current_neutral_a": lambda m: m.neutral_a(),
    "power_w": lambda m: m.total_w,
    "import_power_w": lambda m: max(0.0, m.total_w),
    "export_power_w": lambda m: max(0.0, -m.total_w),
    "apparent_va": lambda m: sum(m.apparent_va),
    "reactive_var": lambda m: sum(m.reactive_var),
    "power_factor": lambda m: _power_factor(m.total_w, sum(m.apparent_va)),
    "cos_phi": lambda m: _cos_phi(m.total_w, sum(m.apparent_va)),
    "frequency_hz": lambda _: NOMINAL_HZ,
    "import_kwh": lambda m: m.energy.import_kwh,
    "export_kwh": lambda m: m.energy.export_kwh,
    "total_kwh": lambda m: m.energy.import_kwh + m.energy.export_kwh,
    "net_kwh": lambda m: m.energy.import_kwh - m.energy.export_kwh,
    # The site's reactive power always lags, which counts as import; the export register stays where it began.
    "import_kvarh": lambda m: m.energy.import_kvarh,
    "export_kvarh": lambda _: 0.0,
    "resettable_import_kwh": lambda m: m.energy.resettable()[0],
    "resettable_export_kwh": lambda m: m.energy.resettable()[1],
    "resettable_total_kwh": lambda m: sum(m.energy.resettable()),
}
