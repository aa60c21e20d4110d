"""Modbus TCP: frames with an MBAP header in a byte stream. Pure.

Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 3.1 (ALB-TCP-049): transaction, protocol 0 and
the length of what follows, 16 bits each, then the unit and the PDU.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from emulators.errors import BadConfiguration, Malformed
from emulators.modbus.pdu import MAX_PDU_BYTES

PORT = 502  # ALB-TCP-002
PROTOCOL = 0
MAX_FRAME_BYTES = 260

_HEADER = struct.Struct(">HHHB")
# The length field counts the unit and the PDU.
_LENGTHS = range(2, MAX_PDU_BYTES + 2)
_COUNTED_FROM = 6


class Frame(NamedTuple):
    """A transaction by which a client finds the answer to its request, a unit, and what is said to it."""

    transaction: int
    unit: int
    pdu: bytes


def encode(transaction: int, unit: int, pdu: bytes) -> bytes:
    """A frame. Raises BadConfiguration for values that the header does not hold."""
    if not (0 <= transaction <= 0xFFFF and 0 <= unit <= 0xFF and 1 <= len(pdu) <= MAX_PDU_BYTES):
        raise BadConfiguration(f"transaction {transaction}, unit {unit}, {len(pdu)} bytes: that fits no MBAP header")
    return _HEADER.pack(transaction, PROTOCOL, len(pdu) + 1, unit) + pdu


def decode(frame: bytes) -> Frame:
    """Exactly one frame as a value. Raises Malformed."""
    if len(frame) < _HEADER.size + 1:
        raise Malformed(f"a frame has at least {_HEADER.size + 1} bytes, not {len(frame)}")
    transaction, _, length, unit = _header(frame, 0)
    if len(frame) != _COUNTED_FROM + length:
        raise Malformed(f"the header announces {length} bytes and {len(frame) - _COUNTED_FROM} follow it")
    return Frame(transaction, unit, frame[_HEADER.size :])


class FrameReader:
    """Finds frames in a stream, in whatever pieces it arrives.

    A stream with a wrong header cannot be trusted any more: `error` then says what was wrong, and all that follows is
    ignored. The only cure is a new connection.
    """

    def __init__(self) -> None:
        self._heard = bytearray()
        self.error: Malformed | None = None

    def receive(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        frames: list[Frame] = []
        if self.error is not None:
            return frames
        heard = self._heard
        heard += data
        at = 0
        try:
            while len(heard) - at >= _HEADER.size:
                transaction, _, length, unit = _header(heard, at)
                end = at + _COUNTED_FROM + length
                if len(heard) < end:
                    break
                frames.append(Frame(transaction, unit, bytes(heard[at + _HEADER.size : end])))
                at = end
        except Malformed as error:
            self.error = error
            heard.clear()
        del heard[:at]
        return frames


def _header(data: bytes | bytearray, at: int) -> tuple[int, int, int, int]:
    transaction, protocol, length, unit = _HEADER.unpack_from(data, at)
    if protocol != PROTOCOL:
        raise Malformed(f"protocol {protocol} is not Modbus, which is {PROTOCOL}")
    if length not in _LENGTHS:
        raise Malformed(f"a length of {length} is not one; {_LENGTHS[0]} to {_LENGTHS[-1]} would be right")
    return transaction, protocol, length, unit
