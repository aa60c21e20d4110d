"""Values of settings from text or TOML, one parser for each kind of row.

Every parser raises SettingError, naming key, value and what is allowed.
"""

import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress

from station.errors import SettingError
from station.setting_row import SettingRow
from station.sources.modbus.registers import Register, parse_register

# CFG-040, CFG-041: what a licence unlocks.
LICENCES: Mapping[str, frozenset[str]] = {
    "SLB": frozenset({"SLB"}),
    "ALB": frozenset({"SLB", "ALB"}),
    "SCN": frozenset({"SLB", "ALB", "SCN"}),
}


def normal(name: str) -> str:
    """Names and values are compared like this (O-56)."""
    return name.casefold().replace("-", "").replace(" ", "")


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
    if isinstance(value, str) and state is None:
        spelled = [normal(value) in map(normal, spellings) for _, spellings in row.choices]
        state = spelled[0] if any(spelled) else None
    if state is None:
        more = "".join(f" or {spelling!r}" for _, spellings in row.choices for spelling in spellings)
        raise _refusal(row, value, f"On, Off, True or False{more}")
    return state


def _choice(row: SettingRow, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):  # `baud = 9600` in a TOML file
        value = str(value)
    if isinstance(value, str):
        for choice, spellings in row.choices:
            if normal(value) in map(normal, (choice, *spellings)):
                return choice
    raise _refusal(row, value, ", ".join(repr(choice) for choice, _ in row.choices))


def licence_names(key: str) -> tuple[str, ...]:
    """The features a licence key names."""
    return tuple(name.strip().upper() for name in key.split("+")) if key.strip() else ()


def _licence(row: SettingRow, value: object) -> str:
    if not isinstance(value, str) or not all(name in LICENCES for name in licence_names(value)):
        raise _refusal(row, value, f"empty, or one or more of {', '.join(LICENCES)} joined by '+'")
    return value


_OCTET = re.compile(r"[0-9]{1,3}")


def _ipv4(row: SettingRow, value: object) -> str:
    """ALB-TCP-007, ALB-TCP-025: four decimal octets, whatever zeros they begin with."""
    octets = value.strip().split(".") if isinstance(value, str) else []
    if len(octets) != 4 or not all(_OCTET.fullmatch(octet) and int(octet) < 256 for octet in octets):
        raise _refusal(row, value, "an IPv4 address, such as 192.168.000.005")
    return ".".join(str(int(octet)) for octet in octets)


_PREFIX = re.compile(r"[0-9]{1,2}")


def _interface(row: SettingRow, value: object) -> str | None:
    """An own IPv4 address with the length of its network's prefix; None when it is empty."""
    if value in (None, ""):
        return None
    address, _, prefix = value.partition("/") if isinstance(value, str) else ("", "", "")
    try:
        if _PREFIX.fullmatch(prefix):
            return str(ipaddress.IPv4Interface(f"{_ipv4(row, address)}/{prefix}"))
    except (SettingError, ValueError):
        pass
    raise _refusal(row, value, "an IPv4 address with its prefix, such as 192.168.0.10/24")


_NETWORK_NAME = re.compile(r"[A-Z0-9]{1,7}")


def _network_name(row: SettingRow, value: object) -> str:
    """SCN-048, O-39; empty for none."""
    if not isinstance(value, str) or (value and not _NETWORK_NAME.fullmatch(value)):
        raise _refusal(row, value, "1 to 7 of the characters A to Z and 0 to 9")
    return value


def _register(row: SettingRow, value: object) -> Register | None:
    if isinstance(value, Register) or value in (None, ""):
        return value or None  # type: ignore[return-value]
    try:
        return parse_register(str(value))
    except SettingError as error:
        raise SettingError(f"{row.key}: {error}") from None


def _read_only(row: SettingRow, _value: object) -> str:
    raise SettingError(f"{row.key}: read-only, it {row.meaning}")


PARSERS: Mapping[str, Callable[[SettingRow, object], object]] = {
    "number": _number,
    "count": _count,
    "count-or-unlimited": _count_or_unlimited,
    "switch": _switch,
    "choice": _choice,
    "licence": _licence,
    "ipv4": _ipv4,
    "interface": _interface,
    "network-name": _network_name,
    "register": _register,
    "read-only": _read_only,
}
