"""The serial port of a meter: a tty by its path, anything else by a pyserial URL, both pushing bytes as they come."""

import asyncio
import fcntl
import io
import os
import struct
import termios
import threading
import tty
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import serial

from station.descriptor import DescriptorPort, Tap
from station.errors import PortError
from station.serial_line import P1_LINE, SerialLine

URL_READ_S = 0.2  # how long one read of the thread may take
URL_CHUNK_B = 4096

OnData = Callable[[bytes], None]
OnLost = Callable[[str], None]


class SerialPort(Protocol):
    """What the runtime needs of an open port."""

    def write(self, data: bytes) -> None:
        """Send bytes; nothing happens on a port that was lost."""

    def configure(self, line: SerialLine) -> None:
        """Go on with other line settings."""

    def data_request(self, level: bool) -> None:
        """Raise or drop the P1 Data Request on RTS; nothing happens on a port without modem lines."""

    def close(self) -> None:
        """Stop reading and close. May be called again."""


async def open_serial(
    url: str, name: str, *, on_data: OnData, on_lost: OnLost, tap: Tap | None = None, line: SerialLine = P1_LINE
) -> SerialPort:
    """Open a port with these line settings. Raises PortError, saying which port and why."""
    try:
        if "://" not in url:
            fd = _open_tty(url, line)
            return TtyPort(DescriptorPort(fd, name, on_data=on_data, on_lost=on_lost, tap=tap))
        opened = await asyncio.get_running_loop().run_in_executor(None, _open_url, url, line)
    except (OSError, ValueError, termios.error) as error:  # serial.SerialException is an OSError
        raise PortError(f"{name} port {url}: {_why(error)}") from error
    try:
        fd = os.dup(opened.fileno())
    except io.UnsupportedOperation:  # rfc2217:// keeps its descriptor to itself
        return ThreadedUrlPort(opened, name, on_data=on_data, on_lost=on_lost, tap=tap)
    os.set_blocking(fd, False)
    return UrlPort(opened, DescriptorPort(fd, name, on_data=on_data, on_lost=on_lost, tap=tap))


