"""Captured bytes back onto a line, byte for byte and paced as a meter paces them.

Each piece of a capture (see `captured`) is sent in a slot of its own, so that what a reader says of it can be told by
its offset. Every byte is sent, in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from emulators.errors import EmulatorError
from emulators.serial_wire.opening import open_wire
from emulators.serial_wire.wire import Events, LineSettings, Wire
from rig.captured import P1, Kind, Piece
from rig.errors import HarnessError
from rig.handles.base import Port
from rig.handles.reference import Heard, MeterReaderHandle
from rig.lines import Line

# Silence after a piece before the next one: longer than a reader waits for the rest of a telegram, shorter than what a
# meter with 1 s between telegrams leaves after its longest one. TIC meters leave 33 ms, which would not do.
SILENCE_S = 0.7
# What is handed to the line in one go: less than any port has room for.
_CHUNK_B = 4096


@dataclass(frozen=True, slots=True)
class Replayed:
    """A piece and what the reader made of it; `heard` None: it took no notice, there being no telegram in it."""

    offset: int
    length: int
    heard: Heard | None


async def transmit(line: Line, pieces: Iterable[Piece], sent: Callable[[Piece], None]) -> None:
    """Send a capture from end a of an open line, one piece per interval; `sent` is told when all was said about one.

    Raises HarnessError when a port of the line is lost.
    """
    lost: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

    def lose(error: Exception) -> None:
        if not lost.done():
            lost.set_result(error)

    async def rest(delay_s: float) -> None:
        await asyncio.wait([lost], timeout=delay_s)
        if lost.done():
            raise HarnessError(str(lost.result()))

    line.on_failure(lose)
    wire = _open(line, lose)
    pause_s = 0.0
    try:
        for piece in pieces:
            await rest(pause_s)
            for at in range(0, len(piece.data), _CHUNK_B):
                chunk = piece.data[at : at + _CHUNK_B]
                wire.write(chunk)
                await rest(len(chunk) * line.a.settings.char_time_s)
            await rest(SILENCE_S)
            sent(piece)
            pause_s = max(0.0, piece.interval_s - SILENCE_S - len(piece.data) * line.a.settings.char_time_s)
    finally:
        wire.close()
        line.a.detach()


def _open(line: Line, lose: Callable[[Exception], None]) -> Wire:
    settings = line.a.settings
    tap = line.a.attach("the replay")
    events = Events(sent=lambda sent: tap("tx", sent), received=lambda got: tap("rx", got), lost=lose)
    try:
        return open_wire(
            line.a.path, LineSettings(settings.baud, str(settings.fmt)), events, asyncio.get_running_loop()
        )
    except EmulatorError as error:
        raise HarnessError(str(error)) from error


async def replay(line: Line, data: bytes, kind: Kind = P1) -> list[Replayed]:
    """Send a capture over an open line between two ptys into the station's reader, and say what it made of it.

    A piece in which the reader saw several telegrams is there several times. Raises HarnessError when a port fails.
    """
    told: list[Heard] = []
    reader = MeterReaderHandle(kind.name, told.append)
    replayed: list[Replayed] = []

    def sent(piece: Piece) -> None:
        heard: list[Heard | None] = [*told] or [None]
        replayed.extend(Replayed(piece.offset, len(piece.data), item) for item in heard)
        told.clear()

    try:
        await reader.start(Port(line.b.path, lambda: line.b.attach(f"the station's {kind.name} reader"), line.b.detach))
        await transmit(line, kind.pieces(data), sent)
    finally:
        reader.stop()
        line.b.detach()
    return replayed
