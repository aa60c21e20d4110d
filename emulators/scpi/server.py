"""An instrument on a network: connections, lines that come over them, and answers. Pure.

Instruments with a raw socket (port 5025 by custom) end each message, theirs and ours, with a line feed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from emulators.events import Emit, silent
from emulators.listening.server import Output
from emulators.scpi.errors import INPUT_OVERRUN, ScpiError
from emulators.scpi.instrument import Instrument

MAX_MESSAGE_BYTES = 4096  # without the line feed
MAX_CONNECTIONS = 8
# More than the largest answer; who leaves so much unread is not reading.
MAX_WAITING_BYTES = 4_000_000
_SHOWN_CHARS = 80
_PRINTABLE = bytes(byte if 32 <= byte < 127 else ord("?") for byte in range(256))
_FEED = b"\n"


class ScpiServer:
    """Serves one instrument to up to MAX_CONNECTIONS clients; one more is closed at once.

    A message is carried out when its line feed arrives, and the answer leaves `answer_after_s` later. Leave that at 0
    in virtual time when a client waits in a thread: the clock stands still until it has its answer. A line longer
    than MAX_MESSAGE_BYTES is dropped and put down as an input buffer overrun.

    Events: `scpi` with `instrument`, `connection`, `message`, `answer` (null when there is none), `errors` (as
    `SYSTem:ERRor?` would answer them); `connection` with `server`, `connection`, `what` ("accepted", "refused",
    "closed", "lost") and `why`.
    """

    def __init__(
        self, instrument: Instrument[Any], *, name: str, answer_after_s: float = 0.0, emit: Emit = silent
    ) -> None:
        self.instrument = instrument
        self.name = name
        self.mute = False
        """Whether it hangs: it takes messages and does nothing."""
        self._answer_after_s = answer_after_s
        self._emit = emit
        self._connections: dict[int, _Connection] = {}
        self._ending: list[Output] = []

    @property
    def connections(self) -> int:
        """How many clients there are."""
        return len(self._connections)

    # -- what the port tells -------------------------------------------------------------------------------------

    def connected(self, number: int, peer: str, now_s: float) -> None:
        """A connection was accepted by the operating system; `number` is new, `peer` is for the events."""
        if len(self._connections) == MAX_CONNECTIONS:
            self._report(number, "refused", f"{MAX_CONNECTIONS} connections are all there is, {peer} came", now_s)
            self._ending.append(Output(number, b"", "close"))
            return
        self._connections[number] = _Connection()
        self._report(number, "accepted", peer, now_s)

    def disconnected(self, number: int, why: str, now_s: float) -> None:
        """The other end closed a connection, or it was lost. A message without its line feed is forgotten."""
        if self._connections.pop(number, None) is not None:
            self._report(number, "lost", why, now_s)

    def receive(self, number: int, data: bytes, now_s: float) -> None:
        """Bytes that came over a connection."""
        connection = self._connections.get(number)
        if connection is None or self.mute:
            return
        for line in connection.lines(data):
            self._execute(number, connection, line, now_s)
            if connection.waiting_b > MAX_WAITING_BYTES:
                del self._connections[number]
                self._ending.append(Output(number, b"", "close"))
                self._report(number, "closed", "it leaves its answers unread", now_s)
                return

    # -- time ----------------------------------------------------------------------------------------------------

    def step(self, now_s: float) -> list[Output]:
        """What goes out at `now_s`, connection by connection."""
        outputs = []
        for number, connection in self._connections.items():
            if data := connection.take(now_s):
                outputs.append(Output(number, data))
        outputs += self._ending
        self._ending = []
        return outputs

    def next_deadline_s(self) -> float | None:
        """When the next answer is due; None: none is."""
        due = [connection.due[0][0] for connection in self._connections.values() if connection.due]
        return min(due) if due else None

    # -- messages ------------------------------------------------------------------------------------------------

    def _execute(self, number: int, connection: _Connection, line: bytes | None, now_s: float) -> None:
        status = self.instrument.status
        known = len(status.errors)
        answer = None
        if line is None:
            status.put(ScpiError(INPUT_OVERRUN, f"more than {MAX_MESSAGE_BYTES} bytes"))
        else:
            answer = self.instrument.execute(line, now_s)
        if answer is not None:
            connection.put(now_s + self._answer_after_s, answer + _FEED)
        self._emit(
            now_s,
            "scpi",
            {
                "instrument": self.name,
                "connection": number,
                "message": None if line is None else _shown(line),
                "answer": None if answer is None else _shown(answer),
                "errors": max(0, len(status.errors) - known),
            },
        )

    def _report(self, number: int, what: str, why: str, now_s: float) -> None:
        self._emit(now_s, "connection", {"server": self.name, "connection": number, "what": what, "why": why})


class _Connection:
    """One client: the line that has not ended yet, and the answers that have not left yet."""

    def __init__(self) -> None:
        self._heard = bytearray()
        self._overrun = False
        self.due: deque[tuple[float, bytes]] = deque()
        self.waiting_b = 0

    def lines(self, data: bytes) -> Iterator[bytes | None]:
        """The lines that end in `data`, without their line feeds; None for one that was too long."""
        *ended, rest = data.split(_FEED)
        for piece in ended:
            self._take_in(piece)
            line = None if self._overrun else bytes(self._heard)
            self._heard.clear()
            self._overrun = False
            yield line
        self._take_in(rest)

    def _take_in(self, piece: bytes) -> None:
        self._overrun = self._overrun or len(self._heard) + len(piece) > MAX_MESSAGE_BYTES
        if self._overrun:
            self._heard.clear()
        else:
            self._heard += piece

    def put(self, due_s: float, data: bytes) -> None:
        """An answer for later."""
        self.due.append((due_s, data))
        self.waiting_b += len(data)

    def take(self, now_s: float) -> bytes:
        """What is due, which is then gone."""
        pieces = []
        while self.due and self.due[0][0] <= now_s:
            pieces.append(self.due.popleft()[1])
        self.waiting_b -= sum(map(len, pieces))
        return b"".join(pieces)


def _shown(data: bytes) -> str:
    """For the timeline: what can be printed of it, and not too much."""
    if data.startswith(b"#"):
        return f"block of {len(data)} bytes"
    text = data[: _SHOWN_CHARS + 1].translate(_PRINTABLE).decode("ascii")
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "..."
