"""The station on its ports: a thin runtime that feeds the core and carries out what it decides.

It steps the core when something happened or a deadline is due; there is no tick. Ports that go away are reported,
the station keeps running, and they are opened again.
"""

import asyncio
from collections.abc import Callable, Mapping

from station.board.codec import Drive, Sense
from station.board.port import BoardPort
from station.core import Inputs, StationCore
from station.descriptor import Tap
from station.errors import PortError
from station.meter_link import Heard, MeterLink, meter_url
from station.settings import MeterPort, Settings
from station.sources.readers import MeterReader
from station.storage import Storage

Emit = Callable[[float, str, dict[str, object]], None]


class StationRuntime:
    """One station on a board link and, where a meter is selected, its port.

    `p1` is where the P1 port is, `meter` where the port of the selected meter is, whichever it is (a meter on TCP/IP
    is where the settings say unless that is given, and is called by what they say either way). `emit(at_s, kind,
    fields)` gets the events of docs/architecture.md. `tap(port, "rx" or "tx", bytes)` is called after every OS read
    and write on the ports "board" and `meter_port`. With `wait_for_board` the board may come later than the station.
    `core` and `reader` can be replaced. `storage` is what it kept since it was on before, and keeps for the next time.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        board: str,
        p1: str | None = None,
        meter: str | None = None,
        emit: Emit,
        tap: Tap | None = None,
        wait_for_board: bool = False,
        core: StationCore | None = None,
        reader: MeterReader | None = None,
        storage: Storage | None = None,
    ) -> None:
        self.core = core or StationCore(settings)
        self._storage = storage
        if storage is not None:
            self.core.recall(storage.known)
        self._emit = emit
        self._board = BoardPort(board, self, sockets=settings.sockets, retry_s=settings.board_retry_s, tap=tap)
        self._wait_for_board = wait_for_board
        self._meter: MeterLink | None = None
        if (found := meter_url(settings, p1=p1, meter=meter)) is not None:
            self._meter = MeterLink(settings, *found, self, reader=reader, tap=tap)
        self._driven: tuple[Drive, ...] = ()
        self._requested: bool | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._now_s = 0.0

    @property
    def meter_port(self) -> MeterPort | None:
        """The meter port it opens, by the name its tap has; None when it opens none."""
        return None if self._meter is None else self._meter.port

    async def start(self) -> None:
        """Open the ports and begin. Raises PortError if one of them cannot be opened the first time."""
        self._loop = asyncio.get_running_loop()
        self._now_s = self._loop.time()
        try:
            if self._meter is not None:
                await self._meter.start()
            await self._board.open(wait=self._wait_for_board)
        except PortError:
            await self.stop()
            raise
        self._step(Inputs(linked=self._board.linked))

    def configure(self, changes: Mapping[str, object]) -> str:
        """Store settings for the next start; nothing changes until then (ALB-GEN-016). Returns a refusal, or ""."""
        return "this station keeps nothing" if self._storage is None else self._storage.change(changes)

    async def stop(self) -> None:
        """Close the ports; the board then opens the contactor by itself. May be called again."""
        if self._storage is not None:
            self._storage.known = self.core.remembered()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._meter is not None:
            await self._meter.stop()
        await self._board.close()

    # What the board link reports (station.board.port.Listener).

    def board_linked(self) -> None:
        """Send everything that is driven, whatever was sent over an earlier link."""
        self._driven = ()
        self._requested = None
        self._step(Inputs())

    def board_lost(self, reason: str) -> None:
        """Without a board the vehicle is unknown."""
        self._log(f"Board link lost: {reason}")
        self._step(Inputs(linked=False))

    def board_sense(self, sense: Sense) -> None:
        """Something changed at the socket."""
        self._step(Inputs(sense=sense))

    def board_contact(self, closed: bool) -> None:
        """The external circuit at the RJ11 input."""
        self._step(Inputs(contact=closed))

    def board_bad_line(self, reason: str) -> None:
        """Dropped by the link; worth a line in the log."""
        self._log(f"Board link: line dropped: {reason}")

    # What the meter link reports (station.meter_link.MeterListener).

    def meter_heard(self, heard: Heard) -> None:
        """Step when there is something new; a telegram under way only moves the deadline."""
        if heard:
            self._step(Inputs(linked=self._board.linked, heard=heard))
        else:
            self._arm()

    def meter_log(self, text: str) -> None:
        """A meter port that went away or came back."""
        self._log(text)

    # Stepping.

    def _time(self) -> float:
        self._now_s = max(self._now_s, self._loop.time())
        return self._now_s

    def _step(self, inputs: Inputs) -> None:
        now_s = self._time()
        outputs = self.core.step(inputs, now_s)
        for kind, fields in outputs.events:
            self._emit(now_s, kind, fields)
        if self._board.linked:
            if outputs.drives != self._driven:
                for drive in outputs.drives:
                    if drive not in self._driven:
                        self._board.drive(drive)
                self._driven = outputs.drives
            if outputs.request != self._requested:
                self._requested = outputs.request
                self._board.request(outputs.request)
        self._arm()

    def _arm(self) -> None:
        """Be called at the next deadline. An earlier timer stays: it fires, finds nothing due and arms again."""
        deadlines = [self.core.next_deadline_s(), None if self._meter is None else self._meter.next_deadline_s()]
        due_s = min((deadline for deadline in deadlines if deadline is not None), default=None)
        if due_s is None or (self._timer is not None and self._timer.when() <= due_s):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due_s, self._due, due_s)

    def _due(self, due_s: float) -> None:
        self._timer = None
        self._now_s = max(self._now_s, due_s)  # a loop may call a hair too early
        heard = () if self._meter is None else self._meter.step(self._time())
        self._step(Inputs(linked=self._board.linked, heard=heard))

    def _log(self, text: str) -> None:
        self._emit(self._time(), "log", {"text": text, "documented": False})
