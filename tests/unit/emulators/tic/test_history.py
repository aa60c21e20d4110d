"""Daily maxima, load curves and mean voltages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from emulators.errors import BadConfiguration
from emulators.site import Site
from emulators.tic.electrical import Electrical
from emulators.tic.history import DayMaximum, History, PeriodMean
from emulators.tic.quantities import Dated
from emulators.tic.stamps import stamp_of

PARIS = ZoneInfo("Europe/Paris")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def test_the_highest_value_of_a_day_and_its_moment() -> None:
    maximum = DayMaximum()
    maximum.update(0, at("2026-01-14T08:00:05"), stamp_of)
    assert maximum.today == Dated(0, "H260114000000")
    assert maximum.yesterday == Dated(0, "H260113000000")
    for value, time in ((500, "T08:00:06"), (500, "T08:00:07"), (700, "T09:00:00"), (600, "T23:59:59")):
        maximum.update(value, at("2026-01-14" + time), stamp_of)
    assert maximum.today == Dated(700, "H260114090000")
    maximum.update(100, at("2026-01-15T00:00:00"), stamp_of)
    assert maximum.today == Dated(100, "H260115000000")
    assert maximum.yesterday == Dated(700, "H260114090000")
    # After two days without a reading nothing is known of yesterday.
    maximum.update(50, at("2026-01-18T10:00:00"), stamp_of)
    assert maximum.today == Dated(50, "H260118100000")
    assert maximum.yesterday == Dated(0, "H260117000000")


def means(period_s: int, start: datetime, seconds: list[int], value_of: dict[int, float] | None = None) -> PeriodMean:
    """Readings at these seconds of a value that changes where `value_of` says, and holds until then."""
    mean = PeriodMean(period_s)
    integral = value = 0.0
    before = 0
    first = start.astimezone(UTC)
    for second in seconds:
        integral += value * (second - before)
        before = second
        value = (value_of or {}).get(second, value)
        civil = (first + timedelta(seconds=second)).astimezone(PARIS)
        mean.update(integral, float(second), civil, stamp_of, at_start=round(value))
    return mean


def test_means_over_whole_periods_of_the_clock() -> None:
    mean = means(600, at("2026-01-14T08:05:00"), [0], {0: 230.0})
    assert (mean.last, mean.before) == (Dated(230, "H260114080000"), Dated(230, "H260114075000"))
    # 230 V for 5 minutes; then 5 minutes each of 236 V and 238 V.
    steps = {0: 230.0, 300: 236.0, 600: 238.0, 900: 100.0}
    mean = means(600, at("2026-01-14T08:05:00"), [0, 300, 600, 899], steps)
    assert (mean.last, mean.before) == (Dated(230, "H260114081000"), Dated(230, "H260114080000"))
    mean = means(600, at("2026-01-14T08:05:00"), [0, 300, 600, 900], steps)
    assert (mean.last, mean.before) == (Dated(237, "H260114082000"), Dated(230, "H260114081000"))


def test_a_reading_after_the_end_of_a_period_dates_it_with_its_end() -> None:
    mean = means(600, at("2026-01-14T08:09:50"), [0, 12], {0: 230.0})
    assert mean.last == Dated(230, "H260114081000")


def test_the_hour_that_comes_twice_has_its_own_periods() -> None:
    start = at("2026-10-25T01:30:00")
    ends = [means(3600, start, list(range(0, until, 600)), {0: 5.0}).last.stamp for until in (1900, 5500, 9100, 12700)]
    assert ends == ["E261025020000", "H261025020000", "H261025030000", "H261025040000"]


@pytest.mark.parametrize("period_s", [0, -600, 86_401])
def test_periods_that_do_not_fit_into_a_day(period_s: int) -> None:
    with pytest.raises(BadConfiguration, match="does not fit into a day"):
        PeriodMean(period_s)


def test_history_of_a_meter() -> None:
    site = Site(voltage_v=(230.0, 231.0, 232.0))
    site.add_load("house", 10.0, 5.0)
    site.add_pv("roof", 0.0, 0.0, lambda now_s: 30.0 if now_s >= 1800 else 0.0)
    history = History(3, 3600)
    start = at("2026-07-03T12:00:00")
    said = {}
    for second in range(0, 3601, 10):
        reading = site.read(float(second))
        shown = Electrical.of(reading, 3)
        said = history.update(reading, shown, float(second), start + timedelta(seconds=second), stamp_of)
    assert said["max_import_va"] == Dated(3455, "E260703120000")
    assert said["max_import_va.2"] == Dated(1155, "E260703120000")
    assert said["max_import_va.3"] == Dated(0, "E260703000000")
    assert said["max_export_va"] == Dated(3505, "E260703123000")
    assert said["max_import_yesterday_va"] == 0
    assert said["mean_voltage_v.3"] == Dated(232, "E260703130000")
    # Half an hour of 3455 W import, then half an hour of 3505 W export.
    assert said["curve_import_w"] == Dated(1728, "E260703130000")
    assert said["curve_export_w"] == Dated(1753, "E260703130000")
    assert said["curve_import_before_w"] == Dated(0, "E260703120000")


def test_a_load_curve_that_is_off() -> None:
    site = Site(phases=1)
    history = History(1, None)
    reading = site.read(0.0)
    said = history.update(reading, Electrical.of(reading, 1), 0.0, at("2026-07-03T12:00:00"), stamp_of)
    assert not [name for name in said if name.startswith("curve")]
