"""What a meter at the grid connection measures at one instant."""

from __future__ import annotations

import msgspec

PerPhase = tuple[float, float, float]
"""One value each for L1, L2, L3. On a one-phase connection the last two are 0."""


class GridReading(msgspec.Struct, frozen=True, kw_only=True):
    """The grid connection at one instant: positive is import, negative is export (ALB-GEN-019, ALB-GEN-020).

    `import_kwh` and `export_kwh` are registers that only ever rise. They count the net power of all phases together.
    """

    phases: int
    current_a: PerPhase
    voltage_v: PerPhase
    power_w: PerPhase
    import_kwh: float
    export_kwh: float
