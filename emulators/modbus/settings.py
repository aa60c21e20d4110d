"""The settings of a meter: holding registers that keep what is written to them, within what the model allows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from emulators.errors import BadConfiguration
from emulators.modbus.description import (
    BAUD,
    CHAR_FORMAT,
    PASSWORD,
    RESET,
    RESET_ENERGY,
    UNIT,
    UNLOCK,
    Description,
    Setting,
    code_of,
)
from emulators.modbus.pdu import ILLEGAL_ADDRESS, ILLEGAL_VALUE
from emulators.modbus.registers import Span, Unpack, packer, unpacker, words_of
from emulators.modbus.rtu import SerialFormat


@dataclass(frozen=True, slots=True)
class Change:
    """A setting was written: its name, the number in the register, and what that means where it is a code."""

    name: str
    value: float
    meaning: float | str


class Settings:
    """All settings of one meter; `unit` and `line` are the address and line settings in effect.

    `given` differ from the model's defaults: by name a number, or what a code means.

    Raises BadConfiguration for a name that the model does not have, or a number that it does not take.
    """

    def __init__(self, description: Description, given: Mapping[str, float | str]) -> None:
        self._description = description
        self._rows = {row.at: row for row in description.settings}
        self._types = {row.name: row.type or description.defaults.type for row in description.settings}
        order = description.defaults.word_order
        self._pack = {name: packer(kind, order, 1.0, "max") for name, kind in self._types.items()}
        self._unpack: dict[str, Unpack] = {name: unpacker(kind, order) for name, kind in self._types.items()}
        self._stored = {row.name: description.default_of(row) for row in description.settings}
        self._used_up: set[str] = set()
        for name, value in given.items():
            self._give(name, value)
        self._in_effect = dict(self._stored)
        self._unlocked_until_s: float | None = None
        self.unit: int
        self.line: SerialFormat
        self._apply()

    def _give(self, name: str, value: float | str) -> None:
        row = self._description.setting(name)
        if row is None:
            known = ", ".join(self._stored) or "none"
            raise BadConfiguration(f"{self._description.name} has no setting {name!r}; there is {known}")
        number = float(code_of(row, value)) if row.codes or isinstance(value, str) else value
        if not _takes(row, number):
            raise BadConfiguration(f"{self._description.name}: setting {name} does not take {value!r}")
        if row.once and number != self._stored[name]:
            self._used_up.add(name)
        self._stored[name] = number

    # -- what is in effect ---------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> float:
        """The number that is in effect."""
        return self._in_effect[name]

    def _meaning(self, name: str, otherwise: int | str) -> float | str:
        row = self._description.setting(name)
        return otherwise if row is None else _meaning(row, self._in_effect[name])

    def _apply(self) -> None:
        self.unit = int(self._in_effect.get(UNIT, self._description.unit))
        baud = self._meaning(BAUD, self._description.rtu.baud)
        char_format = self._meaning(CHAR_FORMAT, self._description.rtu.char_format)
        self.line = SerialFormat(int(baud), str(char_format))

    def restart(self) -> None:
        """The power was off: everything that was written counts from now on, and the lock is closed."""
        self._in_effect = dict(self._stored)
        self._unlocked_until_s = None
        self._apply()

    # -- the registers -------------------------------------------------------------------------------------------

    def spans(self) -> Iterator[Span]:
        """The registers of all settings."""
        for row in self._rows.values():
            yield Span(row.at, words_of(self._types[row.name]), f"setting {row.name}")

    def words(self, now_s: float) -> Iterator[tuple[int, bytes]]:
        """The address and the words of every setting as they read now."""
        for row in self._rows.values():
            shown = self._stored[row.name]
            if row.name == UNLOCK:
                shown = float(self._unlocked(now_s))
            elif row.write_only:
                shown = 0.0
            yield row.at, self._pack[row.name](shown)

    def write(self, address: int, data: bytes, now_s: float) -> list[Change] | int:
        """Write the words from `address` on. Everything is written, or nothing, with the exception's code."""
        changes: list[tuple[Setting, float]] = []
        while data:
            row = self._rows.get(address)
            length = 0 if row is None else 2 * words_of(self._types[row.name])
            if row is None or row.read_only or len(data) < length:
                return ILLEGAL_ADDRESS
            value = self._unpack[row.name](data[:length])
            if not self._fits(row, value):
                return ILLEGAL_VALUE
            if row.name in self._used_up or (row.locked and not self._unlocked(now_s)):
                return self._description.refused_exception
            changes.append((row, value))
            address += length // 2
            data = data[length:]
        if len(changes) > 1 and self._description.single_writes:
            return ILLEGAL_VALUE
        return [self._store(row, value, now_s) for row, value in changes]

    def _fits(self, row: Setting, value: float) -> bool:
        return value == self._stored[PASSWORD] if row.name == UNLOCK else _takes(row, value)

    def _store(self, row: Setting, value: float, now_s: float) -> Change:
        if row.name == UNLOCK:
            self._unlocked_until_s = now_s + self._description.unlock_s
        else:
            self._stored[row.name] = value
            if not row.restart:
                self._in_effect[row.name] = value
                self._apply()
            if row.once:
                self._used_up.add(row.name)
        return Change(row.name, value, _meaning(row, value))

    def _unlocked(self, now_s: float) -> bool:
        return self._unlocked_until_s is not None and now_s < self._unlocked_until_s


def resets_energy(change: Change) -> bool:
    """Whether a write sets the resettable energy registers back."""
    return (change.name, change.meaning) == (RESET, RESET_ENERGY)


def _takes(row: Setting, value: float) -> bool:
    if row.codes:
        return value in dict(row.codes)
    if row.range is not None and not row.range[0] <= value <= row.range[1]:
        return False
    return math.isfinite(value) and (row.name != UNIT or value == int(value))


def _meaning(row: Setting, value: float) -> float | str:
    return dict(row.codes).get(int(value), value) if row.codes else value
