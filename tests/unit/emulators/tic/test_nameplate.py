"""The constant part of frames."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from emulators.tic import MobilePeak, Nameplate
from emulators.tic.quantities import Dated

PARIS = ZoneInfo("Europe/Paris")
FIRST = MobilePeak(datetime(2026, 1, 15, 6, tzinfo=PARIS), datetime(2026, 1, 15, 22, tzinfo=PARIS))
SECOND = MobilePeak(datetime(2026, 1, 17, 6, tzinfo=PARIS), datetime(2026, 1, 17, 22, tzinfo=PARIS))
PLATE = Nameplate(mobile_peaks=(FIRST, SECOND))


@pytest.mark.parametrize(
    ("kva", "phases", "subscribed_a"), [(9, 1, 45), (12, 3, 20), (6, 1, 30), (3, 1, 15), (9, 3, 15), (36, 3, 60)]
)
def test_the_subscribed_current(kva: int, phases: int, subscribed_a: int) -> None:
    assert Nameplate(reference_kva=kva).subscribed_a(phases) == subscribed_a


@pytest.mark.parametrize(
    ("day", "hour", "notice", "peak"),
    [(14, 12, 1, 0), (15, 5, 1, 0), (15, 6, 2, 1), (15, 21, 2, 1), (15, 22, 2, 0), (17, 12, 0, 2), (17, 22, 0, 0)],
)
def test_notice_and_mobile_peaks(day: int, hour: int, notice: int, peak: int) -> None:
    assert PLATE.peaks_at(datetime(2026, 1, day, hour, tzinfo=PARIS)) == (notice, peak)


def test_what_it_shows() -> None:
    said = PLATE.quantities(1)
    assert said["peak_begins.2"] == Dated(0, " 260117060000")
    assert said["peak_ends.1"] == Dated(0, " 260115220000")
    assert "peak_begins.3" not in said
    assert said["max_current_a"] == 90
    assert PLATE.quantities(3)["max_current_a"] == 60
    assert said["breaker_kva"] == said["reference_kva"] == 9
    assert said["short_message"] is None
    other = Nameplate(max_current_a=49, breaker_kva=12, short_message="APPELER").quantities(1)
    assert (other["max_current_a"], other["breaker_kva"]) == (49, 12)
    assert other["short_message"] == "APPELER         "
    assert other["message"] == "PAS DE          MESSAGE         "
