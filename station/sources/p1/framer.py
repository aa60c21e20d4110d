"""Cuts the byte stream of a P1 port into telegrams. Pure; the cost is linear in the bytes, whatever they are.

Outside a telegram everything up to the next "/" is noise and ignored without a word (idle garbage, NUL bytes, the
second half of a telegram that began before we listened). Inside, a telegram ends at a "!" that starts a line, with
its check sum; a "!" anywhere else counts only with four digits and a line end after it, so a bit error that makes
a "!" out of something else does not end the telegram before the check sum can tell.
"""

import re
from typing import NamedTuple

from station.sources.reading import BadTelegram

# A telegram with the longest legal text message is about 4 kB.
MAX_TELEGRAM_B = 8192
# Silence inside a telegram that ends it. A byte takes 87 us and meters send a telegram in one go; what follows a
# telegram that was cut comes 0.7 s later at the earliest (1 s cadence, 0.27 s for the longest telegram).
GAP_S = 0.5

# The longest end: "!", at most eight characters, line end. With that many bytes from "!" on it is an end or not.
_END_B = 10
_END_AT_LINE_START = re.compile(rb"![^\n/]{0,8}\n|![0-9A-Fa-f]{4}(?=/)")
_END_ELSEWHERE = re.compile(rb"![0-9A-Fa-f]{4}\0{0,3}\r?\n")
# What may be taken for a whole telegram when silence follows instead of a line end.
_END_BEFORE_SILENCE = re.compile(rb"(?:\n!|![0-9A-Fa-f]{4})\Z")
_LINE_END = 0x0A


class Frame(NamedTuple):
    """One telegram as it came, from "/" to the line end after the check sum, and when its last byte was seen."""

    telegram: bytes
    at_s: float


class TelegramFramer:
    """Finds telegrams in chunks of bytes; the result does not depend on where the chunks are cut."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._scanned = 0
        self._last_byte_s = 0.0

    def receive(self, data: bytes, now_s: float) -> list[Frame | BadTelegram]:
        """Take bytes that arrived at `now_s`; give back what they complete or spoil."""
        found = self.step(now_s) if self._pending else []
        if not data:
            return found
        self._pending += data
        self._last_byte_s = now_s
        while self._pending and (item := self._next(now_s)) is not None:
            found.append(item)
        return found

    def step(self, now_s: float) -> list[Frame | BadTelegram]:
        """End a telegram whose rest did not come in time. A lost line end is forgiven, anything else is not."""
        deadline_s = self.next_deadline_s()
        if deadline_s is None or now_s < deadline_s:
            return []
        pending = bytes(self._pending)
        self._drop(len(pending))
        if _END_BEFORE_SILENCE.search(pending, max(0, len(pending) - _END_B)):
            return [Frame(pending, self._last_byte_s)]
        reason = f"telegram cut off after {len(pending)} bytes, then {GAP_S} s of silence"
        return [BadTelegram(reason, deadline_s, "malformed")]

    def next_deadline_s(self) -> float | None:
        """When the telegram under way counts as cut off; None while there is none."""
        return self._last_byte_s + GAP_S if self._pending else None

    def _next(self, now_s: float) -> Frame | BadTelegram | None:
        pending = self._pending
        if not pending.startswith(b"/"):
            start = pending.find(b"/")
            self._drop(start if start >= 0 else len(pending))
        while True:
            mark = pending.find(b"!", self._scanned, MAX_TELEGRAM_B)
            searched = mark if mark >= 0 else min(len(pending), MAX_TELEGRAM_B)
            restart = pending.find(b"\n/", max(0, self._scanned - 1), searched)
            if restart >= 0:
                self._drop(restart + 1)
                reason = f'telegram cut off after {restart + 1} bytes by the "/" of the next'
                return BadTelegram(reason, now_s, "malformed")
            self._scanned = searched
            if mark < 0:
                break
            at_line_start = pending[mark - 1] == _LINE_END
            end = (_END_AT_LINE_START if at_line_start else _END_ELSEWHERE).match(pending, mark, MAX_TELEGRAM_B)
            if end is not None:
                telegram = bytes(pending[: end.end()])
                self._drop(end.end())
                return Frame(telegram, now_s)
            if len(pending) < min(mark + _END_B, MAX_TELEGRAM_B):
                return None
            self._scanned = mark + 1
        if len(pending) < MAX_TELEGRAM_B:
            return None
        self._drop(MAX_TELEGRAM_B)
        return BadTelegram(f"no end within {MAX_TELEGRAM_B} bytes of a telegram's start", now_s, "malformed")

    def _drop(self, count: int) -> None:
        del self._pending[:count]
        self._scanned = 0
