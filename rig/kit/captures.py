"""Telegrams of real meters, kept outside the repository, and what a station must make of each.

What is expected here follows from the index of what independent parsers read (see `capture_files`) and from O-25 and
the documents behind it; nothing of it comes from the station.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rig.kit.capture_files import NOMINAL_V, CaptureFile, PhaseRange, load_index, missing

MISSING = missing("p1")
ACCEPTED, WRONG_CRC, TOO_OLD = "ALB-P1-001", "ALB-P1-017", "ALB-P1-002"
_PHASES = ("l1", "l2", "l3")


@dataclass(frozen=True, slots=True)
class Capture(CaptureFile):
    """One file of the collection and its entry in the index."""

    @property
    def clause(self) -> str:
        """What the file can judge: telegrams of 4.0 and higher are accepted, wrong CRCs and older ones are not."""
        if self.entry["crc_valid"]:
            return ACCEPTED
        return TOO_OLD if self.entry["crc_valid"] is None and self.entry["version_tag"] is None else WRONG_CRC

    @property
    def current_a(self) -> tuple[PhaseRange, ...]:
        """The signed current of each phase of the meter, import positive; empty when the telegram must be refused."""
        return expected_a(self.entry["expected"], self.entry["phases"]) if self.entry["crc_valid"] else ()


def load(folder: Path | None = None) -> list[Capture]:
    """All captures, in the order of the index; none when there is no such folder. Raises HarnessError."""
    return load_index("p1", "telegrams", Capture, folder)


def expected_a(values: dict[str, str], phases: list[int]) -> tuple[PhaseRange, ...]:
    """Signed currents from the values of an index entry (kW, V and A as decimal strings); empty when they do not tell.

    The direction of a phase is that of import minus export power (O-25). Its size is power by voltage where the meter
    gives both; without a voltage it lies between the power at nominal voltage and the figure of the current line;
    without a power it is that figure. A meter that says nothing of phases has one, and its totals are that phase's.
    """
    if len(phases) == 3:
        ranges = [_phase_a(values, phase, phase) for phase in _PHASES]
    else:
        ranges = [_phase_a(values, "l1", "l1" if "power_import_l1_kW" in values else "total")]
    return tuple(found for found in ranges if found is not None) if None not in ranges else ()


def _phase_a(values: dict[str, str], phase: str, power_of: str) -> PhaseRange | None:
    current = _number(values, f"current_{phase}_A")
    import_kw = _number(values, f"power_import_{power_of}_kW")
    if import_kw is None:
        return None if current is None else PhaseRange(current, current, directed=False)
    power_w = (import_kw - (_number(values, f"power_export_{power_of}_kW") or 0.0)) * 1000.0
    voltage_v = _number(values, f"voltage_{phase}_V")
    if voltage_v is not None:
        return PhaseRange(power_w / voltage_v, power_w / voltage_v)
    by_power_a = power_w / NOMINAL_V
    by_line_a = by_power_a if current is None else current if power_w >= 0.0 else -current
    return PhaseRange(min(by_power_a, by_line_a), max(by_power_a, by_line_a))


def _number(values: dict[str, str], name: str) -> float | None:
    return float(values[name]) if name in values else None
