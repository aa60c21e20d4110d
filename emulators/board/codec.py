"""Lines of the board link, version 2 (docs/board-link.md): bytes to messages and back."""

import re
from typing import Literal

import msgspec

from emulators.errors import Malformed
from emulators.pilot.circuit import HIGH, LOW, MAX_DUTY_MPCT, MIN_DUTY_MPCT, Signal

VERSION = 2
MAX_LINE_BYTES = 200  # with the LF
MAX_SOCKETS = 99

Side = Literal["board", "station"]
Triple = tuple[int, int, int]


class Hello(msgspec.Struct, frozen=True):
    """The greeting of either side: protocol version and number of sockets."""

    side: Side
    version: int
    sockets: int


class Sense(msgspec.Struct, frozen=True):
    """What the board senses at one socket: pilot plateaus, proximity, meter, contactor feedback.

    `p_w` is the active power of each phase in W.
    """

    socket: int
    cp_high_mv: int
    cp_low_mv: int
    pp_ohm: int
    i_ma: Triple
    u_dv: Triple
    contactor: bool
    p_w: Triple


class Drive(msgspec.Struct, frozen=True):
    """What the station wants of one socket: the pilot signal and the contactor."""

    socket: int
    pilot: Signal
    contactor: bool


class Request(msgspec.Struct, frozen=True):
    """The P1 Data Request pin."""

    on: bool


class Contact(msgspec.Struct, frozen=True):
    """Whether the external circuit at the board's potential-free input is closed."""

    closed: bool


Message = Hello | Sense | Drive | Request | Contact


class _Field(msgspec.Struct, frozen=True):
    name: str
    least: int
    most: int


_SOCKET = _Field("socket", 1, MAX_SOCKETS)
_CONTACTOR = _Field("contactor", 0, 1)
_SOCKETS = _Field("sockets", 1, MAX_SOCKETS)
_HELLO_FIELDS = (_Field("version", 0, 999), _SOCKETS)
_SENSE_FIELDS = (
    _SOCKET,
    _Field("cp_high_mv", -99_999, 99_999),
    _Field("cp_low_mv", -99_999, 99_999),
    _Field("pp_ohm", 0, 9_999_999),
    *(_Field(f"i{phase}_ma", 0, 9_999_999) for phase in (1, 2, 3)),
    *(_Field(f"u{phase}_dv", 0, 99_999) for phase in (1, 2, 3)),
    _CONTACTOR,
    *(_Field(f"p{phase}_w", 0, 999_999) for phase in (1, 2, 3)),
)
_DUTY = _Field("pilot duty", MIN_DUTY_MPCT, MAX_DUTY_MPCT)
_REQUEST = _Field("request", 0, 1)
_CONTACT = _Field("contact", 0, 1)
_LEVELS = {b"high": HIGH, b"low": LOW}
_INTEGER = re.compile(rb"0|-?[1-9][0-9]{0,8}").fullmatch


def parse(line: bytes) -> Message:
    """Parse one line without its LF. Raises Malformed: what is wrong, and what would be right."""
    if len(line) >= MAX_LINE_BYTES:
        raise Malformed(f"a line of more than {MAX_LINE_BYTES} bytes, LF included")
    word, *fields = line.split(b" ")
    if word == b"DRIVE":
        return _parse_drive(fields)
    if word == b"SENSE":
        return _parse_sense(fields)
    if word == b"REQUEST":
        (on,) = _integers("REQUEST", fields, (_REQUEST,))
        return Request(on == 1)
    if word == b"CONTACT":
        (closed,) = _integers("CONTACT", fields, (_CONTACT,))
        return Contact(closed == 1)
    if word == b"HELLO":
        return _parse_hello(fields)
    raise Malformed(f"unknown line {line[:20]!r}; known are HELLO, SENSE, CONTACT, DRIVE and REQUEST")


def format_line(message: Message) -> bytes:
    """The line of a message, LF included."""
    if isinstance(message, Sense):
        fixed = (message.socket, message.cp_high_mv, message.cp_low_mv, message.pp_ohm)
        return _SENSE_FORMAT % (*fixed, *message.i_ma, *message.u_dv, message.contactor, *message.p_w)
    if isinstance(message, Drive):
        pilot = message.pilot
        word = pilot.level if pilot.duty_mpct is None else str(pilot.duty_mpct)
        return f"DRIVE {message.socket} {word} {message.contactor:d}\n".encode()
    if isinstance(message, Request):
        return b"REQUEST %d\n" % message.on
    if isinstance(message, Contact):
        return b"CONTACT %d\n" % message.closed
    return f"HELLO {message.side} {message.version} {message.sockets}\n".encode()


_SENSE_FORMAT = b"SENSE" + b" %d" * len(_SENSE_FIELDS) + b"\n"


def _parse_sense(fields: list[bytes]) -> Sense:
    socket, high, low, pp, i1, i2, i3, u1, u2, u3, contactor, p1, p2, p3 = _integers("SENSE", fields, _SENSE_FIELDS)
    return Sense(socket, high, low, pp, (i1, i2, i3), (u1, u2, u3), contactor == 1, (p1, p2, p3))


def _parse_drive(fields: list[bytes]) -> Drive:
    _check_count("DRIVE", fields, 3)
    pilot = _LEVELS.get(fields[1])
    if pilot is None:
        pilot = Signal("pwm", _integer("DRIVE", fields[1], _DUTY))
    return Drive(_integer("DRIVE", fields[0], _SOCKET), pilot, _integer("DRIVE", fields[2], _CONTACTOR) == 1)


def _parse_hello(fields: list[bytes]) -> Hello:
    _check_count("HELLO", fields, 3)
    sides: dict[bytes, Side] = {b"board": "board", b"station": "station"}
    side = sides.get(fields[0])
    if side is None:
        raise Malformed(f"HELLO: the side is {fields[0][:20]!r}; it is board or station")
    version, sockets = _integers("HELLO", fields[1:], _HELLO_FIELDS)
    return Hello(side, version, sockets)


def _check_count(word: str, fields: list[bytes], count: int) -> None:
    if len(fields) != count:
        raise Malformed(f"{word}: {len(fields)} fields; it has {count}, separated by one space")


def _integers(word: str, fields: list[bytes], table: tuple[_Field, ...]) -> list[int]:
    _check_count(word, fields, len(table))
    return [_integer(word, text, field) for text, field in zip(fields, table, strict=True)]


def _integer(word: str, text: bytes, field: _Field) -> int:
    if _INTEGER(text) is None:
        raise Malformed(f"{word}: {field.name} is {text[:20]!r}; it is an integer")
    value = int(text)
    if not field.least <= value <= field.most:
        raise Malformed(f"{word}: {field.name} is {value}; it is {field.least} ... {field.most}")
    return value


class LineBuffer:
    """Cuts a byte stream into lines, however the stream was split."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines completed by `data`, without LF. Of an overlong line only as much is kept as shows it is."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[:MAX_LINE_BYTES]
        return lines
