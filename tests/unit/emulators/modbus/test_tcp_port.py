"""The Ethernet port: real sockets, in real time and in virtual time."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from emulators.errors import BadConfiguration
from emulators.modbus.description import load
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.pdu import Read, encode_request
from emulators.modbus.tcp import decode, encode
from emulators.modbus.tcp_port import TcpPort
from emulators.modbus.tcp_server import TcpServer
from emulators.site import Site
from rig.clock import Hop, VirtualLoop

PATIENCE_S = 20.0
CURRENTS = encode(1, 5, encode_request(Read(3, 50528, 6)))
ANSWER_BYTES = 9 + 12
Event = tuple[float, str, dict[str, object]]


def server(events: list[Event] | None = None, response_s: float = 0.0, **rules: Any) -> TcpServer:
    site = Site()
    site.add_load("house", 10.0, 5.0, 1.0)
    e27 = load("e27")
    description = msgspec.structs.replace(e27, tcp=msgspec.structs.replace(e27.tcp, **rules))
    meter = ModbusMeter(description, site.read, response_s=response_s)
    return TcpServer([meter], emit=lambda *event: events.append(event) if events is not None else None)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await scenario()

    asyncio.run(in_time())


async def connect(port: TcpPort) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port.port)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[int, ...]:
    writer.write(CURRENTS)
    answer = decode(await reader.readexactly(ANSWER_BYTES))
    values: tuple[int, ...] = struct.unpack(">3I", answer.pdu[2:])
    return values


async def shut(*writers: asyncio.StreamWriter) -> None:
    for writer in writers:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def test_clients_come_ask_and_go() -> None:
    async def scenario() -> None:
        events: list[Event] = []
        ended: list[int] = []
        port = TcpPort(server(events), "tcp::0", on_end=ended.append)
        port.start()
        first, second = await connect(port), await connect(port)
        for _ in range(3):
            assert await ask(*first) == await ask(*second) == (10_000, 5_000, 1_000)
        await shut(first[1])
        while not ended:
            await asyncio.sleep(0)
        port.close()
        await shut(second[1])
        assert [fields for _, kind, fields in events if kind == "connection"] == [
            {"server": "modbus tcp", "connection": 1, "what": "accepted", "why": "127.0.0.1"},
            {"server": "modbus tcp", "connection": 2, "what": "accepted", "why": "127.0.0.1"},
            {"server": "modbus tcp", "connection": 1, "what": "lost", "why": "the other end closed it"},
        ]

    run(scenario)


def test_one_connection_too_many_is_closed() -> None:
    async def scenario() -> None:
        port = TcpPort(server(max_connections=1), "tcp::0")
        port.start()
        first = await connect(port)
        assert await ask(*first) == (10_000, 5_000, 1_000)
        second = await connect(port)
        assert await second[0].read() == b""
        assert await ask(*first) == (10_000, 5_000, 1_000)
        await shut(first[1], second[1])
        port.close()

    run(scenario)


def test_refused_and_back_again() -> None:
    async def scenario() -> None:
        port = TcpPort(server(), "tcp::0")
        port.start()
        first = await connect(port)
        await ask(*first)
        port.server.set_fault("refused", 0.0)
        port.wake()
        assert await first[0].read() == b""
        with pytest.raises(ConnectionRefusedError):
            await connect(port)
        port.server.set_fault(None, 0.0)
        port.wake()
        second = await connect(port)
        assert await ask(*second) == (10_000, 5_000, 1_000)
        await shut(first[1], second[1])
        port.close()

    run(scenario)


def test_reset() -> None:
    async def scenario() -> None:
        port = TcpPort(server(), "tcp::0")
        port.start()
        client = await connect(port)
        await ask(*client)
        port.server.set_fault("reset", 0.0)
        client[1].write(CURRENTS)
        with pytest.raises(ConnectionResetError):
            await client[0].readexactly(1)
        await shut(client[1])
        port.close()

    run(scenario)


@pytest.mark.parametrize("fault", ["silent", "half_open"])
def test_nothing_is_answered_and_all_is_read(fault: Any) -> None:
    async def scenario() -> None:
        heard = {1: 0, 2: 0}
        enough = asyncio.Event()
        answered: list[int] = []

        def tap_for(number: int, _peer: str) -> Callable[[str, bytes], None]:
            def tap(way: str, data: bytes) -> None:
                if way == "tx":
                    answered.append(number)
                else:
                    heard[number] += len(data)
                    if min(heard.values()) >= 10 * len(CURRENTS):
                        enough.set()

            return tap

        port = TcpPort(server(), "tcp::0", tap_for=tap_for)
        port.start()
        first = await connect(port)
        await ask(*first)
        port.server.set_fault(fault, 0.0)
        second = await connect(port)
        for _, writer in (first, second):
            writer.write(CURRENTS * 10)
        await enough.wait()
        await asyncio.sleep(0)
        assert set(answered[1:]) == ({2} if fault == "half_open" else set())
        await shut(first[1], second[1])
        port.close()

    run(scenario)


def test_behind_a_cut_cable_a_call_comes_to_nothing() -> None:
    """In virtual time, where a machine that is slow to refuse would show as a call that is still waiting."""
    loop = VirtualLoop()

    async def call(port: TcpPort, within_s: float) -> bool:
        with socket.socket() as client:
            client.setblocking(False)
            try:
                async with asyncio.timeout(within_s):
                    await loop.sock_connect(client, ("127.0.0.1", port.port))
            except TimeoutError:
                return False
            return True

    async def scenario() -> None:
        port = TcpPort(server(), "tcp::0")
        port.start()
        assert await call(port, 5.0)
        for _ in range(2):
            port.server.set_fault("unplugged", loop.time())
            port.wake()
            began_s = loop.time()
            assert not await call(port, 5.0)
            assert loop.time() - began_s == pytest.approx(5.0)
            port.server.set_fault(None, loop.time())
            port.wake()
            assert await call(port, 5.0)
        port.server.set_fault("unplugged", loop.time())
        port.wake()
        port.close()

    try:
        loop.run_until_complete(scenario())
    finally:
        loop.close()


def test_a_client_that_does_not_read_is_disconnected() -> None:
    async def scenario() -> None:
        events: list[Event] = []
        port = TcpPort(server(events), "tcp::0")
        port.start()
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port.port))
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        with suppress(ConnectionError):
            while True:
                await loop.sock_sendall(client, CURRENTS * 500)
        client.close()
        assert events[-1][2]["why"] == "it left its answers unread"
        port.close()

    run(scenario)


def test_a_meter_that_fails_ends_the_port() -> None:
    def read(_now_s: float) -> Any:
        raise BadConfiguration("a profile gave no number")

    async def scenario() -> None:
        port = TcpPort(TcpServer([ModbusMeter(load("e27"), read, offset_s=1e9)]), "tcp::0")
        port.start()
        client = await connect(port)
        client[1].write(CURRENTS)
        with pytest.raises(BadConfiguration, match="a profile gave no number"):
            await port.wait()
        await shut(client[1])

    run(scenario)


def test_the_usual_port() -> None:
    assert TcpPort(server(), "tcp:0.0.0.0:").address == "tcp:0.0.0.0:502"


def test_no_address() -> None:
    said = r"^Modbus TCP address 'tcp': use tcp:host:port, such as tcp:127\.0\.0\.1:502$"
    with pytest.raises(BadConfiguration, match=said):
        TcpPort(server(), "tcp")


def test_in_virtual_time_a_round_trip_is_the_meters_delay() -> None:
    """With each byte in the ledger, thousands of polls over a real socket take no false time."""
    loop = VirtualLoop()
    to_meter, to_client = Hop(loop.ledger, "to the meter"), Hop(loop.ledger, "to the client")

    def tap_for(_number: int, _peer: str) -> Callable[[str, bytes], None]:
        return lambda way, data: to_meter.received(len(data)) if way == "rx" else to_client.sent(len(data))

    async def whole() -> None:
        port = TcpPort(server(response_s=0.05), "tcp::0", tap_for=tap_for)
        port.start()
        to_meter.opened()
        to_client.opened()
        client = socket.create_connection(("127.0.0.1", port.port))
        client.setblocking(False)
        for _ in range(500):
            began_s = loop.time()
            await loop.sock_sendall(client, CURRENTS)
            to_meter.sent(len(CURRENTS))
            answer = await loop.sock_recv(client, 4096)
            to_client.received(len(answer))
            assert len(answer) == ANSWER_BYTES
            assert loop.time() - began_s == pytest.approx(0.05, abs=1e-9)
            await asyncio.sleep(1.0)
        assert loop.time() > 500
        began_s = loop.time()
        assert await loop.sock_recv(client, 4096) == b""
        assert loop.time() - began_s == pytest.approx(60.0 - 1.05), "the server closes what is idle for a minute"
        client.close()
        port.close()

    try:
        loop.run_until_complete(whole())
    finally:
        loop.close()
