"""A TIC port that takes the time of the meter's baud rate on a cable without one."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable

from emulators.serial_wire.sender import Tap
from emulators.tic.meter import Meter
from emulators.tic.modes import BITS_PER_CHARACTER
from emulators.tic.port import TicPort

_GROUP = re.compile(rb"[^\r]*\r|[^\r]+")


class PacedTicPort(TicPort):
    """Hands over each group of a frame when its last bit would have passed at the meter's baud rate.

    For a pseudo-terminal: it has no baud rate, and a meter that switches its mode talks at another one. An
    interruption throws away the groups that had not passed.
    """

    def __init__(self, meter: Meter, url: str, *, tap: Tap | None, on_abort: Callable[[], None]) -> None:
        """See TicPort."""
        # When each group that is under way has passed, and the group.
        self._under_way: deque[tuple[float, bytes]] = deque()
        self._free_s = 0.0
        self._pacer: asyncio.TimerHandle | None = None
        super().__init__(meter, url, tap=tap, on_abort=on_abort)

    def discard(self) -> None:
        """See Sender."""
        self._forget()
        super().discard()

    def close(self) -> None:
        """See Sender."""
        self._forget()
        super().close()

    def _send(self, data: bytes) -> None:
        # The meter counts from when it began to write the frame, which takes a moment in real time.
        passed_s = max(self._loop.time(), self._free_s)
        for group in _GROUP.findall(data):
            passed_s += len(group) * BITS_PER_CHARACTER / self.meter.baud
            self._under_way.append((passed_s, group))
        self._free_s = passed_s
        self._arm()

    def _arm(self) -> None:
        if self._pacer is None and self._under_way:
            self._pacer = self._loop.call_at(self._under_way[0][0], self._pass)

    def _pass(self) -> None:
        self._pacer = None
        _, group = self._under_way.popleft()
        super()._send(group)
        self._arm()

    def _forget(self) -> None:
        if self._pacer is not None:
            self._pacer.cancel()
            self._pacer = None
        self._under_way.clear()
        self._free_s = 0.0
