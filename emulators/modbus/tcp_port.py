"""The Ethernet port of a meter: a Modbus TCP server on a listening socket."""

from __future__ import annotations

from emulators.listening.door import Reach
from emulators.listening.port import ListeningPort
from emulators.modbus.tcp import PORT
from emulators.modbus.tcp_server import TcpServer


class TcpPort(ListeningPort[TcpServer]):
    """See ListeningPort. `tcp:host:` is port 502.

    An answer is small, so a client is disconnected when the one before it has not left yet. The port follows the
    server's connection fault: with "refused" it does not listen, and with "unplugged" nobody gets through to it.
    """

    protocol = "Modbus TCP"
    usual_port = PORT

    def _has_room(self, unsent_b: int, more_b: int) -> bool:  # noqa: ARG002 - any answer is small
        return unsent_b == 0

    def _reach(self) -> Reach:
        if self.server.unplugged:
            return "unplugged"
        return "open" if self.server.listening else "refused"
