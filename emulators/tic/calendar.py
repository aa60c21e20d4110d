"""What a meter says of its contract at a time: the index that counts, the tariff, colours and day profiles."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from emulators.tic.contracts import COLOURS, UNKNOWN_COLOUR, Contract, DayKind, Tariff
from emulators.tic.quantities import Quantities


class ContractCalendar:
    """A contract and the kinds of its days."""

    def __init__(self, contract: Contract, day_kind: DayKind) -> None:
        self.contract = contract
        self._kind_of = day_kind
        self._profile = lru_cache(maxsize=4)(contract.profile)

    def now(self, civil: datetime) -> tuple[int, Tariff]:
        """The supplier's index that counts at a local time, and its tariff."""
        index = self.contract.index(civil, self._kind_of)
        return index, self.contract.tariffs[index - 1]

    def colours(self, civil: datetime) -> tuple[int, int]:
        """The Tempo colours of the contract day and of the next: 0 none or unknown, 1 blue, 2 white, 3 red."""
        return self._colour(self._kind(civil, 0)), self._colour(self._kind(civil, 1))

    def quantities(self, civil: datetime) -> Quantities:
        """See labels.py. The profile of a special day is shown from its announcement on."""
        contract = self.contract
        index, tariff = self.now(civil)
        _, tomorrow = self.colours(civil)
        special = self._kind(civil, 1) if len(contract.indexes_by_kind) > 1 else None
        return {
            "option": contract.option,
            "calendar": contract.calendar,
            "period": tariff.period,
            "tariff": tariff.text,
            "index_number": index,
            "peak_notice_min": contract.notice_min if contract.notice(civil, self._kind_of) else None,
            "colour_tomorrow": COLOURS[tomorrow - 1] if tomorrow else UNKNOWN_COLOUR,
            "day_number": 0,
            "day_number_tomorrow": 0,
            "profile_tomorrow": self._profile(0),
            "peak_profile": self._profile(special) if special else None,
        }

    def _kind(self, civil: datetime, days_ahead: int) -> int | None:
        return self._kind_of(self.contract.day(civil) + timedelta(days=days_ahead))

    def _colour(self, kind: int | None) -> int:
        return kind + 1 if self.contract.colours and kind is not None else 0
