"""A TCP line: what goes over the connections of one server, counted, recorded and captured.

The connection itself is the operating system's, between the station and the emulator; nothing stands in between. What
goes wrong on it is therefore a fault of the server's port (see emulators/modbus), not of the line.
"""

from __future__ import annotations

from binascii import crc32
from pathlib import Path
from typing import Literal

from rig.clock import Hop
from rig.lines.end import Loop, Tap
from rig.lines.ip_capture import IpCapture
from rig.timeline import Timeline

Direction = Literal["a>b", "b>a"]


class SocketLine:
    """The connections of one server. As on a serial line the emulator stands at end a and the station at end b.

    Virtual time waits for what one end wrote and the other has not read. When a connection ends, what was under way on
    it may still be read or may be lost; it counts no longer, and neither does what a station writes before it hears of
    the end.

    On the timeline, under the line's name: `frame` for every chunk that was handed over, with the fields of a serial
    line's. `capture` is the pcapng file to write.
    """

    def __init__(self, name: str, *, loop: Loop, timeline: Timeline, capture: Path | None = None) -> None:
        self.name = name
        self._loop = loop
        self._timeline = timeline
        self._capture_path = capture
        self._capture: IpCapture | None = None
        self._to_station = loop.ledger.hop(f"line {name}, server to station")
        self._to_server = loop.ledger.hop(f"line {name}, station to server")
        self._attached = False
        self._connections: set[int] = set()

    def open(self) -> None:
        """Begin the capture. Raises HarnessError when it cannot be written."""
        if self._capture_path is not None:
            self._capture = IpCapture(self._capture_path, self.name)

    def close(self) -> None:
        """End the capture. Harmless when not open."""
        self.detach()
        if self._capture is not None:
            self._capture.close()
            self._capture = None

    def tap_for(self, number: int, _peer: str) -> Tap:
        """The server's end of a new connection: its tap, to be told "tx" and "rx" after each write and read."""
        self._connections.add(number)
        if self._capture is not None:
            self._capture.opened(number, self._loop.time())

        def tap(way: str, data: bytes) -> None:
            if way == "tx":
                self._to_station.sent(len(data))
                self._carried("a>b", number, data)
            else:
                _received(self._to_server, data)
                self._carried("b>a", number, data)

        return tap

    def ended(self, number: int) -> None:
        """A connection is no more."""
        self._connections.discard(number)
        if self._attached:
            self._count_from_zero()
        if self._capture is not None:
            self._capture.ended(number, self._loop.time())

    def attach(self) -> Tap:
        """A station in this process takes end b; it has one connection at a time. Returns its tap."""
        self._attached = True
        self._count_from_zero()

        def tap(way: str, data: bytes) -> None:
            if way == "rx":
                _received(self._to_station, data)
            elif self._connections:
                self._to_server.sent(len(data))

        return tap

    def detach(self) -> None:
        """That station is off: nobody reads any more."""
        self._attached = False
        self._to_station.closed()
        self._to_server.closed()

    def _count_from_zero(self) -> None:
        for hop in (self._to_station, self._to_server):
            hop.closed()
            hop.opened()

    def _carried(self, direction: Direction, number: int, data: bytes) -> None:
        now_s = self._loop.time()
        if self._capture is not None:
            self._capture.data(number, now_s, data, by_server=direction == "a>b")
        fields = {
            "line": self.name,
            "dir": direction,
            "length": len(data),
            "crc32": f"{crc32(data):08x}",
            "from_s": round(now_s, 6),
            "to_s": round(now_s, 6),
        }
        self._timeline.record(now_s, self.name, "frame", fields)


def _received(hop: Hop, data: bytes) -> None:
    """What was written on a connection that has ended since is not counted any more."""
    hop.received(min(len(data), hop.in_flight))
