"""The status word STGE of the standard mode, as named fields (Enedis-NOI-CPT_54E, section on STGE)."""

from __future__ import annotations

from dataclasses import dataclass

from emulators.errors import BadConfiguration

# Name, lowest bit and width of each field. Bits 5 and 18 are not used.
_FIELDS: tuple[tuple[str, int, int], ...] = (
    ("contact_open", 0, 1),
    ("breaker", 1, 3),
    ("cover_open", 4, 1),
    ("over_voltage", 6, 1),
    ("over_reference", 7, 1),
    ("producer", 8, 1),
    ("export", 9, 1),
    ("index", 10, 4),
    ("distributor_index", 14, 2),
    ("clock_degraded", 16, 1),
    ("standard", 17, 1),
    ("euridis", 19, 2),
    ("plc", 21, 2),
    ("plc_synchronised", 23, 1),
    ("colour_today", 24, 2),
    ("colour_tomorrow", 26, 2),
    ("peak_notice", 28, 2),
    ("peak", 30, 2),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The fields of STGE.

    `breaker` is 0 closed, or why it is open: 1 over-power, 2 over-voltage, 3 load shedding, 4 remote order,
    5 overheating with a current above what it may switch, 6 below. `index` and `distributor_index` count from 0.
    `euridis` is 0 off, 1 without security, 3 with. `plc` is 0 new and unlocked, 1 new and locked, 2 registered.
    Colours are 0 none, 1 blue, 2 white, 3 red. `peak_notice` and `peak` are the number of a mobile peak, 0 none.
    """

    contact_open: int = 1
    breaker: int = 0
    cover_open: int = 0
    over_voltage: int = 0
    over_reference: int = 0
    producer: int = 0
    export: int = 0
    index: int = 0
    distributor_index: int = 0
    clock_degraded: int = 0
    standard: int = 1
    euridis: int = 3
    plc: int = 1
    plc_synchronised: int = 0
    colour_today: int = 0
    colour_tomorrow: int = 0
    peak_notice: int = 0
    peak: int = 0

    @property
    def word(self) -> int:
        """The 32 bits. Raises BadConfiguration when a field does not fit its bits."""
        word = 0
        for name, bit, width in _FIELDS:
            value = int(getattr(self, name))
            if not 0 <= value < 1 << width:
                raise BadConfiguration(f"{name} in STGE has {width} bits, {value} does not fit")
            word |= value << bit
        return word

    @classmethod
    def of(cls, word: int) -> Status:
        """The fields of a word."""
        return cls(**{name: word >> bit & ((1 << width) - 1) for name, bit, width in _FIELDS})
