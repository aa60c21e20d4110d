"""Meters on Modbus TCP/IP."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from emulators.errors import EmulatorError, PortError
from emulators.modbus.faults import CONNECTION_FAULTS, ConnectionFault
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.tcp_port import TcpPort
from emulators.modbus.tcp_server import TcpServer
from rig.errors import HarnessError
from rig.handles.base import Port
from rig.lines.socket_line import SocketLine
from rig.meters.base import METER, BenchMeter, Break, Place
from rig.meters.kinds import MeterKind
from rig.meters.modbus import ANSWER_FAULTS, described, inject

# What guide 003 prints for the meter (ALB-TCP-028), with the zeros of its other documents (ALB-TCP-025).
PRINTED_ADDRESS = "192.168.000.004"


class TcpMeter(BenchMeter):
    """A Modbus meter that listens; `place.where` is where, `tcp:host:port`."""

    def __init__(self, kind: MeterKind, place: Place) -> None:
        super().__init__(kind, place)
        emit = place.timeline.emitter(METER)
        self.model = ModbusMeter(described(kind.model), place.read, settings=dict(kind.given), emit=emit)
        self.server = TcpServer([self.model], emit=emit)
        self.line = SocketLine(self.name, loop=place.loop, timeline=place.timeline, capture=place.capture)
        self._port = TcpPort(self.server, place.where, tap_for=self.line.tap_for, on_end=self.line.ended)

    async def open(self) -> None:
        """See BenchMeter."""
        self.line.open()
        try:
            self._port.start()
        except EmulatorError as error:
            self.line.close()
            if isinstance(error, PortError):
                raise HarnessError(str(error)) from error
            raise
        self._watch(self._port.wait())

    async def close(self) -> None:
        """See BenchMeter."""
        self._port.close()
        self.line.close()

    @property
    def station_settings(self) -> Mapping[str, object]:
        """See BenchMeter."""
        return {"MBTCPSmart-IPAddress": PRINTED_ADDRESS}

    def port(self) -> Port:
        """See BenchMeter."""
        return Port(self._port.address, self.line.attach, self.line.detach)

    def wake(self) -> None:
        """See BenchMeter."""
        self._port.wake()

    @property
    def breaks(self) -> Mapping[str, Break]:
        """See BenchMeter."""
        connection = {name.replace("_", "-"): self._connection_break(name) for name in CONNECTION_FAULTS}
        faults = {name: inject(self.model, fault) for name, (fault, media) in ANSWER_FAULTS.items() if "tcp" in media}
        return {**connection, **faults}

    def _connection_break(self, fault: ConnectionFault) -> Break:
        def set_fault(what: ConnectionFault | None) -> None:
            self.server.set_fault(what, self._place.loop.time())
            self._port.wake()

        def begin() -> Callable[[], None]:
            set_fault(fault)
            return lambda: set_fault(None)

        return begin
