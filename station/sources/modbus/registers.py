"""Values in Modbus registers: which registers, which type, which scale. Pure.

A register is 16 bits, high byte first. A value takes one, two or four of them, high word first as a rule and low word
first on some meters (ALB-TCP-004, O-30).
"""

import re
import struct
from dataclasses import dataclass
from typing import Literal

from station.errors import Malformed, SettingError

ValueType = Literal["unsigned", "signed", "float"]

REGISTER_B = 2
LAST_ADDRESS = 0xFFFF
# ALB-TCP-018, O-30: type and size in bits to the format of struct.
_FORMATS = {
    ("unsigned", 16): ">H", ("unsigned", 32): ">I", ("unsigned", 64): ">Q",
    ("signed", 16): ">h", ("signed", 32): ">i", ("signed", 64): ">q",
    ("float", 32): ">f", ("float", 64): ">d",
}  # fmt: skip
_TYPES = {"unsigned": "unsigned", "uint": "unsigned", "signed": "signed", "int": "signed", "float": "float"}
# "0x5B0C unsigned 32 x0.01", "6 float32"
_TEXT = re.compile(
    r"\s*(?P<address>0x[0-9a-f]{1,4}|[0-9]{1,5})\s+(?P<type>unsigned|uint|signed|int|float)\s*(?P<bits>16|32|64)"
    r"(?:\s+(?:x|\*|×)?\s*(?P<scale>[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]{1,2})?))?\s*",
    re.IGNORECASE,
)
SHAPE = "expected is ADDRESS TYPE BITS xSCALE, TYPE unsigned, signed or float, as '0x5B0C unsigned 32 x0.01'"


@dataclass(frozen=True, slots=True)
class Register:
    """Where one value is. `address` as sent on the wire, counted from 0; value = raw times `scale` (ALB-GEN-054)."""

    address: int
    type: ValueType = "float"
    bits: int = 32
    scale: float = 1.0

    @property
    def count(self) -> int:
        """How many registers it takes."""
        return self.bits // 16

    def value(self, raw: bytes, *, low_word_first: bool) -> float:
        """The scaled value of `count` registers as they came. Raises Malformed when the meter has no value there."""
        ordered = _swapped(raw) if low_word_first else raw
        if self.missing(ordered):
            raise Malformed(f"register {self.address}: the meter has no value there (0x{ordered.hex().upper()})")
        (value,) = struct.unpack(_FORMATS[self.type, self.bits], ordered)
        return float(value) * self.scale

    def missing(self, ordered: bytes) -> bool:
        """Whether these bytes, high word first, are a marker for "not available" or "overflow" instead of a value."""
        if self.type == "unsigned":
            return ordered == b"\xff" * len(ordered)
        if self.type == "signed":  # the largest and the smallest number there is
            rest = len(ordered) - 1
            return ordered in (b"\x7f" + b"\xff" * rest, b"\x80" + bytes(rest))
        (value,) = struct.unpack(_FORMATS["float", self.bits], ordered)
        return not abs(value) < float("inf")  # also NaN

    def __str__(self) -> str:
        return f"{self.address} {self.type} {self.bits} x{self.scale:g}"


def parse_register(text: str) -> Register:
    """A register from its text. Raises SettingError, saying what it should look like."""
    match = _TEXT.fullmatch(text)
    if match is None:
        raise SettingError(f"{text!r} is no register; {SHAPE}")
    kind, bits = _TYPES[match["type"].lower()], int(match["bits"])
    address = int(match["address"], 0) if match["address"].lower().startswith("0x") else int(match["address"])
    if (kind, bits) not in _FORMATS:
        raise SettingError(f"{text!r}: there is no {kind} value of {bits} bits")
    if address + bits // 16 - 1 > LAST_ADDRESS:
        raise SettingError(f"{text!r}: registers end at {LAST_ADDRESS}")
    scale = float(match["scale"] or 1.0)
    if not 0.0 < scale < float("inf"):
        raise SettingError(f"{text!r}: a scale above 0 expected")
    return Register(address, kind, bits, scale)  # type: ignore[arg-type]


def _swapped(raw: bytes) -> bytes:
    return b"".join(raw[at : at + REGISTER_B] for at in range(len(raw) - REGISTER_B, -1, -REGISTER_B))