def _why(error: Exception) -> str:
    if isinstance(error, termios.error):
        return f"not a serial port ({error.args[-1]})"
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _open_tty(path: str, line: SerialLine) -> int:
    """A tty in raw mode, not blocking. Raises OSError, ValueError or termios.error."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        tty.setraw(fd, termios.TCSANOW)
        _configure_tty(fd, line)
    except BaseException:
        os.close(fd)
        raise
    return fd


_CHARACTER_FLAGS = termios.CSIZE | termios.PARENB | termios.PARODD | termios.CSTOPB | termios.CRTSCTS
_DATA_BITS = {7: termios.CS7, 8: termios.CS8}
_PARITY = {"N": 0, "E": termios.PARENB, "O": termios.PARENB | termios.PARODD}


def _configure_tty(fd: int, line: SerialLine) -> None:
    """Set the line. A character with wrong parity is read as NUL, which no meter sends."""
    speed = getattr(termios, f"B{line.baud}", None)
    if speed is None:
        raise ValueError(f"no tty runs at {line.baud} baud")
    iflag, oflag, cflag, lflag, _, _, cc = termios.tcgetattr(fd)
    iflag = iflag & ~termios.IGNPAR | (termios.INPCK if line.parity != "N" else 0)
    cflag = cflag & ~_CHARACTER_FLAGS | termios.CLOCAL | termios.CREAD
    cflag |= _DATA_BITS[line.data_bits] | _PARITY[line.parity] | (termios.CSTOPB if line.stop_bits == 2 else 0)
    try:
        termios.tcsetattr(fd, termios.TCSANOW, [iflag, oflag, cflag, lflag, speed, speed, cc])
    except termios.error:
        # A pty has no parity and no seven bits; when nothing else was to change, that is an error to the C library.
        if termios.tcgetattr(fd)[4] != speed:
            raise


def _open_url(url: str, line: SerialLine) -> serial.Serial:
    opened = serial.serial_for_url(url, do_not_open=True, timeout=URL_READ_S)
    _configure_url(opened, line)
    opened.open()
    return opened


def _configure_url(opened: serial.Serial, line: SerialLine) -> None:
    opened.baudrate = line.baud
    opened.bytesize = line.data_bits
    opened.parity = line.parity
    opened.stopbits = line.stop_bits


class TtyPort:
    """A tty of this machine."""

    def __init__(self, port: DescriptorPort) -> None:
        self._port = port

    def write(self, data: bytes) -> None:
        """Send bytes; nothing happens on a port that was lost."""
        self._port.write(data)

    def configure(self, line: SerialLine) -> None:
        """Go on with other line settings; a tty that refuses them keeps its own."""
        if not self._port.closed:
            with suppress(OSError, ValueError, termios.error):
                _configure_tty(self._port.fd, line)

    def data_request(self, level: bool) -> None:
        """Raise or drop RTS; a pty has none."""
        if not self._port.closed:
            with suppress(OSError):
                order = termios.TIOCMBIS if level else termios.TIOCMBIC
                fcntl.ioctl(self._port.fd, order, struct.pack("I", termios.TIOCM_RTS))

    def close(self) -> None:
        """Stop reading and close. May be called again."""
        self._port.close()


class UrlPort:
    """A port behind a pyserial URL that has a descriptor, such as `socket://`."""

    def __init__(self, opened: serial.Serial, port: DescriptorPort) -> None:
        self._serial = opened
        self._port = port

    def write(self, data: bytes) -> None:
        """Send bytes; nothing happens on a port that was lost."""
        self._port.write(data)

    def configure(self, line: SerialLine) -> None:
        """Go on with other line settings where the far end has any."""
        with suppress(OSError, ValueError, NotImplementedError):
            _configure_url(self._serial, line)

    def data_request(self, level: bool) -> None:
        """Set RTS where the far end has one."""
        _set_rts(self._serial, level)

    def close(self) -> None:
        """Stop reading and close. May be called again."""
        self._port.close()
        self._serial.close()


class ThreadedUrlPort:
    """A port behind a pyserial URL without a descriptor, such as `rfc2217://`, read by a thread."""

    def __init__(self, opened: serial.Serial, name: str, *, on_data: OnData, on_lost: OnLost, tap: Tap | None) -> None:
        self._serial = opened
        self._name = name
        self._on_data = on_data
        self._on_lost = on_lost
        self._tap = tap
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._line: SerialLine | None = None
        threading.Thread(target=self._read, name=f"{name} reader", daemon=True).start()

    def write(self, data: bytes) -> None:
        """Send bytes; nothing happens on a port that was lost."""
        if self._closed:
            return
        try:
            self._serial.write(data)
        except OSError as error:
            self._lost(str(error))
            return
        if self._tap is not None:
            self._tap(self._name, "tx", data)

    def configure(self, line: SerialLine) -> None:
        """Go on with other line settings; the thread asks the far end for them before its next read."""
        self._line = line

    def data_request(self, level: bool) -> None:
        """Set RTS where the far end has one."""
        _set_rts(self._serial, level)

    def close(self) -> None:
        """Stop handing over bytes; the thread closes the port within one read. May be called again."""
        self._closed = True

    def _read(self) -> None:
        reason = ""
        while not self._closed and not reason:
            try:
                if self._line is not None:
                    line, self._line = self._line, None
                    _configure_url(self._serial, line)
                data = self._serial.read(max(1, min(self._serial.in_waiting, URL_CHUNK_B)))
            except (OSError, ValueError) as error:
                reason = str(error)
            else:
                if data:
                    self._hand_over(self._received, data)
        with suppress(OSError):
            self._serial.close()
        if reason:
            self._hand_over(self._lost, reason)

    def _hand_over(self, function: Callable[..., None], argument: object) -> None:
        with suppress(RuntimeError):  # the loop is gone: nobody is left to tell
            self._loop.call_soon_threadsafe(function, argument)

    def _received(self, data: bytes) -> None:
        if self._closed:
            return
        if self._tap is not None:
            self._tap(self._name, "rx", data)
        self._on_data(data)

    def _lost(self, reason: str) -> None:
        if not self._closed:
            self._closed = True
            self._on_lost(reason)


def _set_rts(opened: serial.Serial, level: bool) -> None:
    with suppress(OSError, NotImplementedError):
        opened.rts = level
