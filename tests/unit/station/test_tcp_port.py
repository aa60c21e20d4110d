"""The connection to a Modbus TCP/IP meter: its address, its bytes, and meters that are not there."""

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any

import pytest

from rig.clock.virtual import VirtualLoop
from station.errors import PortError
from station.serial_line import SerialLine
from station.tcp_port import CONNECT_S, Endpoint, open_tcp, parse_endpoint


def run(main: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main)


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("tcp:192.168.0.4:502", Endpoint("192.168.0.4", 502)),
        ("tcp://meter.local:1502", Endpoint("meter.local", 1502)),
    ],
)
def test_addresses(url: str, endpoint: Endpoint) -> None:
    assert parse_endpoint(url) == endpoint
    assert parse_endpoint(f"tcp:{endpoint}") == endpoint


@pytest.mark.parametrize(
    "url",
    ["", "tcp:", "tcp:host", "tcp:host:", "tcp::502", "tcp:host:0", "tcp:host:65536", "tcp:host:x", "tcp:[::1]:502",
     "tcp:fe80::1:502", "socket://host:502", "/dev/ttyUSB0", "192.168.0.4:502"],
)  # fmt: skip
def test_what_is_no_address(url: str) -> None:  # ALB-TCP-007
    with pytest.raises(PortError, match="'tcp:host:port' expected"):
        parse_endpoint(url)


def test_bytes_both_ways() -> None:
    async def main() -> None:
        heard: list[bytes] = []
        lost: list[str] = []
        tapped: list[tuple[str, str, bytes]] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"re:" + await reader.read(100))
            await reader.read(100)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        endpoint = Endpoint("127.0.0.1", server.sockets[0].getsockname()[1])
        port = await open_tcp(
            endpoint, "tcp", on_data=heard.append, on_lost=lost.append, tap=lambda *item: tapped.append(item)
        )
        port.configure(SerialLine(9600))
        port.data_request(True)
        port.write(b"hello")
        await asyncio.sleep(0.1)
        assert heard == [b"re:hello"]
        assert tapped == [("tcp", "tx", b"hello"), ("tcp", "rx", b"re:hello")]
        port.write(b"bye")
        await asyncio.sleep(0.1)
        assert lost == ["closed at the other end"]
        port.write(b"gone")
        port.close()
        port.close()
        server.close()

    run(main())


def test_nobody_listens() -> None:
    async def main() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            endpoint = Endpoint("127.0.0.1", unused.getsockname()[1])
            with pytest.raises(PortError, match=f"no connection to {endpoint}: Connection refused"):
                await open_tcp(endpoint, "tcp", on_data=print, on_lost=print)

    run(main())


def test_nobody_listens_where_the_settings_say() -> None:
    """Whichever way leads there, the place is called by the name that its owner knows."""

    async def main() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            endpoint = Endpoint("127.0.0.1", unused.getsockname()[1])
            with pytest.raises(PortError, match=r"^no connection to 10\.0\.0\.1:502: Connection refused"):
                await open_tcp(endpoint, "tcp", called="10.0.0.1:502", on_data=print, on_lost=print)

    run(main())


def test_packets_that_are_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:  # ALB-TCP-047
    async def main() -> None:
        loop = asyncio.get_running_loop()

        async def swallow(_link: socket.socket, _endpoint: Endpoint) -> None:
            await asyncio.sleep(1000.0)

        monkeypatch.setattr(loop, "sock_connect", swallow)
        with pytest.raises(PortError, match=r"no connection to 10.0.0.1:502: nothing answers within 5 s"):
            await open_tcp(Endpoint("10.0.0.1", 502), "tcp", on_data=print, on_lost=print)
        assert loop.time() == CONNECT_S

    run(main())


def test_cancelled_while_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async def swallow(_link: socket.socket, _endpoint: Endpoint) -> None:
            await asyncio.sleep(1000.0)

        monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", swallow)
        task = asyncio.create_task(open_tcp(Endpoint("10.0.0.1", 502), "tcp", on_data=print, on_lost=print))
        await asyncio.sleep(1.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task  # and the socket is closed, or its warning would fail this test

    run(main())
