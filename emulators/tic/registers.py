"""The energy registers of a Linky meter: the supplier's and the distributor's indexes, totals, and reactive energy."""

from __future__ import annotations

from collections.abc import Sequence

from emulators.errors import BadConfiguration
from emulators.site import GridReading
from emulators.tic.contracts import Contract, Tariff
from emulators.tic.electrical import Electrical
from emulators.tic.quantities import Quantities, numbered
from emulators.tic.rounding import nearest

SUPPLIER_INDEXES = 10
DISTRIBUTOR_INDEXES = 4
QUADRANTS = 4
# Nine digits of Wh turn over after 999,999,999.
REGISTER_WH = 10**9
_S_PER_H = 3600.0


class Registers:
    """Energies in Wh and varh, counted from reading to reading.

    A reading's reactive power is held until the next one. It counts in quadrant 1 while active energy is imported and
    in quadrant 2 while it is exported: the reactive loads of a site are inductive, so 3 and 4 stand still.
    """

    def __init__(
        self, contract: Contract, index_wh: Sequence[int], export_wh: int, reactive_varh: Sequence[int]
    ) -> None:
        """`index_wh` are the supplier's indexes at the start, as many as are not 0; the others follow from them."""
        if len(index_wh) > SUPPLIER_INDEXES or len(reactive_varh) > QUADRANTS:
            raise BadConfiguration(
                f"there are {SUPPLIER_INDEXES} indexes and {QUADRANTS} quadrants, not {len(index_wh)} and "
                f"{len(reactive_varh)}"
            )
        self._supplier_wh = _filled(index_wh, SUPPLIER_INDEXES)
        self._distributor_wh = [0.0] * DISTRIBUTOR_INDEXES
        for tariff, wh in zip(contract.tariffs, self._supplier_wh, strict=False):
            self._distributor_wh[tariff.distributor_index - 1] += wh
        self._import_wh = sum(self._supplier_wh)
        self._export_wh = float(export_wh)
        self._reactive_varh = _filled(reactive_varh, QUADRANTS)
        self._counted: GridReading | None = None
        self._counted_at_s = 0.0
        self._held_var = 0.0
        self._held_quadrant = 0

    def count(self, reading: GridReading, now_s: float, shown: Electrical, index: int, tariff: Tariff) -> None:
        """Count what flowed since the reading before, in the supplier's index of now."""
        before = self._counted
        if before is not None:
            imported_wh = (reading.import_kwh - before.import_kwh) * 1000
            self._import_wh += imported_wh
            self._supplier_wh[index - 1] += imported_wh
            self._distributor_wh[tariff.distributor_index - 1] += imported_wh
            self._export_wh += (reading.export_kwh - before.export_kwh) * 1000
            self._reactive_varh[self._held_quadrant] += self._held_var * (now_s - self._counted_at_s) / _S_PER_H
        self._counted = reading
        self._counted_at_s = now_s
        self._held_var = shown.reactive_var
        self._held_quadrant = 1 if shown.exports else 0

    def quantities(self) -> Quantities:
        """See labels.py."""
        return {
            **numbered("index_wh", [_shown(wh) for wh in self._supplier_wh]),
            **numbered("distributor_wh", [_shown(wh) for wh in self._distributor_wh]),
            **numbered("reactive_varh", [_shown(varh) for varh in self._reactive_varh]),
            "import_wh": _shown(self._import_wh),
            "export_wh": _shown(self._export_wh),
        }


def _filled(values: Sequence[int], count: int) -> list[float]:
    return [float(value) for value in values] + [0.0] * (count - len(values))


def _shown(energy: float) -> int:
    return nearest(energy) % REGISTER_WH
