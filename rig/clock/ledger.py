"""Bytes under way: what was handed to a descriptor in this process and has not yet been read at its other end.

Virtual time must not move while a byte is in flight. poll(2) already sees what the kernel has delivered; the ledger
covers what it has not: a hop counts what went in and what came out, and the difference must be zero before time jumps.
"""

from __future__ import annotations

import os

from rig.errors import HarnessError


class Hop:
    """One direction of one descriptor pair, e.g. "p1: cable to station". Counts are bytes."""

    __slots__ = ("_device", "_ledger", "in_flight", "name", "open")

    def __init__(self, ledger: Ledger, name: str) -> None:
        self._ledger = ledger
        self.name = name
        self.in_flight = 0
        self.open = False
        self._device: int | None = None

    def opened(self, tty: int | None = None) -> None:
        """The far end now reads in this process: from here on every byte counts.

        `tty` is a descriptor of the tty that it reads from, open until `closed`, where nobody else can write to it.
        """
        self.open = True
        if tty is not None:
            self._device = os.fstat(tty).st_rdev
            self._ledger.devices |= {self._device}

    def closed(self) -> None:
        """The far end stopped reading: what is still in the kernel is lost, as on a real port."""
        self._ledger.in_flight -= self.in_flight
        self.in_flight = 0
        self.open = False
        if self._device is not None:
            self._ledger.devices -= {self._device}
            self._ledger.busy.pop(self._device, None)
            self._device = None

    def sent(self, count: int) -> None:
        """`count` bytes were accepted by the kernel. Call it right after the write."""
        if self.open:
            self.in_flight += count
            self._ledger.in_flight += count
            if count and self._device is not None:
                self._ledger.busy[self._device] = None

    def received(self, count: int) -> None:
        """`count` bytes were read at the far end. Raises HarnessError if they were never sent."""
        if self.open:
            self.in_flight -= count
            self._ledger.in_flight -= count
            if self._device is not None and not self.in_flight:
                self._ledger.busy.pop(self._device, None)
            if self.in_flight < 0:
                raise HarnessError(
                    f"{self.name}: {-self.in_flight} bytes were read that nobody wrote; "
                    "a second program seems to hold the other end of this port"
                )


class Ledger:
    """All hops of one run; `in_flight` is their sum.

    `devices` are the ttys (device numbers) from which nothing can be read that is not counted; replaced when it
    changes. `busy` are those of them to which bytes are under way.
    """

    __slots__ = ("busy", "devices", "hops", "in_flight")

    def __init__(self) -> None:
        self.in_flight = 0
        self.devices: frozenset[int] = frozenset()
        self.busy: dict[int, None] = {}
        self.hops: list[Hop] = []

    def hop(self, name: str) -> Hop:
        """A new hop, closed until its reader opens it."""
        hop = Hop(self, name)
        self.hops.append(hop)
        return hop

    def describe(self) -> str:
        """Who still waits for bytes, for an error message."""
        return ", ".join(f"{hop.name} ({hop.in_flight} bytes)" for hop in self.hops if hop.in_flight) or "nobody"
