"""Modbus TCP frames: transaction, protocol, length, unit, answer. Pure; told the time.

An answer is recognised by its transaction number, so one that comes after its time-out is left aside: what it says is
as old as its request (ALB-TCP-006 gives a meter 60 s for the next valid answer, not for each).
"""

import struct
from typing import NamedTuple

from station.errors import Malformed
from station.sources.modbus.framing import OutOfStep
from station.sources.modbus.pdu import MOST_B

_HEADER = struct.Struct(">HHHB")
PROTOCOL = 0
UNITS = range(256)
TRANSACTIONS = 0x10000


class TcpFrame(NamedTuple):
    """One frame, request or answer."""

    transaction: int
    unit: int
    pdu: bytes


def encode_frame(frame: TcpFrame) -> bytes:
    """The frame as it goes over the connection."""
    return _HEADER.pack(frame.transaction, PROTOCOL, len(frame.pdu) + 1, frame.unit) + frame.pdu


def take_frame(stream: bytes) -> tuple[TcpFrame | None, bytes]:
    """The first frame of a stream, None while it is incomplete, and what follows it. Raises OutOfStep."""
    if len(stream) < _HEADER.size:
        return None, stream
    transaction, protocol, length, unit = _HEADER.unpack_from(stream)
    if protocol != PROTOCOL:
        raise OutOfStep(f"frame with protocol {protocol}, 0 expected: is this Modbus TCP?")
    if not 2 <= length - 1 <= MOST_B:
        raise OutOfStep(f"frame with length {length}, 3 to {MOST_B + 1} expected: is this Modbus TCP?")
    end = _HEADER.size + length - 1
    if len(stream) < end:
        return None, stream
    return TcpFrame(transaction, unit, stream[_HEADER.size : end]), stream[end:]


class TcpFraming:
    """Requests to one unit over a connection, and their answers."""

    quiet_s = 0.0
    resets = True

    def __init__(self, unit: int) -> None:
        self._unit = unit
        self._transaction = 0
        self._stream = b""
        self._other = ""

    def request(self, pdu: bytes) -> bytes:
        """The frame for the next request, with a number of its own."""
        if self._unit not in UNITS:
            raise Malformed(f"unit {self._unit} cannot be asked: a frame has one byte for it, 0 to 255")  # O-57
        self._transaction = (self._transaction + 1) % TRANSACTIONS
        self._other = ""
        return encode_frame(TcpFrame(self._transaction, self._unit, pdu))

    def receive(self, data: bytes, _now_s: float) -> bytes | None:
        """Take bytes; the answer when it is complete. Raises OutOfStep, or Malformed for an answer of another unit."""
        self._stream += data
        while True:
            frame, self._stream = take_frame(self._stream)
            if frame is None:
                return None
            if frame.transaction != self._transaction:
                self._other = ", only one to another transaction"
            elif frame.unit != self._unit:
                raise Malformed(f"answer from unit {frame.unit}, unit {self._unit} was asked")
            else:
                return frame.pdu

    def step(self, _now_s: float) -> None:
        """Nothing is due: a frame may come in any number of pieces."""

    def next_deadline_s(self) -> float | None:
        """Never."""
        return None

    def unanswered(self) -> str:
        """Whether there was an answer to something else."""
        return self._other

    def clear(self) -> None:
        """A new connection begins with a new frame."""
        self._stream = b""
        self._other = ""
