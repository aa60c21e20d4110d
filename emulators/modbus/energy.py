"""The energy registers of a meter: what it counted since it was made, on top of what it showed then."""

from __future__ import annotations

from emulators.site import GridReading

WS_PER_KWH = 3_600_000.0


class Energy:
    """Registers that only ever rise, in kWh and kvarh.

    A meter that sees the whole connection takes over what the site counted, so that all meters of a bench agree.
    What the site does not count (a phase by itself, reactive energy, a meter on L1 of three phases) is the power of
    each reading, held until the next one.
    """

    def __init__(self, import_kwh: float = 0.0, export_kwh: float = 0.0) -> None:
        self.import_kwh = import_kwh
        self.export_kwh = export_kwh
        self.import_kvarh = 0.0
        self.phase_import_kwh = [0.0, 0.0, 0.0]
        self.phase_export_kwh = [0.0, 0.0, 0.0]
        self._reset_at_kwh = (0.0, 0.0)
        self._before: GridReading | None = None
        self._before_s = 0.0
        self._held_w = [0.0, 0.0, 0.0]
        self._held_var = 0.0

    def count(self, reading: GridReading, phases: int, ratio: float, now_s: float) -> None:
        """Add what passed since the reading before; `ratio` is what the current transformers make of it."""
        before = self._before
        if before is not None:
            held_s = now_s - self._before_s
            self._count_phases(held_s)
            self.import_kvarh += self._held_var * held_s / WS_PER_KWH
            if phases >= reading.phases:
                self.import_kwh += (reading.import_kwh - before.import_kwh) * ratio
                self.export_kwh += (reading.export_kwh - before.export_kwh) * ratio
            else:
                net_kwh = sum(self._held_w) * held_s / WS_PER_KWH
                self.import_kwh += max(0.0, net_kwh)
                self.export_kwh += max(0.0, -net_kwh)
        self._before = reading
        self._before_s = now_s

    def hold(self, power_w: list[float], reactive_var: list[float]) -> None:
        """The powers from the last counted reading on, as the meter sees them."""
        self._held_w = power_w
        self._held_var = sum(reactive_var)

    def reset(self) -> None:
        """Set the resettable registers to 0; the others stay."""
        self._reset_at_kwh = (self.import_kwh, self.export_kwh)

    def resettable(self) -> tuple[float, float]:
        """Import and export since the last reset."""
        return self.import_kwh - self._reset_at_kwh[0], self.export_kwh - self._reset_at_kwh[1]

    def _count_phases(self, held_s: float) -> None:
        for phase, power_w in enumerate(self._held_w):
            energy_kwh = power_w * held_s / WS_PER_KWH
            if energy_kwh >= 0:
                self.phase_import_kwh[phase] += energy_kwh
            else:
                self.phase_export_kwh[phase] -= energy_kwh
