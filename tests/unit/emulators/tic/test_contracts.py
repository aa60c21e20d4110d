"""Contracts: which index counts when, and how days are described."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from emulators.tic.contracts import BASE, CONTRACTS, EJP, OFF_PEAK, PRODUCER, TEMPO, Contract, DayKind, ordinary_days

PARIS = ZoneInfo("Europe/Paris")
SPECIAL = date(2026, 1, 15)


def kinds(kind: int) -> DayKind:
    return lambda day: kind if day == SPECIAL else 0


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("contract", "kind", "civil", "index"),
    [
        (BASE, 0, at(15, 3), 1),
        (BASE, 1, at(15, 12), 1),
        (PRODUCER, 0, at(15, 12), 1),
        (OFF_PEAK, 0, at(15, 5, 59), 1),
        (OFF_PEAK, 0, at(15, 6), 2),
        (OFF_PEAK, 0, at(15, 21, 59), 2),
        (OFF_PEAK, 0, at(15, 22), 1),
        (EJP, 1, at(15, 6, 59), 1),
        (EJP, 1, at(15, 7), 2),
        (EJP, 1, at(16, 0, 59), 2),
        (EJP, 1, at(16, 1), 1),
        (EJP, 0, at(15, 12), 1),
        # A Tempo day lasts from 6 to 6.
        (TEMPO, 1, at(15, 5, 59), 1),
        (TEMPO, 1, at(15, 6), 4),
        (TEMPO, 1, at(15, 22), 3),
        (TEMPO, 1, at(16, 5, 59), 3),
        (TEMPO, 2, at(15, 12), 6),
        (TEMPO, 2, at(16, 5), 5),
        (TEMPO, 0, at(15, 12), 2),
    ],
)
def test_indexes(contract: Contract, kind: int, civil: datetime, index: int) -> None:
    assert contract.index(civil, kinds(kind)) == index


def test_notice_of_a_peak() -> None:
    told = [EJP.notice(at(15, 6, minute), kinds(1)) for minute in (0, 29, 30, 59)]
    assert told == [False, False, True, True]
    assert not EJP.notice(at(15, 7), kinds(1))
    assert not EJP.notice(at(15, 6, 45), ordinary_days)
    assert not TEMPO.notice(at(15, 5, 45), kinds(1))


UNUSED = " NONUTILE"


@pytest.mark.parametrize(
    ("contract", "kind", "profile"),
    [
        (BASE, 0, "00008001" + 10 * UNUSED),
        (OFF_PEAK, 0, "00004001 06004002 22004001" + 8 * UNUSED),
        (TEMPO, 1, "00004003 06004004 22004003" + 8 * UNUSED),
        (TEMPO, None, "00004001 06004002 22004001" + 8 * UNUSED),
        (EJP, 1, "00004002 01004001 07004002" + 8 * UNUSED),
    ],
)
def test_profiles(contract: Contract, kind: int | None, profile: str) -> None:
    assert contract.profile(kind) == profile
    assert len(profile) == 98


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_names_fill_their_labels(contract: Contract) -> None:
    assert len(contract.option) == 4
    assert {len(text) for text in (contract.calendar, *(tariff.text for tariff in contract.tariffs))} == {16}
    assert {len(tariff.period) for tariff in contract.tariffs} == {4}
    assert max(index for pair in contract.indexes_by_kind for index in pair) == len(contract.tariffs)
