"""Opening a serial port or a pyserial URL, with errors that say what to do."""

from __future__ import annotations

import errno
import socket
import termios
from collections.abc import Iterator
from typing import Protocol, cast
from urllib.parse import urlsplit

import serial

from rig.errors import ConfigurationError, HarnessError
from rig.lines.format import PortSettings

# pyserial knows more; these are the ones that carry another machine's serial port.
URL_SCHEMES = ("socket", "rfc2217")

# What pyserial lets through when a port fails; termios has an error of its own.
PORT_ERRORS = (serial.SerialException, OSError, termios.error)

_NOT_A_TTY = "is not a serial port; give a tty such as /dev/ttyUSB0"
_NO_ADAPTER = "has no adapter behind it; plug it in and look at `dmesg` for the name it gets"
_UNREACHABLE = "cannot be reached; check host, port and network"
_ADVICE = {
    errno.ENOENT: "does not exist; plug the adapter in or correct the path",
    errno.EACCES: "may not be opened by this user; add the user to the group that owns it (mostly dialout)",
    errno.EPERM: "may not be opened by this user; add the user to the group that owns it (mostly dialout)",
    errno.EBUSY: "is in use by another program; close that program first",
    errno.EAGAIN: "is in use by another program; close that program first",
    errno.ENOTTY: _NOT_A_TTY,
    errno.EISDIR: _NOT_A_TTY,
    errno.ENXIO: _NO_ADAPTER,
    errno.ENODEV: _NO_ADAPTER,
    errno.EIO: _NO_ADAPTER,
    errno.ECONNREFUSED: "refuses the connection; start the serial server or correct host and port",
    errno.EHOSTUNREACH: _UNREACHABLE,
    errno.ENETUNREACH: _UNREACHABLE,
    errno.ETIMEDOUT: _UNREACHABLE,
}


def check_where(name: str, where: str) -> None:
    """Raises ConfigurationError unless `where` is an absolute path or a URL of a known kind with host and port."""
    if "://" not in where:
        if not where.startswith("/"):
            raise ConfigurationError(
                f'{name}: {where!r} is no port; give "pty", a full path such as /dev/ttyUSB0, '
                "socket://host:port or rfc2217://host:port"
            )
        return
    try:
        parts = urlsplit(where)
        complete = bool(parts.hostname) and bool(parts.port)
    except ValueError:
        raise ConfigurationError(f"{name}: the URL {where!r} is malformed; give e.g. socket://host:port") from None
    if parts.scheme not in URL_SCHEMES:
        raise ConfigurationError(f"{name}: the URL {where!r} is of an unknown kind; use socket:// or rfc2217://")
    if not complete:
        raise ConfigurationError(f"{name}: the URL {where!r} lacks host or port; give e.g. {parts.scheme}://host:4000")


class SerialPort(Protocol):
    """What all of pyserial's ports share; each kind is a class of its own there."""

    name: str
    timeout: float | None
    baudrate: int

    @property
    def in_waiting(self) -> int: ...  # noqa: D102
    @property
    def cts(self) -> bool: ...  # noqa: D102
    @property
    def dsr(self) -> bool: ...  # noqa: D102
    def fileno(self) -> int: ...  # noqa: D102
    def read(self, size: int, /) -> bytes: ...  # noqa: D102
    def write(self, data: bytes, /) -> object: ...  # noqa: D102
    def reset_output_buffer(self) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


def open_port(name: str, where: str, settings: PortSettings) -> SerialPort:
    """Open `where` for ourselves alone. Blocks for as long as a network takes. Raises HarnessError."""
    fmt = settings.fmt
    try:
        port = serial.serial_for_url(
            where,
            baudrate=settings.baud,
            bytesize=fmt.data_bits,
            parity=fmt.parity,
            stopbits=fmt.stop_bits,
            timeout=0,
            exclusive=True,
        )
        return cast(SerialPort, port)
    except (*PORT_ERRORS, ValueError) as error:
        raise HarnessError(f"{name}: {where} {_advice(error, settings)}") from None


def _advice(error: BaseException, settings: PortSettings) -> str:
    causes = list(_causes(error))
    if any(isinstance(cause, (socket.timeout, socket.gaierror)) for cause in causes):
        return _UNREACHABLE
    numbers = [number for cause in causes if (number := _errno_of(cause)) is not None]
    if errno.EINVAL in numbers:
        return f"does not take {settings}; choose a rate and format that the port has"
    for number in numbers:
        if number in _ADVICE:
            return _ADVICE[number]
    return f"cannot be opened: {error}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _errno_of(error: BaseException) -> int | None:
    # termios.error is no OSError but has the number in the same place.
    if isinstance(error, termios.error):
        return int(error.args[0])
    return error.errno if isinstance(error, OSError) else None
