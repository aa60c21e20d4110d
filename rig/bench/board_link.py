"""The board of the bench on its link to the station: where it listens, and the bytes on the way, counted."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import AsyncExitStack

from emulators.board.board import Board
from emulators.board.port import BoardPort
from rig.clock import Hop, VirtualLoop, WallLoop
from rig.errors import NotTestableHere
from rig.handles.base import Port, Tap
from rig.timeline import Timeline


class BoardLink:
    """`listen` is "unix" for a socket in a folder of its own, or an address; "" where the bench has no board link."""

    def __init__(self, board: Board, listen: str, loop: VirtualLoop | WallLoop, timeline: Timeline) -> None:
        self._board = board
        self._listen = listen
        self._timeline = timeline
        self._hops = [loop.ledger.hop(f"board link, to the {whom}") for whom in ("station", "board")]
        self._port: BoardPort | None = None

    @property
    def there(self) -> bool:
        """Whether the bench has one."""
        return bool(self._listen)

    @property
    def address(self) -> str:
        """Where it listens; "" before it is open and where there is none."""
        return "" if self._port is None else self._port.address

    async def open(self, off: AsyncExitStack) -> None:
        """Listen; what has to be undone goes on `off`. Raises EmulatorError. Does nothing where there is none."""
        if not self._listen:
            return
        address = self._listen
        if address == "unix":
            # A folder of its own: the path of a unix socket may not be longer than about 100 characters.
            folder = tempfile.mkdtemp(prefix="evse-rig-")
            off.callback(shutil.rmtree, folder, ignore_errors=True)
            address = f"unix:{folder}/board"
        to_station, to_board = self._hops
        tap = _tap(rx=to_board, tx=to_station)
        self._port = BoardPort(self._board, address, tap=tap, emit=self._timeline.emitter("board link"))
        off.push_async_callback(self._port.stop)
        await self._port.start()

    def station_is_off(self) -> None:
        """Nobody reads any more: what is still in the descriptors is lost, as on real ports."""
        for hop in self._hops:
            hop.closed()

    def port(self) -> Port:
        """The station's end."""
        to_station, to_board = self._hops

        def attach() -> Tap:
            to_station.opened()
            to_board.opened()
            return _tap(rx=to_station, tx=to_board)

        return Port(self.address, attach, self.station_is_off)

    def poke(self) -> None:
        """Let the board see at once what was changed. Raises NotTestableHere on a bench without one."""
        if self._port is None:
            raise NotTestableHere("this bench has no board link, so it has no external circuit to switch")
        self._port.poke()


def _tap(*, rx: Hop, tx: Hop) -> Tap:
    """Tell the ledger what one end read (`rx`) and wrote (`tx`)."""

    def tap(direction: str, data: bytes) -> None:
        if direction == "rx":
            rx.received(len(data))
        else:
            tx.sent(len(data))

    return tap
