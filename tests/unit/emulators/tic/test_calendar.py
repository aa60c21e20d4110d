"""What a meter says of its contract at a time."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from emulators.tic.calendar import ContractCalendar
from emulators.tic.contracts import BASE, EJP, TEMPO, ordinary_days

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 1, 14, 12, tzinfo=PARIS)
EARLY = datetime(2026, 1, 15, 5, 59, tzinfo=PARIS)


def white_then_unknown(day: date) -> int | None:
    return {date(2026, 1, 13): 2, date(2026, 1, 14): 1}.get(day)


def red_tomorrow(day: date) -> int:
    return 2 if day == date(2026, 1, 15) else 0


def test_tempo_colours() -> None:
    calendar = ContractCalendar(TEMPO, white_then_unknown)
    assert calendar.colours(NOON) == (2, 0)
    assert calendar.colours(EARLY) == (2, 0)
    assert calendar.colours(NOON.replace(hour=5)) == (3, 2)
    said = calendar.quantities(NOON)
    assert said["colour_tomorrow"] == "----"
    assert said["period"] == "HPJW"
    assert said["index_number"] == 4
    assert said["peak_profile"] is None


def test_a_special_day_that_is_announced() -> None:
    said = ContractCalendar(TEMPO, red_tomorrow).quantities(NOON)
    assert said["colour_tomorrow"] == "ROUG"
    assert str(said["peak_profile"]).startswith("00004005 06004006 22004005 NONUTILE")
    assert str(said["profile_tomorrow"]).startswith("00004001 06004002 22004001 NONUTILE")


def test_contracts_without_special_days_announce_none() -> None:
    calendar = ContractCalendar(BASE, red_tomorrow)
    assert calendar.colours(NOON) == (0, 0)
    assert calendar.quantities(NOON)["peak_profile"] is None
    assert calendar.quantities(NOON)["peak_notice_min"] is None


def test_notice_of_a_mobile_peak() -> None:
    calendar = ContractCalendar(EJP, red_tomorrow)
    assert calendar.quantities(EARLY.replace(hour=6, minute=29))["peak_notice_min"] is None
    assert calendar.quantities(EARLY.replace(hour=6, minute=31))["peak_notice_min"] == 30
    assert calendar.quantities(EARLY.replace(hour=7, minute=0))["peak_notice_min"] is None
    assert calendar.now(EARLY.replace(hour=7))[1].period == "PM.."
    assert ContractCalendar(EJP, ordinary_days).now(EARLY.replace(hour=7))[1].period == "HN.."
