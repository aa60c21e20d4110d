"""From what the grid does to the figures that a meter prints: rounding, direction, totals and tariff registers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Literal, NamedTuple

from emulators.errors import BadConfiguration
from emulators.p1.forms import Number, Signed
from emulators.p1.nameplate import Nameplate
from emulators.p1.telegram import PHASES, Telegram, stamp_of
from emulators.p1.versions import Version
from emulators.site import GridReading

Rounding = Literal["nearest", "down", "up"]
Tariff = Callable[[datetime], int]

TARIFFS = (1, 2)
_NIGHT_BEGINS = time(23)
_NIGHT_ENDS = time(7)
_SATURDAY = 5


def low_at_night(civil: datetime, low_tariff: int = 1) -> int:
    """The usual tariff times: low from 23:00 to 07:00 and in the weekend. Grid operators differ.

    `low_tariff` is the number of the low tariff: 1 in the Netherlands, 2 in Belgium.
    """
    night = civil.time() >= _NIGHT_BEGINS or civil.time() < _NIGHT_ENDS
    return low_tariff if night or civil.weekday() >= _SATURDAY else sum(TARIFFS) - low_tariff


class Instant(NamedTuple):
    """What a telegram is made of: the phases of the meter at one instant, in V, A and W, and the rest."""

    civil: datetime
    plate: Nameplate
    tariff: int
    voltage_v: tuple[float, ...]
    current_a: tuple[float, ...]
    power_w: tuple[float, ...]


class Figures:
    """The measuring side of a meter; see Meter for the settings. It remembers the energy registers, nothing else.

    Values are rounded to the last digit that the version prints: powers to 1 W (2.2 and 3.0: 10 W), voltages to 0.1 V,
    energies to 1 Wh, currents to 1 A, 0.1 A or 0.01 A. Currents have no sign; a phase that exports shows its power in
    22/42/62.7.0 and 0 in 21/41/61.7.0. A version without tariffs has one register for the energy of both. Reactive
    power is what voltage, current and power leave; loads lag, so it is always import. Reactive energy is not counted.
    """

    def __init__(
        self,
        version: Version,
        phases: int,
        *,
        tariff: Tariff | None = None,
        import_wh: tuple[int, int] = (0, 0),
        export_wh: tuple[int, int] = (0, 0),
        current_rounding: Rounding = "nearest",
        net_totals: bool = True,
    ) -> None:
        """Raises BadConfiguration for a number of phases or a rounding that no meter has."""
        if phases not in PHASES:
            raise BadConfiguration(f"a meter has 1 or 3 phases, not {phases}")
        if current_rounding not in _ROUNDINGS:
            raise BadConfiguration(f"currents are rounded {', '.join(_ROUNDINGS)}, not {current_rounding!r}")
        self.tariff: Tariff = tariff or (lambda civil: low_at_night(civil, version.low_tariff))
        self._version = version
        self._phases = phases
        self._net_totals = net_totals
        self._round_current = _ROUNDINGS[current_rounding]
        self._usual = dict(version.usual)
        self._steps, self._signed = _steps(version)
        register = version.row("import_wh")
        assert register is not None
        assert isinstance(register.form, Number)
        self._turns_over_wh = 10**register.form.digits
        self._import_wh = _by_register(import_wh, len(register.codes))
        self._export_wh = _by_register(export_wh, len(register.codes))
        self._counted: GridReading | None = None
        fields = [field for row in version.rows for field in row.fields]
        sources = [(field, _SOURCES[field]) for field in fields if field in _SOURCES]
        self._running = [(field, source) for field, source in sources if field in _RUNNING]
        self._steady = [(field, source) for field, source in sources if field not in _RUNNING]
        self._plate_fields = [field for field in fields if field not in _SOURCES]
        self._kept: dict[str, object] = {}
        self._kept_of: object = None

    def telegram(self, reading: GridReading, civil: datetime, plate: Nameplate) -> Telegram:
        """The telegram of one reading. What flowed since the reading before is counted in the tariff of now."""
        phases = self._phases
        tariff = self.tariff(civil)
        self._count(reading, tariff)
        now = Instant(
            civil, plate, tariff, reading.voltage_v[:phases], reading.current_a[:phases], reading.power_w[:phases]
        )
        # Most telegrams tell of the same currents as the one before: that takes half the time.
        if (of := (plate, now.voltage_v, now.current_a, now.power_w)) != self._kept_of:
            self._kept_of, self._kept = of, self._steady_values(now)
        values = self._kept | {field: source(self, now) for field, source in self._running}
        lines = self._version.mbus
        mbus = () if lines is None else plate.captured(civil, lines)
        return Telegram(version=self._version.name, ident=plate.ident, mbus=mbus, **values)  # type: ignore[arg-type]

    def _steady_values(self, now: Instant) -> dict[str, object]:
        values = {field: source(self, now) for field, source in self._steady}
        for field in self._plate_fields:
            value = getattr(now.plate, field)
            values[field] = self._usual[field] if value is None else value
        return values

    def _count(self, reading: GridReading, tariff: int) -> None:
        before = self._counted
        if before is not None:
            register = min(tariff, len(self._import_wh)) - 1
            self._import_wh[register] += (reading.import_kwh - before.import_kwh) * 1000
            self._export_wh[register] += (reading.export_kwh - before.export_kwh) * 1000
        self._counted = reading

    # -- what the lines say, each from this instant ----------------------------------------------------------------

    def _stamp(self, now: Instant) -> str:
        return stamp_of(now.civil, summer_time=self._version.summer_time)

    def _import_registers(self, _now: Instant) -> tuple[int, ...]:
        return tuple([_nearest(wh) % self._turns_over_wh for wh in self._import_wh])

    def _export_registers(self, _now: Instant) -> tuple[int, ...]:
        return tuple([_nearest(wh) % self._turns_over_wh for wh in self._export_wh])

    def _total_import_w(self, now: Instant) -> int:
        return _rounded(_total(now.power_w, net=self._net_totals), self._steps["import_w"])

    def _total_export_w(self, now: Instant) -> int:
        return _rounded(_total([-power_w for power_w in now.power_w], net=self._net_totals), self._steps["export_w"])

    def _phase_import_w(self, now: Instant) -> tuple[int, ...]:
        return _each_rounded(now.power_w, self._steps["phase_import_w"])

    def _phase_export_w(self, now: Instant) -> tuple[int, ...]:
        return _each_rounded([-power_w for power_w in now.power_w], self._steps["phase_export_w"])

    def _import_var(self, now: Instant) -> int:
        return _rounded(sum(_reactive_var(now)), self._steps["import_var"])

    def _phase_import_var(self, now: Instant) -> tuple[int, ...]:
        return _each_rounded(_reactive_var(now), self._steps["phase_import_var"])

    def _phase_export_var(self, now: Instant) -> tuple[int, ...]:
        return (0,) * len(now.power_w)

    def _import_va(self, now: Instant) -> int:
        return _rounded(_apparent_va(now), self._steps["import_va"]) if sum(now.power_w) >= 0 else 0

    def _export_va(self, now: Instant) -> int:
        return _rounded(_apparent_va(now), self._steps["export_va"]) if sum(now.power_w) < 0 else 0

    def _voltages(self, now: Instant) -> tuple[int, ...]:
        return _each_rounded([voltage_v * 10 for voltage_v in now.voltage_v], self._steps["voltage_dv"])

    def _currents(self, now: Instant) -> tuple[int, ...]:
        step_ma = self._steps["current_ma"]
        steps_per_a = 1000 / step_ma
        rounded = self._round_current
        sizes_ma = [rounded(abs(a) * steps_per_a) * step_ma for a in now.current_a]
        if not self._signed:
            return tuple(sizes_ma)
        return tuple([-ma if a < 0 else ma for ma, a in zip(sizes_ma, now.current_a, strict=True)])


Source = Callable[[Figures, Instant], object]

# What the grid decides; the nameplate says everything else.
_SOURCES: Mapping[str, Source] = {
    "stamp": Figures._stamp,
    "tariff": lambda _figures, now: now.tariff,
    "import_wh": Figures._import_registers,
    "export_wh": Figures._export_registers,
    "import_w": Figures._total_import_w,
    "export_w": Figures._total_export_w,
    "phase_import_w": Figures._phase_import_w,
    "phase_export_w": Figures._phase_export_w,
    "import_var": Figures._import_var,
    "export_var": lambda _figures, _now: 0,
    "phase_import_var": Figures._phase_import_var,
    "phase_export_var": Figures._phase_export_var,
    "import_va": Figures._import_va,
    "export_va": Figures._export_va,
    "voltage_dv": Figures._voltages,
    "current_ma": Figures._currents,
    "sags": lambda _figures, now: now.plate.sags[: len(now.power_w)],
    "swells": lambda _figures, now: now.plate.swells[: len(now.power_w)],
}

# What differs from telegram to telegram also while plate, voltages, currents and powers stay the same.
_RUNNING = frozenset({"stamp", "tariff", "import_wh", "export_wh"})


def _nearest(value: float) -> int:
    """The nearest whole number of a value of 0 or more; halves go up."""
    return math.floor(value + 0.5)


def _rounded(value: float, step: int) -> int:
    return math.floor(value / step + 0.5) * step


def _each_rounded(values: Iterable[float], step: int) -> tuple[int, ...]:
    """The nearest multiples of `step`; 0 for what is below 0, which another field shows."""
    return tuple([math.floor(value / step + 0.5) * step if value > 0 else 0 for value in values])


_ROUNDINGS: dict[str, Callable[[float], int]] = {"nearest": _nearest, "down": math.floor, "up": math.ceil}


def _total(power_w: Sequence[float], *, net: bool) -> float:
    """What flows in the direction that counts as positive: of all phases together, or of those that go that way."""
    return max(0.0, sum(power_w)) if net else sum([p for p in power_w if p > 0])


def _reactive_var(now: Instant) -> list[float]:
    return [
        math.sqrt(max(0.0, (voltage_v * current_a) ** 2 - power_w**2))
        for voltage_v, current_a, power_w in zip(now.voltage_v, now.current_a, now.power_w, strict=True)
    ]


def _apparent_va(now: Instant) -> float:
    return math.hypot(sum(now.power_w), sum(_reactive_var(now)))


def _by_register(wh: tuple[int, int], registers: int) -> list[float]:
    return [float(sum(wh))] if registers == 1 else [float(value) for value in wh]


def _steps(version: Version) -> tuple[dict[str, int], bool]:
    """How many of a field's units its last digit counts, by field; and whether currents are printed with a sign."""
    numbers = {field: row.form for row in version.rows for field in row.fields if isinstance(row.form, Number | Signed)}
    return {field: form.step for field, form in numbers.items()}, isinstance(numbers.get("current_ma"), Signed)
