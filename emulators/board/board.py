"""The board: sockets, Data Request pin and external contact behind one board link (model, no I/O, no clock)."""

from collections.abc import Callable, Sequence

from emulators.board.codec import (
    VERSION,
    Contact,
    Drive,
    Hello,
    LineBuffer,
    Message,
    Request,
    format_line,
    parse,
)
from emulators.board.socket import Socket
from emulators.errors import BadConfiguration, Malformed
from emulators.events import Emit, silent
from emulators.pilot.circuit import LOW


class Board:
    """One power board. Raises BadConfiguration unless the sockets are numbered 1, 2, 3, …

    `on_request(on, at_s)` follows the P1 Data Request pin; the pin is off while no station is connected. The external
    circuit at the potential-free input is open until `set_contact` closes it.
    Emits `link` (`up`) when a station comes or goes, `contact` (`closed`), and `log` (`text`) for every line it drops;
    `malformed` counts those. A station has to greet before it can drive.
    """

    def __init__(
        self,
        sockets: Sequence[Socket],
        *,
        on_request: Callable[[bool, float], None] | None = None,
        emit: Emit = silent,
    ) -> None:
        numbers = [socket.number for socket in sockets]
        if not numbers or numbers != list(range(1, len(numbers) + 1)):
            raise BadConfiguration(f"board: sockets are numbered {numbers}; they are numbered 1, 2, 3, ...")
        self.sockets = tuple(sockets)
        self.malformed = 0
        self.contact_closed = False
        self._on_request = on_request
        self._emit = emit
        self._link_up = False
        self._greeted = False
        self._requested = False
        self._contact_changes: list[Contact] = []
        self._contact_s = 0.0
        self._lines = LineBuffer()

    # -- the link ------------------------------------------------------------------------------------------------

    def connected(self, now_s: float) -> bytes:
        """A station connected: the greeting, the contact and the state of every socket."""
        self.step(now_s)
        self._link_up = True
        self._greeted = False
        self._lines = LineBuffer()
        self._emit(now_s, "link", {"up": True})
        state: list[Message] = [Contact(self.contact_closed), *(socket.sense() for socket in self.sockets)]
        return b"".join(map(format_line, [Hello("board", VERSION, len(self.sockets)), *state]))

    def disconnected(self, now_s: float) -> None:
        """The link broke: contactors open, pilots to -12 V, Data Request off."""
        self._step_sockets(now_s)
        self._link_up = False
        self._emit(now_s, "link", {"up": False})
        for socket in self.sockets:
            socket.drive(LOW, False, now_s)
            socket.take_senses()
        self._request(False, now_s)

    def receive(self, data: bytes, now_s: float) -> bytes:
        """Take in bytes of the station; returns what the board says at once."""
        self._step_sockets(now_s)
        for line in self._lines.feed(data):
            try:
                self._obey(parse(line), now_s)
            except Malformed as error:
                self.malformed += 1
                self._emit(now_s, "log", {"text": f"board link: line dropped: {error}"})
        return self._news()

    # -- what happens from outside -------------------------------------------------------------------------------

    def set_contact(self, closed: bool, now_s: float) -> None:
        """Close or open the external circuit at the potential-free input; doing what is done already is no change."""
        if closed != self.contact_closed:
            self.contact_closed = closed
            self._contact_changes.append(Contact(closed))
            self._contact_s = now_s
            self._emit(now_s, "contact", {"closed": closed})

    # -- time ----------------------------------------------------------------------------------------------------

    def next_deadline_s(self) -> float | None:
        """When `step` wants to be called; in the past while something waits, None when never."""
        if self._contact_changes:
            return self._contact_s
        due = [due_s for socket in self.sockets if (due_s := socket.next_deadline_s()) is not None]
        return min(due) if due else None

    def step(self, now_s: float) -> bytes:
        """Do what is due; returns what the board has to say (nothing while no station is connected)."""
        self._step_sockets(now_s)
        return self._news()

    def _step_sockets(self, now_s: float) -> None:
        for socket in self.sockets:
            socket.step(now_s)

    def _news(self) -> bytes:
        news: list[Message] = [*self._contact_changes]
        self._contact_changes.clear()
        news += (sense for socket in self.sockets for sense in socket.take_senses())
        return b"".join(map(format_line, news)) if self._link_up else b""

    # -- what the station says -----------------------------------------------------------------------------------

    def _obey(self, message: Message, now_s: float) -> None:
        if isinstance(message, Hello):
            self._greet(message)
        elif not self._greeted:
            raise Malformed(f"{type(message).__name__.upper()} before the greeting; HELLO station comes first")
        elif isinstance(message, Drive):
            if message.socket > len(self.sockets):
                raise Malformed(f"DRIVE: socket is {message.socket}; this board has {len(self.sockets)}")
            self.sockets[message.socket - 1].drive(message.pilot, message.contactor, now_s)
        elif isinstance(message, Request):
            self._request(message.on, now_s)
        else:
            word = type(message).__name__.upper()
            raise Malformed(f"{word} is a line of the board; a station sends HELLO, DRIVE and REQUEST")

    def _greet(self, hello: Hello) -> None:
        expected = Hello("station", VERSION, len(self.sockets))
        if hello != expected:
            theirs, ours = (format_line(each).decode().strip() for each in (hello, expected))
            raise Malformed(f"greeting {theirs!r}; this board works with {ours!r}")
        self._greeted = True

    def _request(self, on: bool, now_s: float) -> None:
        if on != self._requested:
            self._requested = on
            if self._on_request is not None:
                self._on_request(on, now_s)
