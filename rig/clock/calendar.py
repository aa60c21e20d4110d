"""Dates, kept apart from the clock: a time sync, a DST change or a suspended host moves the date, never a deadline."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

# The meters of the documents stand in the Netherlands and Belgium.
DEFAULT_ZONE = ZoneInfo("Europe/Amsterdam")
DEFAULT_START = datetime(2026, 1, 14, 12, 0, 0, tzinfo=DEFAULT_ZONE)


def today() -> datetime:
    """The real date, in the default zone. For emulators that serve somebody's bench; a suite's run must not see it."""
    return datetime.now(DEFAULT_ZONE)


class Calendar:
    """Maps the run's seconds to dates. `start` is the date at second 0 and must carry a zone (ValueError if not)."""

    def __init__(self, start: datetime = DEFAULT_START) -> None:
        if start.tzinfo is None:
            raise ValueError(f"the calendar's start {start.isoformat()} has no time zone; give one, e.g. +01:00")
        self._zone = start.tzinfo
        # Kept in UTC: adding seconds to a local date would be wrong across a DST change.
        self._start_utc = start.astimezone(ZoneInfo("UTC"))

    def at(self, now_s: float) -> datetime:
        """The date at `now_s` of the run, in the calendar's zone."""
        return (self._start_utc + timedelta(seconds=now_s)).astimezone(self._zone)

    def step(self, by_s: float) -> None:
        """Move the date by `by_s` seconds (negative: back) without moving the clock, as a time sync does."""
        self._start_utc += timedelta(seconds=by_s)
