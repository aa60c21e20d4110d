"""From what the grid does to the quantities that a meter shows; it remembers registers, maxima and means."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from emulators.site import GridReading
from emulators.tic.calendar import ContractCalendar
from emulators.tic.electrical import Electrical
from emulators.tic.history import History
from emulators.tic.nameplate import Nameplate
from emulators.tic.quantities import Dated, Quantities
from emulators.tic.registers import Registers
from emulators.tic.stamps import stamp_of
from emulators.tic.status import Status


class Figures:
    """The measuring side of a meter; see Meter for the settings."""

    def __init__(
        self, phases: int, calendar: ContractCalendar, registers: Registers, history: History, *, producer: bool
    ) -> None:
        self._phases = phases
        self._calendar = calendar
        self._registers = registers
        self._history = history
        self._producer = producer

    def measure(self, reading: GridReading, now_s: float, civil: datetime, plate: Nameplate) -> Quantities:
        """All quantities of one reading. What flowed since the reading before is counted in the index of now."""
        shown = Electrical.of(reading, self._phases)
        index, tariff = self._calendar.now(civil)
        stamp = partial(stamp_of, degraded=plate.clock_degraded)
        self._registers.count(reading, now_s, shown, index, tariff)
        return {
            **shown.quantities(plate.subscribed_a(self._phases)),
            **self._registers.quantities(),
            **self._history.update(reading, shown, now_s, civil, stamp),
            **self._calendar.quantities(civil),
            **plate.quantities(self._phases),
            "now": Dated("", stamp(civil)),
            "status": self._status(shown, civil, plate).word,
        }

    def _status(self, shown: Electrical, civil: datetime, plate: Nameplate) -> Status:
        index, tariff = self._calendar.now(civil)
        colour_today, colour_tomorrow = self._calendar.colours(civil)
        peak_notice, peak = plate.peaks_at(civil)
        return Status(
            contact_open=plate.contact_open,
            breaker=plate.breaker,
            cover_open=plate.cover_open,
            over_voltage=shown.over_voltage,
            over_reference=shown.import_va > plate.reference_kva * 1000,
            producer=self._producer,
            export=shown.exports,
            index=index - 1,
            distributor_index=tariff.distributor_index - 1,
            clock_degraded=plate.clock_degraded,
            euridis=plate.euridis,
            plc=plate.plc,
            plc_synchronised=plate.plc_synchronised,
            colour_today=colour_today,
            colour_tomorrow=colour_tomorrow,
            peak_notice=peak_notice,
            peak=peak,
        )
