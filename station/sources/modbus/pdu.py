"""Modbus requests and answers without their transport: reading input or holding registers. Pure."""

import struct
from typing import NamedTuple

from station.errors import Malformed

READ_HOLDING, READ_INPUT = 3, 4
MOST_B = 253
EXCEPTION_BIT = 0x80

EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "no answer from the device behind the gateway",
}


class Refused(Malformed):
    """The meter answered with an exception instead of values."""


class ReadRequest(NamedTuple):
    """Read `registers` of them from `address` on, with function 3 (holding) or 4 (input)."""

    function: int
    address: int
    registers: int

    def __str__(self) -> str:
        last = self.address + self.registers - 1
        return f"registers {self.address} (0x{self.address:04X}) to {last} with function {self.function}"


def encode_request(request: ReadRequest) -> bytes:
    """The request as it goes into a frame."""
    return struct.pack(">BHH", *request)


def answer_length(head: bytes) -> int | None:
    """Length of an answer from its first bytes; None when they do not tell: two are needed, and a known function."""
    if len(head) < 2:
        return None
    if head[0] & EXCEPTION_BIT:
        return 2
    return 2 + head[1] if head[0] in (READ_HOLDING, READ_INPUT) else None


def decode_answer(pdu: bytes, request: ReadRequest) -> bytes:
    """The registers, two bytes each. Raises Refused for an exception, Malformed for anything but the answer."""
    if len(pdu) == 2 and pdu[0] == request.function | EXCEPTION_BIT:
        name = EXCEPTIONS.get(pdu[1], "not a code of the standard")
        raise Refused(f"exception {pdu[1]} ({name}) for {request}")
    if pdu[:1] != bytes([request.function]):
        raise Malformed(f"answer with function {pdu[0] if pdu else 'missing'}, {request.function} was asked")
    if len(pdu) < 2 or len(pdu) != 2 + pdu[1]:
        raise Malformed(f"answer of {len(pdu)} bytes whose count says otherwise")
    if pdu[1] != 2 * request.registers:
        raise Malformed(f"answer with {pdu[1]} bytes of values, {2 * request.registers} expected for {request}")
    return pdu[2:]
