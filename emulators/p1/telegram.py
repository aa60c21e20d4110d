"""A P1 telegram as a value: what a meter says at one instant, in whole units of its last digits.

All numbers are integers, so a telegram that can be written can be read back equal. Time stamps stay in the form of
the wire (`YYMMDDhhmmssX`, X is S in summer time and W in winter time), because meters in the field also send stamps
that are no date.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from emulators.errors import BadConfiguration

PHASES = (1, 3)


class MbusReading(msgspec.Struct, frozen=True, kw_only=True):
    """A sub-meter on the M-Bus of the electricity meter, with its last captured reading.

    `channel` is 1 to 4, in order of installation. `device_type` follows EN 13757-3 (2 electricity, 3 gas, 4 heat,
    7 water). `reading_milli` counts thousandths of the unit of that type: dm3, MJ, Wh.
    """

    channel: int
    device_type: int
    equipment_id: str
    stamp: str
    reading_milli: int


class Telegram(msgspec.Struct, frozen=True, kw_only=True):
    """One telegram. Per-phase tuples have one or three entries, L1 first; empty where the version has no such line.

    Currents carry no sign (DSMR 4 and 5): the direction of a phase is told by `phase_import_w` and `phase_export_w`.
    Energies are pairs (tariff 1, tariff 2); in the Netherlands 1 is low and 2 is normal. The failure log holds
    (end of failure, duration in s), at most ten.
    """

    version: str
    ident: str
    stamp: str
    equipment_id: str
    import_wh: tuple[int, int]
    export_wh: tuple[int, int]
    tariff: int
    import_w: int
    export_w: int
    failures: int = 0
    long_failures: int = 0
    failure_log: tuple[tuple[str, int], ...] = ()
    sags: tuple[int, ...]
    swells: tuple[int, ...]
    text_code: str = ""
    text: str = ""
    voltage_dv: tuple[int, ...] = ()
    current_ma: tuple[int, ...]
    phase_import_w: tuple[int, ...]
    phase_export_w: tuple[int, ...]
    mbus: tuple[MbusReading, ...] = ()


def stamp_of(civil: datetime) -> str:
    """The time stamp of a local time: S while daylight saving time is on, W otherwise. Fractions are cut off.

    Raises BadConfiguration for a time without a time zone.
    """
    if civil.tzinfo is None:
        raise BadConfiguration(f"a telegram's time needs a time zone (Europe/Amsterdam), {civil} has none")
    letter = "S" if civil.dst() else "W"
    year = civil.year % 100
    return f"{year:02}{civil.month:02}{civil.day:02}{civil.hour:02}{civil.minute:02}{civil.second:02}{letter}"
