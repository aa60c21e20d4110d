"""Modbus RTU frames: unit, answer, CRC. Pure; told the time.

A frame has no start mark and no length: it ends where the answer's own count says, and a silence ends what is left
incomplete. There is no transaction number either, so an answer that comes after its time-out, while the same
registers are being asked again, counts as the answer to that.
"""

from fastcrc import crc16

from station.errors import Malformed
from station.serial_line import SerialLine
from station.sources.modbus.pdu import answer_length

SILENCE_CHARACTERS = 3.5
FAST_BAUD, FAST_SILENCE_S = 19_200, 0.00175  # above this speed the silence is fixed
# Ports hand over bytes in batches (16 ms with a common USB adapter), so a gap inside a frame is seen longer than it is.
BATCH_S = 0.05
UNITS = range(1, 248)
CRC_B = 2


class BadCrc(Malformed):
    """The CRC of a frame does not belong to what precedes it."""


def silence_s(line: SerialLine) -> float:
    """The least silence between frames."""
    return FAST_SILENCE_S if line.baud > FAST_BAUD else SILENCE_CHARACTERS * line.character_s


def encode_frame(unit: int, pdu: bytes) -> bytes:
    """Unit, PDU, CRC low byte first."""
    body = bytes([unit]) + pdu
    return body + crc16.modbus(body).to_bytes(CRC_B, "little")


def decode_frame(frame: bytes) -> tuple[int, bytes]:
    """Unit and PDU. Raises BadCrc, or Malformed for a frame too short to be one."""
    if len(frame) < 1 + 1 + CRC_B:
        raise Malformed(f"frame of {len(frame)} bytes: at least 4 expected")
    body, received = frame[:-CRC_B], int.from_bytes(frame[-CRC_B:], "little")
    computed = crc16.modbus(body)
    if received != computed:
        raise BadCrc(f"CRC {received:04X} received, {computed:04X} computed")
    return body[0], body[1:]


class RtuFraming:
    """Requests to one unit on a serial line, and their answers. `quiet_s` before a request, where a meter wants it."""

    resets = False

    def __init__(self, unit: int, line: SerialLine, quiet_s: float = 0.0) -> None:
        self.quiet_s = max(quiet_s, silence_s(line))
        self._unit = unit
        self._gap_s = silence_s(line) + BATCH_S
        self._sent = b""
        self._pending = b""
        self._last_byte_s = 0.0

    def request(self, pdu: bytes) -> bytes:
        """The frame for the next request; whatever came before no longer counts."""
        if self._unit not in UNITS:
            raise Malformed(f"unit {self._unit} cannot be asked: 1 to 247 on this line")  # O-57
        self._pending = b""
        self._sent = encode_frame(self._unit, pdu)
        return self._sent

    def receive(self, data: bytes, now_s: float) -> bytes | None:
        """Take bytes; the answer when it is complete. Raises BadCrc, or Malformed for a frame of another unit."""
        self.step(now_s)
        self._pending += data
        self._last_byte_s = now_s
        length = self._length()
        if length is None or len(self._pending) < length:
            return None
        frame, self._pending = self._pending[:length], b""
        return self._answer(frame)

    def step(self, now_s: float) -> None:
        """End a frame whose rest did not come. Raises Malformed, saying what is known about it."""
        deadline_s = self.next_deadline_s()
        if deadline_s is None or now_s < deadline_s:
            return
        length = self._length()
        frame, self._pending = self._pending, b""
        if length is not None:
            raise Malformed(f"answer cut off after {len(frame)} of {length} bytes")
        raise Malformed(f"frame with function {self._answer(frame)[0]} is no answer to what was asked")

    def next_deadline_s(self) -> float | None:
        """When an incomplete frame counts as cut off; None while there is none."""
        return self._last_byte_s + self._gap_s if self._pending else None

    def unanswered(self) -> str:
        """Frames that are not the answer are reported at once."""
        return ""

    def clear(self) -> None:
        """Forget what was received."""
        self._pending = b""

    def _length(self) -> int | None:
        """Length of the frame that begins with what is pending; None as long as that is open."""
        length = answer_length(self._pending[1:3])
        return None if length is None else 1 + length + CRC_B

    def _answer(self, frame: bytes) -> bytes:
        if self._sent.startswith(frame):
            raise Malformed("the request came back: an adapter that echoes what it sends?")
        unit, pdu = decode_frame(frame)
        if unit != self._unit:
            raise Malformed(f"answer from unit {unit}, unit {self._unit} was asked")
        return pdu
