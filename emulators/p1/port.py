"""The P1 port: a meter on a wire, driven by the running loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from emulators.errors import EmulatorError
from emulators.p1.meter import Meter
from emulators.p1.opening import open_wire
from emulators.p1.wire import Events, LineSettings, ModemLine

# How often a modem line is looked at for Data Request: a level cannot wake the loop.
REQUEST_POLL_S = 0.05

Tap = Callable[[str, bytes], None]


class P1Port:
    """Sends a meter's telegrams out of a port while Data Request is active.

    `url` is a path (`/dev/pts/3`, `/dev/ttyUSB0`) or a URL (`socket://host:port`, `rfc2217://host:port`). Baud rate
    and character format are those of the meter's version unless given; pseudo-terminals and sockets have none.

    Data Request is the modem line `request_line` ("cts" or "dsr") of a real serial port where that is wired, and
    otherwise what `set_request` says.

    `tap` is called with ("tx", bytes) for all bytes that the operating system has taken and with ("rx", bytes) for
    all that arrived (a consumer has nothing to say on P1, so they go nowhere else). When Data Request is released,
    what has not left yet is thrown away, by the operating system too where it can; then `on_abort` is called, so that
    a model of the cable can cut what it still carries.

    A wire that stands still (a pseudo-terminal that nobody reads) costs whole telegrams, counted in `dropped`.
    """

    def __init__(
        self,
        meter: Meter,
        url: str,
        *,
        request_line: ModemLine | None = None,
        baud: int | None = None,
        char_format: str | None = None,
        tap: Tap | None = None,
        on_abort: Callable[[], None] | None = None,
    ) -> None:
        """Opens the port and serves it on the running loop from here on.

        Raises PortError when the port cannot be opened, and BadConfiguration for line settings that no serial port
        has, or a `request_line` where there are no modem lines.
        """
        self.meter = meter
        self.url = url
        self.dropped = 0
        self._loop = asyncio.get_running_loop()
        self._tap = tap
        self._on_abort = on_abort
        self._timer: asyncio.TimerHandle | None = None
        self._poll: asyncio.TimerHandle | None = None
        self._error: EmulatorError | None = None
        self._ended = asyncio.Event()
        settings = LineSettings(
            meter.version.baud if baud is None else baud,
            meter.version.char_format if char_format is None else char_format,
        )
        self._wire = open_wire(url, settings, Events(self._sent, self._received, self._end), self._loop)
        try:
            if request_line is not None:
                self._poll_request(request_line)
        except EmulatorError:
            self.close()
            raise
        self.wake()

    def set_request(self, active: bool) -> None:
        """Raise or release Data Request."""
        if self.meter.request(active, self._loop.time()):
            self._wire.discard()
            if self._on_abort is not None:
                self._on_abort()
        self.wake()

    def wake(self) -> None:
        """Look at the meter's deadline again. Call it after changing the meter from outside, as by set_interval."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_s = self.meter.next_deadline_s()
        if due_s is not None and not self._ended.is_set():
            self._timer = self._loop.call_at(due_s, self._step)

    async def wait(self) -> None:
        """Return when the port is closed. Raises PortError if it was lost, and what the meter raised if it failed."""
        await self._ended.wait()
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Stop sending and close the port; closing twice is fine."""
        for timer in (self._timer, self._poll):
            if timer is not None:
                timer.cancel()
        self._wire.close()
        self._ended.set()

    def _step(self) -> None:
        try:
            telegram = self.meter.step(self._loop.time())
        except EmulatorError as error:
            self._end(error)
            return
        if telegram and self._wire.pending:
            self.dropped += 1
        elif telegram:
            self._wire.write(telegram)
        self.wake()

    def _poll_request(self, line: ModemLine) -> None:
        self.set_request(self._wire.modem_line(line))
        if not self._ended.is_set():
            self._poll = self._loop.call_later(REQUEST_POLL_S, self._poll_request, line)

    def _sent(self, data: bytes) -> None:
        if self._tap is not None:
            self._tap("tx", data)

    def _received(self, data: bytes) -> None:
        if self._tap is not None:
            self._tap("rx", data)

    def _end(self, error: EmulatorError) -> None:
        self._error = error
        self.close()
