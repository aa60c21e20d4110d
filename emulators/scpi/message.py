"""Program messages: from the bytes of a line to units of a header and its parameters (SCPI-99 volume 1, chapter 6).

    :EV:RES:BASE 2.74 kOhm;CHAR 1300;:MEAS:PIL:DUTY?

Units are separated by `;`. A header without a leading colon continues the path of the header before it: CHAR above is
:EV:RES:CHAR. Common commands (`*RST`) stand outside of the path and leave it as it is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from emulators.scpi.errors import (
    INVALID_CHARACTER,
    INVALID_STRING,
    MISSING_PARAMETER,
    MNEMONIC_TOO_LONG,
    SYNTAX_ERROR,
    ScpiError,
)

MAX_MNEMONIC_CHARS = 12  # IEEE 488.2, 7.6.1.4.1


class Parameter(NamedTuple):
    """A parameter as it was written; a quoted one without its quotes."""

    text: str
    quoted: bool = False


class Unit(NamedTuple):
    """One command or query. `path` is the whole path of the header; that of a common command is like ("*RST",)."""

    path: tuple[str, ...]
    query: bool
    parameters: tuple[Parameter, ...] = ()

    def __str__(self) -> str:
        return ":".join(self.path) + "?" * self.query


# White space is every control character but the line feed, and the blank (IEEE 488.2, 7.4.1.2).
_BLANKS = "".join(chr(code) for code in range(33) if code != 10)
# What stands between two separators: anything but them and quotes, or whole strings. In a string a quote is doubled.
_STRING = r""""[^"]*"|'[^']*'"""
_PIECES = re.compile(rf"""(?:[^;"']|{_STRING})*""")
_FIELDS = re.compile(rf"""(?:[^,"']|{_STRING})*""")
_QUOTED = re.compile(r""""((?:[^"]|"")*)"|'((?:[^']|'')*)'""")
_HEADER = re.compile(r"(?:\*([A-Za-z]\w*)|(:?)([A-Za-z]\w*(?::[A-Za-z]\w*)*))(\??)", re.ASCII)


def parse(line: bytes) -> list[Unit]:
    """The units of a program message, without its line feed; an empty one has none.

    Raises ScpiError, a command error, for a message that cannot be read as a whole. What a header means, and whether
    its parameters fit, is not asked here.
    """
    units: list[Unit] = []
    path: tuple[str, ...] = ()
    for piece in _split(_text_of(line), _PIECES):
        unit = piece.strip(_BLANKS)
        if unit:
            parsed, path = _parse_unit(unit, path)
            units.append(parsed)
    return units


def _text_of(line: bytes) -> str:
    try:
        return line.decode("ascii")
    except UnicodeDecodeError as error:
        raise ScpiError(INVALID_CHARACTER, f"byte {line[error.start]:02X} hex at {error.start}") from None


def _split(text: str, pieces: re.Pattern[str]) -> list[str]:
    """The text between separators; one that stands in a string separates nothing."""
    found, at = [], 0
    while True:
        match = pieces.match(text, at)
        assert match is not None  # it matches the empty text too
        found.append(match.group())
        at = match.end()
        if at == len(text):
            return found
        if text[at] in "\"'":
            raise ScpiError(INVALID_STRING, f"the quote at {at} is not closed")
        at += 1


def _parse_unit(unit: str, path: tuple[str, ...]) -> tuple[Unit, tuple[str, ...]]:
    """A unit, and the path that the next one continues."""
    match = _HEADER.match(unit)
    if match is None:
        raise ScpiError(SYNTAX_ERROR, f"{unit[:20]} begins with no header")
    common, colon, names, mark = match.groups()
    rest = unit[match.end() :]
    if rest and rest[0] not in _BLANKS:
        raise ScpiError(SYNTAX_ERROR, f"{rest[0]} after {match.group()}")
    own = (f"*{common}",) if common else tuple(names.split(":"))
    for mnemonic in own:
        if len(mnemonic.lstrip("*")) > MAX_MNEMONIC_CHARS:
            raise ScpiError(MNEMONIC_TOO_LONG, mnemonic[:20])
    whole = own if common or colon else path + own
    return Unit(whole, bool(mark), _parameters(rest.strip(_BLANKS))), path if common else whole[:-1]


def _parameters(text: str) -> tuple[Parameter, ...]:
    if not text:
        return ()
    return tuple([_parameter(field.strip(_BLANKS)) for field in _split(text, _FIELDS)])


def _parameter(field: str) -> Parameter:
    if not field:
        raise ScpiError(MISSING_PARAMETER, "nothing between two commas")
    if "'" not in field and '"' not in field:
        return Parameter(field)
    match = _QUOTED.fullmatch(field)
    if match is None:
        raise ScpiError(INVALID_STRING, field[:20])
    double, single = match.groups()
    return Parameter(double.replace('""', '"') if double is not None else single.replace("''", "'"), quoted=True)
