"""Captured P1 bytes back onto a line, byte for byte and paced as a meter paces them.

A capture is cut where a telegram begins, and each piece is sent in a slot of its own, so that what a reader says of it
can be told by its offset. The cutting decides on nothing else: every byte is sent, in order, and whether a piece is a
telegram is for the reader at the other end to say.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from emulators.errors import EmulatorError
from emulators.serial_wire.opening import open_wire
from emulators.serial_wire.wire import Events, LineSettings, Wire
from rig.errors import HarnessError
from rig.handles.base import Port
from rig.handles.reference import P1Heard, P1ReaderHandle
from rig.lines import Line

# Silence after a piece before the next one: longer than a reader waits for the rest of a telegram, shorter than what a
# meter with 1 s between telegrams leaves after its longest one.
SILENCE_S = 0.7
FAST_INTERVAL_S = 1.0
SLOW_INTERVAL_S = 10.0
# What is handed to the line in one go: less than any port has room for.
_CHUNK_B = 4096
# DSMR 5 and the Belgian versions send every second, all others every ten.
_FAST = re.compile(rb"1-3:0\.2\.8\(5|0-0:96\.1\.4\(")
# A telegram ends with a line that starts with "!", or with "!" and four digits; or it was cut off by the next one.
_END = re.compile(rb"(?<=\n)![^\n/]{0,8}\n|![0-9A-Fa-f]{4}(?:\0*\r?\n|(?=/))|\n(?=/)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a capture: from where a telegram seems to begin to where the next one does."""

    offset: int
    data: bytes

    @property
    def interval_s(self) -> float:
        """The cadence of a meter that sends such telegrams."""
        return FAST_INTERVAL_S if _FAST.search(self.data) else SLOW_INTERVAL_S


@dataclass(frozen=True, slots=True)
class Replayed:
    """A piece and what the reader made of it; `heard` None: it took no notice, there being no telegram in it."""

    offset: int
    length: int
    heard: P1Heard | None


def has_lf_only(data: bytes) -> bool:
    """Whether the line ends were changed on the way to LF; a CRC, which covers CR LF, cannot hold then."""
    return b"\n" in data and b"\r\n" not in data


def pieces(data: bytes) -> Iterator[Piece]:
    """The capture in order, without a gap; the first piece holds what precedes the first telegram, if anything does."""
    starts = list(_starts(data))
    if not starts or starts[0] > 0:
        starts.insert(0, 0)
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        if start < end:
            yield Piece(start, data[start:end])


def _starts(data: bytes) -> Iterator[int]:
    at = data.find(b"/")
    while at >= 0:
        yield at
        end = _END.search(data, at)
        at = -1 if end is None else data.find(b"/", end.end())


async def transmit(line: Line, data: bytes, sent: Callable[[Piece], None]) -> None:
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
        for piece in pieces(data):
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


async def replay(line: Line, data: bytes) -> list[Replayed]:
    """Send a capture over an open line between two ptys into the station's P1 reader, and say what it made of it.

    A piece in which the reader saw several telegrams is there several times. Raises HarnessError when a port fails.
    """
    told: list[P1Heard] = []
    reader = P1ReaderHandle(told.append)
    replayed: list[Replayed] = []

    def sent(piece: Piece) -> None:
        heard: list[P1Heard | None] = [*told] or [None]
        replayed.extend(Replayed(piece.offset, len(piece.data), item) for item in heard)
        told.clear()

    try:
        await reader.start(Port(line.b.path, lambda: line.b.attach("the station's P1 reader")))
        await transmit(line, data, sent)
    finally:
        reader.stop()
        line.b.detach()
    return replayed
