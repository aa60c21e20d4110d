"""Ends that lead out of the rig: a serial device, or another machine's serial port through a URL."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from rig.errors import HarnessError
from rig.lines.end import End, Loop, ModemLines, Tap
from rig.lines.format import PortSettings
from rig.lines.opening import PORT_ERRORS, SerialPort, check_where, open_port

_READ_SIZE = 4096
# What may wait for a port that takes bytes slower than they come, before they count as overrun: 5 s at 115200 baud.
_BACKLOG_SIZE = 65536
# How long the bridging thread waits for a byte before it looks whether it should end.
_BRIDGE_WAIT_S = 0.1


class DeviceEnd(End):
    """A port with its own UART, opened through pyserial for the rig alone.

    A port with a descriptor is read by the loop. `rfc2217://` has none; a thread reads it and hands the bytes to the
    loop. Use it under the real or the scaled clock: virtual time knows nothing of what a device does on its own.
    """

    paces_itself = True

    def __init__(self, name: str, loop: Loop, settings: PortSettings, where: str) -> None:
        """Raises ConfigurationError when `where` is neither a path nor a URL of a known kind."""
        check_where(name, where)
        super().__init__(name, loop, settings)
        self._where = where
        self._port: SerialPort | None = None
        self._fd = -1
        self._bridge: _Bridge | None = None
        self._is_lost = False
        self._backlog = bytearray()

    @property
    def path(self) -> str:
        """The device or URL as configured."""
        return self._where

    async def open(self, receive: Callable[[bytes], None], failed: Callable[[HarnessError], None]) -> None:
        """Open the port and set its rate and format. Raises HarnessError that says what to do."""
        self._receive, self._failed = receive, failed
        self._is_lost = False
        port = await self._loop.run_in_executor(None, open_port, self.name, self._where, self.settings)
        self._port = port
        try:
            self._fd = port.fileno()
        except OSError:  # io.UnsupportedOperation: no descriptor
            self._bridge = _Bridge(self._loop, port, self._bridged, self._lost)
        else:
            self._loop.add_reader(self._fd, self._readable)

    async def close(self) -> None:
        """Give the port back."""
        port, self._port = self._port, None
        if port is None:
            return
        self._stop_watching()
        if self._bridge is not None:
            await self._loop.run_in_executor(None, self._bridge.stop)
            self._bridge = None
        await self._loop.run_in_executor(None, port.close)

    def write(self, data: bytes) -> int:
        """Hand `data` to the port; what it does not take at once waits. Returns how many bytes found room."""
        if self._port is None or self._is_lost:
            return 0
        if self._fd < 0:
            return self._write_through(self._port, data)
        accepted = data[: _BACKLOG_SIZE - len(self._backlog)]
        self._backlog += accepted
        if self._drain_backlog():
            self._loop.add_writer(self._fd, self._writable)
        return len(accepted)

    def discard(self) -> None:
        """Forget what waits here and, on a tty, what waits in the driver."""
        if self._port is None or self._is_lost:
            return
        if self._backlog:
            self._backlog.clear()
            self._loop.remove_writer(self._fd)
        try:
            self._port.reset_output_buffer()
        except PORT_ERRORS as error:
            self._lost(error)

    @property
    def idle(self) -> bool:
        """Nothing waits for the port."""
        return not self._backlog

    def retune(self, settings: PortSettings) -> None:
        """See End. A server behind rfc2217:// is asked and waited for."""
        super().retune(settings)
        if self._port is not None and not self._is_lost:
            try:
                self._port.baudrate = settings.baud
            except PORT_ERRORS as error:
                self._lost(error)

    def attach(self, program: str) -> Tap:
        """Raises HarnessError: the rig has the port for itself."""
        raise HarnessError(f"{self.name}: {program} cannot open {self.path} beside the rig; only a pty has two sides")

    def detach(self) -> None:
        """Nobody is attached."""

    def modem_lines(self) -> ModemLines | None:
        """CTS and DSR; None on socket:// and ptys, which have none, and on rfc2217:// until the server tells them."""
        if self._port is None or self._where.startswith("socket:"):
            return None
        try:
            return ModemLines(cts=bool(self._port.cts), dsr=bool(self._port.dsr))
        except PORT_ERRORS:
            return None

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, _READ_SIZE)
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(error)
            return
        if data:
            self._receive(data)
        else:
            self._lost(None)

    def _bridged(self, data: bytes) -> None:
        if self._port is not None:  # the bridge may have handed this over just before the port was closed
            self._receive(data)

    def _writable(self) -> None:
        if not self._drain_backlog():
            self._loop.remove_writer(self._fd)

    def _drain_backlog(self) -> bool:
        """Write what the port takes; returns whether something remains."""
        try:
            del self._backlog[: os.write(self._fd, self._backlog)]
        except BlockingIOError:
            return True
        except OSError as error:
            self._backlog.clear()
            self._lost(error)
        return bool(self._backlog)

    def _write_through(self, port: SerialPort, data: bytes) -> int:
        try:
            port.write(data)
        except PORT_ERRORS as error:
            self._lost(error)
            return 0
        return len(data)

    def _stop_watching(self) -> None:
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
            self._backlog.clear()
            self._fd = -1

    def _lost(self, error: BaseException | None) -> None:
        if self._port is None or self._is_lost:
            return
        self._is_lost = True
        self._stop_watching()
        reason = f" ({error})" if error else ""
        what = (
            f"the connection to {self._where} was closed by the other side{reason}; look at the serial server"
            if "://" in self._where
            else f"{self._where} went away while in use{reason}; plug the adapter in again and look at its cable"
        )
        self._failed(HarnessError(f"{self.name}: {what}"))


class _Bridge:
    """Reads a port without a descriptor in a thread."""

    def __init__(
        self,
        loop: Loop,
        port: SerialPort,
        receive: Callable[[bytes], None],
        lost: Callable[[BaseException | None], None],
    ) -> None:
        self._loop = loop
        self._port = port
        self._receive = receive
        self._lost = lost
        self._stopping = threading.Event()
        port.timeout = _BRIDGE_WAIT_S
        self._thread = threading.Thread(target=self._run, name=f"reader of {port.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread. Blocks for as long as one wait of it."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                data = self._port.read(max(1, self._port.in_waiting))
            except PORT_ERRORS as error:
                if not self._stopping.is_set():
                    self._loop.call_soon_threadsafe(self._lost, error)
                return
            if data:
                self._loop.call_soon_threadsafe(self._receive, data)
