"""The lines of the sub-meters (gas, heat, water, electricity) that an electricity meter collects over its M-Bus."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache

from emulators.errors import BadConfiguration, Malformed
from emulators.p1.forms import EOL, Number, named_group
from emulators.p1.telegram import MbusReading
from emulators.p1.versions import MBUS_CHANNELS, MBUS_READINGS, MbusLine, MbusLines

# Any lines of channels 1 to 4 (`0-1:` to `0-4:`) and of what they continue on the next line, as one group; `read`
# looks into them.
PATTERN = rf"((?:(?:0-[1-4]:|\()[^\r]*{EOL})*)"


@lru_cache(maxsize=256)
def write(readings: tuple[MbusReading, ...], lines: MbusLines) -> str:
    """The lines of the sub-meters; remembered, because they change only at a capture.

    Raises BadConfiguration for a channel out of range or taken twice, an unknown type, or a value that does not fit.
    """
    if len({reading.channel for reading in readings}) != len(readings):
        raise BadConfiguration("every M-Bus channel holds one sub-meter")
    return "".join([_written(reading, lines) for reading in readings])


@lru_cache(maxsize=256)
def read(text: str, lines: MbusLines) -> tuple[MbusReading, ...]:
    """The sub-meters of the group of PATTERN. Raises Malformed when their lines are not in order and format."""
    readings: list[MbusReading] = []
    at = 0
    while at < len(text):
        device_type = _type_at(text, at, lines)
        found = None if device_type is None else _sub_meter(lines, device_type).match(text, at)
        if found is None or int(found["channel"]) in (reading.channel for reading in readings):
            needed = ", ".join(line.says for line in lines.lines)
            raise Malformed(f"no new sub-meter in {text[at : at + 60]!r}: {needed} are needed")
        readings.append(_reading(found, lines))
        at = found.end()
    return tuple(readings)


# --- writing ------------------------------------------------------------------------------------------------------


def _written(reading: MbusReading, lines: MbusLines) -> str:
    if reading.channel not in MBUS_CHANNELS:
        raise BadConfiguration(f"M-Bus channels are {MBUS_CHANNELS}, not {reading.channel}")
    if reading.device_type not in MBUS_READINGS:
        raise BadConfiguration(f"M-Bus device types are {[*MBUS_READINGS]}, not {reading.device_type}")
    if reading.valve is not None and not lines.has_valve:
        raise BadConfiguration("this version has no line for the valve of a sub-meter")
    return "".join([_WRITERS[line.says](reading, line, _code(line, reading)) for line in lines.lines])


def _code(line: MbusLine, reading: MbusReading) -> str:
    return f"0-{reading.channel}:{line.code_for(reading.device_type)}"


def _write_type(reading: MbusReading, line: MbusLine, code: str) -> str:
    return line.form.writer((code,))((reading.device_type,))


def _write_identity(reading: MbusReading, line: MbusLine, code: str) -> str:
    return line.form.writer((code,))((reading.equipment_id,))


def _write_valve(reading: MbusReading, line: MbusLine, code: str) -> str:
    return "" if reading.valve is None else line.form.writer((code,))((reading.valve,))


def _write_reading(reading: MbusReading, line: MbusLine, code: str) -> str:
    stamped = line.form.writer((code,))((reading.stamp,)).removesuffix(EOL)
    number = MBUS_READINGS[reading.device_type]
    if reading.reading_milli is None:
        return _unitless(number).writer((stamped,))((0,))
    return number.writer((stamped,))((reading.reading_milli,))


def _write_profile(reading: MbusReading, line: MbusLine, code: str) -> str:
    if reading.reading_milli is None:
        raise BadConfiguration(f"{code} has no way to say that no reading was ever valid")
    stamped = line.form.writer((code,))((reading.stamp,)).removesuffix(EOL)
    number = MBUS_READINGS[reading.device_type]
    value = _unitless(number).writer(("",))((reading.reading_milli,))
    # Status, minutes, number of values, their code, their unit.
    return f"{stamped}(00)(60)(1)(0-{reading.channel}:24.2.1)({number.unit}){EOL}{value}"


_WRITERS: Mapping[str, Callable[[MbusReading, MbusLine, str], str]] = {
    "type": _write_type,
    "identity": _write_identity,
    "valve": _write_valve,
    "reading": _write_reading,
    "profile": _write_profile,
}


def _unitless(number: Number) -> Number:
    return Number(number.digits, number.decimals, step=number.step)


# --- reading ------------------------------------------------------------------------------------------------------


def _type_at(text: str, at: int, lines: MbusLines) -> int | None:
    """The type that the first line of a sub-meter tells, without which its other lines cannot be looked for."""
    found = _type_line(lines).match(text, at)
    if found is None:
        return None
    device_type = int(found["type"])
    if device_type not in MBUS_READINGS:
        raise Malformed(f"M-Bus device types are {[*MBUS_READINGS]}, not {device_type}")
    return device_type


@cache
def _type_line(lines: MbusLines) -> re.Pattern[str]:
    return re.compile(_line_pattern(lines.lines[0], device_type=0))


@cache
def _sub_meter(lines: MbusLines, device_type: int) -> re.Pattern[str]:
    """The lines of one sub-meter of a type; named groups: channel, and what the lines say."""
    return re.compile("".join(_line_pattern(line, device_type) for line in lines.lines))


def _line_pattern(line: MbusLine, device_type: int) -> str:
    start = rf"0-(?P=channel):{re.escape(line.code_for(device_type))}"
    return _PATTERNS[line.says](start, line, MBUS_READINGS.get(device_type))


def _type_pattern(_start: str, line: MbusLine, _number: Number | None) -> str:
    return rf"0-(?P<channel>[1-4]):{re.escape(line.code)}{named_group(line.form, 'type')}{EOL}"


def _identity_pattern(start: str, line: MbusLine, _number: Number | None) -> str:
    return rf"{start}{named_group(line.form, 'identity')}{EOL}"


def _valve_pattern(start: str, line: MbusLine, _number: Number | None) -> str:
    return rf"(?:{start}{named_group(line.form, 'valve')}{EOL})?"


def _reading_pattern(start: str, line: MbusLine, _number: Number | None) -> str:
    return rf"{start}{named_group(line.form, 'stamp')}{_VALUE}{EOL}"


def _profile_pattern(start: str, line: MbusLine, number: Number | None) -> str:
    unit = "" if number is None else number.unit
    between = rf"\(00\)\(60\)\(1\)\(0-(?P=channel):24\.2\.1\)\({unit}\)"
    return rf"{start}{named_group(line.form, 'stamp')}{between}{EOL}{_VALUE}{EOL}"


# The bracketed value of a reading; which numbers it can be depends on the type.
_VALUE = r"(?P<value>\([^\r]*\))"
_PATTERNS: Mapping[str, Callable[[str, MbusLine, Number | None], str]] = {
    "type": _type_pattern,
    "identity": _identity_pattern,
    "valve": _valve_pattern,
    "reading": _reading_pattern,
    "profile": _profile_pattern,
}


def _reading(found: re.Match[str], lines: MbusLines) -> MbusReading:
    said = found.groupdict()
    device_type = int(said["type"])
    forms = {line.says: line.form for line in lines.lines}
    valve = said.get("valve")
    return MbusReading(
        channel=int(said["channel"]),
        device_type=device_type,
        equipment_id=forms["identity"].read(said["identity"]),
        stamp=said["stamp"],
        reading_milli=_value(said["value"], device_type, in_profile="profile" in forms),
        valve=None if valve is None else forms["valve"].read(valve),
    )


def _value(text: str, device_type: int, *, in_profile: bool) -> int | None:
    """A bracketed reading; without a unit it is one that was never valid, and 0, but in a profile as it should be."""
    number = MBUS_READINGS[device_type]
    bare = re.fullmatch(_unitless(number).pattern, text)
    if bare is not None and in_profile:
        return number.read(bare[1])
    if bare is not None and number.read(bare[1]) == 0:
        return None
    value = None if in_profile else re.fullmatch(number.pattern, text)
    if value is None:
        raise Malformed(f"a sub-meter of type {device_type} cannot read {text!r}")
    return number.read(value[1])
