"""Bytes under way: what was handed to a descriptor in this process and has not yet been read at its other end.

Virtual time must not move while a byte is in flight. poll(2) already sees what the kernel has delivered; the ledger
covers what it has not: a hop counts what went in and what came out, and the difference must be zero before time jumps.
"""

from __future__ import annotations

from rig.errors import HarnessError


class Hop:
    """One direction of one descriptor pair, e.g. "p1: cable to station". Counts are bytes."""

    __slots__ = ("_ledger", "in_flight", "name", "open")

    def __init__(self, ledger: Ledger, name: str) -> None:
        self._ledger = ledger
        self.name = name
        self.in_flight = 0
        self.open = False

    def opened(self) -> None:
        """The far end now reads in this process: from here on every byte counts."""
        self.open = True

    def closed(self) -> None:
        """The far end stopped reading: what is still in the kernel is lost, as on a real port."""
        self._ledger.in_flight -= self.in_flight
        self.in_flight = 0
        self.open = False

    def sent(self, count: int) -> None:
        """`count` bytes were accepted by the kernel. Call it right after the write."""
        if self.open:
            self.in_flight += count
            self._ledger.in_flight += count

    def received(self, count: int) -> None:
        """`count` bytes were read at the far end. Raises HarnessError if they were never sent."""
        if self.open:
            self.in_flight -= count
            self._ledger.in_flight -= count
            if self.in_flight < 0:
                raise HarnessError(
                    f"{self.name}: {-self.in_flight} bytes were read that nobody wrote; "
                    "a second program seems to hold the other end of this port"
                )


class Ledger:
    """All hops of one run; `in_flight` is their sum."""

    __slots__ = ("hops", "in_flight")

    def __init__(self) -> None:
        self.in_flight = 0
        self.hops: list[Hop] = []

    def hop(self, name: str) -> Hop:
        """A new hop, closed until its reader opens it."""
        hop = Hop(self, name)
        self.hops.append(hop)
        return hop

    def describe(self) -> str:
        """Who still waits for bytes, for an error message."""
        return ", ".join(f"{hop.name} ({hop.in_flight} bytes)" for hop in self.hops if hop.in_flight) or "nobody"
