"""One open descriptor, tty or stream socket, read and written without blocking from the running loop.

os.read and os.write are called here and nowhere else, so that `tap` sees every byte that crossed the descriptor at the
moment it did, and nothing else.
"""

import asyncio
import os
from collections.abc import Callable

# Called as tap(port_name, "rx" or "tx", bytes) after every successful OS read or write.
Tap = Callable[[str, str, bytes], None]

CHUNK_B = 65536


class DescriptorPort:
    """Owns `fd` (non-blocking) until `close()` or until it is lost; then `on_lost` is called once with the reason.

    Needs a running loop.
    """

    def __init__(
        self,
        fd: int,
        name: str,
        *,
        on_data: Callable[[bytes], None],
        on_lost: Callable[[str], None],
        tap: Tap | None = None,
    ) -> None:
        self.fd = fd
        self._name = name
        self._on_data = on_data
        self._on_lost = on_lost
        self._tap = tap
        self._unsent = b""
        self._waits_for_room = False
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(fd, self._readable)

    @property
    def closed(self) -> bool:
        """True after `close()` and after the port was lost."""
        return self.fd < 0

    def write(self, data: bytes) -> None:
        """Send now what the descriptor takes, and the rest as soon as it takes more. Nothing when closed."""
        if self.closed:
            return
        self._unsent += data
        self._send()

    def close(self) -> None:
        """Close the descriptor; what could not be sent yet is dropped. May be called again."""
        if self.closed:
            return
        self._loop.remove_reader(self.fd)
        self._loop.remove_writer(self.fd)
        os.close(self.fd)
        self.fd = -1
        self._unsent = b""

    def _readable(self) -> None:
        try:
            data = os.read(self.fd, CHUNK_B)
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(error.strerror or str(error))
            return
        if not data:
            self._lost("closed at the other end")
            return
        if self._tap is not None:
            self._tap(self._name, "rx", data)
        self._on_data(data)

    def _send(self) -> None:
        try:
            sent = os.write(self.fd, self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._lost(error.strerror or str(error))
            return
        data, self._unsent = self._unsent[:sent], self._unsent[sent:]
        if data and self._tap is not None:
            self._tap(self._name, "tx", data)
        if self.closed or bool(self._unsent) == self._waits_for_room:  # the tap may have ended it
            return
        self._waits_for_room = not self._waits_for_room
        if self._waits_for_room:
            self._loop.add_writer(self.fd, self._send)
        else:
            self._loop.remove_writer(self.fd)

    def _lost(self, reason: str) -> None:
        self.close()
        self._on_lost(reason)
