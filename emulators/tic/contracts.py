"""Supplier contracts as tables: which index counts when, and what the meter calls it.

Another contract is another row in CONTRACTS. The texts of calendar and tariff are programmed by suppliers and differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

DayKind = Callable[[date], int | None]
"""What kind of day a contract day is: 0 ordinary (Tempo: blue), 1 special (white; mobile peak), 2 (red); None: unknown.

Contract days begin when the contract says, which need not be midnight.
"""

PROFILE_BLOCKS = 11
UNUSED_BLOCK = "NONUTILE"
COLOURS = ("BLEU", "BLAN", "ROUG")
UNKNOWN_COLOUR = "----"


def ordinary_days(day: date) -> int:  # noqa: ARG001 - a DayKind is called with the day
    """Every day is an ordinary one."""
    return 0


@dataclass(frozen=True, slots=True)
class Tariff:
    """One index of a contract: its name in PTEC and in LTARF, and the distributor's index that counts with it."""

    period: str
    text: str
    distributor_index: int


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract.

    `option` is OPTARIF, `calendar` is NGTF. `tariffs` are the indexes, from 1. `indexes_by_kind` has, for each kind of
    day, the index of the low and of the high hours; the high ones begin with the contract day, at `day_begins_h`, and
    last `high_h` hours. `colours`: days have Tempo colours. `notice_min`: how long before high hours of a special day
    PEJP is sent. `contacts` are the upper bits of the blocks of a day profile.
    """

    name: str
    option: str
    calendar: str
    tariffs: tuple[Tariff, ...]
    indexes_by_kind: tuple[tuple[int, int], ...] = ((1, 1),)
    day_begins_h: int = 0
    high_h: int = 24
    colours: bool = False
    notice_min: int = 0
    contacts: int = 0x4000

    def day(self, civil: datetime) -> date:
        """The contract day of a local time."""
        return (civil - timedelta(hours=self.day_begins_h)).date()

    def index(self, civil: datetime, kind_of: DayKind) -> int:
        """The number of the supplier's index that counts at a local time, from 1."""
        return self._index(kind_of(self.day(civil)), civil.hour)

    def notice(self, civil: datetime, kind_of: DayKind) -> bool:
        """Whether the high hours of a special day are about to begin."""
        if not self.notice_min:
            return False
        _, high = self.indexes_by_kind[-1]
        soon = civil + timedelta(minutes=self.notice_min)
        return self.index(soon, kind_of) == high != self.index(civil, kind_of)

    def profile(self, kind: int | None) -> str:
        """The profile of a day: a block HHMMSSSS for every change of index, eleven blocks in all."""
        blocks = []
        before = 0
        for hour in range(24):
            index = self._index(kind, hour)
            if index != before:
                blocks.append(f"{hour:02}00{self.contacts | index:04X}")
            before = index
        return " ".join(blocks + [UNUSED_BLOCK] * (PROFILE_BLOCKS - len(blocks)))

    def _index(self, kind: int | None, hour: int) -> int:
        low, high = self.indexes_by_kind[min(kind or 0, len(self.indexes_by_kind) - 1)]
        return high if (hour - self.day_begins_h) % 24 < self.high_h else low


BASE = Contract("base", "BASE", "      BASE      ", (Tariff("TH..", "      BASE      ", 1),), contacts=0x8000)
# A meter of a producer who sells everything; what it imports is for its own needs.
PRODUCER = Contract("producer", "BASE", "   PRODUCTEUR   ", (Tariff("TH..", "INDEX NON CONSO ", 1),), contacts=0x8000)
OFF_PEAK = Contract(
    "hc",
    "HC..",
    "H PLEINE/CREUSE ",
    (Tariff("HC..", "  HEURE  CREUSE ", 1), Tariff("HP..", "  HEURE  PLEINE ", 2)),
    indexes_by_kind=((1, 2),),
    day_begins_h=6,
    high_h=16,
)
EJP = Contract(
    "ejp",
    "EJP.",
    "      EJP       ",
    (Tariff("HN..", " HEURE NORMALE  ", 1), Tariff("PM..", " POINTE MOBILE  ", 2)),
    indexes_by_kind=((1, 1), (1, 2)),
    day_begins_h=7,
    high_h=18,
    notice_min=30,
)
TEMPO = Contract(
    "tempo",
    "BBR(",
    "     TEMPO      ",
    tuple(
        Tariff(f"{hours}J{letter}", f"{hours} {colour:<13}", distributor_index)
        for letter, colour in (("B", "BLEU"), ("W", "BLANC"), ("R", "ROUGE"))
        for hours, distributor_index in (("HC", 1), ("HP", 2))
    ),
    indexes_by_kind=((1, 2), (3, 4), (5, 6)),
    day_begins_h=6,
    high_h=16,
    colours=True,
)

CONTRACTS: dict[str, Contract] = {contract.name: contract for contract in (BASE, PRODUCER, OFF_PEAK, EJP, TEMPO)}
