"""The constant part of a meter's telegrams, and when sub-meters are captured."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from emulators.p1.nameplate import Nameplate, SubMeter

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("capture_s", "stamp"), [(3600, "260703130000S"), (300, "260703131500S")], ids=["4.2.2", "5.0.2"]
)
def test_sub_meters_are_captured_at_even_times(capture_s: int, stamp: str) -> None:
    plate = Nameplate(sub_meters=(SubMeter(channel=2, reading_milli=77),))
    civil = datetime(2026, 7, 3, 11, 19, 59, 5, tzinfo=UTC).astimezone(AMSTERDAM)
    (reading,) = plate.captured(civil, capture_s)
    assert (reading.channel, reading.device_type, reading.reading_milli) == (2, 3, 77)
    assert reading.stamp == stamp


def test_the_capture_keeps_its_season_when_the_clock_goes_back() -> None:
    civil = datetime(2026, 10, 25, 1, 2, 3, tzinfo=UTC).astimezone(AMSTERDAM)
    assert Nameplate().captured(civil, 3600)[0].stamp == "261025020000W"


def test_no_sub_meters() -> None:
    assert Nameplate(sub_meters=()).captured(datetime(2026, 7, 3, tzinfo=AMSTERDAM), 300) == ()
