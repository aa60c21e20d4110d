"""The listening socket of a port, and how it is found by those who call: open, refusing, or behind a cut cable."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Literal

from emulators.errors import PortError
from emulators.listening.address import Address
from emulators.listening.cut_cable import CutCable

Reach = Literal["open", "refused", "unplugged"]

_BACKLOG = 16


class Door:
    """Listens on `address`; `came(connection, host, port)` is told of each connection, and of where it comes from."""

    def __init__(
        self, address: Address, loop: asyncio.AbstractEventLoop, came: Callable[[socket.socket, str, int], None]
    ) -> None:
        """It is open at once. Raises PortError when the address cannot be had."""
        self.address = address
        """Where it listens, with the port number that was found."""
        self._loop = loop
        self._came = came
        self._cut: CutCable | None = None
        self._listening: socket.socket | None = self._listen()

    def set_reach(self, reach: Reach) -> None:
        """From now on who calls gets in, is refused, or hears nothing at all.

        Raises PortError when another program has taken the address since it was refused.
        """
        if reach == "refused":
            self.close()
            return
        if self._listening is None:
            self._listening = self._listen()
        if reach == "unplugged" and self._cut is None:
            self._loop.remove_reader(self._listening.fileno())
            self._cut = CutCable(self._listening)
        elif reach == "open" and self._cut is not None:
            self._cut.mend(_BACKLOG)
            self._cut = None
            self._loop.add_reader(self._listening.fileno(), self._accept, self._listening)

    def close(self) -> None:
        """Stop listening; closing twice is fine."""
        if self._listening is not None:
            self._loop.remove_reader(self._listening.fileno())
            self._listening.close()
            self._listening = None
        if self._cut is not None:
            self._cut.mend(_BACKLOG)
            self._cut = None

    def _listen(self) -> socket.socket:
        try:
            # A plain tuple, since the error that is raised shows it.
            listening = socket.create_server(tuple(self.address), backlog=_BACKLOG)
        except OSError as error:
            raise PortError(f"{self.address}: cannot listen: {error.strerror or error}") from error
        listening.setblocking(False)
        self.address = self.address._replace(port=listening.getsockname()[1])
        self._loop.add_reader(listening.fileno(), self._accept, listening)
        return listening

    def _accept(self, listening: socket.socket) -> None:
        try:
            connection, (host, port, *_) = listening.accept()
        except OSError:  # it was given up before it was accepted
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._came(connection, host, port)
