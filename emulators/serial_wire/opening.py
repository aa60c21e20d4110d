"""Which kind of wire a path or URL is, and how it is opened."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import io
import os
import socket
import stat
import termios
import tty
from collections.abc import Callable
from urllib.parse import urlsplit

import serial

from emulators.errors import BadConfiguration
from emulators.serial_wire.bridge import BridgedWire
from emulators.serial_wire.wire import DescriptorWire, Events, LineSettings, ModemLine, Wire, explain

CONNECT_TIMEOUT_S = 5.0
# Linux gives these major device numbers to the near ends of pseudo-terminals.
_PTY_MAJORS = range(136, 144)


def open_wire(url: str, settings: LineSettings, events: Events, loop: asyncio.AbstractEventLoop) -> Wire:
    """Open a path (`/dev/pts/3`, `/dev/ttyUSB0`) or a URL (`socket://host:port`, `rfc2217://host:port`).

    It may block for the moment of a TCP or RFC 2217 handshake. Raises PortError, saying why, when it fails.
    """
    try:
        if url.startswith("socket://"):
            return _open_socket(url, events, loop)
        if "://" not in url and _is_pty(url):
            return _open_pty(url, events, loop)
        return _open_serial(url, settings, events, loop)
    except (OSError, termios.error, ValueError) as error:
        raise explain(url, error) from error


def _is_pty(path: str) -> bool:
    status = os.stat(path)  # noqa: PTH116 - of interest is the device number, not the path
    if not stat.S_ISCHR(status.st_mode):
        raise OSError(errno.ENOTTY, "not a character device")
    return os.major(status.st_rdev) in _PTY_MAJORS


def _open_pty(path: str, events: Events, loop: asyncio.AbstractEventLoop) -> Wire:
    """Open raw and locked. A pseudo-terminal has no modem lines and refuses parity, so neither is asked for."""
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        tty.setraw(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return DescriptorWire(
        path,
        descriptor,
        events,
        loop,
        flush_output=lambda: termios.tcflush(descriptor, termios.TCOFLUSH),
        modem_line=_no_modem_line("a pseudo-terminal"),
        close=lambda: os.close(descriptor),
    )


def _open_socket(url: str, events: Events, loop: asyncio.AbstractEventLoop) -> Wire:
    parts = urlsplit(url)
    if not parts.hostname or parts.port is None:
        raise ValueError("it should look like socket://host:port")
    connection = socket.create_connection((parts.hostname, parts.port), timeout=CONNECT_TIMEOUT_S)
    connection.setblocking(False)
    return DescriptorWire(
        url,
        connection.fileno(),
        events,
        loop,
        flush_output=_nothing,  # what TCP has taken is as good as sent
        modem_line=_no_modem_line("a socket"),
        close=connection.close,
    )


def _open_serial(url: str, settings: LineSettings, events: Events, loop: asyncio.AbstractEventLoop) -> Wire:
    data_bits, parity, stop_bits = tuple(settings.char_format)
    port = serial.serial_for_url(
        url,
        baudrate=settings.baud,
        bytesize=int(data_bits),
        parity=parity,
        stopbits=int(stop_bits),
        timeout=0,
        exclusive=True if "://" not in url else None,
    )
    try:
        descriptor = port.fileno()
    except io.UnsupportedOperation:
        return BridgedWire(url, port, events, loop)
    return DescriptorWire(
        url,
        descriptor,
        events,
        loop,
        flush_output=port.reset_output_buffer,
        modem_line=lambda line: bool(getattr(port, line)),
        close=port.close,
        set_baud=lambda baud: setattr(port, "baudrate", baud),
    )


def _no_modem_line(what: str) -> Callable[[ModemLine], bool]:
    def refuse(line: ModemLine) -> bool:
        raise BadConfiguration(f"{what} has no {line.upper()} line; leave request_line out and use set_request")

    return refuse


def _nothing() -> None:
    """Do nothing."""
