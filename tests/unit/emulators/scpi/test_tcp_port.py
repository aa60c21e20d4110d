"""The port: real sockets, programs of others that send lines, and clients that behave badly."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from emulators.errors import BadConfiguration, EmulatorError
from emulators.instruments import DIALECTS, BenchPilot, ev_box_instrument, oscilloscope_instrument
from emulators.scpi import ScpiServer, TcpPort
from emulators.scpi.server import MAX_CONNECTIONS, MAX_MESSAGE_BYTES, MAX_WAITING_BYTES
from rig.clock import ClockSpec, VirtualLoop

PATIENCE_S = 20.0
IDENTITY = b"EVSE-RIG,EV-SIMULATOR,EMULATED,1.0\n"


def box(**options: Any) -> ScpiServer:
    return ScpiServer(ev_box_instrument(BenchPilot()), name="box", **options)


def run(scenario: Callable[[], Awaitable[None]], clock: str = "real") -> None:
    async def in_time() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await scenario()

    with asyncio.Runner(loop_factory=ClockSpec.parse(clock).make_loop) as runner:
        runner.run(in_time())


async def connect(port: TcpPort) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port.port)


async def ask(client: tuple[asyncio.StreamReader, asyncio.StreamWriter], message: bytes) -> bytes:
    client[1].write(message + b"\n")
    return await client[0].readline()


async def shut(*clients: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    for _, writer in clients:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def test_clients_ask_in_turn() -> None:
    async def scenario() -> None:
        port = TcpPort(box(), "tcp::0")
        port.start()
        first, second = await connect(port), await connect(port)
        for client in (first, second, first):
            assert await ask(client, b"*IDN?") == IDENTITY
        await shut(first, second)
        port.close()

    run(scenario)


def test_a_lost_client_is_told_without_port_numbers() -> None:
    async def scenario() -> None:
        events: list[dict[str, object]] = []
        port = TcpPort(box(emit=lambda _at_s, _kind, fields: events.append(fields)), "tcp::0")
        port.start()
        client = await connect(port)
        await shut(client)
        while len(events) < 2:
            await asyncio.sleep(0.001)
        assert events[1] == {
            "server": "box",
            "connection": 1,
            "what": "lost",
            "why": "port of box: the other end closed it",
        }
        port.close()

    run(scenario)


def test_badly_behaved_clients_do_not_disturb_another() -> None:
    async def scenario() -> None:
        port = TcpPort(box(), "tcp::0")
        port.start()
        good = await connect(port)
        garbage, endless, half = await connect(port), await connect(port), await connect(port)
        half[1].write(b"EV:STAT B")
        for number in range(200):
            garbage[1].write(bytes(range(256)))
            endless[1].write(b"x" * MAX_MESSAGE_BYTES)
            if number % 20 == 0:
                assert await ask(good, b"EV:STAT?") == b"A\n"
        await shut(half)
        assert await ask(good, b"*CLS;:EV:STAT?;:SYST:ERR?") == b'A;0,"No error"\n'
        await shut(garbage, endless, good)
        port.close()

    run(scenario)


def test_a_client_that_does_not_read_is_disconnected_and_memory_stays_bounded() -> None:
    async def scenario() -> None:
        server = ScpiServer(oscilloscope_instrument(BenchPilot(), DIALECTS["keysight"]), name="scope")
        server.instrument.execute(b"CHAN1:DISP OFF", 0.0)
        port = TcpPort(server, "tcp::0")
        port.start()

        async def flood(client: socket.socket) -> None:
            while True:
                await asyncio.get_running_loop().sock_sendall(client, b"*IDN?;" * 600 + b"\n")

        with socket.create_connection(("127.0.0.1", port.port)) as rude:
            rude.setblocking(False)
            with pytest.raises((ConnectionResetError, BrokenPipeError)):
                await flood(rude)
        assert server.connections == 0
        polite = await connect(port)
        assert (await ask(polite, b"*IDN?")).startswith(b"KEYSIGHT")
        await shut(polite)
        port.close()

    run(scenario)


def test_a_client_that_reads_may_ask_for_as_much_as_it_likes() -> None:
    async def scenario() -> None:
        port = TcpPort(box(), "tcp::0")
        port.start()
        client = await connect(port)
        read = 0
        while read <= MAX_WAITING_BYTES:
            read += len(await ask(client, b"*IDN?;" * 600))
        assert await ask(client, b"*OPC?") == b"1\n"
        await shut(client)
        port.close()

    run(scenario)


def test_a_client_may_ask_ahead_and_read_later() -> None:
    async def scenario() -> None:
        taken_b = 0

        def tap(way: str, data: bytes) -> None:
            nonlocal taken_b
            taken_b += len(data) if way == "tx" else 0

        answered: list[object] = []
        server = box(emit=lambda _at_s, kind, _fields: answered.append(kind))
        port = TcpPort(server, "tcp::0", tap_for=lambda _number, _peer: tap)
        port.start()
        loop = asyncio.get_running_loop()
        with socket.create_connection(("127.0.0.1", port.port)) as client:
            client.setblocking(False)
            asked_b = asked = 0
            # The operating system takes millions of bytes before any of them waits in the port.
            while asked_b - taken_b < MAX_WAITING_BYTES // 2:
                await loop.sock_sendall(client, b"*IDN?;" * 600 + b"\n")
                asked += 1
                asked_b += 600 * len(IDENTITY)
                while answered.count("scpi") < asked:
                    await asyncio.sleep(0)
                assert server.connections == 1
            while asked_b > 0:
                read = await loop.sock_recv(client, 65_536)
                assert read, f"it was disconnected with {asked_b} bytes to come"
                asked_b -= len(read)
        port.close()

    run(scenario)


def test_one_client_too_many_is_closed() -> None:
    async def scenario() -> None:
        port = TcpPort(box(), "tcp::0")
        port.start()
        clients = [await connect(port) for _ in range(MAX_CONNECTIONS)]
        for client in clients:
            assert await ask(client, b"*OPC?") == b"1\n"
        late = await connect(port)
        assert await late[0].read() == b""
        assert await ask(clients[0], b"*OPC?") == b"1\n"
        await shut(late, *clients)
        port.close()

    run(scenario)


def test_answers_take_their_time_in_virtual_time() -> None:
    async def scenario() -> None:
        port = TcpPort(box(answer_after_s=0.25), "tcp::0")
        port.start()
        loop = asyncio.get_running_loop()
        # A blocking client on the same thread: what it wrote has arrived when it returns.
        with socket.create_connection(("127.0.0.1", port.port)) as client:
            client.sendall(b"*OPC?\n*OPC?\n")
            await asyncio.sleep(0.2)
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(10)
            await asyncio.sleep(0.1)
            assert client.recv(10) == b"1\n1\n"
        assert loop.time() == pytest.approx(0.3)
        port.close()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(scenario())


def test_a_block_arrives_whole() -> None:
    async def scenario() -> None:
        port = TcpPort(
            ScpiServer(oscilloscope_instrument(BenchPilot(), DIALECTS["rigol"]), name="scope"), "tcp:127.0.0.1:0"
        )
        port.start()
        client = await connect(port)
        client[1].write(b":WAV:DATA?\n")
        assert await client[0].readexactly(2 + 8) == b"#800001200"
        assert len(await client[0].readexactly(1200 + 1)) == 1201
        await shut(client)
        port.close()

    run(scenario)


def test_what_the_instrument_raises_ends_the_port() -> None:
    class Broken(BenchPilot):
        def hang(self, end: object, now_s: float) -> None:
            if now_s > 0:
                raise BadConfiguration("no such end")

    async def scenario() -> None:
        port = TcpPort(ScpiServer(ev_box_instrument(Broken()), name="box"), "tcp::0")
        port.start()
        client = await connect(port)
        assert await ask(client, b"EV:STAT B") == b""
        with pytest.raises(EmulatorError, match="no such end"):
            await port.wait()
        await shut(client)

    run(scenario)


def test_no_address() -> None:
    with pytest.raises(
        BadConfiguration, match=r"^SCPI address 'tcp': use tcp:host:port, such as tcp:127\.0\.0\.1:5025$"
    ):
        TcpPort(box(), "tcp")


def test_the_usual_port() -> None:
    assert TcpPort(box(), "tcp:0.0.0.0:").address == "tcp:0.0.0.0:5025"


@pytest.mark.skipif(shutil.which("socat") is None, reason="needs socat")
def test_lines_from_socat() -> None:
    async def scenario() -> None:
        port = TcpPort(box(), "tcp::0")
        port.start()
        process = await asyncio.create_subprocess_exec(
            *("socat", "-t", "5", "-", f"TCP:127.0.0.1:{port.port}"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate(b"*IDN?\r\nev:stat c;stat?\nnonsense\nsyst:err?\n:meas:pil:high?\n")
        assert process.returncode == 0
        assert out.decode().splitlines() == [
            "EVSE-RIG,EV-SIMULATOR,EMULATED,1.0",
            "C",
            '-113,"Undefined header;nonsense"',
            "+5.994738E+00",
        ]
        port.close()

    run(scenario)
