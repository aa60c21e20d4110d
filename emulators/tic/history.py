"""What a meter remembers of the past: the highest powers of a day, load curves and mean voltages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from emulators.errors import BadConfiguration
from emulators.site import GridReading
from emulators.tic.electrical import Electrical
from emulators.tic.quantities import Dated, Quantities, numbered
from emulators.tic.rounding import nearest

StampOf = Callable[[datetime], str]

VOLTAGE_MEAN_S = 600
_WS_PER_KWH = 3_600_000.0
_DAY_S = 86_400


class DayMaximum:
    """The highest value since midnight, and that of yesterday, each with its moment.

    A day on which there was none has 0 at its midnight.
    """

    def __init__(self) -> None:
        self._day: date | None = None
        self._value = 0
        self.today = self.yesterday = Dated(0, "")

    def update(self, value: int, civil: datetime, stamp_of: StampOf) -> None:
        """Take note of a value at a local time."""
        if civil.date() != self._day:
            midnight = civil.replace(hour=0, minute=0, second=0)
            before = midnight - timedelta(days=1)
            self.yesterday = self.today if self._day == before.date() else Dated(0, stamp_of(before))
            self.today = Dated(0, stamp_of(midnight))
            self._day = civil.date()
            self._value = 0
        if value > self._value:
            self._value = value
            self.today = Dated(value, stamp_of(civil))


class PeriodMean:
    """The means over the last two whole periods, each dated with the end of its period.

    Periods lie on the local clock, counted from midnight. The first mean after the start is over what there was of
    its period. Until there is one, `last` and `before` show the value at the start.
    """

    def __init__(self, period_s: int) -> None:
        """Raises BadConfiguration for a period that does not fit into a day."""
        if not 0 < period_s <= _DAY_S:
            raise BadConfiguration(f"a period of {period_s} s does not fit into a day")
        self._period_s = period_s
        self._end: tuple[datetime, int] | None = None
        self._began: tuple[float, float] = (0.0, 0.0)
        self.last = self.before = Dated(0, "")

    def update(self, integral: float, now_s: float, civil: datetime, stamp_of: StampOf, at_start: int = 0) -> None:
        """Take note of the value's integral over time (in unit x s) at a time."""
        end = self._end_before(civil)
        # Equal times of the hour that comes twice in autumn differ in their fold.
        if (end, end.fold) == self._end:
            return
        if self._end is None:
            self.last = Dated(at_start, stamp_of(end))
            self.before = Dated(at_start, stamp_of(self._end_before(end - timedelta(seconds=1))))
        else:
            began_integral, began_s = self._began
            self.before = self.last
            self.last = Dated(nearest((integral - began_integral) / (now_s - began_s)), stamp_of(end))
        self._end = (end, end.fold)
        self._began = (integral, now_s)

    def _end_before(self, civil: datetime) -> datetime:
        """The last end of a period, at or before a local time."""
        second = civil.hour * 3600 + civil.minute * 60 + civil.second
        minutes, second = divmod(second - second % self._period_s, 60)
        hour, minute = divmod(minutes, 60)
        return civil.replace(hour=hour, minute=minute, second=second, microsecond=0)


class History:
    """The maxima and means of one meter. `curve_s` is the period of the load curves; None: they are switched off."""

    def __init__(self, phases: int, curve_s: int | None) -> None:
        self._phases = phases
        self._import_va = DayMaximum()
        self._phase_import_va = [DayMaximum() for _ in range(phases)]
        self._export_va = DayMaximum()
        self._voltage_v = [PeriodMean(VOLTAGE_MEAN_S) for _ in range(phases)]
        self._curves_w = {} if curve_s is None else {name: PeriodMean(curve_s) for name in ("import", "export")}
        self._voltage_vs = [0.0] * phases
        self._held_v: tuple[float, ...] = (0.0,) * phases
        self._held_since_s = 0.0

    def update(
        self, reading: GridReading, shown: Electrical, now_s: float, civil: datetime, stamp_of: StampOf
    ) -> Quantities:
        """Take note of a reading; gives what there is to show of the past. See labels.py."""
        self._import_va.update(shown.import_va, civil, stamp_of)
        self._export_va.update(shown.export_va, civil, stamp_of)
        for phase in range(self._phases):
            self._phase_import_va[phase].update(shown.phase_import_va[phase], civil, stamp_of)
            self._voltage_vs[phase] += self._held_v[phase] * (now_s - self._held_since_s)
            self._voltage_v[phase].update(self._voltage_vs[phase], now_s, civil, stamp_of, shown.voltage_v[phase])
        self._held_v = reading.voltage_v[: self._phases]
        self._held_since_s = now_s
        quantities: Quantities = {
            "max_import_va": self._import_va.today,
            "max_import_before_va": self._import_va.yesterday,
            "max_import_yesterday_va": self._import_va.yesterday.value,
            "max_export_va": self._export_va.today,
            "max_export_before_va": self._export_va.yesterday,
            **numbered("max_import_va", [maximum.today for maximum in self._phase_import_va]),
            **numbered("max_import_before_va", [maximum.yesterday for maximum in self._phase_import_va]),
            **numbered("mean_voltage_v", [mean.last for mean in self._voltage_v]),
        }
        energy_kwh = {"import": reading.import_kwh, "export": reading.export_kwh}
        for name, curve in self._curves_w.items():
            curve.update(energy_kwh[name] * _WS_PER_KWH, now_s, civil, stamp_of)
            quantities[f"curve_{name}_w"] = curve.last
            quantities[f"curve_{name}_before_w"] = curve.before
        return quantities
