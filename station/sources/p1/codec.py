"""One P1 telegram, bytes to values. Pure.

What is read is what load balancing needs: who speaks, when, and power, voltage and current per phase. Every other
line is ignored. Lines are found by their OBIS code, in any order, and numbers by their digits, not their width:
real meters differ in both.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import fastcrc

from station.errors import Malformed

PerPhase = tuple[float | None, float | None, float | None]


class BadCrc(Malformed):
    """The check sum at the end of the telegram does not belong to what precedes it."""


class Unsupported(Malformed):
    """A protocol version below 4.0, or none given: no good for load balancing (ALB-P1-001, ALB-P1-002)."""


@dataclass(frozen=True, slots=True)
class P1Telegram:
    """What the station takes from one telegram; None where the telegram has no such line.

    Powers in kW, import and export apart and both positive; voltages in V; currents in A, as the meter sends them,
    which is without a sign (the Swedish document allows one). `version` is the text of the version line ("42", "50",
    Belgian "50217"), or "SE" for the Swedish H1, which has none; `timestamp` the text of the time line (YYMMDDhhmmss
    and S or W), not interpreted. `has_phase` says for L1, L2 and L3 whether any line about that phase is there, sags
    and swells included: that is how a one-phase meter is told from a three-phase one.
    """

    version: str
    timestamp: str | None
    import_kw: float | None
    export_kw: float | None
    phase_import_kw: PerPhase
    phase_export_kw: PerPhase
    voltage_v: PerPhase
    current_a: PerPhase
    has_phase: tuple[bool, bool, bool]


_VERSION = b"1-3:0.2.8"
_VERSION_BELGIUM = b"0-0:96.1.4"
_TIMESTAMP = b"0-0:1.0.0"
_IMPORT, _EXPORT = b"1-0:1.7.0", b"1-0:2.7.0"
_PHASE_IMPORT = (b"1-0:21.7.0", b"1-0:41.7.0", b"1-0:61.7.0")
_PHASE_EXPORT = (b"1-0:22.7.0", b"1-0:42.7.0", b"1-0:62.7.0")
_VOLTAGE = (b"1-0:32.7.0", b"1-0:52.7.0", b"1-0:72.7.0")
_CURRENT = (b"1-0:31.7.0", b"1-0:51.7.0", b"1-0:71.7.0")
_SAGS = (b"1-0:32.32.0", b"1-0:52.32.0", b"1-0:72.32.0")
_SWELLS = (b"1-0:32.36.0", b"1-0:52.36.0", b"1-0:72.36.0")

# One register for all tariffs, by which the Swedish H1 is told from telegrams of before DSMR 4, which have two.
_ALL_TARIFFS = b"1-0:1.8.0"

# What may stand after the bracket of a line, by unit; currents may be signed in the Swedish document.
_DIGITS = rb"\d{1,9}(?:\.\d{1,9})?"


class _Kind(NamedTuple):
    """A unit, and whether a text is a number of it."""

    unit: str
    fullmatch: Callable[[bytes], re.Match[bytes] | None]


_POWER = _Kind("kW", re.compile(rb"(%b)\*kW\)" % _DIGITS).fullmatch)
_VOLTS = _Kind("V", re.compile(rb"(%b)\*V\)" % _DIGITS).fullmatch)
_AMPERES = _Kind("A", re.compile(rb"(-?%b)\*A\)" % _DIGITS).fullmatch)
_MEASURED = {
    **dict.fromkeys((_IMPORT, _EXPORT, *_PHASE_IMPORT, *_PHASE_EXPORT), _POWER),
    **dict.fromkeys(_VOLTAGE, _VOLTS),
    **dict.fromkeys(_CURRENT, _AMPERES),
}
_CODES = (_VERSION, _VERSION_BELGIUM, _TIMESTAMP, _ALL_TARIFFS, *_MEASURED, *_SAGS, *_SWELLS)
# Some 4.x meters print the F field, which the standard omits, as the sample telegram of the standard does.
_CODE_OF = {printed: code for code in _CODES for printed in (code, code + b".255")}
_OF_PHASE = tuple(
    frozenset(codes) for codes in zip(_PHASE_IMPORT, _PHASE_EXPORT, _VOLTAGE, _CURRENT, _SAGS, _SWELLS, strict=True)
)

_SUPPORTED = {_VERSION: re.compile(rb"[45]\d\)"), _VERSION_BELGIUM: re.compile(rb"502\d\d\)")}
_SWEDISH = "SE"
_TEXT_B = 40
# Four digits, of which some meters drop leading zeros; some put a NUL after them.
_CRC_FIELD = re.compile(rb"([0-9A-F]{1,4}|[0-9a-f]{1,4})?\0*\r?\n?")


def decode(telegram: bytes) -> P1Telegram:
    """Read one telegram, from its "/" up to and including the check sum and what may follow it on that line.

    Raises BadCrc when the check sum is not that of the telegram; Unsupported when the version line is missing or
    below 4.0 (such telegrams carry no check sum); Malformed for anything else that is not as it should be.
    """
    mark = _end_mark(telegram)
    has_crc = _check_crc(telegram, mark)
    lines = _lines(telegram[:mark])
    version = _version(lines, has_crc=has_crc)
    if not has_crc:
        raise Malformed(
            f'version {version} telegram without a readable CRC after "!": four hexadecimal digits expected'
        )
    timestamp = lines.get(_TIMESTAMP)
    codes = lines.keys()
    one, two, three = _OF_PHASE
    value = _measured(lines).get
    return P1Telegram(
        version=version,
        timestamp=None if timestamp is None else _text(timestamp.text.removesuffix(b")")),
        import_kw=value(_IMPORT),
        export_kw=value(_EXPORT),
        phase_import_kw=_per_phase(value, _PHASE_IMPORT),
        phase_export_kw=_per_phase(value, _PHASE_EXPORT),
        voltage_v=_per_phase(value, _VOLTAGE),
        current_a=_per_phase(value, _CURRENT),
        has_phase=(not codes.isdisjoint(one), not codes.isdisjoint(two), not codes.isdisjoint(three)),
    )


def _end_mark(telegram: bytes) -> int:
    """Where the "!" is that ends the telegram: the last one that starts a line, else the last one at all."""
    if not telegram.startswith(b"/"):
        raise Malformed(f'telegram starts with {_text(telegram[:1])!r}, "/" expected')
    at = telegram.rfind(b"\n!") + 1 or telegram.rfind(b"!")
    if at < 0:
        raise Malformed('telegram without "!" at its end')
    return at


def _check_crc(telegram: bytes, mark: int) -> bool:
    """Whether a check sum is there; it is right then (CRC-16/ARC over "/" up to and including "!")."""
    field = _CRC_FIELD.fullmatch(telegram, mark + 1)
    if field is None or field[1] is None:
        return False
    computed = fastcrc.crc16.arc(telegram[: mark + 1])
    if int(field[1], 16) != computed:
        raise BadCrc(f"CRC {_text(field[1])} received, {computed:04X} computed over {mark + 1} bytes")
    return True


class _Line(NamedTuple):
    """A line that is of use here: its OBIS code, what follows its first parenthesis, and the number that this is."""

    code: bytes
    text: bytes
    number: float | None


def _lines(body: bytes) -> dict[bytes, _Line]:
    """The lines that are of use here, by OBIS code."""
    # A value may stand on the line after its name; such a line starts with "(".
    found = [line for line in map(_line, body.replace(b"\r\n(", b"(").split(b"\r\n")) if line is not None]
    lines = {line.code: line for line in found}
    if len(lines) < len(found):
        twice = next(line.code for at, line in enumerate(found) if line.code in {one.code for one in found[:at]})
        raise Malformed(f"{_text(twice)} twice in one telegram: two telegrams glued together?")
    return lines


# Most lines say what they said in the telegram before; to know them again takes a third of the time of reading them.
@lru_cache(maxsize=1024)
def _line(printed: bytes) -> _Line | None:
    name, _, text = printed.partition(b"(")
    code = _CODE_OF.get(name)
    if code is None:
        return None
    number = _MEASURED[code].fullmatch(text) if code in _MEASURED else None
    return _Line(code, text, None if number is None else float(number[1]))


def _version(lines: dict[bytes, _Line], *, has_crc: bool) -> str:
    for code, supported in _SUPPORTED.items():
        line = lines.get(code)
        if line is not None:
            if supported.fullmatch(line.text) is None:
                raise Unsupported(f"version {_text(code)}({_text(line.text)}: 4.x, 5.x or Belgian 502xx needed")
            return line.text[:-1].decode("ascii")
    if has_crc and _ALL_TARIFFS in lines:
        return _SWEDISH
    raise Unsupported("no version line 1-3:0.2.8 or 0-0:96.1.4: DSMR 4.0 or higher needed")


def _measured(lines: dict[bytes, _Line]) -> dict[bytes, float]:
    """The numbers, by the codes of their lines."""
    values: dict[bytes, float] = {}
    for line in lines.values():
        if line.number is not None:
            values[line.code] = line.number
        elif line.code in _MEASURED:
            raise Malformed(f"{_text(line.code)}({_text(line.text)} is not a number of {_MEASURED[line.code].unit}")
    return values


def _per_phase(value: Callable[[bytes], float | None], codes: tuple[bytes, bytes, bytes]) -> PerPhase:
    l1, l2, l3 = codes
    return value(l1), value(l2), value(l3)


def _text(data: bytes) -> str:
    """Bytes as text for a person, whatever they are and however many."""
    return data[:_TEXT_B].decode("ascii", "backslashreplace")
