"""Where an emulated meter can be reached: over a cable that leads to a serial port, or on an address."""

from __future__ import annotations

import asyncio
import errno
import random
from collections.abc import Callable
from typing import Generic, Literal, Protocol, TypeVar

from emulators.errors import BadConfiguration, EmulatorError, PortError
from emulators.modbus import TcpServer
from emulators.modbus.tcp_port import TcpPort
from rig.cli.emulated import FRESH_PTY
from rig.clock import VirtualLoop, WallLoop
from rig.errors import ConfigurationError, HarnessError, RigError
from rig.lines import CharFormat, EndSpec, Line
from rig.timeline import Event, Timeline

_LISTEN_ADVICE = {
    errno.EACCES: "ports below 1024 are for root; take another one, such as tcp:{host}:1502, or permit this one: "
    "sudo sysctl net.ipv4.ip_unprivileged_port_start={port}",
    errno.EADDRINUSE: "another program listens there; end that one, or take another port",
    errno.EADDRNOTAVAIL: "this machine has no such address; 0.0.0.0 stands for all that it has",
}


class Port(Protocol):
    """What all ports of emulators have."""

    def close(self) -> None:
        """Close it; closing twice is fine."""

    async def wait(self) -> None:
        """Return when it is closed. Raises EmulatorError when it was lost."""


PortT = TypeVar("PortT", bound=Port)


class Outlet(Protocol):
    """A meter's port while the command runs."""

    @property
    def where(self) -> str:
        """What to open to talk to the meter; where a cable leads."""

    async def open(self, failed: Callable[[RigError], None]) -> None:
        """Begin; `failed` is told if the port is lost. Raises RigError with nothing left open."""

    async def close(self) -> None:
        """End; safe to call twice."""


class SerialOutlet(Generic[PortT]):
    """A cable from a meter to `where`: a tty, a URL, or `pty` for a new one.

    `plug` makes the meter's port at the near end of the cable, when that is open. `request_line` is the modem line
    that carries a Data Request, `request` the request at the start where none does; None: the meter knows no such
    thing. Raises ConfigurationError for a place or settings that make no sense.
    """

    def __init__(
        self,
        name: str,
        where: str,
        loop: VirtualLoop | WallLoop,
        plug: Callable[[Line], PortT],
        *,
        baud: int,
        char_format: str,
        request_line: Literal["CTS", "DSR"] | None = None,
        request: bool | None = None,
    ) -> None:
        self._name = name
        self._place = where
        self._loop = loop
        self._plug = plug
        self._request_line: Literal["CTS", "DSR"] | None = request_line
        self._request = request
        self._failed: Callable[[RigError], None] = lambda _error: None
        self._watch: asyncio.Task[None] | None = None
        self._retuning: asyncio.Task[None] | None = None
        self.port: PortT | None = None
        # Nobody reads the pty, or the port takes bytes slower than they come.
        self._overrun = False
        self.line = self._make_line(baud, char_format)

    @property
    def where(self) -> str:
        """See Outlet."""
        return self.line.b.path

    @property
    def is_pty(self) -> bool:
        """Whether it made a tty of its own."""
        return self._place == FRESH_PTY

    @property
    def status(self) -> str:
        """What is wrong with it, for a status line; nothing when all is well."""
        if not self._overrun:
            return ""
        return "nobody reads it" if self.is_pty else "the port takes it too slowly"

    async def open(self, failed: Callable[[RigError], None]) -> None:
        """See Outlet."""
        self._failed = failed
        line = self.line
        await line.open()
        line.on_failure(failed)
        try:
            self.port = self._plug(line)
        except EmulatorError as error:
            await line.close()
            raise HarnessError(str(error)) from error
        self._watch = asyncio.create_task(_watch(self.port, failed))

    async def close(self) -> None:
        """See Outlet."""
        if self._retuning is not None:
            await self._retuning
        await self._close()

    def retune(self, baud: int, char_format: str) -> None:
        """The meter talks with other settings from now on: its serial port is closed and opened with them.

        What was handed to it before goes out first. A pty and a socket have no settings.
        """
        if not self.is_pty and not self._place.startswith("socket:"):
            self._retuning = asyncio.create_task(self._reopen(baud, char_format, after=self._retuning))

    async def _reopen(self, baud: int, char_format: str, after: asyncio.Task[None] | None) -> None:
        if after is not None:
            await after
        await self._close()
        try:
            self.line = self._make_line(baud, char_format)
            await self.open(self._failed)
        except RigError as error:
            self._failed(error)

    async def _close(self) -> None:
        if self.port is not None:
            self.port.close()
        if self._watch is not None:
            await self._watch
        await self.line.close()

    def _make_line(self, baud: int, char_format: str) -> Line:
        timeline = Timeline()
        timeline.listen(self._note)
        timeline.listen(lambda _event: timeline.events.clear())  # nobody reads it, and a meter runs for weeks
        return Line(
            self._name,
            loop=self._loop,
            timeline=timeline,
            rng=random.Random(),
            baud=baud,
            fmt=CharFormat.parse(char_format),
            b=EndSpec(self._place, request_line=self._request_line),
            request=self._request,
        )

    def _note(self, event: Event) -> None:
        """The line records a chunk that arrived before it records that there was no room for it."""
        self._overrun = event.kind == "overrun" or (self._overrun and event.kind != "frame")


class TcpOutlet:
    """A server on an address like `tcp:127.0.0.1:1502`. Raises ConfigurationError for another form."""

    def __init__(self, address: str, server: TcpServer) -> None:
        try:
            self.port = TcpPort(server, address)
        except BadConfiguration as error:
            raise ConfigurationError(f"--port: {error}") from None
        self._watch: asyncio.Task[None] | None = None

    @property
    def where(self) -> str:
        """See Outlet."""
        return self.port.address

    async def open(self, failed: Callable[[RigError], None]) -> None:
        """See Outlet."""
        try:
            self.port.start()
        except PortError as error:
            raise HarnessError(_explained(error, self.port.address)) from error
        self._watch = asyncio.create_task(_watch(self.port, failed))

    async def close(self) -> None:
        """See Outlet."""
        self.port.close()
        if self._watch is not None:
            await self._watch


async def _watch(port: Port, failed: Callable[[RigError], None]) -> None:
    try:
        await port.wait()
    except EmulatorError as error:
        failed(HarnessError(str(error)))


def _explained(error: PortError, address: str) -> str:
    cause = error.__cause__
    advice = _LISTEN_ADVICE.get(cause.errno or 0) if isinstance(cause, OSError) else None
    _, host, port = address.split(":")
    return f"{address}: cannot listen: {advice.format(host=host, port=port)}" if advice else str(error)
