"""The board's port: a stream server for one station at a time, and the timer that steps the model."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from emulators.board.board import Board
from emulators.errors import BadConfiguration, PortError
from emulators.events import Emit, silent

Tap = Callable[[str, bytes], None]
LOOPBACK = "127.0.0.1"
UNREAD_LIMIT_BYTES = 65_536  # a station that leaves more than this unread is disconnected


class BoardPort:
    """Serves `board` on `unix:/path` or `tcp:host:port` (`tcp::port` is loopback; port 0 takes a free one).

    One station at a time: a second connection is closed at once, with a `log` event. `tap(direction, data)` is told
    "rx" for each chunk as the event loop read it from the socket, and "tx" for each chunk when it was handed to the
    transport, which writes it to the socket in the same call unless the socket's buffer is full. So the bytes told
    as "tx" and not yet read by the other side are exactly the bytes in flight. Bytes of refused connections are
    neither read nor told.

    `name` stands for the port in log events; an address that is made up anew for each run does not belong there.
    Raises BadConfiguration for an address of another form.
    """

    def __init__(
        self, board: Board, address: str, *, name: str = "board link", tap: Tap | None = None, emit: Emit = silent
    ) -> None:
        self._board = board
        self._name = name
        self._path, self._host, self._port = _parse_address(address)
        self._tap = tap
        self._emit = emit
        self._server: asyncio.Server | None = None
        self._station: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def address(self) -> str:
        """Where the port listens, with the port number that was found."""
        if self._path is not None:
            return f"unix:{self._path}"
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"tcp:{host}:{self._port}"

    async def start(self) -> None:
        """Listen. Raises PortError when the address cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            if self._path is None:
                self._server = await loop.create_server(lambda: _Link(self), self._host, self._port)
                self._port = self._server.sockets[0].getsockname()[1]
            elif self._path.exists():
                # asyncio would take a socket file away from whoever listens there
                raise PortError(f"{self.address}: the path exists; stop who uses it, or remove it")
            else:
                self._server = await loop.create_unix_server(lambda: _Link(self), str(self._path))
        except OSError as error:
            raise PortError(f"{self.address}: cannot listen: {error.strerror or error}") from error
        self.poke()

    async def stop(self) -> None:
        """Close the link and the port, and stop the timer. Does nothing to a port that was not started."""
        if self._server is None:
            return
        self._server.close()
        if self._station is not None:
            self._station.abort()
            self._lost(self._station)
        await self._server.wait_closed()
        self._server = None
        self._cancel_timer()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def poke(self) -> None:
        """Step the model now: to be called after something outside changed a car, a socket or the mains."""
        self._send(self._board.step(asyncio.get_running_loop().time()))
        self._set_timer()

    # -- called by the link --------------------------------------------------------------------------------------

    def _found(self, transport: asyncio.Transport) -> bool:
        now_s = asyncio.get_running_loop().time()
        if self._station is not None:
            self._emit(now_s, "log", {"text": f"{self._name}: second station refused; one is connected"})
            transport.abort()
            return False
        self._station = transport
        transport.set_write_buffer_limits(high=UNREAD_LIMIT_BYTES)
        self._send(self._board.connected(now_s))
        self._set_timer()
        return True

    def _received(self, data: bytes) -> None:
        if self._tap is not None:
            self._tap("rx", data)
        self._send(self._board.receive(data, asyncio.get_running_loop().time()))
        self._set_timer()

    def _overrun(self, transport: asyncio.Transport) -> None:
        text = f"{self._name}: station disconnected; it left {UNREAD_LIMIT_BYTES} bytes unread"
        self._emit(asyncio.get_running_loop().time(), "log", {"text": text})
        transport.abort()

    def _lost(self, transport: asyncio.Transport, reason: Exception | None = None) -> None:
        if self._station is transport:
            self._station = None
            now_s = asyncio.get_running_loop().time()
            if reason is not None:
                self._emit(now_s, "log", {"text": f"{self._name}: station lost: {reason}"})
            self._board.disconnected(now_s)
            self._set_timer()

    def _send(self, data: bytes) -> None:
        if data and self._station is not None and not self._station.is_closing():
            self._station.write(data)
            if self._tap is not None:
                self._tap("tx", data)

    # -- the timer -----------------------------------------------------------------------------------------------

    def _set_timer(self) -> None:
        due_s = self._board.next_deadline_s()
        if self._timer is not None and due_s is not None and self._timer.when() == due_s:
            return
        self._cancel_timer()
        if due_s is not None and self._server is not None:
            self._timer = asyncio.get_running_loop().call_at(due_s, self._timer_fired)

    def _timer_fired(self) -> None:
        self._timer = None
        self.poke()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Link(asyncio.Protocol):
    """One connection; hands everything to the port."""

    def __init__(self, port: BoardPort) -> None:
        self._port = port
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport) and self._port._found(transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._transport is not None:
            self._port._received(data)

    def pause_writing(self) -> None:
        if self._transport is not None:
            self._port._overrun(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._port._lost(self._transport, exc)


def _parse_address(address: str) -> tuple[Path | None, str, int]:
    scheme, _, rest = address.partition(":")
    if scheme == "unix" and rest:
        return Path(rest), "", 0
    if scheme == "tcp":
        host, _, port = rest.rpartition(":")
        if port.isascii() and port.isdigit() and int(port) <= 65_535:
            return None, host.strip("[]") or LOOPBACK, int(port)
    raise BadConfiguration(f"board address {address!r}: use unix:/path or tcp:host:port")
