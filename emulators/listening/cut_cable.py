"""A listening socket behind a cut cable: who calls gets no answer at all, neither a connection nor a refusal."""

from __future__ import annotations

import socket


class CutCable:
    """From its making until `mend`, connections to `listening` come to nothing, as nothing came of their first packet.

    The operating system drops the first packet of a connection when the queue of a listening socket is full. So the
    queue is made as short as it can be, and filled with a call of our own that is never taken.
    """

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        listening.listen(0)
        self._caller = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._caller.setblocking(False)
        self._caller.connect_ex(listening.getsockname())

    def mend(self, backlog: int) -> None:
        """Connections are taken again, `backlog` of them at once. May be called on a socket that was closed since."""
        self._caller.close()
        if self._listening.fileno() >= 0:
            try:
                taken, _ = self._listening.accept()
            except BlockingIOError:
                pass
            else:
                taken.close()
            self._listening.listen(backlog)
