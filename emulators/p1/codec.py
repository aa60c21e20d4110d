"""P1 telegrams to bytes and back. Pure, strict, and driven by the tables of versions.py.

The decoder is the mirror of the encoder: it accepts the lines of the telegram's version in the order and format of
the table, and a CRC in capital digits. It is there for what this package writes and for fixtures; a reader that has
to live with the deviations of meters in the field is the business of the station.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from fastcrc.crc16 import arc

from emulators.errors import BadConfiguration, Malformed
from emulators.p1 import mbus
from emulators.p1.forms import EOL, Reader, Writer
from emulators.p1.telegram import PHASES, Telegram
from emulators.p1.versions import VERSIONS, Version

# Three letters of the maker, the character for the baud rate, then free text without the marks of start and end.
IDENT = '[A-Za-z]{3}[0-9][ "-.0-~]*'
# The four digits and CR LF after the end mark.
CRC_BYTES = 6


def encode(telegram: Telegram) -> bytes:
    """The telegram as it goes over the wire, from `/` to the CR LF after the CRC.

    Raises BadConfiguration when a value does not fit its line, or when the version has no line for a field that is set.
    """
    layout = _layouts().get((telegram.version, len(telegram.current_ma)))
    if layout is None:
        raise BadConfiguration(
            f"no telegram of version {telegram.version!r} with {len(telegram.current_ma)} currents; "
            f"there is {', '.join(VERSIONS)}, with one or three"
        )
    for field, default in layout.unused:
        if getattr(telegram, field) != default:
            raise BadConfiguration(f"version {telegram.version} has no line for {field}")
    parts = [_header(telegram.ident, layout.version)]
    for field, write, many in layout.writers:
        value = getattr(telegram, field)
        parts.append(write(value if many else (value,)))
    if telegram.mbus:
        parts.append(mbus.write(telegram.mbus, layout.version.mbus))
    parts.append("!")
    return seal("".join(parts).encode("ascii"))


def seal(body: bytes) -> bytes:
    """A telegram from `/` up to and including `!`, completed by its CRC-16/ARC in capital hex digits and CR LF."""
    return b"%b%04X\r\n" % (body, arc(body))


def crc_of(telegram: bytes) -> str:
    """The four digits that a whole telegram ends with."""
    return telegram[-CRC_BYTES:-2].decode("ascii")


def decode(data: bytes) -> Telegram:
    """One whole telegram, from `/` to the CR LF after the CRC, as a value. Raises Malformed for anything else."""
    body = data[:-CRC_BYTES]
    if not (data.startswith(b"/") and body.endswith(b"!")):
        raise Malformed(f"{len(data)} bytes are no telegram: it goes from / to !, four digits of CRC, CR and LF")
    if seal(body) != data:
        raise Malformed(f"the CRC should be {arc(body):04X}, but the telegram ends {data[-CRC_BYTES:]!r}")
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError as error:
        raise Malformed(f"byte {error.start} is 0x{data[error.start]:02X}; telegrams are 7-bit ASCII") from None
    layout = _layout_of(text)
    match = layout.match(text)
    if match is None:
        raise Malformed(layout.complaint(text))
    ident, *groups, mbus_lines = match.groups()
    values: dict[str, Any] = {}
    at = 0
    for field, read, count, many in layout.readers:
        values[field] = tuple([read(group) for group in groups[at : at + count]]) if many else read(groups[at])
        at += count
    return Telegram(version=layout.version.name, ident=ident, mbus=mbus.read(mbus_lines, layout.version.mbus), **values)


@dataclass(frozen=True, slots=True)
class _Layout:
    """The tables of one version, compiled for a number of phases.

    `writers` are (field, writer, whether the field is a tuple of values), `readers` are (field, reader, number of
    lines, whether the field is a tuple), `unused` the fields that this version has no line for, and their defaults.
    """

    version: Version
    writers: tuple[tuple[str, Writer, bool], ...]
    readers: tuple[tuple[str, Reader, int, bool], ...]
    unused: tuple[tuple[str, object], ...]
    patterns: tuple[str, ...]
    whole: re.Pattern[str]

    def match(self, text: str) -> re.Match[str] | None:
        """The groups of all lines, when the telegram up to its `!` has them all."""
        return self.whole.fullmatch(text)

    def complaint(self, text: str) -> str:
        """Why a text does not match: the first line that is not as the table says."""
        at = 0
        for pattern in self.patterns:
            found = re.compile(pattern).match(text, at)
            if found is None:
                break
            at = found.end()
        line = text[at:].partition(EOL)[0]
        return f"line {text.count(EOL, 0, at) + 1} of version {self.version.name} cannot be {line[:60]!r}"


# Fields that not every version has a line for.
_OPTIONAL_FIELDS: tuple[tuple[str, object], ...] = (("text_code", ""), ("voltage_dv", ()))
_MARK_OF_THREE_PHASES = f"{EOL}1-0:51.7.0("


@cache
def _layouts() -> dict[tuple[str, int], _Layout]:
    return {(v.name, phases): _layout(v, phases) for v in VERSIONS.values() for phases in PHASES}


def _layout(version: Version, phases: int) -> _Layout:
    eol = re.escape(EOL)
    writers = []
    readers = []
    patterns = [rf"/({IDENT}){eol}", eol, re.escape(version.line) + eol]
    for row in version.rows:
        codes = row.codes_for(phases)
        many = row.per_phase or len(row.codes) > 1
        # Most lines say the same from telegram to telegram; remembering their text halves the time of a quiet meter.
        writers.append((row.field, lru_cache(maxsize=8)(row.form.writer(codes)), many))
        readers.append((row.field, row.form.read, len(codes), many))
        patterns += [re.escape(code) + row.form.pattern + eol for code in codes]
    patterns += [mbus.PATTERN, "!"]
    return _Layout(
        version=version,
        writers=tuple(writers),
        readers=tuple(readers),
        unused=tuple(field for field in _OPTIONAL_FIELDS if version.row(field[0]) is None),
        patterns=tuple(patterns),
        whole=re.compile("".join(patterns)),
    )


def _layout_of(text: str) -> _Layout:
    phases = 3 if _MARK_OF_THREE_PHASES in text else 1
    for version in VERSIONS.values():
        if f"{EOL}{version.line}{EOL}" in text:
            return _layouts()[version.name, phases]
    raise Malformed(f"no version line known here: one of {', '.join(v.line for v in VERSIONS.values())} is needed")


@lru_cache(maxsize=64)
def _header(ident: str, version: Version) -> str:
    if not re.fullmatch(IDENT, ident):
        raise BadConfiguration(
            f"an identification is three letters, a digit and printable ASCII without / and !, not {ident!r}"
        )
    return f"/{ident}{EOL}{EOL}{version.line}{EOL}"
