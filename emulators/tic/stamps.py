"""Time stamps of TIC: a letter for the season, then the local time, `SYYMMDDhhmmss`."""

from __future__ import annotations

from datetime import datetime

from emulators.errors import BadConfiguration

WINTER, SUMMER = "H", "E"
NO_SEASON = " "


def stamp_of(civil: datetime, *, degraded: bool = False) -> str:
    """The stamp of a local time: E in summer time, H otherwise, in small letters while the meter's clock is degraded.

    Fractions of seconds are cut off. Raises BadConfiguration for a time without a time zone.
    """
    if civil.tzinfo is None:
        raise BadConfiguration(f"a frame's time needs a time zone (Europe/Paris), {civil} has none")
    season = SUMMER if civil.dst() else WINTER
    return stamp_without_season(civil, season.lower() if degraded else season)


def stamp_without_season(civil: datetime, letter: str = NO_SEASON) -> str:
    """The stamp of an announced mobile peak, with a blank in the place of the season."""
    year = civil.year % 100
    return f"{letter}{year:02}{civil.month:02}{civil.day:02}{civil.hour:02}{civil.minute:02}{civil.second:02}"
