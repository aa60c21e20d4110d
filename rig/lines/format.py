"""Character formats: how a byte becomes bits on the wire, and how long that takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from rig.errors import ConfigurationError

Parity = Literal["N", "E", "O"]
# Characters on the wire, each an int: the data bits, the first one sent lowest, with the parity bit above them.
Characters = list[int]

_NOTATION = re.compile(r"([5-8])([NEO])([12])")
_FASTEST_BAUD = 4_000_000  # the highest rate Linux names for a tty


@dataclass(frozen=True, slots=True)
class CharFormat:
    """Data bits, parity and stop bits, written as on a data sheet: 8N1, 7E1, 8E1, 8N2 ..."""

    data_bits: int = 8
    parity: Parity = "N"
    stop_bits: int = 1

    @classmethod
    def parse(cls, text: str) -> CharFormat:
        """Read 5 to 8 data bits, parity N, E or O, and 1 or 2 stop bits. Raises ConfigurationError."""
        match = _NOTATION.fullmatch(text.upper())
        if match is None:
            raise ConfigurationError(
                f"character format {text!r} is not one; give data bits (5 to 8), parity (N, E, O) and "
                "stop bits (1, 2), e.g. 8N1 or 7E1"
            )
        data_bits, parity, stop_bits = match.groups()
        return cls(int(data_bits), parity, int(stop_bits))  # type: ignore[arg-type]

    def __str__(self) -> str:
        return f"{self.data_bits}{self.parity}{self.stop_bits}"

    @property
    def character_bits(self) -> int:
        """Data and parity bits: what lies between the start bit and the stop bit."""
        return self.data_bits + (self.parity != "N")

    @property
    def wire_bits(self) -> int:
        """Bits that one character occupies on the wire: start, data, parity, stop."""
        return 1 + self.character_bits + self.stop_bits

    def char_time_s(self, baud: int) -> float:
        """Seconds that one character takes at `baud` bits per second."""
        return self.wire_bits / baud

    def with_parity(self, data: int) -> int:
        """The character that carries the lower data bits of `data`."""
        kept = data & ((1 << self.data_bits) - 1)
        return kept | self._parity_bit(kept) << self.data_bits

    def split(self, character: int) -> tuple[int, bool]:
        """The data bits of a character that was received, and whether its parity is right."""
        data = character & ((1 << self.data_bits) - 1)
        return data, character >> self.data_bits == self._parity_bit(data)

    def characters(self, data: bytes) -> Characters:
        """`data` as this format sends it. Bits above the data bits are not sent."""
        table = _character_table(self)
        return [table[byte] for byte in data]

    def _parity_bit(self, data: int) -> int:
        return (data.bit_count() + (self.parity == "O")) % 2 if self.parity != "N" else 0


@cache
def _character_table(fmt: CharFormat) -> list[int]:
    return [fmt.with_parity(byte) for byte in range(256)]


@dataclass(frozen=True, slots=True)
class PortSettings:
    """How one port talks and listens.

    `on_error` is what its program gets for a character with a parity or framing error:

    - "as_is": the data bits as they were sampled. What Linux does for a raw tty, where INPCK is off; so does pyserial;
    - "drop": nothing (INPCK with IGNPAR; most microcontroller stacks);
    - "nul": a zero byte (INPCK without IGNPAR).

    Raises ConfigurationError for a rate that no port has.
    """

    baud: int = 115200
    fmt: CharFormat = CharFormat()
    on_error: Literal["as_is", "drop", "nul"] = "as_is"

    def __post_init__(self) -> None:
        if not 0 < self.baud <= _FASTEST_BAUD:
            raise ConfigurationError(f"baud rate {self.baud} is not one; give e.g. 9600 or 115200")
        if self.on_error not in ("as_is", "drop", "nul"):
            raise ConfigurationError(f"on_error {self.on_error!r} is unknown; use as_is, drop or nul")

    @property
    def char_time_s(self) -> float:
        """Seconds that one character sent by this port takes."""
        return self.fmt.char_time_s(self.baud)

    def __str__(self) -> str:
        return f"{self.baud} {self.fmt}"
