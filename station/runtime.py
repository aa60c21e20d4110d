"""The station on its ports: a thin runtime that feeds the core and carries out what it decides.

It steps the core when something happened or a deadline is due; there is no tick. Ports that go away are reported,
the station keeps running, and they are opened again.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from station.board.codec import Drive, Sense
from station.board.port import BoardPort
from station.core import Inputs, StationCore
from station.descriptor import Tap
from station.errors import PortError
from station.serial_port import SerialPort, open_serial
from station.settings import Settings
from station.sources.p1.reader import P1Reader
from station.sources.reading import BadTelegram, Reading

Emit = Callable[[float, str, dict[str, object]], None]

P1_NAME = "p1"


class MeterReader(Protocol):
    """Bytes of a meter to readings, as `station.sources.p1.reader.P1Reader` does it."""

    def receive(self, data: bytes, now_s: float) -> Sequence[Reading | BadTelegram]:
        """Take bytes that arrived now."""

    def step(self, now_s: float) -> Sequence[Reading | BadTelegram]:
        """Do what is due."""

    def next_deadline_s(self) -> float | None:
        """When step() wants to be called."""


class StationRuntime:
    """One station on a board link and, where P1 is selected, a P1 port.

    `emit(at_s, kind, fields)` gets the events of docs/architecture.md. `tap(port, "rx" or "tx", bytes)` is called
    after every OS read and write on the ports "board" and "p1". With `wait_for_board` the board may come later than
    the station. `core` and `reader` can be replaced.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        board: str,
        p1: str | None = None,
        emit: Emit,
        tap: Tap | None = None,
        wait_for_board: bool = False,
        core: StationCore | None = None,
        reader: MeterReader | None = None,
    ) -> None:
        self.core = core or StationCore(settings)
        self._reader: MeterReader = reader or P1Reader()
        self._emit = emit
        self._tap = tap
        self._board = BoardPort(board, self, retry_s=settings.board_retry_s, tap=tap)
        self._wait_for_board = wait_for_board
        self._p1_url = p1 if settings.p1_selected else None  # ALB-P1-012: otherwise the port is not read
        self._p1: SerialPort | None = None
        self._p1_reopen_s = settings.p1_reopen_s
        self._p1_opening: asyncio.Task[None] | None = None
        self._driven: Drive | None = None
        self._requested: bool | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._now_s = 0.0

    @property
    def reads_p1(self) -> bool:
        """Whether it opens the P1 port."""
        return self._p1_url is not None

    async def start(self) -> None:
        """Open the ports and begin. Raises PortError if one of them cannot be opened the first time."""
        self._loop = asyncio.get_running_loop()
        self._now_s = self._loop.time()
        try:
            if self._p1_url is not None:
                await self._open_p1(self._p1_url)
            await self._board.open(wait=self._wait_for_board)
        except PortError:
            await self.stop()
            raise
        self._step(Inputs(linked=self._board.linked))

    async def stop(self) -> None:
        """Close the ports; the board then opens the contactor by itself. May be called again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._p1_opening is not None:
            self._p1_opening.cancel()
            await asyncio.gather(self._p1_opening, return_exceptions=True)
        if self._p1 is not None:
            self._p1.data_request(False)
            self._p1.close()
        await self._board.close()

    # What the board link reports (station.board.port.Listener).

    def board_linked(self) -> None:
        """Send everything that is driven, whatever was sent over an earlier link."""
        self._driven = None
        self._requested = None
        self._step(Inputs())

    def board_lost(self, reason: str) -> None:
        """Without a board the vehicle is unknown."""
        self._log(f"Board link lost: {reason}")
        self._step(Inputs(linked=False))

    def board_sense(self, sense: Sense) -> None:
        """Something changed at the socket."""
        self._step(Inputs(sense=sense))

    def board_bad_line(self, reason: str) -> None:
        """Dropped by the link; worth a line in the log."""
        self._log(f"Board link: line dropped: {reason}")

    # The P1 port.

    async def _open_p1(self, url: str) -> None:
        self._p1 = await open_serial(url, P1_NAME, on_data=self._p1_data, on_lost=self._p1_lost, tap=self._tap)
        self._p1.data_request(True)

    def _p1_data(self, data: bytes) -> None:
        heard = self._reader.receive(data, self._time())
        if heard:
            self._step(Inputs(linked=self._board.linked, heard=heard))
        else:
            self._arm()

    def _p1_lost(self, reason: str) -> None:
        self._log(f"P1 port lost: {reason}")
        if self._p1 is not None:
            self._p1.close()
            self._p1 = None
        self._p1_opening = self._loop.create_task(self._reopen_p1(), name="p1: open again")

    async def _reopen_p1(self) -> None:
        while self._p1 is None and self._p1_url is not None:
            await asyncio.sleep(self._p1_reopen_s)
            try:
                await self._open_p1(self._p1_url)
            except PortError:
                continue
            self._log("P1 port is back")

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
            if outputs.drive != self._driven:
                self._driven = outputs.drive
                self._board.drive(outputs.drive)
            if outputs.request != self._requested:
                self._requested = outputs.request
                self._board.request(outputs.request)
        self._arm()

    def _arm(self) -> None:
        """Be called at the next deadline. An earlier timer stays: it fires, finds nothing due and arms again."""
        deadlines = [self.core.next_deadline_s(), self._reader.next_deadline_s()]
        due_s = min((deadline for deadline in deadlines if deadline is not None), default=None)
        if due_s is None or (self._timer is not None and self._timer.when() <= due_s):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due_s, self._due, due_s)

    def _due(self, due_s: float) -> None:
        self._timer = None
        self._now_s = max(self._now_s, due_s)  # a loop may call a hair too early
        self._step(Inputs(linked=self._board.linked, heard=self._reader.step(self._time())))

    def _log(self, text: str) -> None:
        self._emit(self._time(), "log", {"text": text, "documented": False})
