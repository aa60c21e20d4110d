"""The board link, version 2, as the station reads and writes it (docs/board-link.md). Pure.

ASCII lines ended by LF, at most 200 bytes, integer fields separated by one blank.
"""

import re
from typing import NamedTuple

from station.errors import Malformed

VERSION = 2
MAX_LINE_B = 200  # with the LF


class Hello(NamedTuple):
    """The board's greeting."""

    version: int
    sockets: int


class Sense(NamedTuple):
    """What the board senses at one socket, in the units of the wire.

    Plateau voltages of the pilot in mV (equal when it is a constant level), proximity resistor in ohm (0: nothing
    plugged in at the station's end), currents in mA, voltages in 0.1 V, contactor feedback, active powers in W.
    """

    socket: int
    cp_high_mv: int
    cp_low_mv: int
    pp_ohm: int
    current_ma: tuple[int, int, int]
    voltage_dv: tuple[int, int, int]
    contactor: bool
    power_w: tuple[int, int, int] = (0, 0, 0)


class Contact(NamedTuple):
    """Whether the external circuit at the potential-free RJ11 input is closed."""

    closed: bool


class Drive(NamedTuple):
    """What the station commands at one socket: pilot "high", "low" or a duty in 1/1000 %, and the contactor."""

    socket: int
    pilot: int | str
    contactor: bool


class BadLine(NamedTuple):
    """A line that was dropped, and why."""

    reason: str


Message = Hello | Sense | Contact

_HELLO = re.compile(rb"HELLO board (\d{1,4}) (\d{1,4})")
_SENSE = re.compile(
    rb"SENSE ([1-9]\d{0,2}) (-?\d{1,5}) (-?\d{1,5}) (\d{1,7})"
    rb" (\d{1,7}) (\d{1,7}) (\d{1,7}) (\d{1,5}) (\d{1,5}) (\d{1,5}) ([01]) (\d{1,6}) (\d{1,6}) (\d{1,6})"
)
_CONTACT = re.compile(rb"CONTACT ([01])")


def decode(line: bytes) -> Message:
    """Read one line without its LF. Raises Malformed for anything that is not exactly a line of the board."""
    sense = _SENSE.fullmatch(line)
    if sense is not None:
        socket, high, low, ohm, i1, i2, i3, u1, u2, u3, contactor, p1, p2, p3 = map(int, sense.groups())
        return Sense(socket, high, low, ohm, (i1, i2, i3), (u1, u2, u3), contactor == 1, (p1, p2, p3))
    contact = _CONTACT.fullmatch(line)
    if contact is not None:
        return Contact(contact[1] == b"1")
    hello = _HELLO.fullmatch(line)
    if hello is not None:
        return Hello(int(hello[1]), int(hello[2]))
    raise Malformed(f"{_printable(line)}: HELLO board, SENSE or CONTACT with its integer fields expected")


def encode_hello(sockets: int) -> bytes:
    """The station's greeting."""
    return b"HELLO station %d %d\n" % (VERSION, sockets)


def encode_drive(drive: Drive) -> bytes:
    """One DRIVE line."""
    return f"DRIVE {drive.socket} {drive.pilot} {drive.contactor:d}\n".encode()


def encode_request(request: bool) -> bytes:
    """The level of the P1 Data Request pin."""
    return b"REQUEST %d\n" % request


class LineDecoder:
    """Bytes of the stream to messages; what is malformed comes out as BadLine and is counted."""

    def __init__(self) -> None:
        self._rest = b""
        self._overlong = False
        self.bad_lines = 0

    def feed(self, data: bytes) -> list[Message | BadLine]:
        """Take bytes as they came; give the lines that are complete now."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        messages = [self._message(line) for line in lines]
        if len(self._rest) >= MAX_LINE_B:  # cannot become a line any more: remember that, not the bytes
            self._overlong = True
            self._rest = b""
        return messages

    def _message(self, line: bytes) -> Message | BadLine:
        overlong, self._overlong = self._overlong or len(line) >= MAX_LINE_B, False
        try:
            if overlong:
                raise Malformed(f"line of more than {MAX_LINE_B} bytes")
            return decode(line)
        except Malformed as error:
            self.bad_lines += 1
            return BadLine(str(error))


def _printable(line: bytes) -> str:
    return repr(line[:60].decode("ascii", "backslashreplace"))
