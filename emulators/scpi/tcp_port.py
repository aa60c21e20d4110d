"""The Ethernet port of an instrument: a raw SCPI server on a listening socket."""

from __future__ import annotations

from emulators.listening.port import ListeningPort
from emulators.scpi.server import MAX_WAITING_BYTES, ScpiServer

PORT = 5025  # the usual one of raw SCPI


class TcpPort(ListeningPort[ScpiServer]):
    """See ListeningPort. `tcp:host:` is port 5025.

    Answers may be large, and may be asked for ahead: a client is disconnected that leaves more than MAX_WAITING_BYTES
    of them unread.
    """

    protocol = "SCPI"
    usual_port = PORT

    def _has_room(self, unsent_b: int, more_b: int) -> bool:
        return unsent_b + more_b <= MAX_WAITING_BYTES

    def _why_lost(self, reason: str) -> str:
        return f"port of {self.server.name}: {reason}"
