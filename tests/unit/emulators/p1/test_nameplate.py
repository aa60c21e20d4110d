"""The constant part of a meter's telegrams, and when sub-meters are captured."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from emulators.p1.nameplate import Nameplate, SubMeter
from emulators.p1.versions import VERSIONS, MbusLines

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def lines(version: str) -> MbusLines:
    found = VERSIONS[version].mbus
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("version", "stamp"), [("2.2", "260703130000"), ("4.2.2", "260703130000S"), ("5.0.2", "260703131500S")]
)
def test_sub_meters_are_captured_at_even_times(version: str, stamp: str) -> None:
    plate = Nameplate(sub_meters=(SubMeter(channel=2, reading_milli=77),))
    civil = datetime(2026, 7, 3, 11, 19, 59, 5, tzinfo=UTC).astimezone(AMSTERDAM)
    (reading,) = plate.captured(civil, lines(version))
    assert (reading.channel, reading.device_type, reading.reading_milli) == (2, 3, 77)
    assert reading.stamp == stamp


def test_the_capture_keeps_its_season_when_the_clock_goes_back() -> None:
    civil = datetime(2026, 10, 25, 1, 2, 3, tzinfo=UTC).astimezone(AMSTERDAM)
    assert Nameplate().captured(civil, lines("4.2.2"))[0].stamp == "261025020000W"


@pytest.mark.parametrize(("version", "stamp"), [("BE-50217", "632525252525W"), ("LU", "632525252525S")])
def test_what_was_never_read_has_no_time(version: str, stamp: str) -> None:
    plate = Nameplate(sub_meters=(SubMeter(reading_milli=None),))
    (reading,) = plate.captured(datetime(2026, 7, 3, tzinfo=AMSTERDAM), lines(version))
    assert (reading.stamp, reading.reading_milli) == (stamp, None)


@pytest.mark.parametrize(("version", "valve"), [("3.0", 1), ("4.0", 1), ("4.2.2", None), ("BE-50217", 1), ("LU", 1)])
def test_the_valve_is_told_where_the_version_has_a_line_for_it(version: str, valve: int | None) -> None:
    (reading,) = Nameplate().captured(datetime(2026, 7, 3, tzinfo=AMSTERDAM), lines(version))
    assert reading.valve == valve


def test_no_sub_meters() -> None:
    plate = Nameplate(sub_meters=())
    assert plate.captured(datetime(2026, 7, 3, tzinfo=AMSTERDAM), lines("5.0.2")) == ()
