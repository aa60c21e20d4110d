"""How a serial line is set: speed and shape of a character."""

from typing import Literal, NamedTuple

Parity = Literal["N", "E", "O"]


class SerialLine(NamedTuple):
    """Speed in baud and the parts of one character, as in "9600 8N1"."""

    baud: int
    data_bits: Literal[7, 8] = 8
    parity: Parity = "N"
    stop_bits: Literal[1, 2] = 1

    @property
    def character_s(self) -> float:
        """How long one character takes, start bit included."""
        return (1 + self.data_bits + (self.parity != "N") + self.stop_bits) / self.baud

    def __str__(self) -> str:
        return f"{self.baud} {self.data_bits}{self.parity}{self.stop_bits}"


P1_LINE = SerialLine(115_200)  # O-24: 115200 8N1 for version 4.0 and higher
