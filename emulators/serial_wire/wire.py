"""The wire under a port: what the port asks of it, and the usual kind, a descriptor driven by the loop.

Nothing here knows what the bytes mean.
"""

from __future__ import annotations

import asyncio
import errno
import os
import termios
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from emulators.errors import BadConfiguration, PortError

ModemLine = Literal["cts", "dsr"]

READ_BYTES = 4096

_NO_PERMISSION = "no permission; the user has to be in the group that owns the device (often dialout)"
_BUSY = "busy: another program has it open"
_GONE = "it is gone: unplugged, or closed at its other end"
_REASONS = {
    errno.ENOENT: "there is no such port; is the adapter plugged in, and is the path right?",
    errno.EACCES: _NO_PERMISSION,
    errno.EPERM: _NO_PERMISSION,
    errno.EBUSY: _BUSY,
    errno.EAGAIN: _BUSY,
    errno.ENOTTY: "that is no serial port",
    errno.ECONNREFUSED: "nobody listens there",
    errno.EIO: _GONE,
    errno.ENXIO: _GONE,
    errno.ENODEV: _GONE,
    errno.EPIPE: "the other end closed the connection",
    errno.ECONNRESET: "the other end closed the connection",
}


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Baud rate and character format. A pseudo-terminal and a socket have neither and ignore them."""

    baud: int
    char_format: str

    def __post_init__(self) -> None:
        """Raises BadConfiguration for settings that no UART has."""
        if len(self.char_format) != 3 or any(
            letter not in known for letter, known in zip(self.char_format, ("78", "NEO", "12"), strict=True)
        ):
            raise BadConfiguration(f"a character format is like 8N1 or 7E1, not {self.char_format!r}")
        if self.baud <= 0:
            raise BadConfiguration(f"a baud rate is above 0, not {self.baud}")


@dataclass(frozen=True, slots=True)
class Events:
    """What a wire tells, in the loop's thread: bytes handed on, bytes that arrived, and that it is lost (once)."""

    sent: Callable[[bytes], None]
    received: Callable[[bytes], None]
    lost: Callable[[PortError], None]


class Wire(Protocol):
    """An open wire; all methods are called in the loop's thread."""

    @property
    def pending(self) -> bool:
        """Whether bytes wait here that have not been handed on yet."""

    def write(self, data: bytes) -> None:
        """Send, now or as soon as the wire takes it."""

    def discard(self) -> None:
        """Throw away what has not left yet, here and in the operating system's output buffer."""

    def set_baud(self, baud: int) -> None:
        """Change the baud rate, from the next byte that is written. A wire that has none ignores it."""

    def modem_line(self, line: ModemLine) -> bool:
        """Whether a modem line is active. Raises BadConfiguration on a wire that has none."""

    def close(self) -> None:
        """Close for good; no event follows."""


class DescriptorWire:
    """A non-blocking descriptor: a tty or a socket.

    `flush_output` empties the operating system's output buffer, `set_baud` changes the rate (left out: there is
    none), `modem_line` reads a modem line and `close` closes the descriptor and what belongs to it.
    """

    def __init__(
        self,
        url: str,
        descriptor: int,
        events: Events,
        loop: asyncio.AbstractEventLoop,
        *,
        flush_output: Callable[[], None],
        modem_line: Callable[[ModemLine], bool],
        close: Callable[[], None],
        set_baud: Callable[[int], None] | None = None,
    ) -> None:
        """Starts reading at once."""
        self._url = url
        self._descriptor = descriptor
        self._events = events
        self._loop = loop
        self._flush_output = flush_output
        self._read_modem_line = modem_line
        self._close = close
        self._set_baud = set_baud
        self._unsent = bytearray()
        self._closed = False
        loop.add_reader(descriptor, self._read)

    @property
    def pending(self) -> bool:
        """See Wire."""
        return bool(self._unsent)

    def write(self, data: bytes) -> None:
        """See Wire."""
        waiting = bool(self._unsent)
        self._unsent += data
        if not waiting:
            self._send()
            if self._unsent and not self._closed:
                self._loop.add_writer(self._descriptor, self._resume)

    def discard(self) -> None:
        """See Wire."""
        if self._closed:
            return
        if self._unsent:
            self._unsent.clear()
            self._loop.remove_writer(self._descriptor)
        try:
            self._flush_output()
        except (OSError, termios.error) as error:
            self._lose(explain(self._url, error))

    def set_baud(self, baud: int) -> None:
        """See Wire."""
        if self._set_baud is None or self._closed:
            return
        try:
            self._set_baud(baud)
        except (OSError, termios.error, ValueError) as error:
            self._lose(explain(self._url, error))

    def modem_line(self, line: ModemLine) -> bool:
        """See Wire. An unreadable line is inactive, and the wire lost."""
        try:
            return self._read_modem_line(line)
        except (OSError, termios.error) as error:
            self._lose(explain(self._url, error))
            return False

    def close(self) -> None:
        """See Wire."""
        if not self._closed:
            self._closed = True
            self._unsent.clear()
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
            self._close()

    def _resume(self) -> None:
        self._send()
        if not self._unsent:
            self._loop.remove_writer(self._descriptor)

    def _send(self) -> None:
        try:
            count = os.write(self._descriptor, self._unsent)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(explain(self._url, error))
            return
        sent = bytes(self._unsent[:count])
        del self._unsent[:count]
        self._events.sent(sent)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(explain(self._url, error))
            return
        if data:
            self._events.received(data)
        else:
            self._lose(PortError(f"port {self._url}: the other end closed it"))

    def _lose(self, error: PortError) -> None:
        if not self._closed:
            self.close()
            self._events.lost(error)


def explain(url: str, error: Exception) -> PortError:
    """The port error for what the operating system or pyserial said."""
    # termios.error carries its number as the first argument, without being an OSError.
    number = error.errno if isinstance(error, OSError) else next(iter(error.args), None)
    reason = _REASONS.get(number) if isinstance(number, int) else None
    return PortError(f"port {url}: {reason or error}")
