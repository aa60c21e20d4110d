"""Modbus RTU: frames with a CRC on a serial line, and the rule of the 3.5 characters. Pure.

Source: MODBUS over Serial Line V1.02, sections 2.5.1 and 6.2.2. The CRC-16 goes over the wire low byte first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from fastcrc.crc16 import modbus

from emulators.errors import BadConfiguration, Malformed
from emulators.modbus.pdu import MAX_PDU_BYTES

BROADCAST = 0
MAX_UNIT = 247
MIN_FRAME_BYTES = 4
MAX_FRAME_BYTES = 256

# A frame ends, and may only begin, with a silence of this many characters; above 19,200 baud the time is fixed.
GAP_CHARS = 3.5
FIXED_GAP_ABOVE_BAUD = 19_200
FIXED_GAP_S = 0.00175

# How long a request is, by its function: always the same, or so much plus the byte at an index.
_LENGTHS = {1: 8, 2: 8, 3: 8, 4: 8, 5: 8, 6: 8, 8: 8}
_COUNTED = {15: (9, 6), 16: (9, 6)}


class Frame(NamedTuple):
    """An address (`unit`, 0 is everybody) and what is said to it."""

    unit: int
    pdu: bytes


@dataclass(frozen=True, slots=True)
class SerialFormat:
    """Baud rate and character format, written like 8N1. Raises BadConfiguration for what no RS-485 port has."""

    baud: int
    char_format: str

    def __post_init__(self) -> None:
        letters = self.char_format
        if len(letters) != 3 or letters[0] != "8" or letters[1] not in "NEO" or letters[2] not in "12":
            raise BadConfiguration(f"Modbus RTU characters are like 8N1, 8E1, 8O1 or 8N2, not {letters!r}")
        if self.baud <= 0:
            raise BadConfiguration(f"a baud rate is above 0, not {self.baud}")

    def __str__(self) -> str:
        return f"{self.baud} {self.char_format}"

    @property
    def char_s(self) -> float:
        """Seconds that a character takes: start bit, eight data bits, parity if any, stop bits."""
        return (9 + (self.char_format[1] != "N") + int(self.char_format[2])) / self.baud

    @property
    def gap_s(self) -> float:
        """The silence between frames."""
        return FIXED_GAP_S if self.baud > FIXED_GAP_ABOVE_BAUD else GAP_CHARS * self.char_s


def encode(unit: int, pdu: bytes) -> bytes:
    """A frame with its CRC. Raises BadConfiguration for an address or a length that RTU does not have."""
    if not 0 <= unit <= 255 or not 1 <= len(pdu) <= MAX_PDU_BYTES:
        raise BadConfiguration(f"unit {unit} with {len(pdu)} bytes is no RTU frame; 0 to 255 with 1 to {MAX_PDU_BYTES}")
    body = bytes([unit]) + pdu
    return body + modbus(body).to_bytes(2, "little")


def decode(frame: bytes) -> Frame:
    """A whole frame as a value. Raises Malformed when its length or its CRC is wrong."""
    if not MIN_FRAME_BYTES <= len(frame) <= MAX_FRAME_BYTES:
        raise Malformed(f"an RTU frame has {MIN_FRAME_BYTES} to {MAX_FRAME_BYTES} bytes, not {len(frame)}")
    expected = modbus(frame[:-2]).to_bytes(2, "little")
    if frame[-2:] != expected:
        raise Malformed(f"the CRC should be {expected.hex(' ')}, but the frame ends {frame[-2:].hex(' ')}")
    return Frame(frame[0], frame[1:-2])


class RequestReader:
    """Finds requests in what a device hears, in whatever pieces it arrives.

    A request is whole when its function says so and the CRC is right. What does not end by that ends by a silence,
    which the owner tells, since only the owner has the time: then a request of an unknown function is whole when its
    CRC is right, and from anything else the requests in it are picked out (noise, half a frame and a whole one, what
    other devices answered). `dropped` counts the bytes that belonged to no request.
    """

    def __init__(self) -> None:
        self._heard = bytearray()
        self.dropped = 0

    @property
    def pending(self) -> bool:
        """Whether there are bytes that wait for more of them, or for a silence."""
        return bool(self._heard)

    def receive(self, data: bytes) -> list[Frame]:
        """The requests that these bytes complete."""
        heard = self._heard
        heard += data
        frames = []
        while (length := _request_at(heard, 0)) > 0:
            frames.append(_frame(heard, 0, length))
            del heard[:length]
        if len(heard) > MAX_FRAME_BYTES:
            frames += self._pick(keep=MAX_FRAME_BYTES - 1)
        return frames

    def settle(self) -> list[Frame]:
        """The line is silent for the length of the gap now: the requests that are whole by that.

        When there are none, what was heard stays: where bytes are told in pieces, the rest may be on its way.
        """
        heard, dropped = bytes(self._heard), self.dropped
        frames = self.end()
        if not frames:
            self._heard[:] = heard
            self.dropped = dropped
        return frames

    def end(self) -> list[Frame]:
        """The line was silent for the length of the gap: what was heard before is over."""
        heard = self._heard
        length = len(heard)
        if (
            MIN_FRAME_BYTES <= length <= MAX_FRAME_BYTES
            and heard[1] not in _LENGTHS
            and heard[1] not in _COUNTED
            and _crc_is_right(heard, 0, length)
        ):
            frames = [_frame(heard, 0, length)]
            heard.clear()
            return frames
        return self._pick(keep=0)

    def _pick(self, keep: int) -> list[Frame]:
        """Requests at any place, up to the last `keep` bytes, which stay."""
        heard = self._heard
        frames = []
        at = 0
        while at < len(heard) - keep:
            if (length := _request_at(heard, at)) > 0:
                frames.append(_frame(heard, at, length))
                at += length
            else:
                self.dropped += 1
                at += 1
        del heard[:at]
        return frames


def _request_at(heard: bytearray, at: int) -> int:
    """The length of the whole request with a right CRC that begins there; 0 when there is none."""
    rest = len(heard) - at
    if rest < MIN_FRAME_BYTES:
        return 0
    function = heard[at + 1]
    length = _LENGTHS.get(function, 0)
    if not length and function in _COUNTED:
        base, index = _COUNTED[function]
        length = base + heard[at + index] if rest > index else 0
    return length if 0 < length <= min(rest, MAX_FRAME_BYTES) and _crc_is_right(heard, at, length) else 0


def _crc_is_right(heard: bytearray, at: int, length: int) -> bool:
    end = at + length
    return modbus(heard[at : end - 2]) == heard[end - 2] | heard[end - 1] << 8


def _frame(heard: bytearray, at: int, length: int) -> Frame:
    return Frame(heard[at], bytes(heard[at + 1 : at + length - 2]))
