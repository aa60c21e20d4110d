"""Time stamps."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from emulators.errors import BadConfiguration
from emulators.tic.stamps import stamp_of, stamp_without_season

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("civil", "stamp"),
    [
        (datetime(2026, 1, 14, 18, 30, 10, 999_999, tzinfo=PARIS), "H260114183010"),
        (datetime(2026, 7, 3, 13, 15, 2, tzinfo=PARIS), "E260703131502"),
        (datetime(2026, 3, 29, 1, 59, 59, tzinfo=PARIS), "H260329015959"),
        (datetime(2026, 3, 29, 3, 0, 0, tzinfo=PARIS), "E260329030000"),
        (datetime(2026, 10, 25, 2, 30, 0, tzinfo=PARIS), "E261025023000"),
        (datetime(2026, 10, 25, 2, 30, 0, fold=1, tzinfo=PARIS), "H261025023000"),
        (datetime(2000, 1, 1, tzinfo=PARIS), "H000101000000"),
    ],
)
def test_seasons(civil: datetime, stamp: str) -> None:
    assert stamp_of(civil) == stamp
    assert stamp_of(civil, degraded=True) == stamp[0].lower() + stamp[1:]
    assert stamp_without_season(civil) == " " + stamp[1:]


def test_a_zone_is_needed() -> None:
    with pytest.raises(BadConfiguration, match="needs a time zone"):
        stamp_of(datetime(2026, 1, 1))
