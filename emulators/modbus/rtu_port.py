"""The RS-485 port: a bus of meters on a serial port, driven by the running loop."""

from __future__ import annotations

from emulators.errors import EmulatorError
from emulators.modbus.bus import RtuBus
from emulators.serial_wire.sender import Sender, Tap
from emulators.serial_wire.wire import LineSettings


class RtuPort(Sender):
    """Answers what comes in over a port as the meters of `bus` do; see Sender for what ports do.

    The port is opened with the bus's line settings; pseudo-terminals and sockets have none. Wake it after changing a
    meter from outside.
    """

    def __init__(self, bus: RtuBus, url: str, *, tap: Tap | None = None) -> None:
        """Opens the port and serves it on the running loop from here on. Raises PortError when it cannot be opened."""
        self.bus = bus
        super().__init__(bus, url, LineSettings(bus.line.baud, bus.line.char_format), tap=tap)
        self.wake()

    def _received(self, data: bytes) -> None:
        super()._received(data)
        try:
            self.bus.receive(data, self._loop.time())
        except EmulatorError as error:
            self._end(error)
            return
        self._step()
