"""The P1 port: a meter on a wire, driven by the running loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from emulators.errors import EmulatorError
from emulators.p1.meter import Meter
from emulators.serial_wire.sender import Sender, Tap
from emulators.serial_wire.wire import LineSettings, ModemLine

# How often a modem line is looked at for Data Request: a level cannot wake the loop.
REQUEST_POLL_S = 0.05


class P1Port(Sender):
    """Sends a meter's telegrams out of a port while Data Request is active; see Sender for what ports do.

    Baud rate and character format are those of the meter's version unless given; pseudo-terminals and sockets have
    none.

    Data Request is the modem line `request_line` ("cts" or "dsr") of a real serial port where that is wired, and
    otherwise what `set_request` says. When it is released, what has not left yet is discarded. What a consumer says
    is only told to the tap: it has nothing to say on P1.
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
        settings = LineSettings(
            meter.version.baud if baud is None else baud,
            meter.version.char_format if char_format is None else char_format,
        )
        self.meter = meter
        self._poll: asyncio.TimerHandle | None = None
        super().__init__(meter, url, settings, tap=tap, on_abort=on_abort)
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
            self.discard()
        self.wake()

    def close(self) -> None:
        """See Sender."""
        if self._poll is not None:
            self._poll.cancel()
        super().close()

    def _poll_request(self, line: ModemLine) -> None:
        self.set_request(self._wire.modem_line(line))
        if not self._ended.is_set():
            self._poll = self._loop.call_later(REQUEST_POLL_S, self._poll_request, line)
