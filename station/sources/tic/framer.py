"""Cuts the byte stream of a TIC port into frames. Pure; the cost is linear in the bytes, whatever they are.

Outside a frame everything up to the next STX is noise. EOT ends a frame that the meter broke off itself, for a
session on its other port: nothing is wrong then, and nothing is reported.

Some ports leave the parity bit in bit 7. Where it is set and even parity holds it is taken off; where it does not
hold the character is damaged and becomes a NUL, which no group contains.
"""

from typing import NamedTuple

from station.sources.reading import BadTelegram
from station.sources.tic.codec import EOT, ETX, STX

# The longest frame, three-phase producer in standard mode, has 1442 bytes.
MAX_FRAME_B = 4096
# Silence inside a frame that ends it. The longest pause a meter may make is 33.4 ms between groups; the rest is for
# ports that hand over bytes in batches.
GAP_S = 0.5

_CLEAN = bytes(b if b < 0x80 else (b & 0x7F if b.bit_count() % 2 == 0 else 0) for b in range(256))
_STX, _ETX, _EOT = bytes([STX]), bytes([ETX]), bytes([EOT])


class Frame(NamedTuple):
    """One frame as it came, from STX to ETX, and when its last byte was seen."""

    frame: bytes
    at_s: float


def seven_bits(data: bytes) -> bytes:
    """The characters without their parity bits, damaged ones as NUL."""
    return data.translate(_CLEAN)


class FrameFramer:
    """Finds frames in chunks of bytes; the result does not depend on where the chunks are cut."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._scanned = 0
        self._last_byte_s = 0.0

    def receive(self, data: bytes, now_s: float) -> list[Frame | BadTelegram]:
        """Take bytes that arrived at `now_s`; give back what they complete or spoil."""
        found = self.step(now_s)
        if not data:
            return found
        self._pending += seven_bits(data)
        self._last_byte_s = now_s
        while (item := self._next(now_s)) is not None:
            found.append(item)
        return found

    def step(self, now_s: float) -> list[Frame | BadTelegram]:
        """Give up a frame whose rest did not come in time."""
        deadline_s = self.next_deadline_s()
        if deadline_s is None or now_s < deadline_s:
            return []
        length = len(self._pending)
        self.reset()
        return [BadTelegram(f"frame cut off after {length} bytes, then {GAP_S} s of silence", deadline_s, "malformed")]

    def next_deadline_s(self) -> float | None:
        """When the frame under way counts as cut off; None while there is none."""
        return self._last_byte_s + GAP_S if self._pending else None

    def reset(self) -> None:
        """Forget the frame under way."""
        self._drop(len(self._pending))

    def _next(self, now_s: float) -> Frame | BadTelegram | None:
        pending = self._pending
        while True:
            if not pending.startswith(_STX):
                start = pending.find(_STX)
                self._drop(start if start >= 0 else len(pending))
                if not pending:
                    return None
            until = min(len(pending), MAX_FRAME_B)
            marks = [at for mark in (_STX, _ETX, _EOT) if (at := pending.find(mark, max(1, self._scanned), until)) >= 0]
            if not marks:
                break
            at = min(marks)
            if pending[at] == ETX:
                frame = bytes(pending[: at + 1])
                self._drop(at + 1)
                return Frame(frame, now_s)
            if pending[at] == STX:
                self._drop(at)
                return BadTelegram(f"frame cut off after {at} bytes by the start of the next", now_s, "malformed")
            self._drop(at + 1)
        self._scanned = until
        if len(pending) < MAX_FRAME_B:
            return None
        self._drop(MAX_FRAME_B)
        return BadTelegram(f"no end within {MAX_FRAME_B} bytes of a frame's start", now_s, "malformed")

    def _drop(self, count: int) -> None:
        del self._pending[:count]
        self._scanned = 0
