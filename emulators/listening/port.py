"""What the Ethernet ports of emulators have in common: a server on a listening socket, driven by the running loop."""

from __future__ import annotations

import asyncio
import socket
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Generic, TypeVar

from emulators.errors import BadConfiguration, EmulatorError, PortError
from emulators.listening.address import parse_address
from emulators.listening.door import Door, Reach
from emulators.listening.server import Output, Server
from emulators.serial_wire.wire import DescriptorWire, Events, ModemLine

Tap = Callable[[str, bytes], None]
ServerT = TypeVar("ServerT", bound=Server)

# Closing with this set sends a reset in place of an end.
_NO_LINGER = struct.pack("ii", 1, 0)
# What the wires call themselves in errors: without port numbers, which differ from run to run.
_WIRE = "connection"


def no_tap(number: int, peer: str) -> Tap:  # noqa: ARG001 - who counts bytes wants to know
    """For ports whose bytes nobody counts."""
    return lambda _way, _data: None


@dataclass(slots=True)
class _Client:
    wire: DescriptorWire
    connection: socket.socket
    unsent_b: int = 0


class ListeningPort(ABC, Generic[ServerT]):
    """Serves `server` on `tcp:host:port` (see parse_address); each protocol has a port of its own, derived from this.

    `tap_for(number, peer)` is asked for a tap when a connection is accepted: it is then called with ("rx", bytes) for
    all that was read from the connection and with ("tx", bytes) for all that the operating system has taken.
    `on_end(number)` is told when a connection is closed here: by then all bytes that the tap was not told are lost.
    A client that does not read its answers is disconnected.
    """

    protocol: ClassVar[str]
    """What is spoken, for messages."""
    usual_port: ClassVar[int]
    """The port number of addresses without one."""

    def __init__(
        self,
        server: ServerT,
        address: str,
        *,
        tap_for: Callable[[int, str], Tap] = no_tap,
        on_end: Callable[[int], None] = lambda _number: None,
    ) -> None:
        """Raises BadConfiguration for an address of another form; opens nothing yet."""
        self.server = server
        self._address = parse_address(address, protocol=self.protocol, usual_port=self.usual_port)
        self._tap_for = tap_for
        self._on_end = on_end
        self._loop: asyncio.AbstractEventLoop | None = None
        self._door: Door | None = None
        self._clients: dict[int, _Client] = {}
        self._accepted = 0
        self._timer: asyncio.TimerHandle | None = None
        self._error: EmulatorError | None = None
        self._ended = asyncio.Event()

    @property
    def address(self) -> str:
        """Where it listens, with the port number that was found."""
        return str(self._address)

    @property
    def port(self) -> int:
        """The port number."""
        return self._address.port

    def start(self) -> None:
        """Listen, on the running loop. Raises PortError when the address cannot be had."""
        self._loop = asyncio.get_running_loop()
        self._door = Door(self._address, self._loop, self._came)
        self._address = self._door.address
        self.wake()

    def close(self) -> None:
        """Close all connections and stop listening; closing twice is fine."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._door is not None:
            self._door.close()
        for number in tuple(self._clients):
            self._close(number)
        self._ended.set()

    async def wait(self) -> None:
        """Return when the port is closed. Raises what the server raised if it failed."""
        await self._ended.wait()
        if self._error is not None:
            raise self._error

    def wake(self) -> None:
        """Step the server now. Call it after changing it, or what it serves, from outside."""
        if self._door is None or self._ended.is_set():
            return
        try:
            for output in self.server.step(self._now_s()):
                self._put_out(output)
            # A connection may be lost while it is written to, and the server may fail on hearing that.
            if self._ended.is_set():
                return
            self._door.set_reach(self._reach())
        except EmulatorError as error:
            self._fail(error)
            return
        self._set_timer()

    # -- what is the protocol's own ------------------------------------------------------------------------------

    @abstractmethod
    def _has_room(self, unsent_b: int, more_b: int) -> bool:
        """Whether a client that has `unsent_b` bytes to read yet may have more of them, or is not reading."""

    def _reach(self) -> Reach:
        """How the server is found by those who call it now."""
        return "open"

    def _why_lost(self, reason: str) -> str:
        """What the server is told of a connection that was lost for that reason."""
        return reason

    # -- time ----------------------------------------------------------------------------------------------------

    def _now_s(self) -> float:
        assert self._loop is not None
        return self._loop.time()

    def _set_timer(self) -> None:
        assert self._loop is not None
        due_s = self.server.next_deadline_s()
        if self._timer is not None and self._timer.when() != due_s:
            self._timer.cancel()
            self._timer = None
        if self._timer is None and due_s is not None:
            self._timer = self._loop.call_at(due_s, self._timer_fired)

    def _timer_fired(self) -> None:
        self._timer = None
        self.wake()

    def _fail(self, error: EmulatorError) -> None:
        self._error = error
        self.close()

    # -- connections ---------------------------------------------------------------------------------------------

    def _came(self, connection: socket.socket, host: str, port: int) -> None:
        assert self._loop is not None
        self._accepted += 1
        number = self._accepted
        tap = self._tap_for(number, f"{host}:{port}")
        wire = DescriptorWire(
            _WIRE,
            connection.fileno(),
            Events(
                sent=partial(self._sent, number, tap),
                received=partial(self._received, number, tap),
                lost=partial(self._lost, number),
            ),
            self._loop,
            flush_output=lambda: None,
            modem_line=_no_modem_line,
            close=connection.close,
        )
        self._clients[number] = _Client(wire, connection)
        self.server.connected(number, host, self._now_s())
        self.wake()

    def _received(self, number: int, tap: Tap, data: bytes) -> None:
        tap("rx", data)
        try:
            self.server.receive(number, data, self._now_s())
        except EmulatorError as error:
            self._fail(error)
            return
        self.wake()

    def _sent(self, number: int, tap: Tap, data: bytes) -> None:
        tap("tx", data)
        self._clients[number].unsent_b -= len(data)

    def _lost(self, number: int, error: PortError) -> None:
        del self._clients[number]
        self._on_end(number)
        reason = str(error).removeprefix(f"port {_WIRE}: ")
        self.server.disconnected(number, self._why_lost(reason), self._now_s())
        self.wake()

    def _put_out(self, output: Output) -> None:
        number, data, end = output
        client = self._clients.get(number)
        if client is None:
            return
        if data and not self._has_room(client.unsent_b, len(data)):
            self._close(number)
            self.server.disconnected(number, "it left its answers unread", self._now_s())
            return
        if data:
            client.unsent_b += len(data)
            client.wire.write(data)
        if end is not None and number in self._clients:  # writing to it may have told that it is lost
            if end == "reset":
                client.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self._close(number)

    def _close(self, number: int) -> None:
        self._clients.pop(number).wire.close()
        self._on_end(number)


def _no_modem_line(line: ModemLine) -> bool:
    raise BadConfiguration(f"Ethernet has no {line.upper()} line")
