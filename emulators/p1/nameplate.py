"""What a meter says that the grid does not decide at this instant: names, counters, texts, sub-meters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from emulators.p1.telegram import MbusReading, stamp_of

GAS = 3  # M-Bus device type, EN 13757-3


@dataclass(frozen=True, slots=True, kw_only=True)
class SubMeter:
    """A meter on the M-Bus: its number on the bus, its type, and a register (thousandths) that stands still."""

    channel: int = 1
    device_type: int = GAS
    equipment_id: str = "G0099000000000001"
    reading_milli: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Nameplate:
    """The constant part of a meter's telegrams; fields as in Telegram."""

    ident: str = "EMU5\\2EVSE-RIG"
    equipment_id: str = "E0099000000000001"
    failures: int = 0
    long_failures: int = 0
    failure_log: tuple[tuple[str, int], ...] = ()
    sags: tuple[int, int, int] = (0, 0, 0)
    swells: tuple[int, int, int] = (0, 0, 0)
    text_code: str = ""
    text: str = ""
    sub_meters: tuple[SubMeter, ...] = (SubMeter(),)

    def captured(self, civil: datetime, capture_s: int) -> tuple[MbusReading, ...]:
        """The sub-meters as captured last; captures lie at multiples of `capture_s` (at most an hour) in each hour."""
        if not self.sub_meters:
            return ()
        minute = civil.minute - civil.minute % (capture_s // 60)
        stamp = stamp_of(civil.replace(minute=minute, second=0, microsecond=0))
        return tuple(
            MbusReading(
                channel=sub_meter.channel,
                device_type=sub_meter.device_type,
                equipment_id=sub_meter.equipment_id,
                stamp=stamp,
                reading_milli=sub_meter.reading_milli,
            )
            for sub_meter in self.sub_meters
        )
