"""The lines of the sub-meters (gas, heat, water, electricity) that an electricity meter collects over its M-Bus."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from emulators.errors import BadConfiguration, Malformed
from emulators.p1.forms import EOL, Stamp
from emulators.p1.telegram import MbusReading
from emulators.p1.versions import EQUIPMENT_ID, MBUS_CHANNELS, MBUS_DEVICE_TYPE, MBUS_READINGS, MbusLines

# Any lines of channels 1 to 4 (`0-1:` to `0-4:`), as one group; `read` looks into them.
PATTERN = rf"((?:0-[1-4]:[^\r]*{EOL})*)"

_STAMP = Stamp()


@lru_cache(maxsize=256)
def write(readings: tuple[MbusReading, ...], lines: MbusLines) -> str:
    """The lines of the sub-meters; remembered, because they change only at a capture.

    Raises BadConfiguration for a channel out of range or taken twice, an unknown type, or a value that does not fit.
    """
    if len({reading.channel for reading in readings}) != len(readings):
        raise BadConfiguration("every M-Bus channel holds one sub-meter")
    parts = []
    for reading in readings:
        if reading.channel not in MBUS_CHANNELS:
            raise BadConfiguration(f"M-Bus channels are {MBUS_CHANNELS}, not {reading.channel}")
        number = MBUS_READINGS.get(reading.device_type)
        if number is None:
            raise BadConfiguration(f"M-Bus device types are {[*MBUS_READINGS]}, not {reading.device_type}")
        prefix = f"0-{reading.channel}:"
        stamped = _STAMP.writer((prefix + lines.reading,))((reading.stamp,)).removesuffix(EOL)
        parts += [
            MBUS_DEVICE_TYPE.writer((prefix + lines.device_type,))((reading.device_type,)),
            EQUIPMENT_ID.writer((prefix + lines.equipment_id,))((reading.equipment_id,)),
            number.writer((stamped,))((reading.reading_milli,)),
        ]
    return "".join(parts)


@lru_cache(maxsize=256)
def read(text: str, lines: MbusLines) -> tuple[MbusReading, ...]:
    """The sub-meters of the group of PATTERN. Raises Malformed when their lines are not in order and format."""
    readings: list[MbusReading] = []
    at = 0
    while at < len(text):
        found = _sub_meter(lines).match(text, at)
        if found is None or int(found["channel"]) in (reading.channel for reading in readings):
            raise Malformed(f"no new sub-meter in {text[at : at + 60]!r}: type, identity and reading are needed")
        readings.append(_reading(found))
        at = found.end()
    return tuple(readings)


def _reading(found: re.Match[str]) -> MbusReading:
    device_type = MBUS_DEVICE_TYPE.read(found[2])
    number = MBUS_READINGS.get(device_type)
    if number is None:
        raise Malformed(f"M-Bus device types are {[*MBUS_READINGS]}, not {device_type}")
    value = re.fullmatch(number.pattern, found[5])
    if value is None:
        raise Malformed(f"a sub-meter of type {device_type} cannot read {found[5]!r}")
    return MbusReading(
        channel=int(found["channel"]),
        device_type=device_type,
        equipment_id=EQUIPMENT_ID.read(found[3]),
        stamp=found[4],
        reading_milli=number.read(value[1]),
    )


@cache
def _sub_meter(lines: MbusLines) -> re.Pattern[str]:
    """The three lines of one sub-meter; groups: channel, type, identity, stamp, bracketed reading."""
    return re.compile(
        rf"0-(?P<channel>[1-4]):{re.escape(lines.device_type)}{MBUS_DEVICE_TYPE.pattern}{EOL}"
        rf"0-(?P=channel):{re.escape(lines.equipment_id)}{EQUIPMENT_ID.pattern}{EOL}"
        rf"0-(?P=channel):{re.escape(lines.reading)}{_STAMP.pattern}(\([^\r]*\)){EOL}"
    )
