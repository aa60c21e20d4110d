"""The station's end of the board link: connects, greets, and connects again when the link broke.

While there is no link the board keeps contactor open and pilot at -12 V by itself (docs/board-link.md).
"""

import asyncio
import socket
from typing import NamedTuple, Protocol

from station.board.codec import (
    VERSION,
    BadLine,
    Contact,
    Drive,
    Hello,
    LineDecoder,
    Sense,
    encode_drive,
    encode_hello,
    encode_request,
)
from station.descriptor import DescriptorPort, Tap
from station.errors import PortError

NAME = "board"


class Address(NamedTuple):
    """Where the board listens: a socket family and what connect() takes for it."""

    family: socket.AddressFamily
    target: str | tuple[str, int]


def parse_address(text: str) -> Address:
    """`unix:/path` or `tcp:host:port`. Raises PortError for anything else."""
    scheme, _, rest = text.partition(":")
    if scheme == "unix" and rest:
        return Address(socket.AF_UNIX, rest)
    host, _, port = rest.rpartition(":")
    if scheme == "tcp" and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536:
        return Address(socket.AF_INET, (host, int(port)))
    raise PortError(f"board address {text!r}: 'unix:/path' or 'tcp:host:port' expected")


class Listener(Protocol):
    """Who wants to know what comes over the link."""

    def board_linked(self) -> None:
        """The board has greeted; what is driven must be sent now."""

    def board_lost(self, reason: str) -> None:
        """The link, or an attempt to make it, failed; it is tried again by itself."""

    def board_sense(self, sense: Sense) -> None:
        """A SENSE line came."""

    def board_contact(self, closed: bool) -> None:
        """A CONTACT line came: whether the external circuit at the potential-free input is closed."""

    def board_bad_line(self, reason: str) -> None:
        """A malformed line came and was dropped."""


class BoardPort:
    """One link to the board of a station with so many `sockets`, kept up. `linked` says whether it is there."""

    def __init__(
        self, address: str, listener: Listener, *, sockets: int = 1, retry_s: float, tap: Tap | None = None
    ) -> None:
        self._text = address
        self._address = parse_address(address)
        self._listener = listener
        self._sockets = sockets
        self._retry_s = retry_s
        self._tap = tap
        self._lines = LineDecoder()
        self._port: DescriptorPort | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._attempt: asyncio.Task[None] | None = None
        self.linked = False

    async def open(self, *, wait: bool = False) -> None:
        """Connect for the first time. When nobody listens there: raises PortError, or with `wait` goes on trying."""
        try:
            await self._connect()
        except PortError as error:
            if not wait:
                raise
            self._lost(str(error))

    async def close(self) -> None:
        """Drop the link and stop trying."""
        if self._retry is not None:
            self._retry.cancel()
        if self._attempt is not None:
            self._attempt.cancel()
            await asyncio.gather(self._attempt, return_exceptions=True)
        if self._port is not None:
            self._port.close()
        self.linked = False

    def drive(self, drive: Drive) -> None:
        """Send a DRIVE line, if there is a link."""
        self._write(encode_drive(drive))

    def request(self, level: bool) -> None:
        """Send a REQUEST line, if there is a link."""
        self._write(encode_request(level))

    def _write(self, line: bytes) -> None:
        if self.linked and self._port is not None:
            self._port.write(line)

    async def _connect(self) -> None:
        family, target = self._address
        link = socket.socket(family, socket.SOCK_STREAM)
        try:
            link.setblocking(False)
            await asyncio.get_running_loop().sock_connect(link, target)
            if family == socket.AF_INET:
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            link.close()
            raise PortError(f"board at {self._text}: {error.strerror or error}") from error
        except BaseException:
            link.close()
            raise
        self._lines = LineDecoder()
        self._port = DescriptorPort(link.detach(), NAME, on_data=self._receive, on_lost=self._lost, tap=self._tap)
        self._port.write(encode_hello(self._sockets))

    def _receive(self, data: bytes) -> None:
        for message in self._lines.feed(data):
            if isinstance(message, BadLine):
                self._listener.board_bad_line(message.reason)
            elif isinstance(message, Hello):
                if not self._greeted(message):
                    return
            elif not self.linked:
                continue
            elif isinstance(message, Contact):
                self._listener.board_contact(message.closed)
            elif message.socket > self._sockets:
                has = _counted(self._sockets)
                self._listener.board_bad_line(f"SENSE of socket {message.socket}; this station has {has}")
            else:
                self._listener.board_sense(message)

    def _greeted(self, hello: Hello) -> bool:
        """Whether the board is one to go on with; otherwise the link is dropped and tried again later."""
        refusal = self._refusal(hello)
        if not refusal:
            self.linked = True
            self._listener.board_linked()
            return True
        if self._port is not None:
            self._port.close()
        self._lost(refusal)
        return False

    def _refusal(self, hello: Hello) -> str:
        """Why the station cannot work with that board; "" when it can."""
        if hello.version != VERSION:
            return f"the board speaks version {hello.version} of the link; this station speaks {VERSION}"
        if hello.sockets != self._sockets:
            return f"the board has {_counted(hello.sockets)}; this station has {_counted(self._sockets)}"
        return ""

    def _lost(self, reason: str) -> None:
        self.linked = False
        self._listener.board_lost(reason)
        self._retry_later()

    def _retry_later(self) -> None:
        self._retry = asyncio.get_running_loop().call_later(self._retry_s, self._try_again)

    def _try_again(self) -> None:
        self._attempt = asyncio.get_running_loop().create_task(self._reconnect(), name="board: connect again")

    async def _reconnect(self) -> None:
        try:
            await self._connect()
        except PortError:
            self._retry_later()


def _counted(sockets: int) -> str:
    return f"{sockets} socket" if sockets == 1 else f"{sockets} sockets"
