"""Settings of the station: frozen values, checked when they come in.

A setting goes by its back-office key, its name in the installer tool, or another spelling found in the documents;
names are compared in small letters with hyphens and blanks removed (O-56). The names and ranges stand in
`station.setting_rows`, the defaults here.
"""

import difflib
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from station.errors import SettingError
from station.setting_rows import P1_MODE, P1_PROTOCOL, ROWS, SettingRow
from station.units import da_from_a

# CFG-040, CFG-041: what a licence unlocks.
LICENCES: Mapping[str, frozenset[str]] = {
    "SLB": frozenset({"SLB"}),
    "ALB": frozenset({"SLB", "ALB"}),
    "SCN": frozenset({"SLB", "ALB", "SCN"}),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the station was configured with. Currents in A per phase, times in s; see the rows for clauses."""

    licence_key: str = ""
    station_max_a: float = 32.0
    connector1_max_a: float = 32.0
    phases: str = "L1L2L3"
    active_balancing: bool = False  # CFG-011
    protocol: str = P1_PROTOCOL
    rj11_mode: str = P1_MODE
    meter_includes_charger: bool = True  # O-58
    meter_max_a: float = 25.0
    safe_a: float = 6.0
    ocp_meas_tolerance_pct: float = 0.0  # O-05: strict
    ocp_pause_s: float = 300.0  # OCP-010
    ocp_grace_s: float = 5.0  # O-03
    ocp_reset_s: float = 1.0  # O-04
    ocp_trip_s_ge_150: float = 2.0  # O-01
    ocp_max_retries: int | None = None  # O-08: unlimited
    p1_timeout_factor: float = 3.0  # O-22
    p1_timeout_floor_s: float = 10.0  # O-22
    p1_timeout_margin_s: float = 0.2
    p1_max_bad: int = 3  # O-23
    p1_reopen_s: float = 1.0
    alb_return_a_per_step: float = 1.0  # O-32
    alb_return_step_s: float = 5.0  # O-32
    m3_contactor_close_s: float = 0.0
    m3_c1_open_s: float = 6.0
    board_retry_s: float = 1.0

    @classmethod
    def from_mapping(cls, given: Mapping[str, object]) -> "Settings":
        """Settings from names and values, values as text or as they stand in a TOML file; the rest by default.

        Raises SettingError, naming key, value and what is allowed, for an unknown or read-only key, a key given
        twice under two names, a value out of range, or a setting of a feature that is not unlocked.
        """
        rows = {find_row(key): value for key, value in canonical(given).items()}
        changes: dict[str, Any] = {row.field: _PARSERS[row.kind](row, value) for row, value in rows.items()}
        settings = replace(cls(), **changes)
        for row in rows:
            _check_licence(settings, row)
        return settings

    @property
    def unlocked(self) -> frozenset[str]:
        """Features the licence unlocks (UnlockedFeatures, CFG-002)."""
        return frozenset().union(*(LICENCES[name] for name in _licence_names(self.licence_key)))

    @property
    def p1_selected(self) -> bool:
        """Whether the P1 port is read at all (ALB-P1-012, ALB-P1-013, ALB-P1-025)."""
        return self.active_balancing and self.protocol == P1_PROTOCOL and self.rj11_mode == P1_MODE

    @property
    def grid_phases(self) -> tuple[int, ...]:
        """Index (0 for L1) of the grid phase behind the station's own L1, and L2 and L3 where it has them."""
        return tuple(int(digit) - 1 for digit in self.phases.split("L")[1:])

    @property
    def cap_da(self) -> int:
        """The lower of station and connector limit, in dA."""
        return min(da_from_a(self.station_max_a), da_from_a(self.connector1_max_a))


def find_row(name: str) -> SettingRow:
    """The row a name stands for. Raises SettingError, with the nearest name, when there is none."""
    row = _BY_NAME.get(_normal(name))
    if row is None:
        near = difflib.get_close_matches(_normal(name), _BY_NAME, n=1)
        hint = f"; did you mean {_BY_NAME[near[0]].key!r}?" if near else ""
        raise SettingError(f"{name!r}: unknown setting{hint}")
    return row


def canonical(given: Mapping[str, object]) -> dict[str, object]:
    """The same values under their back-office keys. Raises SettingError for an unknown or doubled name."""
    named: dict[str, object] = {}
    for name, value in given.items():
        key = find_row(name).key
        if key in named:
            raise SettingError(f"{key}: given twice, the second time as {name!r}")
        named[key] = value
    return named


def _normal(name: str) -> str:
    return name.casefold().replace("-", "").replace(" ", "")


_BY_NAME: Mapping[str, SettingRow] = {
    _normal(name): row for row in ROWS for name in (row.key, row.installer, *row.aliases) if name
}


def _refusal(row: SettingRow, value: object, allowed: str) -> SettingError:
    return SettingError(f"{row.key}: {value!r} is not allowed; allowed is {allowed}")


def _range(row: SettingRow) -> str:
    return f"{row.low:g} to {row.high:g} {row.unit}".rstrip()


def _number(row: SettingRow, value: object) -> float:
    number = math.nan
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        with suppress(ValueError):
            number = float(value)
    if not row.low <= number <= row.high:  # also refuses "nan"
        raise _refusal(row, value, f"a number from {_range(row)}")
    return number


def _count(row: SettingRow, value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not row.low <= value <= row.high:
        raise _refusal(row, value, f"a whole number from {_range(row)}")
    return value


def _count_or_unlimited(row: SettingRow, value: object) -> int | None:
    if isinstance(value, str) and value.casefold() == "unlimited":
        return None
    try:
        return _count(row, value)
    except SettingError as error:
        raise SettingError(f"{error} or 'unlimited'") from None


# CFG-038: capitals and small letters, but only the English words.
_SWITCH = {"on": True, "true": True, "off": False, "false": False}


def _switch(row: SettingRow, value: object) -> bool:
    if isinstance(value, bool):
        return value
    state = _SWITCH.get(value.casefold()) if isinstance(value, str) else None
    if state is None:
        raise _refusal(row, value, "On, Off, True or False")
    return state


def _choice(row: SettingRow, value: object) -> str:
    if isinstance(value, str):
        for choice, spellings in row.choices:
            if _normal(value) in map(_normal, (choice, *spellings)):
                return choice
    raise _refusal(row, value, ", ".join(repr(choice) for choice, _ in row.choices))


def _licence_names(key: str) -> tuple[str, ...]:
    return tuple(name.strip().upper() for name in key.split("+")) if key.strip() else ()


def _licence(row: SettingRow, value: object) -> str:
    if not isinstance(value, str) or not all(name in LICENCES for name in _licence_names(value)):
        raise _refusal(row, value, f"empty, or one or more of {', '.join(LICENCES)} joined by '+'")
    return value


def _read_only(row: SettingRow, _value: object) -> str:
    raise SettingError(f"{row.key}: read-only, it {row.meaning}")


_PARSERS: Mapping[str, Callable[[SettingRow, object], object]] = {
    "number": _number,
    "count": _count,
    "count-or-unlimited": _count_or_unlimited,
    "switch": _switch,
    "choice": _choice,
    "licence": _licence,
    "read-only": _read_only,
}


def _check_licence(settings: Settings, row: SettingRow) -> None:
    changed = getattr(settings, row.field) != getattr(_DEFAULTS, row.field)
    if row.feature and changed and row.feature not in settings.unlocked:
        raise SettingError(
            f"{row.key}: belongs to {row.feature}, which FeatureLicenseKey {settings.licence_key!r} does not unlock; "
            f"set FeatureLicenseKey to {row.feature!r}"
        )


_DEFAULTS = Settings()
