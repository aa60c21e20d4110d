"""The board of a bench on its link: where it listens, what it counts, and that it leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from emulators.board.board import Board
from emulators.board.socket import Socket
from emulators.errors import EmulatorError
from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle
from rig.bench.board_link import BoardLink
from rig.clock import VirtualLoop
from rig.errors import NotTestableHere
from rig.supervise import run_supervised
from rig.timeline import Timeline

Body = Callable[[BoardLink, AsyncExitStack, VirtualLoop], Awaitable[None]]


def with_link(listen: str, body: Body, timeline: Timeline | None = None) -> None:
    loop = VirtualLoop()

    async def opened() -> None:
        async with AsyncExitStack() as off:
            off.push_async_callback(asyncio.sleep, 0)
            link = BoardLink(Board([Socket(1)]), listen, loop, timeline or Timeline())
            assert (link.there, link.address) == (bool(listen), "")
            await link.open(off)
            await body(link, off, loop)

    try:
        run_supervised(loop, opened())
    finally:
        loop.close()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def test_a_bench_without_one() -> None:
    async def body(link: BoardLink, off: AsyncExitStack, _loop: VirtualLoop) -> None:
        assert link.address == ""
        link.station_is_off()
        with pytest.raises(NotTestableHere, match="no board link, so it has no external circuit"):
            link.poke()

    with_link("", body)


def test_a_unix_socket_in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    async def body(link: BoardLink, _off: AsyncExitStack, _loop: VirtualLoop) -> None:
        path = Path(link.address.removeprefix("unix:"))
        assert path.is_socket()
        assert path.parent.parent == tmp_path
        assert link.port().url == link.address

    before = descriptors()
    with_link("unix", body)
    assert list(tmp_path.iterdir()) == []
    assert descriptors() == before


def test_a_port_of_its_own_choice() -> None:
    async def body(link: BoardLink, _off: AsyncExitStack, _loop: VirtualLoop) -> None:
        assert link.address.startswith("tcp:127.0.0.1:")
        assert not link.address.endswith(":0")

    with_link("tcp:127.0.0.1:0", body)


def test_an_address_that_is_not_here_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    async def body(_link: BoardLink, _off: AsyncExitStack, _loop: VirtualLoop) -> None:
        pytest.fail("never here")

    before = descriptors()
    with pytest.raises(EmulatorError, match="cannot listen"):
        with_link("tcp:192.0.2.1:7400", body)
    assert descriptors() == before


def test_bytes_on_the_way_are_counted_in_both_directions() -> None:
    async def body(link: BoardLink, _off: AsyncExitStack, loop: VirtualLoop) -> None:
        tap = link.port().attach()
        reader, writer = await asyncio.open_unix_connection(link.address.removeprefix("unix:"))
        greeting = b"HELLO station 2 1\n"
        writer.write(greeting)
        tap("tx", greeting)
        assert loop.ledger.in_flight == len(greeting)
        said = await reader.readline()
        assert said.startswith(b"HELLO board")
        said += await reader.readline() + await reader.readline()
        assert loop.ledger.in_flight == len(said)  # the board wrote it, and the station has not said that it read it
        tap("rx", said)
        assert loop.ledger.in_flight == 0
        writer.close()

    with_link("unix", body)


def test_what_a_station_that_is_off_has_not_read_is_forgotten() -> None:
    async def body(link: BoardLink, _off: AsyncExitStack, loop: VirtualLoop) -> None:
        link.port().attach()("tx", b"HELLO")
        assert loop.ledger.in_flight == 5
        link.station_is_off()
        assert loop.ledger.in_flight == 0

    with_link("unix", body)


def test_what_the_link_has_to_say_is_on_the_timeline() -> None:
    timeline = Timeline()

    async def body(link: BoardLink, _off: AsyncExitStack, _loop: VirtualLoop) -> None:
        writers = []
        for _ in range(2):
            reader, writer = await asyncio.open_unix_connection(link.address.removeprefix("unix:"))
            await reader.readline()
            writers.append(writer)
        for writer in writers:
            writer.close()

    with_link("unix", body, timeline)
    assert "second station refused" in timeline.of("log", "board link")[0].data["text"]


def test_a_change_is_seen_at_once_when_the_board_is_poked() -> None:
    async def body(link: BoardLink, _off: AsyncExitStack, loop: VirtualLoop) -> None:
        tap = link.port().attach()
        reader, writer = await asyncio.open_unix_connection(link.address.removeprefix("unix:"))
        writer.write(b"HELLO station 2 1\n")
        tap("tx", b"HELLO station 2 1\n")
        tap("rx", b"".join([await reader.readline() for _ in range(3)]))
        socket = link._board.sockets[0]
        socket.plug(Vehicle(VehicleSpec()), loop.time())
        began_s = loop.time()
        link.poke()
        sensed = await reader.readline()
        tap("rx", sensed)
        assert sensed.startswith(b"SENSE 1 ")
        assert loop.time() == began_s
        writer.close()

    with_link("unix", body)
