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
# Filled in by %, in half the time of an f-string: every telegram has two stamps.
_STAMP = "%02d%02d%02d%02d%02d%02d%s"


class MbusReading(msgspec.Struct, frozen=True, kw_only=True):
    """A sub-meter on the M-Bus of the electricity meter, with its last captured reading.

    `channel` is 1 to 4, in order of installation. `device_type` follows EN 13757-3 (2 electricity, 3 gas, 4 heat,
    7 water). `reading_milli` counts thousandths of the unit of that type: dm3, MJ, Wh; None where no reading was ever
    valid, which is printed as zeros without a unit. `valve` is None where there is no such line. In 2.2 and 3.0 the
    stamp has no letter.
    """

    channel: int
    device_type: int
    equipment_id: str
    stamp: str
    reading_milli: int | None
    valve: int | None = None


class Telegram(msgspec.Struct, frozen=True, kw_only=True):
    """One telegram. Per-phase tuples have one or three entries, L1 first; empty where the version has no such line.

    Every field with a default is absent from some version; it keeps its default there.

    Currents carry no sign (but in the dialect SE-signed): the direction of a phase is told by `phase_import_w` and
    `phase_export_w`. Energies are pairs (tariff 1, tariff 2), or one register where the version knows no tariffs; in
    the Netherlands 1 is low and 2 is normal, in Belgium 1 is day and 2 is night. The failure log holds (end of
    failure, duration in s), at most ten.

    `threshold_milli` (0-0:17.0.0) counts thousandths of the unit that the version prints: W, mA or VA. `switch` is
    the breaker: 0 open, 1 closed, 2 ready. `peak` is (time, W) of the month's highest quarter of an hour, `peaks`
    (month, time, W) of those before. `fuse_a` is the Belgian fuse threshold, `limits_a` the one of Luxembourg for
    import and, with a minus, for export.
    """

    version: str
    ident: str
    stamp: str = ""
    equipment_id: str = ""
    import_wh: tuple[int, ...]
    export_wh: tuple[int, ...]
    import_varh: int = 0
    export_varh: int = 0
    tariff: int = 0
    demand_w: int = 0
    peak: tuple[str, int] = ("", 0)
    peaks: tuple[tuple[str, str, int], ...] = ()
    import_w: int
    export_w: int
    import_var: int = 0
    export_var: int = 0
    import_va: int = 0
    export_va: int = 0
    threshold_milli: int = 0
    fuse_a: int = 0
    limits_a: tuple[int, ...] = ()
    switch: int = 0
    relays: tuple[int, ...] = ()
    failures: int = 0
    long_failures: int = 0
    failure_log: tuple[tuple[str, int], ...] = ()
    sags: tuple[int, ...] = ()
    swells: tuple[int, ...] = ()
    text_code: str = ""
    text: str = ""
    more_texts: tuple[str, ...] = ()
    voltage_dv: tuple[int, ...] = ()
    current_ma: tuple[int, ...] = ()
    phase_import_w: tuple[int, ...] = ()
    phase_export_w: tuple[int, ...] = ()
    phase_import_var: tuple[int, ...] = ()
    phase_export_var: tuple[int, ...] = ()
    mbus: tuple[MbusReading, ...] = ()


def stamp_of(civil: datetime, *, summer_time: bool = True) -> str:
    """The time stamp of a local time: S while daylight saving time is on, W otherwise. Fractions are cut off.

    Without `summer_time` the meter's clock stays at winter time all year. Raises BadConfiguration for a time without
    a time zone.
    """
    if civil.tzinfo is None:
        raise BadConfiguration(f"a telegram's time needs a time zone (Europe/Amsterdam), {civil} has none")
    saved = civil.dst()
    if saved and not summer_time:
        civil, saved = civil.replace(tzinfo=None) - saved, None
    letter = "S" if saved else "W"
    return _STAMP % (civil.year % 100, civil.month, civil.day, civil.hour, civil.minute, civil.second, letter)
