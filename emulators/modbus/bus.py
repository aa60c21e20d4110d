"""Meters on an RS-485 bus: who hears a request, and when the answer goes out. Pure.

Source: MODBUS over Serial Line V1.02, sections 2.1 to 2.5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import itemgetter

from emulators.errors import BadConfiguration
from emulators.events import Emit, silent
from emulators.modbus.faults import Answer
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.rtu import BROADCAST, GAP_CHARS, MAX_FRAME_BYTES, Frame, RequestReader, SerialFormat, encode

# Sums of instants are off by less than this; it is far below one bit at any rate.
_ROUNDING_S = 1e-7


class RtuBus:
    """One pair of wires with meters on it. A meter hears only what is sent with its own line settings.

    `line` is how the wire is driven; None: as the first meter talks. `char_s` is the time of a character; 0 where
    bytes come without a pace (two programs on one pseudo-terminal). `silence_s` is what ends a frame; None: 3.5
    characters, as for a meter. A USB adapter hands over in pieces up to 16 ms apart, so it needs more.

    The wire carries one thing at a time: what is sent during an answer is not heard, and a meter whose answer is due
    hears nothing until it is out. Meters that share an address answer together, and nobody can read that. After an
    answer, 3.5 characters of silence belong before the next request, and on some models more. A request that comes
    sooner is reported; with `strict` it is not heard either, which the standard allows and many meters do not do.

    Events: `unheard` for bytes that came to nothing, with `bus`, `bytes`, `why`; `hurried` for a request that came too
    soon, with `bus`, `meter`, `silence_s`, `needed_s`.
    """

    def __init__(
        self,
        meters: Sequence[ModbusMeter],
        *,
        name: str = "rs485",
        line: SerialFormat | None = None,
        char_s: float | None = None,
        silence_s: float | None = None,
        strict: bool = False,
        emit: Emit = silent,
    ) -> None:
        if not meters:
            raise BadConfiguration("a bus without a meter has nothing to say; give it one")
        self.meters = tuple(meters)
        self.name = name
        self._given_char_s = char_s
        self._given_silence_s = silence_s
        self.set_line(line or meters[0].line)
        self._strict = strict
        self._emit = emit
        self._reader = RequestReader()
        self._frame_begun_s = 0.0
        self._heard_s = 0.0
        # When what was heard is looked at again, as nothing followed.
        self._silent_at_s: float | None = None
        self._driven_until_s = -math.inf
        # When a piece of an answer begins, the piece, and whose it is; in order of time.
        self._due: list[tuple[float, bytes, ModbusMeter]] = []
        self._answered_s: dict[ModbusMeter, float] = {}

    def set_line(self, line: SerialFormat) -> None:
        """From now on the wire is driven with these settings; meters with others hear nothing."""
        char_s = self._given_char_s
        self.line = line
        self._char_s = line.char_s if char_s is None else char_s
        self._gap_s = line.gap_s if char_s is None else min(line.gap_s, GAP_CHARS * char_s)
        self._silence_s = self._gap_s if self._given_silence_s is None else self._given_silence_s

    def receive(self, data: bytes, now_s: float) -> None:
        """Bytes whose last bit ended at `now_s`."""
        begun_s = now_s - len(data) * self._char_s
        if begun_s < self._driven_until_s - _ROUNDING_S:
            self._unheard(len(data), "an answer was under way", now_s)
            return
        if begun_s - self._heard_s > self._silence_s + _ROUNDING_S:
            self._end_frame(now_s)
        if not self._reader.pending:
            self._frame_begun_s = begun_s
        self._heard_s = now_s
        for frame in self._reader.receive(data):
            self._request(frame, now_s)
        self._silent_at_s = now_s + self._silence_s if self._reader.pending else None

    def step(self, now_s: float) -> bytes:
        """What goes on the wire at `now_s`."""
        for meter in self.meters:
            meter.step(now_s)
        if self._silent_at_s is not None and now_s >= self._silent_at_s:
            self._fall_silent(now_s)
        if not self._due or now_s < self._due[0][0]:
            return b""
        count = sum(due_s <= now_s for due_s, _, _ in self._due)
        going, self._due = self._due[:count], self._due[count:]
        data = b"".join([piece for _, piece, _ in going])
        self._driven_until_s = now_s + len(data) * self._char_s
        for _, _, meter in going:
            self._answered_s[meter] = self._driven_until_s
        return data

    def next_deadline_s(self) -> float:
        """When something happens by itself: a meter takes over values, a frame ends, an answer begins."""
        deadline_s = min([meter.next_deadline_s() for meter in self.meters])
        if self._silent_at_s is not None:
            deadline_s = min(deadline_s, self._silent_at_s)
        return min(deadline_s, self._due[0][0]) if self._due else deadline_s

    def _fall_silent(self, now_s: float) -> None:
        """The gap has passed. Bytes come in pieces, though, and the rest of a request may be on the wire already."""
        for frame in self._reader.settle():
            self._request(frame, now_s)
        over_s = self._heard_s + self._silence_s + MAX_FRAME_BYTES * self._char_s
        if self._reader.pending and now_s < over_s:
            self._silent_at_s = over_s
        else:
            self._end_frame(now_s)

    def _end_frame(self, now_s: float) -> None:
        self._silent_at_s = None
        dropped = self._reader.dropped
        for frame in self._reader.end():
            self._request(frame, now_s)
        if self._reader.dropped > dropped:
            self._unheard(self._reader.dropped - dropped, "it is no request with a right CRC", now_s)

    def _request(self, frame: Frame, now_s: float) -> None:
        hearing = [meter for meter in self.meters if meter.line == self.line]
        if frame.unit == BROADCAST:
            for meter in hearing:
                if meter.description.rtu.broadcast:
                    meter.request(frame.pdu, now_s, BROADCAST)
            return
        asked = [meter for meter in hearing if meter.unit == frame.unit]
        if not asked:
            self._unheard(len(frame.pdu), f"no meter has address {frame.unit} at {self.line}", now_s)
        answers = []
        for meter in asked:
            if any(owner is meter for _, _, owner in self._due):
                self._unheard(len(frame.pdu), f"{meter.name} had not answered yet", now_s)
            elif self._hurried(meter, now_s) and self._strict:
                self._unheard(len(frame.pdu), f"{meter.name} needs a longer silence", now_s)
            elif (answer := meter.answer(frame.unit, frame.pdu, now_s)) is not None:
                answers.append((answer, meter))
        if answers:
            self._queue(answers)

    def _hurried(self, meter: ModbusMeter, now_s: float) -> bool:
        """Whether the frame began before there was enough silence after an answer."""
        silences = [(self._driven_until_s, self._gap_s)]
        if meter in self._answered_s:
            silences.append((self._answered_s[meter], meter.description.rtu.quiet_s))
        for ended_s, needed_s in silences:
            silence_s = self._frame_begun_s - ended_s
            if silence_s < needed_s - _ROUNDING_S:
                fields: dict[str, object] = {"bus": self.name, "meter": meter.name}
                self._emit(now_s, "hurried", {**fields, "silence_s": round(silence_s, 6), "needed_s": needed_s})
                return True
        return False

    def _queue(self, answers: list[tuple[Answer, ModbusMeter]]) -> None:
        answer, meter = answers[0]
        data = _frame(answer)
        for other, _ in answers[1:]:
            data = _collision(data, _frame(other))
        begin_s = self._heard_s + max(answer.delay_s, self._gap_s)
        self._due += [(due_s, piece, meter) for due_s, piece in answer.pieces(data, begin_s)]
        self._due.sort(key=itemgetter(0))

    def _unheard(self, count: int, why: str, now_s: float) -> None:
        self._emit(now_s, "unheard", {"bus": self.name, "bytes": count, "why": why})


def _frame(answer: Answer) -> bytes:
    data = encode(answer.unit, answer.pdu)
    if answer.crc_xor:
        data = data[:-2] + (int.from_bytes(data[-2:], "little") ^ answer.crc_xor).to_bytes(2, "little")
    return data


def _collision(first: bytes, second: bytes) -> bytes:
    """Two drivers at once: a bit is read as 1 only where neither pulls it down, as a model of what is undefined."""
    length = max(len(first), len(second))
    return bytes([a & b for a, b in zip(first.ljust(length, b"\xff"), second.ljust(length, b"\xff"), strict=True)])
