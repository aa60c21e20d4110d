"""The Ethernet port: a Modbus TCP server on a listening socket, driven by the running loop."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from functools import partial

from emulators.errors import BadConfiguration, EmulatorError, PortError
from emulators.modbus.cut_cable import CutCable
from emulators.modbus.tcp import PORT
from emulators.modbus.tcp_server import Output, TcpServer
from emulators.serial_wire.wire import DescriptorWire, Events, ModemLine

Tap = Callable[[str, bytes], None]

LOOPBACK = "127.0.0.1"
_BACKLOG = 16
# Closing with this set sends a reset in place of an end.
_NO_LINGER = struct.pack("ii", 1, 0)


def no_tap(number: int, peer: str) -> Tap:  # noqa: ARG001 - who counts bytes wants to know
    """For ports whose bytes nobody counts."""
    return lambda _way, _data: None


class TcpPort:
    """Serves `server` on `tcp:host:port`, IPv4 (`tcp::port` is loopback, `tcp:host:` port 502; 0 takes a free one).

    `tap_for(number, peer)` is asked for a tap when a connection is accepted: it is then called with ("rx", bytes) for
    all that was read from the connection and with ("tx", bytes) for all that the operating system has taken.
    `on_end(number)` is told when a connection is closed here: by then all bytes that the tap was not told are lost.
    A client that does not read its answers is disconnected.
    """

    def __init__(
        self,
        server: TcpServer,
        address: str,
        *,
        tap_for: Callable[[int, str], Tap] = no_tap,
        on_end: Callable[[int], None] = lambda _number: None,
    ) -> None:
        """Raises BadConfiguration for an address of another form; opens nothing yet."""
        self.server = server
        self._host, self._port = _parse_address(address)
        self._tap_for = tap_for
        self._on_end = on_end
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listening: socket.socket | None = None
        self._cut: CutCable | None = None
        self._wires: dict[int, tuple[DescriptorWire, socket.socket]] = {}
        self._accepted = 0
        self._timer: asyncio.TimerHandle | None = None
        self._error: EmulatorError | None = None
        self._ended = asyncio.Event()

    @property
    def address(self) -> str:
        """Where it listens, with the port number that was found."""
        return f"tcp:{self._host}:{self._port}"

    @property
    def port(self) -> int:
        """The port number."""
        return self._port

    def start(self) -> None:
        """Listen, on the running loop. Raises PortError when the address cannot be had."""
        self._loop = asyncio.get_running_loop()
        self._listen()
        self.wake()

    def close(self) -> None:
        """Close all connections and stop listening; closing twice is fine."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._stop_listening()
        for number in tuple(self._wires):
            self._close(number)
        self._ended.set()

    async def wait(self) -> None:
        """Return when the port is closed. Raises what the server raised if it failed."""
        await self._ended.wait()
        if self._error is not None:
            raise self._error

    def wake(self) -> None:
        """Step the server now. Call it after changing it, or a meter, from outside."""
        if self._loop is None or self._ended.is_set():
            return
        try:
            outputs = self.server.step(self._loop.time())
            for output in outputs:
                self._put_out(output)
            self._follow_fault()
        except EmulatorError as error:
            self._error = error
            self.close()
            return
        due_s = self.server.next_deadline_s()
        if self._timer is None or self._timer.when() != due_s:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(due_s, self._timer_fired)

    def _timer_fired(self) -> None:
        self._timer = None
        self.wake()

    # -- listening -----------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        assert self._loop is not None
        try:
            listening = socket.create_server((self._host, self._port), backlog=_BACKLOG)
        except OSError as error:
            raise PortError(f"{self.address}: cannot listen: {error.strerror or error}") from error
        listening.setblocking(False)
        self._port = listening.getsockname()[1]
        self._listening = listening
        self._loop.add_reader(listening.fileno(), self._accept, listening)

    def _stop_listening(self) -> None:
        if self._listening is not None and self._loop is not None:
            self._loop.remove_reader(self._listening.fileno())
            self._listening.close()
            self._listening = None
        if self._cut is not None:
            self._cut.mend(_BACKLOG)
            self._cut = None

    def _follow_fault(self) -> None:
        if not self.server.listening:
            self._stop_listening()
        elif self._listening is None:
            self._listen()
        if self._listening is not None and self.server.unplugged is not (self._cut is not None):
            self._cut_or_mend(self._listening)

    def _cut_or_mend(self, listening: socket.socket) -> None:
        assert self._loop is not None
        if self._cut is None:
            self._loop.remove_reader(listening.fileno())
            self._cut = CutCable(listening)
        else:
            self._cut.mend(_BACKLOG)
            self._cut = None
            self._loop.add_reader(listening.fileno(), self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        assert self._loop is not None
        try:
            connection, (host, port, *_) = listening.accept()
        except OSError:  # it was given up before it was accepted
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._accepted += 1
        number, peer = self._accepted, f"{host}:{port}"
        tap = self._tap_for(number, peer)
        wire = DescriptorWire(
            _called(number),
            connection.fileno(),
            Events(
                sent=partial(tap, "tx"), received=partial(self._received, number, tap), lost=partial(self._lost, number)
            ),
            self._loop,
            flush_output=lambda: None,
            modem_line=_no_modem_line,
            close=connection.close,
        )
        self._wires[number] = (wire, connection)
        self.server.connected(number, host, self._loop.time())
        self.wake()

    # -- connections ---------------------------------------------------------------------------------------------

    def _received(self, number: int, tap: Tap, data: bytes) -> None:
        assert self._loop is not None
        tap("rx", data)
        try:
            self.server.receive(number, data, self._loop.time())
        except EmulatorError as error:
            self._error = error
            self.close()
            return
        self.wake()

    def _lost(self, number: int, error: PortError) -> None:
        assert self._loop is not None
        del self._wires[number]
        self._on_end(number)
        # Without numbers of ports, which differ from run to run.
        self.server.disconnected(number, str(error).removeprefix(f"port {_called(number)}: "), self._loop.time())
        self.wake()

    def _put_out(self, output: Output) -> None:
        found = self._wires.get(output.connection)
        if found is None:
            return
        wire, connection = found
        if output.data and wire.pending:
            self._lost_by_us(output.connection)
            return
        if output.data:
            wire.write(output.data)
        if output.end == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        if output.end is not None:
            self._close(output.connection)

    def _lost_by_us(self, number: int) -> None:
        assert self._loop is not None
        self._close(number)
        self.server.disconnected(number, "it left its answers unread", self._loop.time())

    def _close(self, number: int) -> None:
        wire, _ = self._wires.pop(number)
        wire.close()
        self._on_end(number)


def _called(number: int) -> str:
    return f"connection {number}"


def _no_modem_line(line: ModemLine) -> bool:
    raise BadConfiguration(f"Ethernet has no {line.upper()} line")


def _parse_address(address: str) -> tuple[str, int]:
    scheme, _, rest = address.partition(":")
    host, colon, port = rest.rpartition(":")
    # IPv4 only, as the meters are (ALB-TCP-007).
    if scheme == "tcp" and colon and ":" not in host:
        if not port:
            return host or LOOPBACK, PORT
        if port.isascii() and port.isdigit() and int(port) <= 65_535:
            return host or LOOPBACK, int(port)
    raise BadConfiguration(f"Modbus TCP address {address!r}: use tcp:host:port, such as tcp:127.0.0.1:502")
