"""The port over real sockets, with a small station of the test's own."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from emulators.board.board import Board
from emulators.board.port import LOOPBACK, UNREAD_LIMIT_BYTES, BoardPort
from emulators.board.socket import Socket
from emulators.errors import BadConfiguration, PortError
from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle

GREETING = [b"HELLO board 2 1\n", b"CONTACT 0\n", b"SENSE 1 -12000 -12000 0 0 0 0 2300 2300 2300 0 0 0 0\n"]


class Bench:
    """A port, its board, and all it reported."""

    def __init__(self, address: str) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []
        self.tapped: dict[str, bytes] = {"rx": b"", "tx": b""}
        self.socket = Socket(1)
        self.board = Board([self.socket], emit=self.emit)
        self.port = BoardPort(self.board, address, tap=self.tap, emit=self.emit)
        self.read = b""

    def emit(self, at_s: float, kind: str, fields: dict[str, object]) -> None:
        self.events.append((kind, fields))

    def tap(self, direction: str, data: bytes) -> None:
        self.tapped[direction] += data

    def logs(self) -> list[str]:
        return [str(fields["text"]) for kind, fields in self.events if kind == "log"]

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        scheme, _, rest = self.port.address.partition(":")
        if scheme == "unix":
            return await asyncio.open_unix_connection(rest)
        host, _, port = rest.rpartition(":")
        return await asyncio.open_connection(host, int(port))

    async def line(self, reader: asyncio.StreamReader) -> bytes:
        line = await asyncio.wait_for(reader.readline(), 10)
        self.read += line
        return line


def run(address: str, scenario: Callable[[Bench], Awaitable[None]]) -> Bench:
    async def main() -> Bench:
        bench = Bench(address)
        await bench.port.start()
        try:
            await scenario(bench)
        finally:
            await bench.port.stop()
        return bench

    return asyncio.run(main())


@pytest.fixture
def unix(tmp_path: Path) -> str:
    return f"unix:{tmp_path / 'board'}"


@pytest.mark.parametrize("kind", ["unix", "tcp", "tcp without host"])
def test_a_station_connects_drives_and_senses(kind: str, unix: str) -> None:
    async def scenario(bench: Bench) -> None:
        reader, writer = await bench.connect()
        assert [await bench.line(reader) for _ in GREETING] == GREETING
        sent = b"HELLO station 2 1\nDRIVE 1 high 0\n"
        writer.write(sent)
        assert await bench.line(reader) == b"SENSE 1 12000 12000 0 0 0 0 2300 2300 2300 0 0 0 0\n"
        assert bench.tapped == {"rx": sent, "tx": bench.read}
        writer.close()

    bench = run({"unix": unix, "tcp": f"tcp:{LOOPBACK}:0", "tcp without host": "tcp::0"}[kind], scenario)
    assert bench.logs() == []


def test_poke_tells_the_station_what_a_test_did(unix: str) -> None:
    async def scenario(bench: Bench) -> None:
        reader, writer = await bench.connect()
        writer.write(b"HELLO station 2 1\nDRIVE 1 26667 0\n")
        for _ in range(len(GREETING) + 1):
            await bench.line(reader)
        car = Vehicle(VehicleSpec(start_delay_s=0.01))
        bench.socket.plug(car, asyncio.get_running_loop().time())
        bench.port.poke()
        assert await bench.line(reader) == b"SENSE 1 8979 -12000 220 0 0 0 2300 2300 2300 0 0 0 0\n"
        # from here on the port's own timer steps the model: S2 closes, the contactor closes, the meter samples
        assert await bench.line(reader) == b"SENSE 1 5995 -12000 220 0 0 0 2300 2300 2300 0 0 0 0\n"
        writer.write(b"DRIVE 1 26667 1\n")
        assert await bench.line(reader) == b"SENSE 1 5995 -12000 220 0 0 0 2300 2300 2300 1 0 0 0\n"
        assert (
            await bench.line(reader) == b"SENSE 1 5995 -12000 220 16000 16000 16000 2300 2300 2300 1 3680 3680 3680\n"
        )
        writer.close()

    run(unix, scenario)


def test_a_second_station_is_refused_and_the_first_is_not_disturbed(unix: str) -> None:
    async def scenario(bench: Bench) -> None:
        reader, writer = await bench.connect()
        writer.write(b"HELLO station 2 1\n")
        for _ in GREETING:
            await bench.line(reader)
        second, second_writer = await bench.connect()
        assert await second.read() == b""
        second_writer.close()
        writer.write(b"DRIVE 1 high 0\n")
        assert (await bench.line(reader)).startswith(b"SENSE 1 12000")
        assert bench.tapped["tx"] == bench.read
        writer.close()

    bench = run(unix, scenario)
    (log,) = bench.logs()
    assert "second station refused" in log


def test_after_a_broken_link_another_station_may_come(unix: str) -> None:
    async def scenario(bench: Bench) -> None:
        reader, writer = await bench.connect()
        writer.write(b"HELLO station 2 1\nDRIVE 1 high 0\n")
        for _ in range(len(GREETING) + 1):
            await bench.line(reader)
        writer.close()
        await writer.wait_closed()
        while ("link", {"up": False}) not in bench.events:
            await asyncio.sleep(0)
        reader, writer = await bench.connect()
        assert [await bench.line(reader) for _ in GREETING] == GREETING
        writer.close()

    bench = run(unix, scenario)
    assert [fields["up"] for kind, fields in bench.events if kind == "link"] == [True, False, True, False]


def test_a_station_that_does_not_read_is_disconnected(unix: str) -> None:
    flip = b"DRIVE 1 high 0\nDRIVE 1 low 0\n" * 500

    async def drive_without_reading(station: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(station, b"HELLO station 2 1\n")
        while True:
            await asyncio.wait_for(loop.sock_sendall(station, flip), 10)

    async def scenario(bench: Bench) -> None:
        with socket.socket(socket.AF_UNIX) as station:
            station.setblocking(False)
            station.connect(bench.port.address.removeprefix("unix:"))
            with pytest.raises(ConnectionError):
                await drive_without_reading(station)

    bench = run(unix, scenario)
    assert bench.logs()[0].endswith(f"left {UNREAD_LIMIT_BYTES} bytes unread")


def test_stop_ends_link_timer_and_file(unix: str) -> None:
    async def scenario(bench: Bench) -> None:
        reader, writer = await bench.connect()
        await bench.line(reader)
        car = Vehicle(VehicleSpec(start_delay_s=1_000.0))
        bench.socket.plug(car, asyncio.get_running_loop().time())
        bench.port.poke()
        await bench.port.stop()
        await bench.port.stop()
        assert not Path(unix.removeprefix("unix:")).exists()
        assert bench.events[-1] == ("link", {"up": False})
        writer.close()

    run(unix, scenario)


def test_a_path_that_exists_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "board"
    path.write_text("precious")
    with pytest.raises(PortError, match="the path exists"):
        asyncio.run(Bench(f"unix:{path}").port.start())
    assert path.read_text() == "precious"


def test_ports_that_cannot_be_had(tmp_path: Path) -> None:
    async def twice() -> None:
        first = Bench("tcp::0")
        await first.port.start()
        try:
            await Bench(first.port.address).port.start()
        finally:
            await first.port.stop()

    with pytest.raises(PortError, match=r"tcp:127\.0\.0\.1:\d+: cannot listen"):
        asyncio.run(twice())
    with pytest.raises(PortError, match="cannot listen: No such file"):
        asyncio.run(Bench(f"unix:{tmp_path / 'missing' / 'board'}").port.start())
    with pytest.raises(PortError, match="path too long"):
        asyncio.run(Bench(f"unix:{tmp_path / ('x' * 200)}").port.start())


@pytest.mark.parametrize("address", ["", "unix:", "tcp", "tcp:1.2.3.4", "tcp:host:", "tcp::99999", "tcp::-1", "udp::1"])
def test_bad_addresses(address: str) -> None:
    with pytest.raises(BadConfiguration, match="use unix:/path or tcp:host:port"):
        BoardPort(Board([Socket(1)]), address)


@pytest.mark.parametrize(("given", "shown"), [("tcp:::1:7000", "tcp:[::1]:7000"), ("tcp:[::1]:7000", "tcp:[::1]:7000")])
def test_ipv6_addresses(given: str, shown: str) -> None:
    assert BoardPort(Board([Socket(1)]), given).address == shown
