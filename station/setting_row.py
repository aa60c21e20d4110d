"""What one row of the table of settings says. The rows are in `station.setting_rows`."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "number", "switch", "choice", "licence", "count", "count-or-unlimited", "ipv4", "interface", "network-name",
    "register", "read-only",
]  # fmt: skip

# A value and its other spellings.
Choices = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting. `low`/`high` bound a number or count (inclusive); `choices` are the values
    there are, each with its spellings; those of a switch are how on and off are written, in this order.

    `feature` names the licensed feature without which the setting stays at its default (ALB-GEN-017).
    """

    field: str
    key: str
    kind: Kind
    clause: str
    meaning: str
    installer: str = ""
    aliases: tuple[str, ...] = ()
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    choices: Choices = ()
    feature: str = ""
