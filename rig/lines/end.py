"""One end of a line: where bytes enter and leave the cable. Made real by `pty.py` and `endpoint.py`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rig.clock import VirtualLoop, WallLoop
from rig.errors import ConfigurationError, HarnessError
from rig.lines.format import PortSettings

Loop = VirtualLoop | WallLoop
# tap("rx", data): the program at this end read `data` from its port; tap("tx", data): the port accepted it.
Tap = Callable[[str, bytes], None]


@dataclass(frozen=True, slots=True)
class EndSpec:
    """What stands at one end of a line.

    `where` is "pty", a serial device ("/dev/ttyUSB0"), "socket://host:port" or "rfc2217://host:port".
    `settings` differ from the line's where a mismatch is to be modelled; None: the line's. `follows_port`: on a pty,
    the rate is the one that the program at this end has set its port to, from the next byte on; a pty shows a rate,
    but no character format.
    `request_line` names the modem line that carries the P1 Data Request on a device; None: the line has it as a
    property. `request_inverted`: the request is active while that line is not asserted, as when the 5 V of the
    request pin goes straight to the CTS# pin of a TTL adapter. Raises ConfigurationError for another line.
    """

    where: str = "pty"
    settings: PortSettings | None = None
    request_line: Literal["CTS", "DSR"] | None = None
    request_inverted: bool = False
    follows_port: bool = False

    def __post_init__(self) -> None:
        if self.request_line not in (None, "CTS", "DSR"):
            raise ConfigurationError(f"request_line {self.request_line!r} cannot be read; use CTS or DSR")


@dataclass(frozen=True, slots=True)
class ModemLines:
    """The modem lines that a port shows; True is asserted."""

    cts: bool
    dsr: bool


class End(ABC):
    """The cable's side of one end. `receive` gets the bytes that come in; `failed` is told once if the port breaks."""

    # Whether the port has a UART of its own, which paces the bytes; on a pty the cable has to.
    paces_itself = False

    def __init__(self, name: str, loop: Loop, settings: PortSettings) -> None:
        self.name = name
        self.settings = settings
        self._loop = loop
        self._receive: Callable[[bytes], None] = lambda _data: None
        self._failed: Callable[[HarnessError], None] = lambda _error: None

    @property
    @abstractmethod
    def path(self) -> str:
        """What a program opens to talk over this end, or where this end leads."""

    @abstractmethod
    async def open(self, receive: Callable[[bytes], None], failed: Callable[[HarnessError], None]) -> None:
        """Take the port into the loop. Raises HarnessError or ConfigurationError and leaves nothing open then."""

    @abstractmethod
    async def close(self) -> None:
        """Give the port back; bytes still in it are lost. Harmless when not open."""

    @abstractmethod
    def write(self, data: bytes) -> int:
        """Hand `data` to the port; returns how many bytes it had room for."""

    @abstractmethod
    def discard(self) -> None:
        """Forget what was handed over and not yet sent, where the port has such a store."""

    @property
    @abstractmethod
    def idle(self) -> bool:
        """No byte is in the port, as far as this process can know."""

    @abstractmethod
    def attach(self, program: str) -> Tap:
        """Announce that `program`, in this process, has opened `path`; see PtyEnd. Raises HarnessError elsewhere."""

    @abstractmethod
    def detach(self) -> None:
        """The program announced by `attach` closes its port. Harmless when nobody is attached."""

    def retune(self, settings: PortSettings) -> None:
        """From the next byte on the port has these settings."""
        self.settings = settings

    def port_baud(self) -> int | None:
        """The rate that the program at this end has set, where the port shows one; None elsewhere."""
        return None

    @abstractmethod
    def modem_lines(self) -> ModemLines | None:
        """The modem lines as they are now; None when the port has none or does not know yet."""
