"""What a meter says that the grid does not decide at this instant: names, counters, texts, states, sub-meters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from emulators.p1.telegram import MbusReading, stamp_of
from emulators.p1.versions import GAS, MbusLines


@dataclass(frozen=True, slots=True, kw_only=True)
class SubMeter:
    """A meter on the M-Bus: its number on the bus, its type, and a register (thousandths) that stands still.

    A register of None was never read: its line has the stamp of no time and zeros without a unit. The state of
    the valve is left out in versions that do not tell it, and where it is None.
    """

    channel: int = 1
    device_type: int = GAS
    equipment_id: str = "G0099000000000001"
    reading_milli: int | None = 0
    valve: int | None = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Nameplate:
    """The constant part of a meter's telegrams; fields as in Telegram.

    Versions print of it what they have lines for. None stands for what is usual in the version: the limiter and the
    fuse of a Belgian meter switched off (999.9 kW and 999 A), for example.
    """

    ident: str = "EMU5\\2EVSE-RIG"
    equipment_id: str = "E0099000000000001"
    failures: int = 0
    long_failures: int = 0
    failure_log: tuple[tuple[str, int], ...] = ()
    sags: tuple[int, int, int] = (0, 0, 0)
    swells: tuple[int, int, int] = (0, 0, 0)
    text_code: str = ""
    text: str = ""
    more_texts: tuple[str, ...] | None = None
    switch: int = 1
    relays: tuple[int, ...] | None = None
    threshold_milli: int | None = None
    fuse_a: int | None = None
    limits_a: tuple[int, int] | None = None
    demand_w: int = 0
    peak: tuple[str, int] = ("260101001500W", 0)
    peaks: tuple[tuple[str, str, int], ...] = ()
    import_varh: int = 0
    export_varh: int = 0
    sub_meters: tuple[SubMeter, ...] = (SubMeter(),)

    def captured(self, civil: datetime, lines: MbusLines) -> tuple[MbusReading, ...]:
        """The sub-meters as captured last; captures lie at multiples of the version's `capture_s` in each hour."""
        if not self.sub_meters:
            return ()
        minute = civil.minute - civil.minute % (lines.capture_s // 60)
        stamp = stamp_of(civil.replace(minute=minute, second=0, microsecond=0))
        has_valve = lines.has_valve
        captured = [
            MbusReading(
                channel=sub_meter.channel,
                device_type=sub_meter.device_type,
                equipment_id=sub_meter.equipment_id,
                stamp=(lines.never if sub_meter.reading_milli is None else stamp)[: lines.stamp_chars],
                reading_milli=sub_meter.reading_milli,
                valve=sub_meter.valve if has_valve else None,
            )
            for sub_meter in self.sub_meters
        ]
        return tuple(captured)
