"""TIC frames of real meters, kept outside the repository, and what a station must make of each.

What is expected here follows from the index of what independent parsers read (see `capture_files`), from O-26 and O-28
and from what the meter's own specification says of its figures; nothing of it comes from the station.

Many captures were made anonymous by changing the meter's address. Their frames have one group with a wrong check sum,
and a frame with a wrong check sum must not be acted on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rig.errors import HarnessError
from rig.kit.capture_files import NOMINAL_V, CaptureFile, PhaseRange, load_index, missing

MISSING = missing("tic")
READ, REFUSED = "ALB-TIC-001", "ALB-TIC-008"
MODES = {"historic": "historique", "standard": "standard"}
# From here on a current that comes with no imported power flows out; below, it may be rounding.
_EXPORTS_FROM_A = 1.0


@dataclass(frozen=True, slots=True)
class Capture(CaptureFile):
    """One file of the collection and its entry in the index."""

    @property
    def clause(self) -> str:
        """What the file can judge: that good frames are read, or that nothing is taken from what is none."""
        return READ if self.entry["complete_frames"] and self.entry["all_group_checksums_ok"] else REFUSED

    @property
    def mode(self) -> str:
        """Historique or standard."""
        return MODES[self.entry["mode"]]

    @property
    def whole_frames(self) -> int:
        """How many whole frames there are; a stream may have parts of others before and after."""
        count: int = self.entry["complete_frames"]
        return count

    @property
    def frames_a(self) -> list[tuple[PhaseRange, ...]]:
        """Per whole frame the signed current of each phase, import positive; empty when it must be refused.

        Of a long capture the index describes the first frames only.
        """
        return [
            () if frame["bad_groups"] else expected_a(frame["expected"], frame["phases"])
            for frame in self.entry["frames"][: self.whole_frames]
        ]


def load(folder: Path | None = None) -> list[Capture]:
    """All captures, in the order of the index; none when there is no such folder. Raises HarnessError."""
    return load_index("tic", "files", Capture, folder)


def expected_a(values: Mapping[str, float], phases: int) -> tuple[PhaseRange, ...]:
    """The signed current of a one-phase meter from the values of an index entry (A, V and VA).

    No group carries the direction: apparent power is that taken from the grid, and reads 0 while current flows out;
    only a producer's frame has that given to the grid. The size is power by voltage where the frame has a voltage; in
    historique it lies between the power at nominal voltage and the meter's whole amperes.

    Raises HarnessError for three phases, of which there is no capture yet, and for values that do not tell.
    """
    if phases != 1:
        raise HarnessError(f"a capture of a meter with {phases} phases wants a rule of its own for the direction")
    taken_va = values.get("apparent_power_import_VA", values.get("apparent_power_VA"))
    current_a, voltage_v = values.get("current_l1_A"), values.get("voltage_l1_V")
    if taken_va is None or current_a is None:
        raise HarnessError("the index gives no current or no apparent power of a frame that is to be read")
    power_va = taken_va - values.get("apparent_power_export_VA", 0.0)
    if power_va == 0.0:
        signed_a = -current_a if current_a >= _EXPORTS_FROM_A else current_a
        return (PhaseRange(signed_a, signed_a),)
    by_power_a = power_va / (voltage_v or NOMINAL_V)
    by_figure_a = by_power_a if voltage_v else current_a
    return (PhaseRange(min(by_power_a, by_figure_a), max(by_power_a, by_figure_a)),)
