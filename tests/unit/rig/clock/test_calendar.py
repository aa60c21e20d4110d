"""Dates follow the run's seconds, survive DST, and can be stepped apart from them."""

from __future__ import annotations

from datetime import datetime

import pytest

from rig.clock import Calendar
from rig.clock.calendar import DEFAULT_ZONE


def test_across_the_change_to_summer_time() -> None:
    calendar = Calendar(datetime(2026, 3, 29, 1, 59, 59, tzinfo=DEFAULT_ZONE))
    assert calendar.at(0.0).isoformat() == "2026-03-29T01:59:59+01:00"
    assert calendar.at(1.0).isoformat() == "2026-03-29T03:00:00+02:00"


def test_across_the_change_to_winter_time() -> None:
    calendar = Calendar(datetime(2026, 10, 25, 2, 59, 59, tzinfo=DEFAULT_ZONE))
    assert calendar.at(0.0).isoformat() == "2026-10-25T02:59:59+02:00"
    assert calendar.at(1.0).isoformat() == "2026-10-25T02:00:00+01:00"


def test_a_step_moves_the_date_only() -> None:
    calendar = Calendar(datetime(2026, 1, 14, 12, tzinfo=DEFAULT_ZONE))
    calendar.step(-3600.0)
    assert calendar.at(10.0).isoformat() == "2026-01-14T11:00:10+01:00"


def test_a_start_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Calendar(datetime(2026, 1, 14, 12))
