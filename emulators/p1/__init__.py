"""The P1 customer port: telegrams, the meter that sends them, and the port that puts them on a wire."""

from emulators.p1.codec import decode, encode
from emulators.p1.meter import Meter
from emulators.p1.nameplate import Nameplate, SubMeter
from emulators.p1.telegram import MbusReading, Telegram
from emulators.p1.versions import DIALECTS, DSMR_4_2_2, DSMR_5_0_2, VERSIONS

__all__ = [
    "DIALECTS",
    "DSMR_4_2_2",
    "DSMR_5_0_2",
    "VERSIONS",
    "MbusReading",
    "Meter",
    "Nameplate",
    "SubMeter",
    "Telegram",
    "decode",
    "encode",
]
