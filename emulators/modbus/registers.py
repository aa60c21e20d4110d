"""Registers: how a value becomes words, and the table of words that a device lets others read. Pure."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from emulators.errors import BadConfiguration
from emulators.modbus.pdu import ILLEGAL_ADDRESS

NumberType = Literal["uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"]
WordOrder = Literal["high_first", "low_first"]
# What stands in a register that has no value, or one that it cannot hold:
# "max": all ones when unsigned, the largest number when signed; "all_ones": all ones whatever the type.
# In a float it is NaN either way.
NoValue = Literal["max", "all_ones"]
TableName = Literal["input", "holding"]

REGISTERS = 0x10000

# Per type: struct's letter, lowest and highest number.
_INTEGERS = {
    "uint16": ("H", 0, 0xFFFF),
    "int16": ("h", -0x8000, 0x7FFF),
    "uint32": ("I", 0, 0xFFFF_FFFF),
    "int32": ("i", -0x8000_0000, 0x7FFF_FFFF),
    "uint64": ("Q", 0, 0xFFFF_FFFF_FFFF_FFFF),
    "int64": ("q", -0x8000_0000_0000_0000, 0x7FFF_FFFF_FFFF_FFFF),
}
_FLOATS = {"float32": "f", "float64": "d"}
_WORDS = {"uint16": 1, "int16": 1, "uint32": 2, "int32": 2, "float32": 2, "uint64": 4, "int64": 4, "float64": 4}

Pack = Callable[[float], bytes]
Unpack = Callable[[bytes], float]


def words_of(number_type: NumberType) -> int:
    """How many registers a number of that type takes."""
    return _WORDS[number_type]


def packer(number_type: NumberType, word_order: WordOrder, scale: float, no_value: NoValue) -> Pack:
    """A function from a value to its registers. The register holds the value divided by `scale`, rounded to nearest.

    NaN, and with integers also what does not fit, becomes the `no_value` mark.
    """
    if number_type in _FLOATS:
        pack: Pack = _float_packer(_FLOATS[number_type], scale)
    else:
        pack = _integer_packer(number_type, scale, no_value)
    return pack if word_order == "high_first" else lambda value: _swapped(pack(value))


def unpacker(number_type: NumberType, word_order: WordOrder) -> Unpack:
    """The way back: a function from registers to the number in them, without scale."""
    letter = _FLOATS.get(number_type) or _INTEGERS[number_type][0]
    unpack = struct.Struct(f">{letter}").unpack
    if word_order == "high_first":
        return lambda data: unpack(data)[0]
    return lambda data: unpack(_swapped(data))[0]


def _float_packer(letter: str, scale: float) -> Pack:
    pack = struct.Struct(f">{letter}").pack

    def write(value: float) -> bytes:
        try:
            return pack(value / scale)
        except OverflowError:
            return pack(math.copysign(math.inf, value))

    return write


def _integer_packer(number_type: str, scale: float, no_value: NoValue) -> Pack:
    letter, lowest, highest = _INTEGERS[number_type]
    layout = struct.Struct(f">{letter}")
    pack = layout.pack
    mark = b"\xff" * layout.size if no_value == "all_ones" else pack(highest)

    def write(value: float) -> bytes:
        try:
            number = round(value / scale)
        except (ValueError, OverflowError):  # NaN, infinity
            return mark
        return pack(number) if lowest <= number <= highest else mark

    return write


def _swapped(data: bytes) -> bytes:
    """The words in reverse order; the two bytes of each word stay as they are."""
    return data[2:] + data[:2] if len(data) == 4 else b"".join([data[at : at + 2] for at in range(len(data))[-2::-2]])


@dataclass(frozen=True, slots=True)
class Span:
    """The registers from `first` on that one value takes, and what it is, for messages."""

    first: int
    count: int
    what: str


class Table:
    """The words of one table. Registers that no span covers do not exist, or read 0 where `zeros` says so.

    `split` says whether a request may begin or end within a value. Where it may not, the zeros are values of two
    registers, from an even address on. Raises BadConfiguration for spans that overlap or leave the table.
    """

    def __init__(self, spans: Sequence[Span], zeros: Sequence[tuple[int, int]], *, split: bool) -> None:
        empty = [Span(first, last - first + 1, "a range of zeros") for first, last in zeros]
        for span in (*spans, *empty):
            _check_range(span)
        self._base = min((span.first for span in (*spans, *empty)), default=0)
        size = max((span.first + span.count for span in (*spans, *empty)), default=0) - self._base
        # The register after the last one ends a value too.
        kind = bytearray([_NONE]) * (size + 1)
        for span in empty:
            for address in range(span.first, span.first + span.count):
                kind[address - self._base] = _FIRST if split or address % 2 == 0 else _WITHIN
        owners: dict[int, Span] = {}
        for span in spans:
            for address in range(span.first, span.first + span.count):
                if address in owners:
                    raise BadConfiguration(f"{span.what} and {owners[address].what} overlap at {_at(address)}")
                owners[address] = span
                kind[address - self._base] = _FIRST if split or address == span.first else _WITHIN
            following = span.first + span.count - self._base
            if kind[following] == _WITHIN:
                kind[following] = _FIRST
        self._kind = bytes(kind)
        self._words = bytearray(2 * size)

    def read(self, address: int, count: int) -> bytes | int:
        """The words, two bytes each, or the code of the exception that the device answers instead."""
        first, end = address - self._base, address + count - self._base
        if first < 0 or end >= len(self._kind):
            return ILLEGAL_ADDRESS
        kind = self._kind
        if kind.find(_NONE, first, end) >= 0 or kind[first] == _WITHIN or kind[end] == _WITHIN:
            return ILLEGAL_ADDRESS
        return bytes(self._words[2 * first : 2 * end])

    def write(self, address: int, data: bytes) -> None:
        """Put the words of a span in their place."""
        at = 2 * (address - self._base)
        self._words[at : at + len(data)] = data


# What a register is: nothing, the first of a value, a further one of a value.
_NONE, _FIRST, _WITHIN = range(3)


def _check_range(span: Span) -> None:
    if span.first < 0 or span.count < 1 or span.first + span.count > REGISTERS:
        raise BadConfiguration(
            f"{span.what} at {span.first} takes {span.count} registers; they lie between 0 and {REGISTERS - 1}"
        )


def _at(address: int) -> str:
    return f"{address} (0x{address:04X})"
