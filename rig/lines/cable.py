"""One direction of a cable: bytes take the time that their bits take.

What the sender hands over in one go is a chunk. It starts when the direction is free and arrives as a whole when its
last bit has passed, so a telegram costs one timer however long it is; where each of its bytes stands at any moment is
arithmetic. Whenever something changes in mid-chunk (a fault begins, the sender stops), the bytes that have passed are
delivered first, under the old conditions.
"""

from __future__ import annotations

import math
from asyncio import TimerHandle
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from rig.lines.end import Loop
from rig.lines.faults import Fault, Stretch
from rig.lines.format import PortSettings
from rig.lines.reception import Reception, reception

# Sums of instants are off by less than this; it is far below one bit at any rate.
_ROUNDING_S = 1e-9

# deliver(data, from_s, to_s): these bytes arrived; their first bit started at from_s, their last ended at to_s.
Deliver = Callable[[bytes, float, float], None]


@dataclass(slots=True)
class _Chunk:
    data: bytes
    start_s: float
    end_s: float
    char_time_s: float
    reception: Reception
    passed: int = 0  # bytes that were delivered already

    def passed_at(self, now_s: float) -> int:
        """How many bytes have their last bit behind them."""
        if now_s >= self.end_s - _ROUNDING_S:
            return len(self.data)
        if now_s <= self.start_s:
            return 0
        return int((now_s + _ROUNDING_S - self.start_s) / self.char_time_s)


class Lane:
    """Carries bytes from a port with the `sender` settings to one with the `receiver` settings.

    `paced` is false where a real UART does the pacing: then bytes pass at once. `chunk_s` is the latency timer of a USB
    adapter at the receiver: bytes arrive in pieces at whole multiples of it, e.g. 0.016; None: no such adapter.
    """

    def __init__(
        self,
        loop: Loop,
        sender: PortSettings,
        receiver: PortSettings,
        deliver: Deliver,
        *,
        paced: bool = True,
        chunk_s: float | None = None,
    ) -> None:
        self._loop = loop
        self._sender = sender
        self._receiver = receiver
        self._deliver = deliver
        self._paced = paced
        self._chunk_s = chunk_s
        self._queue: deque[_Chunk] = deque()
        self._timer: TimerHandle | None = None
        self._free_at_s = 0.0
        self._faults: Sequence[tuple[Fault, Random]] = ()
        self._late_s = 0.0
        self._set_rate()

    @property
    def idle(self) -> bool:
        """No byte waits or is on its way."""
        return not self._queue

    def send(self, data: bytes) -> None:
        """The sender hands over `data` now."""
        now_s = self._loop.time()
        start_s = max(now_s + self._late_s, self._free_at_s)
        end_s = self._free_at_s = start_s + len(data) * self._char_time_s
        self._queue.append(_Chunk(data, start_s, end_s, self._char_time_s, self._reception))
        if self._timer is None:
            if end_s <= now_s:
                self._deliver_passed(now_s, whole=True)
            else:
                self._arm()

    def cut(self) -> int:
        """The sender stops now: what has passed arrives, the rest is lost. Returns how many bytes are lost."""
        self.settle()
        lost = sum(len(chunk.data) - chunk.passed for chunk in self._queue)
        self.clear()
        return lost

    def clear(self) -> None:
        """Forget everything; the direction is free."""
        self._queue.clear()
        self._free_at_s = 0.0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def settle(self) -> None:
        """Deliver what has passed by now; the rest stays on its way."""
        self._deliver_passed(self._loop.time(), whole=False)

    def set_faults(self, faults: Sequence[tuple[Fault, Random]]) -> None:
        """From now on these faults act, in this order."""
        self.settle()
        self._faults = tuple(faults)
        self._late_s = sum(fault.late_s for fault, _rng in self._faults)
        self._set_rate()

    def retune(self, sender: PortSettings, receiver: PortSettings) -> None:
        """From the next byte that is handed over on, the ports have these settings."""
        self._sender, self._receiver = sender, receiver
        self._set_rate()

    def _set_rate(self) -> None:
        rates = [fault.sender_baud for fault, _rng in self._faults if fault.sender_baud is not None]
        baud = rates[-1] if rates else self._sender.baud
        self._char_time_s = self._sender.fmt.char_time_s(baud) if self._paced else 0.0
        self._reception = reception(self._sender.fmt, baud, self._receiver)

    def _arm(self) -> None:
        chunk = self._queue[0]
        due_s = chunk.end_s
        if self._chunk_s is not None:
            next_byte_s = chunk.start_s + (chunk.passed + 1) * chunk.char_time_s
            due_s = math.ceil((next_byte_s - _ROUNDING_S) / self._chunk_s) * self._chunk_s
        self._timer = self._loop.call_at(due_s, self._on_timer, due_s)

    def _on_timer(self, due_s: float) -> None:
        self._timer = None
        # A loop may call a timer early by its resolution; the bytes of this instant have passed all the same.
        self._deliver_passed(max(due_s, self._loop.time()), whole=self._chunk_s is None)
        if self._queue and self._timer is None:
            self._arm()

    def _deliver_passed(self, now_s: float, whole: bool) -> None:
        while self._queue:
            chunk = self._queue[0]
            passed = chunk.passed_at(now_s)
            complete = passed == len(chunk.data)
            if passed == chunk.passed or (whole and not complete):
                return
            at, chunk.passed = chunk.passed, passed
            if complete:
                self._queue.popleft()
            self._deliver_piece(chunk, at, now_s)

    def _deliver_piece(self, chunk: _Chunk, at: int, now_s: float) -> None:
        data = chunk.data[at : chunk.passed]
        if self._faults:
            characters = self._sender.fmt.characters(data)
            for fault, rng in self._faults:
                characters = fault.apply(characters, Stretch(at, self._sender.fmt.character_bits, rng))
            data = chunk.reception.read_characters(characters)
        elif not chunk.reception.is_transparent:
            data = chunk.reception.read(data)
        if data:
            self._deliver(data, chunk.start_s + at * chunk.char_time_s, now_s)
