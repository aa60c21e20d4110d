"""Kinds of parameters: what may be written for them, and what it means.

Numbers take the units of SCPI-99 volume 1, table 7-1, with their multipliers, in capital and small letters, with or
without a blank before them: `1.3 kOhm`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from emulators.scpi.errors import (
    DATA_OUT_OF_RANGE,
    DATA_TYPE_ERROR,
    EXPONENT_TOO_LARGE,
    ILLEGAL_VALUE,
    INVALID_NUMBER,
    INVALID_SUFFIX,
    SUFFIX_NOT_ALLOWED,
    ScpiError,
)
from emulators.scpi.message import Parameter

Value = str | float | bool

# MOHM and MHZ mean mega, all other M mean milli (SCPI-99 volume 1, table 7-2).
OHM: Mapping[str, float] = {"OHM": 1.0, "KOHM": 1e3, "MOHM": 1e6}
HERTZ: Mapping[str, float] = {"HZ": 1.0, "KHZ": 1e3, "MHZ": 1e6}
VOLT: Mapping[str, float] = {"V": 1.0, "MV": 1e-3, "UV": 1e-6, "KV": 1e3}
AMPERE: Mapping[str, float] = {"A": 1.0, "MA": 1e-3, "UA": 1e-6}
SECOND: Mapping[str, float] = {"S": 1.0, "MS": 1e-3, "US": 1e-6, "NS": 1e-9}

_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:\s*[Ee]\s*([+-]?\d+))?\s*(.*)", re.ASCII)
_SUFFIX = re.compile(r"[A-Za-z/][A-Za-z0-9./-]*", re.ASCII)
_WORD = re.compile(r"([A-Za-z]\w*?)(\d*)", re.ASCII)
_MAX_EXPONENT = 32_000  # IEEE 488.2, 7.7.2.4.1
_MAX_EXPONENT_DIGITS = 5
_LIMIT_WORDS = ("MINimum", "MAXimum")


class Kind(Protocol):
    """A kind of parameter."""

    def read(self, parameter: Parameter) -> Value:
        """What it means. Raises ScpiError."""

    def __str__(self) -> str:
        """What may be written, for the manual."""


@cache
def short_form(pattern: str) -> str:
    """The capital letters of a mnemonic such as `RESistor`, which is how it may be shortened: RES."""
    return "".join(character for character in pattern if not character.islower())


def is_form_of(word: str, pattern: str) -> bool:
    """Whether a word is the long or the short form of a mnemonic, in capital or small letters."""
    return word.upper() in (pattern.upper(), short_form(pattern))


@dataclass(frozen=True, slots=True)
class Number:
    """A number from `minimum` to `maximum`, both allowed, in the first of `unit` when none is written.

    MINimum and MAXimum stand for the limits, and `words` for further values, such as infinity.
    """

    minimum: float
    maximum: float
    unit: Mapping[str, float] = field(default_factory=dict)
    words: Mapping[str, float] = field(default_factory=dict)

    def read(self, parameter: Parameter) -> float:
        """See Kind."""
        text = parameter.text
        if parameter.quoted:
            raise ScpiError(DATA_TYPE_ERROR, f"{text[:20]} in quotes is no number")
        limits = zip(_LIMIT_WORDS, (self.minimum, self.maximum), strict=True)
        for word, value in (*limits, *self.words.items()):
            if is_form_of(text, word):
                return value
        value = self._number(text)
        if not self.minimum <= value <= self.maximum:
            raise ScpiError(DATA_OUT_OF_RANGE, f"{text[:20]} is not {self._range()}")
        return value

    def _number(self, text: str) -> float:
        match = _NUMBER.fullmatch(text)
        if match is None:
            is_word = _WORD.fullmatch(text) is not None
            raise ScpiError(DATA_TYPE_ERROR if is_word else INVALID_NUMBER, f"{text[:20]} is no number")
        mantissa, exponent, suffix = match.groups()
        digits = (exponent or "0").lstrip("+-").lstrip("0")
        if len(digits) > _MAX_EXPONENT_DIGITS or int(digits or 0) > _MAX_EXPONENT:
            raise ScpiError(EXPONENT_TOO_LARGE, text[:20])
        # A number beyond what a float can be becomes infinite, and is out of range then.
        return float(f"{mantissa}e{exponent or 0}") * self._multiplier(suffix)

    def _multiplier(self, suffix: str) -> float:
        if not suffix:
            return 1.0
        if _SUFFIX.fullmatch(suffix) is None:
            raise ScpiError(INVALID_NUMBER, suffix[:20])
        if not self.unit:
            raise ScpiError(SUFFIX_NOT_ALLOWED, suffix[:20])
        if suffix.upper() not in self.unit:
            raise ScpiError(INVALID_SUFFIX, f"{suffix[:20]} is none of {', '.join(self.unit)}")
        return self.unit[suffix.upper()]

    def _range(self) -> str:
        unit = next(iter(self.unit), "")
        return f"{self.minimum:g} ... {self.maximum:g} {unit}".rstrip()

    def __str__(self) -> str:
        return " | ".join([self._range(), *self.words])


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words, by its long or its short form; its value is the long form as it stands here."""

    words: tuple[str, ...]

    def read(self, parameter: Parameter) -> str:
        """See Kind."""
        text = parameter.text
        for word in self.words:
            if not parameter.quoted and is_form_of(text, word):
                return word
        code = ILLEGAL_VALUE if _WORD.fullmatch(text) and not parameter.quoted else DATA_TYPE_ERROR
        raise ScpiError(code, f"{text[:20]} is none of {', '.join(self.words)}")

    def __str__(self) -> str:
        return " | ".join(self.words)


@dataclass(frozen=True, slots=True)
class Numbered:
    """A word with a number from 1 to `count` behind it, such as `CHANnel1`; its value is the number."""

    word: str
    count: int

    def read(self, parameter: Parameter) -> int:
        """See Kind."""
        match = _WORD.fullmatch(parameter.text)
        if parameter.quoted or match is None or not is_form_of(match.group(1), self.word):
            raise ScpiError(ILLEGAL_VALUE, f"{parameter.text[:20]} is no {self}")
        number = match.group(2) or "1"
        if len(number) > len(str(self.count)) or not 1 <= int(number) <= self.count:
            raise ScpiError(DATA_OUT_OF_RANGE, f"{parameter.text[:20]} is no {self}")
        return int(number)

    def __str__(self) -> str:
        return f"{self.word}1 ... {self.word}{self.count}"


@dataclass(frozen=True, slots=True)
class Boolean:
    """ON or OFF, 1 or 0."""

    def read(self, parameter: Parameter) -> bool:
        """See Kind."""
        found = {"ON": True, "1": True, "OFF": False, "0": False}.get(parameter.text.upper())
        if parameter.quoted or found is None:
            raise ScpiError(ILLEGAL_VALUE, f"{parameter.text[:20]} is neither ON nor OFF")
        return found

    def __str__(self) -> str:
        return "ON | OFF"
