"""Modbus requests and answers without their framing (PDUs): bytes to values and back. Pure.

Source: MODBUS Application Protocol Specification V1.1b3. Here are the functions that the meters have: 3 and 4 (read
registers), 6 and 16 (write registers) and 8 (diagnostics, which meters know as an echo). Every other function decodes
as `Other`, so that a device can refuse it.
"""

from __future__ import annotations

import struct

import msgspec

from emulators.errors import BadConfiguration, Malformed

READ_HOLDING, READ_INPUT, WRITE_SINGLE, DIAGNOSTICS, WRITE_MULTIPLE = 3, 4, 6, 8, 16
# Sub-function 0 of function 8: send the request back.
RETURN_QUERY_DATA = 0

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE = 1, 2, 3, 4
GATEWAY_TARGET_SILENT = 0x0B
EXCEPTION_FLAG = 0x80

MAX_PDU_BYTES = 253
MAX_READ_REGISTERS = 125
MAX_WRITE_REGISTERS = 123

_TWO_WORDS = struct.Struct(">BHH")
_WRITE_HEAD = struct.Struct(">BHHB")


class Read(msgspec.Struct, frozen=True):
    """Function 3 or 4: `count` registers from `address` on. Any count that fits the field decodes."""

    function: int
    address: int
    count: int


class WriteSingle(msgspec.Struct, frozen=True):
    """Function 6: one register. The answer is the request again."""

    address: int
    value: int

    @property
    def function(self) -> int:
        """6."""
        return WRITE_SINGLE


class WriteMultiple(msgspec.Struct, frozen=True):
    """Function 16: the registers from `address` on, two bytes of `data` each, 1 to 123 of them."""

    address: int
    data: bytes

    @property
    def function(self) -> int:
        """16."""
        return WRITE_MULTIPLE

    @property
    def count(self) -> int:
        """How many registers."""
        return len(self.data) // 2


class Echo(msgspec.Struct, frozen=True):
    """Function 8, sub-function 0, with two bytes of `data`. The answer is the request again."""

    data: bytes

    @property
    def function(self) -> int:
        """8."""
        return DIAGNOSTICS


class Other(msgspec.Struct, frozen=True):
    """A function, or a sub-function of 8, that no meter here has; `data` is what follows the function code."""

    function: int
    data: bytes


class Registers(msgspec.Struct, frozen=True):
    """Answer to function 3 or 4: two bytes of `data` for each register, 1 to 125 registers."""

    function: int
    data: bytes


class Written(msgspec.Struct, frozen=True):
    """Answer to function 16."""

    address: int
    count: int


class Refused(msgspec.Struct, frozen=True):
    """Exception answer to `function`."""

    function: int
    code: int


Request = Read | WriteSingle | WriteMultiple | Echo | Other
Answer = Registers | WriteSingle | Written | Echo | Refused


