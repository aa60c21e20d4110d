"""The listening socket, in virtual time: a call that nobody answers costs nothing, and one that is answered late shows.

Each call goes to a real socket of this machine.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.errors import PortError
from emulators.listening.address import LOOPBACK, Address
from emulators.listening.door import Door, Reach
from rig.clock import VirtualLoop

FREE = Address(LOOPBACK, 0)
REACHES: tuple[Reach, ...] = ("open", "refused", "unplugged")
GIVES_UP_AFTER_S = 5.0


class Hall:
    """Who came through the door; they are sent away at once."""

    def __init__(self) -> None:
        self.came: list[tuple[str, int]] = []
        self.blocking: list[bool] = []
        self.no_delay: list[bool] = []

    def __call__(self, connection: socket.socket, host: str, port: int) -> None:
        self.came.append((host, port))
        self.blocking.append(connection.getblocking())
        self.no_delay.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0)
        connection.close()


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(scenario())
    finally:
        loop.close()


@contextmanager
def door_to(came: Callable[[socket.socket, str, int], None], address: Address = FREE) -> Iterator[Door]:
    door = Door(address, asyncio.get_running_loop(), came)
    try:
        yield door
    finally:
        door.close()


async def call(door: Door) -> Reach:
    """How the door is found. Whoever gets in was let in when this returns."""
    with socket.socket() as caller:
        caller.setblocking(False)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(GIVES_UP_AFTER_S):
                await loop.sock_connect(caller, tuple(door.address))
                assert await loop.sock_recv(caller, 1) == b"", "it came in and was sent away"
        except ConnectionRefusedError:
            return "refused"
        except TimeoutError:
            return "unplugged"
        return "open"


def test_it_is_open_at_once_and_says_who_comes() -> None:
    async def scenario() -> None:
        hall = Hall()
        with door_to(hall) as door:
            assert door.address.host == LOOPBACK
            assert door.address.port > 0
            with socket.create_connection(door.address) as caller:
                while not hall.came:
                    await asyncio.sleep(0)
                assert hall.came == [caller.getsockname()]
        assert hall.blocking == [False]
        assert hall.no_delay == [True]

    run(scenario)


@given(st.lists(st.sampled_from(REACHES), max_size=6))
def test_it_is_found_as_it_was_set_last(reaches: Sequence[Reach]) -> None:
    async def scenario() -> None:
        hall = Hall()
        with door_to(hall) as door:
            address = door.address
            assert await call(door) == "open"
            for reach in reaches:
                door.set_reach(reach)
                assert await call(door) == reach
            assert door.address == address, "whoever knew the way still knows it"
        assert len(hall.came) == 1 + reaches.count("open")

    run(scenario)


@pytest.mark.parametrize("reach", REACHES)
def test_a_closed_door_refuses_and_may_be_closed_again(reach: Reach) -> None:
    async def scenario() -> None:
        with door_to(Hall()) as door:
            door.set_reach(reach)
            door.close()
            door.close()
            assert await call(door) == "refused"

    run(scenario)


def test_an_address_that_another_has() -> None:
    async def scenario() -> None:
        with door_to(Hall()) as door:
            door.set_reach("refused")
            again = partial(door.set_reach, "open")
            anew = partial(Door, door.address, asyncio.get_running_loop(), Hall())
            with socket.create_server(tuple(door.address)):
                for listen in (again, anew):
                    with pytest.raises(PortError) as raised:
                        listen()
                    said = f"{door.address}: cannot listen: Address already in use (while attempting to bind on "
                    assert str(raised.value) == f"{said}address {tuple(door.address)})"
                    assert isinstance(raised.value.__cause__, OSError)
                    assert raised.value.__cause__.errno == errno.EADDRINUSE
            again()
            assert await call(door) == "open"

    run(scenario)
