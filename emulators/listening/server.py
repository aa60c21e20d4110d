"""What a port asks of the server that it serves, and what the server has it do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

End = Literal["close", "reset"]


class Output(NamedTuple):
    """What a connection, by its number, has to send now, and how it ends after that; None: it stays."""

    connection: int
    data: bytes
    end: End | None = None


class Server(Protocol):
    """Connections and what is said over them. It is told what happens, and asked what to do, at `now_s`."""

    def connected(self, number: int, peer: str, now_s: float) -> None:
        """A connection was accepted by the operating system; `number` is new, `peer` is its host."""

    def disconnected(self, number: int, why: str, now_s: float) -> None:
        """The other end closed a connection, or it was lost."""

    def receive(self, number: int, data: bytes, now_s: float) -> None:
        """Bytes that came over a connection."""

    def step(self, now_s: float) -> Sequence[Output]:
        """What goes out at `now_s`, connection by connection."""

    def next_deadline_s(self) -> float | None:
        """When it wants to be stepped next; None when never."""
