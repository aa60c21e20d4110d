"""What all Ethernet ports do, shown on one that speaks a toy protocol; clients on real sockets."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from emulators.errors import BadConfiguration, PortError
from emulators.listening.door import Reach
from emulators.listening.port import ListeningPort
from emulators.listening.server import End, Output
from rig.clock import ClockSpec

PATIENCE_S = 20.0
ROOM_B = 1_000_000
Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """Says back what it hears, `after_s` later, and ends the connection with `end` if that is set.

    `told` is what it was told, `stepped_s` when it was stepped. When `fails_on` happens, it fails.
    """

    def __init__(self, after_s: float = 0.0, end: End | None = None, fails_on: str = "") -> None:
        self.after_s = after_s
        self.end = end
        self.fails_on = fails_on
        self.reach: Reach = "open"
        self.told: list[tuple[int, str, str]] = []
        self.stepped_s: list[float] = []
        self.due: list[tuple[float, Output]] = []

    def connected(self, number: int, peer: str, now_s: float) -> None:
        self.told.append((number, "connected", peer))

    def disconnected(self, number: int, why: str, now_s: float) -> None:
        self.told.append((number, "disconnected", why))

    def receive(self, number: int, data: bytes, now_s: float) -> None:
        self._fail_on("receive")
        self.due.append((now_s + self.after_s, Output(number, data, self.end)))

    def step(self, now_s: float) -> list[Output]:
        self._fail_on("step")
        if any(what == "disconnected" for _, what, _ in self.told):
            self._fail_on("step after a loss")
        self.stepped_s.append(now_s)
        outputs = [output for due_s, output in self.due if due_s <= now_s]
        self.due = [(due_s, output) for due_s, output in self.due if due_s > now_s]
        return outputs

    def next_deadline_s(self) -> float | None:
        return min((due_s for due_s, _ in self.due), default=None)

    def _fail_on(self, what: str) -> None:
        if self.fails_on == what:
            raise BadConfiguration(f"it fails on {what}")


class EchoPort(ListeningPort[Echo]):
    protocol = "echo"
    usual_port = 7

    def _has_room(self, unsent_b: int, more_b: int) -> bool:
        return unsent_b + more_b <= ROOM_B

    def _reach(self) -> Reach:
        return self.server.reach


def run(scenario: Callable[[], Awaitable[None]], clock: str = "real") -> None:
    async def in_time() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await scenario()

    with asyncio.Runner(loop_factory=ClockSpec.parse(clock).make_loop) as runner:
        runner.run(in_time())


async def connect(port: EchoPort) -> Client:
    return await asyncio.open_connection("127.0.0.1", port.port)


async def ask(client: Client, data: bytes) -> bytes:
    client[1].write(data)
    return await client[0].readexactly(len(data))


async def shut(*clients: Client) -> None:
    for _, writer in clients:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0)


def reset(client: socket.socket) -> None:
    """Over loopback it has arrived when this returns, as data would have."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def test_clients_come_ask_and_go() -> None:
    async def scenario() -> None:
        told: list[tuple[int, str, bytes]] = []
        ended: list[int] = []

        def tap_for(number: int, peer: str) -> Callable[[str, bytes], None]:
            assert peer.startswith("127.0.0.1:")
            return lambda way, data: told.append((number, way, data))

        port = EchoPort(Echo(), "tcp::0", tap_for=tap_for, on_end=ended.append)
        assert port.address == "tcp:127.0.0.1:0"
        port.start()
        assert port.address == f"tcp:127.0.0.1:{port.port}"
        first, second = await connect(port), await connect(port)
        for client in (first, second, first):
            assert await ask(client, b"hello") == b"hello"
        await shut(first)
        await until(lambda: ended)
        port.close()
        port.close()
        await port.wait()
        assert await second[0].read() == b""
        await shut(second)
        assert ended == [1, 2]
        for number, times in ((1, 2), (2, 1)):
            for way in ("rx", "tx"):
                assert b"".join(data for *of, data in told if of == [number, way]) == b"hello" * times
        assert port.server.told == [
            (1, "connected", "127.0.0.1"),
            (2, "connected", "127.0.0.1"),
            (1, "disconnected", "the other end closed it"),
        ]

    run(scenario)


