"""What the ports of meters that talk by themselves have in common: a model on a wire, driven by the running loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from emulators.errors import EmulatorError
from emulators.serial_wire.opening import open_wire
from emulators.serial_wire.wire import Events, LineSettings

Tap = Callable[[str, bytes], None]


class Talker(Protocol):
    """A model that has something to say at times of its own."""

    def step(self, now_s: float) -> bytes:
        """What to send now, or nothing."""

    def next_deadline_s(self) -> float | None:
        """When it has something to say next; None when never."""


class Sender:
    """Sends out of a port what a model has to say, when it is due.

    `url` is a path (`/dev/pts/3`, `/dev/ttyUSB0`) or a URL (`socket://host:port`, `rfc2217://host:port`).

    `tap` is called with ("tx", bytes) for all bytes that the operating system has taken and with ("rx", bytes) for
    all that arrived, which go nowhere else. After `discard`, `on_abort` is called, so that a model of the cable can
    cut what it still carries.

    A wire that stands still (a pseudo-terminal that nobody reads) costs whole telegrams, counted in `dropped`.
    """

    def __init__(
        self,
        talker: Talker,
        url: str,
        settings: LineSettings,
        *,
        tap: Tap | None = None,
        on_abort: Callable[[], None] | None = None,
    ) -> None:
        """Opens the port on the running loop; `wake` begins to send. Raises PortError when it cannot be opened."""
        self.url = url
        self.dropped = 0
        self._talker = talker
        self._loop = asyncio.get_running_loop()
        self._tap = tap
        self._on_abort = on_abort
        self._timer: asyncio.TimerHandle | None = None
        self._error: EmulatorError | None = None
        self._ended = asyncio.Event()
        self._wire = open_wire(url, settings, Events(self._sent, self._received, self._end), self._loop)

    def wake(self) -> None:
        """Look at the model's deadline again. Call it after changing the model from outside."""
        due_s = None if self._ended.is_set() else self._talker.next_deadline_s()
        if self._timer is not None:
            if self._timer.when() == due_s:
                return
            self._timer.cancel()
            self._timer = None
        if due_s is not None:
            self._timer = self._loop.call_at(due_s, self._due)

    def _due(self) -> None:
        self._timer = None
        self._step()

    def discard(self) -> None:
        """Throw away what has not left yet, in the operating system and on a modelled cable too."""
        self._wire.discard()
        if self._on_abort is not None:
            self._on_abort()

    async def wait(self) -> None:
        """Return when the port is closed. Raises PortError if it was lost, and what the model raised if it failed."""
        await self._ended.wait()
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Stop sending and close the port; closing twice is fine."""
        if self._timer is not None:
            self._timer.cancel()
        self._wire.close()
        self._ended.set()

    def _step(self) -> None:
        try:
            data = self._talker.step(self._loop.time())
        except EmulatorError as error:
            self._end(error)
            return
        if data and self._wire.pending:
            self.dropped += 1
        elif data:
            self._send(data)
        self.wake()

    def _send(self, data: bytes) -> None:
        self._wire.write(data)

    def _sent(self, data: bytes) -> None:
        if self._tap is not None:
            self._tap("tx", data)

    def _received(self, data: bytes) -> None:
        if self._tap is not None:
            self._tap("rx", data)

    def _end(self, error: EmulatorError) -> None:
        self._error = error
        self.close()
