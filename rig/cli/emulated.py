"""What `evse-rig emulate` asks of a device that it emulates, and what it hands to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from rig.errors import RigError

FRESH_PTY = "pty"
TCP = "tcp:"

Request = Literal["always", "cts", "dsr"]
"""Who raises the Data Request: nobody has to, or the consumer does on that modem line of the port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The choices of the command line; None: what the kind of device has of itself.

    `model` is what was asked for: a name, or a file. `port` is a tty, a URL, `pty` for a new one or `tcp:host:port`.
    `version` is one of the kind's, `load` and `pv` are settings like `L1=10A`, `settings` like `ct_ratio=100`, and
    `also` are further meters of the bus like `sdm72d:2`.
    """

    model: str
    start: datetime
    port: str | None = None
    version: str = ""
    phases: int | None = None
    load: Sequence[str] = ()
    pv: Sequence[str] = ()
    request: Request = "always"
    producer: bool = False
    unit: int | None = None
    settings: Sequence[str] = ()
    also: Sequence[str] = ()
    baud: int | None = None
    char_format: str | None = None


class Emulated(Protocol):
    """A device on its port. Its constructor raises ConfigurationError for options that it cannot have."""

    @property
    def help(self) -> Sequence[tuple[str, str]]:
        """Its commands: what to type, and what that does."""

    async def open(self, failed: Callable[[RigError], None]) -> None:
        """Open the port and begin; `failed` is told if the port is lost. Raises RigError with nothing left open."""

    async def close(self) -> None:
        """Stop; safe to call twice."""

    def introduce(self) -> Sequence[str]:
        """Once open: what it is and where, in lines for the user."""

    def do(self, command: str) -> str:
        """Carry out a typed command and say what is so now. Raises ConfigurationError, and nothing has changed then."""

    def status(self) -> str:
        """How it is, in one line."""

    def sent(self) -> str:
        """How much it has sent, for the end."""
