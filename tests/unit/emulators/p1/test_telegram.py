"""Time stamps of telegrams."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from emulators.errors import BadConfiguration
from emulators.p1.telegram import stamp_of

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("utc", "stamp"),
    [
        (datetime(2026, 1, 14, 17, 30, 10, tzinfo=UTC), "260114183010W"),
        (datetime(2026, 7, 3, 11, 15, 2, 999999, tzinfo=UTC), "260703131502S"),
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), "260329015959W"),
        (datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC), "260329030000S"),
        (datetime(2026, 10, 25, 0, 30, 0, tzinfo=UTC), "261025023000S"),
        (datetime(2026, 10, 25, 1, 30, 0, tzinfo=UTC), "261025023000W"),
        (datetime(2005, 12, 31, 23, 0, 0, tzinfo=UTC), "060101000000W"),
    ],
)
def test_local_time_with_the_letter_of_the_season(utc: datetime, stamp: str) -> None:
    assert stamp_of(utc.astimezone(AMSTERDAM)) == stamp


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(BadConfiguration, match="needs a time zone"):
        stamp_of(datetime(2026, 1, 14, 18, 30, 10))
