"""Value formats of TIC: how the data of a group is written. What one form accepts, it gives back unchanged."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from emulators.errors import BadConfiguration, Malformed
from emulators.tic.frame import Value


class Form(Protocol):
    """A value format of fixed width."""

    @property
    def pattern(self) -> str:
        """The data as a regular expression."""

    def read(self, text: str) -> Value:
        """The value of data that matches `pattern`. Raises Malformed where the pattern alone cannot tell."""

    def reader(self) -> Callable[[str], Value]:
        """What does the same as `read`, as fast as it goes."""

    def write(self, value: Value) -> str:
        """The data of a value. Raises BadConfiguration for one that does not fit."""


@dataclass(frozen=True, slots=True)
class Digits:
    """A whole number, padded with zeros to `count` digits of the `base` (10, or 16 in capitals).

    It lies between 0 and `most` (0: as much as the digits hold).
    """

    count: int
    base: int = 10
    most: int = 0
    _limit: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compute the first number that is too large."""
        object.__setattr__(self, "_limit", self.most + 1 if self.most else self.base**self.count)

    @property
    def pattern(self) -> str:
        """See Form."""
        return f"[0-9{'A-F' if self.base == 16 else ''}]{{{self.count}}}"

    def read(self, text: str) -> int:
        """See Form."""
        value = int(text, self.base)
        if value >= self._limit:
            raise Malformed(f"{text} is more than {self.most}, the most that there is")
        return value

    def reader(self) -> Callable[[str], int]:
        """See Form. Of decimal digits without a limit there is nothing left to check."""
        return int if self.base == 10 and not self.most else self.read

    def write(self, value: Value) -> str:
        """See Form."""
        if not isinstance(value, int) or not 0 <= value < self._limit:
            raise BadConfiguration(f"a whole number from 0 to {self._limit - 1} is needed, not {value!r}")
        return f"{value:0{self.count}{'X' if self.base == 16 else 'd'}}"


@dataclass(frozen=True, slots=True)
class Text:
    """Characters that match `pattern`, taken as they are."""

    pattern: str
    _whole: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compile the pattern."""
        object.__setattr__(self, "_whole", re.compile(self.pattern))

    def read(self, text: str) -> str:
        """See Form."""
        return text

    def reader(self) -> Callable[[str], str]:
        """See Form."""
        return str

    def write(self, value: Value) -> str:
        """See Form."""
        if not isinstance(value, str) or self._whole.fullmatch(value) is None:
            raise BadConfiguration(f"text like {self.pattern} is needed, not {value!r}")
        return value


def free_text(length: int) -> Text:
    """Exactly that many printable characters, blanks included."""
    return Text(f"[ -~]{{{length}}}")
