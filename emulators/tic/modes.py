"""The two modes of the TIC output as tables: line settings, separator, checksum rule, and which labels when."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from emulators.tic.labels import HISTORIQUE, HISTORIQUE_SHORT, OPTION_LETTERS, STANDARD, Row

CHAR_FORMAT = "7E1"
BITS_PER_CHARACTER = 10  # start bit, seven data bits, parity, stop bit
# Silence between frames; the documents allow 16.7 to 33.4 ms in both modes.
GAP_S = 0.025

STX = b"\x02"
ETX = b"\x03"
EOT = b"\x04"


@dataclass(frozen=True, slots=True)
class Mode:
    """One mode. Every checksum covers label, separator and data; `sum_ends_behind_data` adds the separator after."""

    name: str
    baud: int
    separator: str
    sum_ends_behind_data: bool
    rows: tuple[Row, ...]
    short_rows: tuple[Row, ...] = ()


MODES: dict[str, Mode] = {
    mode.name: mode
    for mode in (
        # A producer's meter has the same labels in historique mode: none of them can show export.
        Mode("historique", 1200, " ", False, HISTORIQUE, HISTORIQUE_SHORT),
        Mode("standard", 9600, "\t", True, STANDARD),
    )
}


@cache
def layout(mode: str, *, phases: int, producer: bool, short: bool, option: str) -> tuple[Row, ...]:
    """The rows of one kind of frame of one kind of meter; `option` is OPTARIF, or as much of it as tells the option."""
    rows = MODES[mode].short_rows if short else MODES[mode].rows
    return tuple(
        row
        for row in rows
        if row.phases in (0, phases) and (producer or not row.producer) and row.option in ("", option[:OPTION_LETTERS])
    )
