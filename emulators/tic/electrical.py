"""One reading of the grid as a Linky meter shows it: whole A, V and VA, directions, and what is out of bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass

from emulators.site import GridReading
from emulators.tic.quantities import Quantities, numbered
from emulators.tic.rounding import nearest

# Where the documents give no number: 230 V + 10 %, and half of 230 V.
OVER_VOLTAGE_V = 253.0
PHASE_MISSING_V = 115.0


@dataclass(frozen=True, slots=True)
class Electrical:
    """RMS values and apparent powers.

    Currents have no sign. A phase that exports shows its current, and 0 as its power. The total is the sum of the
    phases with sign; its direction is that of the active power. Each value is rounded to the nearest by itself, so a
    total may differ from the sum of its phases by 1 or 2.
    """

    current_a: list[int]
    voltage_v: list[int]
    phase_import_va: list[int]
    total_va: float
    exports: bool
    reactive_var: float
    over_voltage: bool
    missing_phases: int

    @classmethod
    def of(cls, reading: GridReading, phases: int) -> Electrical:
        """What a meter with that many phases shows of a reading."""
        current_a, voltage_v, power_w = reading.current_a[:phases], reading.voltage_v[:phases], reading.power_w[:phases]
        apparent_va = [v * a for v, a in zip(voltage_v, current_a, strict=True)]
        return cls(
            current_a=[nearest(abs(a)) for a in current_a],
            voltage_v=[nearest(v) for v in voltage_v],
            phase_import_va=[nearest(va) if va > 0 else 0 for va in apparent_va],
            total_va=abs(sum(apparent_va)),
            exports=sum(power_w) < 0,
            # The site's reactive loads are inductive, so the parts of the phases add up.
            reactive_var=sum(
                [math.sqrt(max(0.0, va * va - w * w)) for va, w in zip(apparent_va, power_w, strict=True)]
            ),
            over_voltage=max(voltage_v) > OVER_VOLTAGE_V,
            # Bit n stands for phase n; bit 0 is not used.
            missing_phases=sum([2 << n for n, v in enumerate(voltage_v) if v < PHASE_MISSING_V]),
        )

    @property
    def import_va(self) -> int:
        """Apparent import of all phases together, 0 while exporting."""
        return 0 if self.exports else nearest(self.total_va)

    @property
    def export_va(self) -> int:
        """Apparent export of all phases together, 0 while importing."""
        return nearest(self.total_va) if self.exports else 0

    def quantities(self, subscribed_a: int) -> Quantities:
        """See labels.py. A phase has an excess current while it shows more than `subscribed_a`."""
        return {
            **numbered("current_a", self.current_a),
            **numbered("voltage_v", self.voltage_v),
            **numbered("import_va", self.phase_import_va),
            **numbered("excess_a", [a if a > subscribed_a else None for a in self.current_a]),
            "subscribed_a": subscribed_a,
            "import_va": self.import_va,
            "export_va": self.export_va,
            "import_10va": 0 if self.exports else nearest(self.total_va / 10) * 10,
            "missing_phases": self.missing_phases,
        }
