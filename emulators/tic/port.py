"""The TIC port: a meter's output on a wire, driven by the running loop."""

from __future__ import annotations

from collections.abc import Callable

from emulators.serial_wire.sender import Sender, Tap
from emulators.serial_wire.wire import LineSettings
from emulators.tic.meter import Meter
from emulators.tic.modes import CHAR_FORMAT


class TicPort(Sender):
    """Sends a meter's frames out of a port; see Sender for what ports do.

    A serial device is set to the baud rate of the meter, and follows when the meter's mode is switched. Pseudo-
    terminals and sockets have neither rate nor parity: there the frames arrive as bytes of seven bits, at the pace of
    the meter.
    """

    def __init__(
        self,
        meter: Meter,
        url: str,
        *,
        char_format: str = CHAR_FORMAT,
        tap: Tap | None = None,
        on_abort: Callable[[], None] | None = None,
    ) -> None:
        """Opens the port and serves it on the running loop from here on.

        Raises PortError when the port cannot be opened, and BadConfiguration for a format that no serial port has.
        """
        self.meter = meter
        self._wire_baud = meter.baud
        super().__init__(meter, url, LineSettings(meter.baud, char_format), tap=tap, on_abort=on_abort)
        self.wake()

    def interrupt(self, for_s: float) -> None:
        """Have the meter break off its frame, and begin a new one after `for_s`."""
        if self.meter.interrupt(self._loop.time(), for_s):
            self.discard()
        self.wake()

    def _send(self, data: bytes) -> None:
        if self.meter.baud != self._wire_baud:
            self._wire_baud = self.meter.baud
            self._wire.set_baud(self._wire_baud)
        super()._send(data)
