"""What the poller needs of a transport: a request into bytes, bytes into the answer."""

from typing import Protocol

from station.errors import Malformed


class OutOfStep(Malformed):
    """The stream can no longer be cut into frames; only a new connection helps."""


class Framing(Protocol):
    """One transport to one unit. Told the time; one request at a time."""

    @property
    def quiet_s(self) -> float:
        """How long nothing may have been on the line before a request."""

    @property
    def resets(self) -> bool:
        """Whether a line on which nothing answers is worth opening again."""

    def request(self, pdu: bytes) -> bytes:
        """The frame for the next request; whatever came before no longer counts. Raises Malformed for a bad unit."""

    def receive(self, data: bytes, now_s: float, /) -> bytes | None:
        """Take bytes; the answer when it is complete. Raises Malformed for a frame that is not the answer."""

    def step(self, now_s: float, /) -> None:
        """Do what is due. Raises Malformed for a frame that was cut off."""

    def next_deadline_s(self) -> float | None:
        """When step() wants to be called."""

    def unanswered(self) -> str:
        """What came instead of an answer, as the end of a sentence; "" when nothing did."""

    def clear(self) -> None:
        """Forget what was received: a new connection, or nothing is asked."""
