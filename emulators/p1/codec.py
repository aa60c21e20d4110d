"""P1 telegrams to bytes and back. Pure, strict, and driven by the tables of versions.py.

The decoder is the mirror of the encoder: it accepts the lines of the telegram's version in the order and format of
the table, and a CRC in capital digits where the version has one. It is there for what this package writes and for
fixtures; a reader that has to live with the deviations of meters in the field is the business of the station.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

from fastcrc.crc16 import arc

from emulators.errors import BadConfiguration, Malformed
from emulators.p1 import mbus
from emulators.p1.forms import EOL, Reader, Writer
from emulators.p1.telegram import PHASES, Telegram
from emulators.p1.versions import DIALECTS, VERSIONS, Row, Version, version_named

# Three letters of the maker, the character for the baud rate, then free text without the marks of start and end.
IDENT = '[A-Za-z]{3}[0-9][ "-.0-~]*'
# The four digits and CR LF after the end mark.
CRC_BYTES = 6


def encode(telegram: Telegram) -> bytes:
    """The telegram as it goes over the wire, from `/` to the CR LF after the CRC, or after the `!` without one.

    Raises BadConfiguration when a value does not fit its line, or when the version has no line for a field that is set.
    """
    layout = _layout_for(telegram)
    if layout.get_unused(telegram) != layout.unused_defaults:
        raise BadConfiguration(_complaint_about_unused(telegram, layout))
    version = layout.version
    parts = [_header(telegram.ident, version.line), *[write(get(telegram)) for get, write in layout.writers]]
    if telegram.mbus:
        if version.mbus is None:
            raise BadConfiguration(f"version {version.name} has no sub-meters")
        parts.append(mbus.write(telegram.mbus, version.mbus))
    parts.append("!")
    body = "".join(parts).encode("ascii")
    return seal(body) if version.checksum else body + b"\r\n"


def seal(body: bytes) -> bytes:
    """A telegram from `/` up to and including `!`, completed by its CRC-16/ARC in capital hex digits and CR LF."""
    return b"%b%04X\r\n" % (body, arc(body))


def crc_of(telegram: bytes) -> str:
    """The four digits that a whole telegram ends with; none before DSMR 4."""
    return telegram.rpartition(b"!")[2][:-2].decode("ascii")


def decode(data: bytes, version: str | None = None) -> Telegram:
    """One whole telegram, from `/` to its last CR LF, as a value. Raises Malformed for anything else.

    `version` is the name of a version or dialect that it has to be; otherwise it is the first of VERSIONS that it can
    be. They are told by their lines, which of 2.2 and 3.0 says little.
    """
    text, checked = _unsealed(data)
    layout, match = _matching(text, version)
    if checked != layout.version.checksum:
        raise Malformed(f"version {layout.version.name} has {'no' if checked else 'a'} CRC after its !")
    ident, *groups, mbus_lines = match.groups()
    values: dict[str, Any] = {}
    for field, read, places, many in layout.readers:
        values[field] = tuple([read(group) for group in groups[places]]) if many else read(groups[places][0])
    lines = layout.version.mbus
    sub_meters = () if lines is None else mbus.read(mbus_lines, lines)
    return Telegram(version=layout.version.name, ident=ident, mbus=sub_meters, **values)


def _unsealed(data: bytes) -> tuple[str, bool]:
    """The text from `/` to `!`, and whether a CRC, a right one, follows."""
    sealed = data[-CRC_BYTES - 1 : -CRC_BYTES] == b"!"
    body = data[: -CRC_BYTES if sealed else -len(EOL)]
    if not (data.startswith(b"/") and (sealed or data.endswith(b"!\r\n"))):
        raise Malformed(
            f"{len(data)} bytes are no telegram: it goes from / to !, four digits of CRC (from DSMR 4 on), CR and LF"
        )
    if sealed and seal(body) != data:
        raise Malformed(f"the CRC should be {arc(body):04X}, but the telegram ends {data[-CRC_BYTES:]!r}")
    try:
        return body.decode("ascii"), sealed
    except UnicodeDecodeError as error:
        raise Malformed(f"byte {error.start} is 0x{data[error.start]:02X}; telegrams are 7-bit ASCII") from None


# --- the tables, compiled -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Layout:
    """The tables of one version, compiled for a number of phases (0: its lines do not tell how many there are).

    `writers` are (getter, writer of what that gets), `readers` are (field, reader, its places among the values, whether
    the field is a tuple). `get_unused` gets the fields that this version has no line for.
    """

    version: Version
    writers: tuple[tuple[Callable[[Telegram], Any], Callable[[Any], str]], ...]
    readers: tuple[tuple[str, Reader, slice, bool], ...]
    get_unused: Callable[[Telegram], tuple[object, ...]]
    unused_defaults: tuple[object, ...]
    patterns: tuple[str, ...]
    whole: re.Pattern[str]

    def complaint(self, text: str) -> tuple[int, str]:
        """Why a text does not match: how far it does, and the first line that is not as the table says."""
        at = 0
        for pattern in self.patterns:
            found = re.compile(pattern).match(text, at)
            if found is None:
                break
            at = found.end()
        line = text[at:].partition(EOL)[0]
        return at, f"line {text.count(EOL, 0, at) + 1} of version {self.version.name} cannot be {line[:60]!r}"


@cache
def _defaults() -> dict[str, object]:
    """The fields of Telegram that not every version has a line for, and what they hold then."""
    fields = Telegram.__struct_fields__
    return dict(zip(fields[-len(Telegram.__struct_defaults__) :], Telegram.__struct_defaults__, strict=True))


class _Layouts(NamedTuple):
    """The layouts of a version or dialect by number of phases, and the field of Telegram that tells which one."""

    phase_field: str
    by_phases: dict[int, _Layout]


@cache
def _layouts(name: str) -> _Layouts:
    """Without any layout for a name that is not known."""
    version = version_named(name)
    if version is None:
        return _Layouts("", {})
    field = version.phase_field
    return _Layouts(field, {phases: _layout(version, phases) for phases in (PHASES if field else (0,))})


def _layout_for(telegram: Telegram) -> _Layout:
    field, by_phases = _layouts(telegram.version)
    count = len(getattr(telegram, field)) if field else 0
    layout = by_phases.get(count)
    if layout is not None:
        return layout
    if not by_phases:
        known = ", ".join([*VERSIONS, *DIALECTS])
        raise BadConfiguration(f"no telegram of version {telegram.version!r}; there is {known}")
    raise BadConfiguration(f"no telegram of version {telegram.version} has {count} values of {field}; one or three")


def _matching(text: str, name: str | None) -> tuple[_Layout, re.Match[str]]:
    third_line = text.split(EOL, 3)[2:3]
    layouts = _known_by(third_line[0] if third_line else "") if name is None else (*_layouts(name).by_phases.values(),)
    for layout in layouts:
        match = layout.whole.fullmatch(text)
        if match is not None:
            return layout, match
    if not layouts:
        raise Malformed(f"no version {name!r}; there is {', '.join([*VERSIONS, *DIALECTS])}")
    _, complaint = max([layout.complaint(text) for layout in layouts], key=lambda found: found[0])
    raise Malformed(complaint)


@lru_cache(maxsize=16)
def _known_by(line: str) -> tuple[_Layout, ...]:
    """The layouts of the versions that tell themselves by this line, or of those that do not tell."""
    versions = [version for version in VERSIONS.values() if version.line == line]
    if not versions and line.startswith(_VERSION_CODES):
        known = ", ".join(dict.fromkeys(version.line for version in VERSIONS.values() if version.line))
        raise Malformed(f"no version line known here is {line[:60]!r}; those are {known}")
    versions = versions or [version for version in VERSIONS.values() if not version.line]
    return tuple(layout for version in versions for layout in _layouts(version.name).by_phases.values())


_VERSION_CODES = tuple({version.line.partition("(")[0] + "(" for version in VERSIONS.values() if version.line})


def _layout(version: Version, phases: int) -> _Layout:
    eol = re.escape(EOL)
    writers = []
    readers = []
    patterns = [rf"/({IDENT}){eol}", eol]
    if version.line:
        patterns.append(re.escape(version.line) + eol)
    at = 0
    for row in version.rows:
        codes = row.codes_for(phases)
        # Most lines say the same from telegram to telegram; remembering their text halves the time of a quiet meter.
        write = row.form.writer(codes)
        writers.append((_getter(row), lru_cache(maxsize=8)(write if row.many else _of_one(write))))
        for place, field in enumerate(row.fields):
            readers.append((field, row.form.read, slice(at + place, at + len(codes), len(row.fields)), row.many))
        at += len(codes)
        patterns += [re.escape(code) + row.form.pattern + eol for code in codes]
    patterns += [mbus.PATTERN if version.mbus else "()", "!"]
    printed = {field for row in version.rows for field in row.fields} | {"mbus"}
    unused = {field: default for field, default in _defaults().items() if field not in printed}
    return _Layout(
        version=version,
        writers=tuple(writers),
        readers=tuple(readers),
        get_unused=attrgetter(*unused),
        unused_defaults=tuple(unused.values()),
        patterns=tuple(patterns),
        whole=re.compile("".join(patterns)),
    )


def _getter(row: Row) -> Callable[[Telegram], Any]:
    if not row.paired:
        return attrgetter(row.field)
    both = attrgetter(row.field, row.paired)
    return lambda telegram: tuple(chain.from_iterable(zip(*both(telegram), strict=False)))


def _of_one(write: Writer) -> Callable[[Any], str]:
    return lambda value: write((value,))


def _complaint_about_unused(telegram: Telegram, layout: _Layout) -> str:
    printed = {field for row in layout.version.rows for field in row.fields} | {"mbus"}
    defaults = _defaults().items()
    set_too = [field for field, default in defaults if field not in printed and getattr(telegram, field) != default]
    return f"version {telegram.version} has no line for {' and '.join(set_too)}"


@lru_cache(maxsize=64)
def _header(ident: str, version_line: str) -> str:
    if not re.fullmatch(IDENT, ident):
        raise BadConfiguration(
            f"an identification is three letters, a digit and printable ASCII without / and !, not {ident!r}"
        )
    return f"/{ident}{EOL}{EOL}{version_line}{EOL if version_line else ''}"