def encode_request(request: Request) -> bytes:
    """The bytes of a request. Raises BadConfiguration for values that its fields do not hold."""
    match request:
        case Read(function, address, count) if function in (READ_HOLDING, READ_INPUT):
            return _two_words(function, address, count)
        case WriteSingle(address, value):
            return _two_words(WRITE_SINGLE, address, value)
        case WriteMultiple(address, data) if len(data) % 2 == 0 and 1 <= len(data) // 2 <= MAX_WRITE_REGISTERS:
            return _two_words(WRITE_MULTIPLE, address, len(data) // 2) + bytes([len(data)]) + data
        case Echo(data) if len(data) == 2:
            return struct.pack(">BH", DIAGNOSTICS, RETURN_QUERY_DATA) + data
        case Other(function, data) if 0 < function < EXCEPTION_FLAG and len(data) < MAX_PDU_BYTES:
            return bytes([function]) + data
    raise BadConfiguration(f"{request} does not fit a Modbus request")


def decode_request(pdu: bytes) -> Request:
    """A request as a value. Raises Malformed when the bytes do not follow their function."""
    function = _function(pdu)
    if function in (READ_HOLDING, READ_INPUT):
        return Read(function, *_words_of(pdu))
    if function == WRITE_SINGLE:
        return WriteSingle(*_words_of(pdu))
    if function == WRITE_MULTIPLE:
        return _decode_write(pdu)
    if function == DIAGNOSTICS and pdu[1:3] == b"\0\0":
        return _decode_echo(pdu)
    if function >= EXCEPTION_FLAG:
        raise Malformed(f"function {function} is the mark of an exception, which only an answer carries")
    return Other(function, pdu[1:])


def encode_answer(answer: Answer) -> bytes:
    """The bytes of an answer. Raises BadConfiguration for values that its fields do not hold."""
    match answer:
        case Registers(function, data) if (
            function in (READ_HOLDING, READ_INPUT) and len(data) % 2 == 0 and 1 <= len(data) // 2 <= MAX_READ_REGISTERS
        ):
            return bytes((function, len(data))) + data
        case WriteSingle() | Echo():
            return encode_request(answer)
        case Written(address, count):
            return _two_words(WRITE_MULTIPLE, address, count)
        case Refused(function, code) if 0 < function < EXCEPTION_FLAG and 0 < code < 256:
            return bytes((function | EXCEPTION_FLAG, code))
    raise BadConfiguration(f"{answer} does not fit a Modbus answer")


def decode_answer(pdu: bytes) -> Answer:
    """An answer as a value. Raises Malformed when the bytes do not follow their function, or no meter has it."""
    function = _function(pdu)
    if function > EXCEPTION_FLAG:
        if len(pdu) != 2 or pdu[1] == 0:
            raise Malformed(f"an exception answer is a function and a code above 0, not {pdu.hex(' ')}")
        return Refused(function & ~EXCEPTION_FLAG, pdu[1])
    if function in (READ_HOLDING, READ_INPUT):
        count = len(pdu) - 2
        if count % 2 or not 1 <= count // 2 <= MAX_READ_REGISTERS or pdu[1] != count:
            raise Malformed(f"{count} bytes of registers follow where {pdu[1:2].hex() or 'no'} (hex) are announced")
        return Registers(function, pdu[2:])
    if function == WRITE_SINGLE:
        return WriteSingle(*_words_of(pdu))
    if function == WRITE_MULTIPLE:
        return Written(*_words_of(pdu))
    if function == DIAGNOSTICS and pdu[1:3] == b"\0\0":
        return _decode_echo(pdu)
    raise Malformed(f"no meter answers function {function}")


def _two_words(function: int, first: int, second: int) -> bytes:
    try:
        return _TWO_WORDS.pack(function, first, second)
    except struct.error:
        raise BadConfiguration(
            f"function {function} carries numbers of 16 bits, which {first} and {second} are not"
        ) from None


def _function(pdu: bytes) -> int:
    if not 1 <= len(pdu) <= MAX_PDU_BYTES:
        raise Malformed(f"a PDU has 1 to {MAX_PDU_BYTES} bytes, not {len(pdu)}")
    if pdu[0] in (0, EXCEPTION_FLAG):
        raise Malformed("there is no function 0")
    return pdu[0]


def _words_of(pdu: bytes) -> tuple[int, int]:
    if len(pdu) != _TWO_WORDS.size:
        raise Malformed(f"function {pdu[0]} takes {_TWO_WORDS.size} bytes, not {len(pdu)}")
    _, first, second = _TWO_WORDS.unpack(pdu)
    return first, second


def _decode_echo(pdu: bytes) -> Echo:
    if len(pdu) != 5:
        raise Malformed(f"an echo takes 5 bytes, not {len(pdu)}")
    return Echo(pdu[3:])


def _decode_write(pdu: bytes) -> WriteMultiple:
    if len(pdu) < _WRITE_HEAD.size:
        raise Malformed(f"function 16 takes at least {_WRITE_HEAD.size} bytes, not {len(pdu)}")
    _, address, count, length = _WRITE_HEAD.unpack_from(pdu)
    data = pdu[_WRITE_HEAD.size :]
    if not 1 <= count <= MAX_WRITE_REGISTERS or length != 2 * count or len(data) != length:
        raise Malformed(f"function 16 announces {count} registers in {length} bytes, and {len(data)} follow")
    return WriteMultiple(address, data)