def test_an_address_of_another_form() -> None:
    with pytest.raises(BadConfiguration, match=r"^echo address 'tcp': use tcp:host:port, such as tcp:127\.0\.0\.1:7$"):
        EchoPort(Echo(), "tcp")


def test_an_address_in_use() -> None:
    async def scenario() -> None:
        first = EchoPort(Echo(), "tcp::0")
        first.start()
        second = EchoPort(Echo(), first.address)
        with pytest.raises(PortError, match=rf"^{first.address}: cannot listen: Address already in use "):
            second.start()
        second.close()
        first.close()

    run(scenario)


def test_a_client_that_resets_is_told_without_port_numbers() -> None:
    async def scenario() -> None:
        port = EchoPort(Echo(), "tcp::0")
        port.start()
        client = socket.create_connection(("127.0.0.1", port.port))
        await until(lambda: port.server.told)
        reset(client)
        await until(lambda: len(port.server.told) == 2)
        assert port.server.told[1] == (1, "disconnected", "the other end closed the connection")
        port.close()

    run(scenario)


def test_a_client_is_disconnected_when_there_is_no_room_for_more() -> None:
    async def scenario() -> None:
        taken_b = 0

        def tap(way: str, data: bytes) -> None:
            nonlocal taken_b
            taken_b += len(data) if way == "tx" else 0

        ended: list[int] = []
        port = EchoPort(Echo(), "tcp::0", tap_for=lambda _number, _peer: tap, on_end=ended.append)
        port.start()
        with socket.create_connection(("127.0.0.1", port.port)):
            await until(lambda: port.server.told)
            handed_over_b = 0
            while not ended:
                port.server.due.append((0.0, Output(1, bytes(ROOM_B // 4))))
                handed_over_b += ROOM_B // 4
                port.wake()
            assert ended == [1]
            assert port.server.told[1:] == [(1, "disconnected", "it left its answers unread")]
            assert handed_over_b - taken_b > ROOM_B
            assert handed_over_b - taken_b <= ROOM_B + ROOM_B // 4, "the last one was the first that was too much"
        port.close()

    run(scenario)


def test_a_client_that_reads_may_have_as_much_as_it_likes() -> None:
    async def scenario() -> None:
        port = EchoPort(Echo(), "tcp::0")
        port.start()
        client = await connect(port)
        for _ in range(2 * ROOM_B // 50_000):
            assert await ask(client, bytes(50_000)) == bytes(50_000)
        await shut(client)
        port.close()

    run(scenario)


def test_a_connection_that_is_closed_has_its_answer_first() -> None:
    async def scenario() -> None:
        ended: list[int] = []
        port = EchoPort(Echo(end="close"), "tcp::0", on_end=ended.append)
        port.start()
        client = await connect(port)
        assert await ask(client, b"bye") == b"bye"
        assert await client[0].read() == b""
        assert ended == [1]
        assert port.server.told == [(1, "connected", "127.0.0.1")], "who ends it need not be told"
        await shut(client)
        port.close()

    run(scenario)


def test_a_connection_that_is_reset() -> None:
    async def scenario() -> None:
        ended: list[int] = []
        port = EchoPort(Echo(end="reset"), "tcp::0", on_end=ended.append)
        port.start()
        client = await connect(port)
        client[1].write(b"bye")
        with pytest.raises(ConnectionResetError):
            await client[0].readexactly(4)
        assert ended == [1]
        await shut(client)
        port.close()

    run(scenario)


def test_what_is_said_to_nobody_is_dropped() -> None:
    async def scenario() -> None:
        port = EchoPort(Echo(), "tcp::0")
        port.start()
        port.server.due.append((0.0, Output(7, b"anybody?", "close")))
        port.wake()
        assert not port.server.due
        client = await connect(port)
        assert await ask(client, b"still there") == b"still there"
        await shut(client)
        port.close()

    run(scenario)


@pytest.mark.parametrize("fails_on", ["receive", "step"])
def test_a_server_that_fails_ends_the_port(fails_on: str) -> None:
    async def scenario() -> None:
        ended: list[int] = []
        port = EchoPort(Echo(), "tcp::0", on_end=ended.append)
        port.start()
        client = await connect(port)
        await ask(client, b"well")
        port.server.fails_on = fails_on
        client[1].write(b"not well")
        with pytest.raises(BadConfiguration, match=f"it fails on {fails_on}"):
            await port.wait()
        assert ended == [1]
        with pytest.raises(ConnectionRefusedError):
            await connect(port)
        await shut(client)

    run(scenario)


@pytest.mark.parametrize("end", [None, "close", "reset"])
def test_a_connection_that_is_lost_while_it_is_written_to(end: End | None) -> None:
    async def scenario() -> None:
        ended: list[int] = []
        port = EchoPort(Echo(), "tcp::0", on_end=ended.append)
        port.start()
        client = socket.create_connection(("127.0.0.1", port.port))
        await until(lambda: port.server.told)
        reset(client)
        port.server.due.append((0.0, Output(1, b"too late", end)))
        port.wake()
        assert ended == [1]
        assert port.server.told[1:] == [(1, "disconnected", "the other end closed the connection")]
        port.close()

    run(scenario)


def test_a_port_that_ends_while_a_connection_is_written_to_stays_closed() -> None:
    async def scenario() -> None:
        port = EchoPort(Echo(fails_on="step after a loss"), "tcp::0")
        port.start()
        client = socket.create_connection(("127.0.0.1", port.port))
        await until(lambda: port.server.told)
        reset(client)
        port.server.due.append((0.0, Output(1, b"too late")))
        port.wake()
        with pytest.raises(ConnectionRefusedError):
            await connect(port)
        with pytest.raises(BadConfiguration, match="it fails on step after a loss"):
            await port.wait()

    run(scenario)


def test_it_follows_how_the_server_is_to_be_found() -> None:
    async def scenario() -> None:
        port = EchoPort(Echo(), "tcp::0")
        port.server.reach = "refused"
        port.start()
        with pytest.raises(ConnectionRefusedError):
            await connect(port)
        port.server.reach = "open"
        port.wake()
        client = await connect(port)
        assert await ask(client, b"back") == b"back"
        port.server.reach = "refused"
        port.wake()
        assert await ask(client, b"still in") == b"still in"
        with socket.create_server(("127.0.0.1", port.port)):
            port.server.reach = "unplugged"
            port.wake()
            with pytest.raises(PortError, match="cannot listen"):
                await port.wait()
        await shut(client)

    run(scenario)


def test_it_steps_the_server_when_that_is_due() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        server = Echo()
        port = EchoPort(server, "tcp::0")
        port.wake()
        assert server.stepped_s == [], "it has not begun"
        port.start()
        server.due = [(5.0, Output(1, b""))]
        port.wake()
        server.due = [(2.0, Output(1, b"")), (3.0, Output(1, b""))]
        port.wake()
        await asyncio.sleep(4.0)
        server.due = [(6.0, Output(1, b""))]
        port.wake()
        server.due = []
        port.wake()
        await asyncio.sleep(4.0)
        server.due = [(9.0, Output(1, b""))]
        port.wake()
        port.close()
        port.wake()
        await asyncio.sleep(4.0)
        assert loop.time() == 12.0
        assert server.stepped_s == [0.0, 0.0, 0.0, 2.0, 3.0, 4.0, 4.0, 8.0]

    run(scenario, "virtual")


def test_an_answer_takes_its_time() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        port = EchoPort(Echo(after_s=0.25), "tcp::0")
        port.start()
        # A blocking client on the same thread: what it wrote has arrived when it returns.
        with socket.create_connection(("127.0.0.1", port.port)) as client:
            client.sendall(b"slow")
            client.setblocking(False)
            assert await loop.sock_recv(client, 10) == b"slow"
            assert loop.time() == 0.25
        port.close()

    run(scenario, "virtual")
