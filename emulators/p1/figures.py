"""From what the grid does to the figures that a meter prints: rounding, direction, totals and tariff registers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import datetime, time
from typing import Literal

from emulators.errors import BadConfiguration
from emulators.p1.forms import Number
from emulators.p1.nameplate import Nameplate
from emulators.p1.telegram import PHASES, Telegram, stamp_of
from emulators.p1.versions import Version
from emulators.site import GridReading

Rounding = Literal["nearest", "down", "up"]
Tariff = Callable[[datetime], int]

LOW_TARIFF = 1
NORMAL_TARIFF = 2
# The registers, F9(3,3) kWh, turn over after 999,999.999 kWh.
REGISTER_WH = 10**9

_LOW_TARIFF_BEGINS = time(23)
_LOW_TARIFF_ENDS = time(7)
_SATURDAY = 5


def low_at_night(civil: datetime) -> int:
    """The usual Dutch tariff times: low from 23:00 to 07:00 and in the weekend. Grid operators differ."""
    night = civil.time() >= _LOW_TARIFF_BEGINS or civil.time() < _LOW_TARIFF_ENDS
    return LOW_TARIFF if night or civil.weekday() >= _SATURDAY else NORMAL_TARIFF


class Figures:
    """The measuring side of a meter; see Meter for the settings. It remembers the energy registers, nothing else.

    Powers are rounded to 1 W, voltages to 0.1 V, energies to 1 Wh, currents to what the version prints. Currents have
    no sign; a phase that exports shows its power in 22/42/62.7.0 and 0 in 21/41/61.7.0.
    """

    def __init__(
        self,
        version: Version,
        phases: int,
        *,
        tariff: Tariff,
        import_wh: tuple[int, int],
        export_wh: tuple[int, int],
        current_rounding: Rounding,
        net_totals: bool,
    ) -> None:
        """Raises BadConfiguration for a number of phases or a rounding that no meter has."""
        if phases not in PHASES:
            raise BadConfiguration(f"a meter has 1 or 3 phases, not {phases}")
        if current_rounding not in _ROUNDINGS:
            raise BadConfiguration(f"currents are rounded {', '.join(_ROUNDINGS)}, not {current_rounding!r}")
        self.tariff = tariff
        self._version = version
        self._phases = phases
        self._round_current = _ROUNDINGS[current_rounding]
        self._net_totals = net_totals
        self._import_wh = [float(wh) for wh in import_wh]
        self._export_wh = [float(wh) for wh in export_wh]
        self._counted: GridReading | None = None
        self._has_voltage = version.row("voltage_dv") is not None
        self._current_step_ma = _current_step_ma(version)

    def telegram(self, reading: GridReading, civil: datetime, plate: Nameplate) -> Telegram:
        """The telegram of one reading. What flowed since the reading before is counted in the tariff of now."""
        phases = self._phases
        tariff = self.tariff(civil)
        self._count(reading, tariff)
        power_w = reading.power_w[:phases]
        import_w, export_w = self._totals(power_w)
        return Telegram(
            version=self._version.name,
            ident=plate.ident,
            stamp=stamp_of(civil),
            equipment_id=plate.equipment_id,
            import_wh=_registers(self._import_wh),
            export_wh=_registers(self._export_wh),
            tariff=tariff,
            import_w=import_w,
            export_w=export_w,
            failures=plate.failures,
            long_failures=plate.long_failures,
            failure_log=plate.failure_log,
            sags=plate.sags[:phases],
            swells=plate.swells[:phases],
            text_code=plate.text_code,
            text=plate.text,
            voltage_dv=tuple([_nearest(v * 10) for v in reading.voltage_v[:phases]]) if self._has_voltage else (),
            current_ma=self._currents(reading.current_a[:phases]),
            phase_import_w=tuple([_nearest(p) if p > 0 else 0 for p in power_w]),
            phase_export_w=tuple([_nearest(-p) if p < 0 else 0 for p in power_w]),
            mbus=plate.captured(civil, self._version.mbus.capture_s),
        )

    def _currents(self, current_a: Iterable[float]) -> tuple[int, ...]:
        step_ma = self._current_step_ma
        steps_per_a = 1000 / step_ma
        rounded = self._round_current
        return tuple([rounded(abs(a) * steps_per_a) * step_ma for a in current_a])

    def _totals(self, power_w: tuple[float, ...]) -> tuple[int, int]:
        if self._net_totals:
            net_w = sum(power_w)
            return (_nearest(net_w), 0) if net_w >= 0 else (0, _nearest(-net_w))
        return _nearest(sum(p for p in power_w if p > 0)), _nearest(-sum(p for p in power_w if p < 0))

    def _count(self, reading: GridReading, tariff: int) -> None:
        before = self._counted
        if before is not None:
            self._import_wh[tariff - 1] += (reading.import_kwh - before.import_kwh) * 1000
            self._export_wh[tariff - 1] += (reading.export_kwh - before.export_kwh) * 1000
        self._counted = reading


def _nearest(value: float) -> int:
    """The nearest whole number of a value of 0 or more; halves go up."""
    return math.floor(value + 0.5)


_ROUNDINGS: dict[str, Callable[[float], int]] = {"nearest": _nearest, "down": math.floor, "up": math.ceil}


def _registers(wh: list[float]) -> tuple[int, int]:
    return _nearest(wh[0]) % REGISTER_WH, _nearest(wh[1]) % REGISTER_WH


def _current_step_ma(version: Version) -> int:
    row = version.row("current_ma")
    if row is None or not isinstance(row.form, Number):
        raise BadConfiguration(f"version {version.name} has no currents per phase")
    return row.form.step
