"""A wire over a pyserial port without a descriptor (`rfc2217://`): two threads carry the bytes.

Only for the real clock: the loop cannot see what is under way in a thread.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

import serial

from emulators.errors import PortError
from emulators.serial_wire.wire import Events, ModemLine, explain

_T = TypeVar("_T")

# How long a read may keep its thread from noticing that the port closes.
READ_TIMEOUT_S = 0.1


class BridgedWire:
    """See Wire. The port belongs to the bridge from here on."""

    def __init__(self, url: str, port: serial.Serial, events: Events, loop: asyncio.AbstractEventLoop) -> None:
        """Starts the threads."""
        self._url = url
        self._port = port
        self._events = events
        self._loop = loop
        self._closed = threading.Event()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._waiting = 0
        self._generation = 0
        port.timeout = READ_TIMEOUT_S
        self._threads = [
            threading.Thread(target=work, name=f"{url} {name}", daemon=True)
            for name, work in (("reader", self._read), ("writer", self._write))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pending(self) -> bool:
        """See Wire."""
        return self._waiting > 0

    def write(self, data: bytes) -> None:
        """See Wire."""
        self._waiting += 1
        generation = self._generation
        self._jobs.put(lambda: self._send(data, generation))

    def discard(self) -> None:
        """See Wire."""
        self._generation += 1
        self._jobs.put(self._port.reset_output_buffer)

    def set_baud(self, baud: int) -> None:
        """See Wire."""
        self._jobs.put(lambda: setattr(self._port, "baudrate", baud))

    def modem_line(self, line: ModemLine) -> bool:
        """See Wire. A line that the far end has not reported yet counts as inactive."""
        try:
            return bool(getattr(self._port, line))
        except serial.SerialException:
            return False

    def close(self) -> None:
        """See Wire. Waits for the threads."""
        if not self._closed.is_set():
            self._closed.set()
            self._jobs.put(None)
            for thread in self._threads:
                thread.join()
            self._port.close()

    def _send(self, data: bytes, generation: int) -> None:
        """In the writer thread: send, unless the bytes were thrown away in the meantime."""
        current = generation == self._generation
        if current:
            self._port.write(data)
        self._tell(self._sent, data if current else b"")

    def _sent(self, data: bytes) -> None:
        """In the loop's thread: one write is through; `data` is empty when it was thrown away."""
        self._waiting -= 1
        if data:
            self._events.sent(data)

    def _write(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except OSError as error:
                self._tell(self._lose, explain(self._url, error))
                return

    def _read(self) -> None:
        while not self._closed.is_set():
            try:
                data = self._port.read(self._port.in_waiting or 1)
            except OSError as error:
                self._tell(self._lose, explain(self._url, error))
                return
            if data:
                self._tell(self._events.received, data)

    def _lose(self, error: PortError) -> None:
        self.close()
        self._events.lost(error)

    def _tell(self, what: Callable[[_T], None], value: _T) -> None:
        """From a thread: call `what` in the loop's thread, unless the wire is closed by then."""

        def call() -> None:
            if not self._closed.is_set():
                what(value)

        if not self._closed.is_set():
            self._loop.call_soon_threadsafe(call)
