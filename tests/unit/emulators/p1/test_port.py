"""The P1 port over real descriptors: pseudo-terminals, a TCP socket, and pyserial's loop with modem lines."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import tty
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import serial
import serial.rfc2217

from emulators.errors import BadConfiguration, PortError
from emulators.p1 import Meter, Telegram, decode
from emulators.p1.port import P1Port
from emulators.site import Site

EPOCH = datetime(2026, 7, 3, 11, 15, 0, tzinfo=UTC)
# Real time is spent here, so meters are in a hurry.
INTERVAL_S = 0.02
PATIENCE_S = 20.0


@pytest.fixture
def pty_pair() -> Iterator[tuple[int, str]]:
    """The far end as a descriptor, and the path of the near end."""
    far, near = os.openpty()
    tty.setraw(near)
    os.set_blocking(far, False)
    yield far, os.ttyname(near)
    os.close(near)
    os.close(far)


def meter(current_a: float = 6.0, version: str = "5.0.2", **options: Any) -> Meter:
    site = Site()
    site.add_load("house", current_a)
    return Meter(version, site.read, lambda now_s: EPOCH + timedelta(seconds=now_s), interval_s=INTERVAL_S, **options)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await scenario()

    asyncio.run(in_time())


class Receiver:
    """What arrives at a descriptor; `until` waits for it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.data = bytearray()
        self._more = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, self._read)

    async def until(self, enough: Callable[[bytearray], bool]) -> None:
        while not enough(self.data):
            self._more.clear()
            await self._more.wait()

    def stop(self) -> None:
        asyncio.get_running_loop().remove_reader(self.descriptor)

    def _read(self) -> None:
        self.data += os.read(self.descriptor, 4096)
        self._more.set()


def telegrams(data: bytes) -> list[Telegram]:
    """All of a stream that consists of whole telegrams."""
    starts = [at for at in range(len(data)) if data.startswith(b"/", at)]
    assert starts[:1] == [0]
    return [decode(bytes(data[start:end])) for start, end in pairwise([*starts, len(data)])]


def at_least(count: int) -> Callable[[bytearray], bool]:
    """That many telegrams, the last one whole."""
    return lambda data: data.count(b"/") >= count and data.endswith(b"\r\n") and data[-7:-6] == b"!"


def test_telegrams_cross_a_pty(pty_pair: tuple[int, str]) -> None:
    far, path = pty_pair

    async def scenario() -> None:
        told: list[tuple[str, bytes]] = []
        receiver = Receiver(far)
        port = P1Port(meter(), path, tap=lambda way, data: told.append((way, data)))
        port.set_request(True)
        await receiver.until(at_least(3))
        receiver.stop()
        port.close()
        port.close()
        await port.wait()
        arrived = bytes(receiver.data)
        assert [telegram.current_ma for telegram in telegrams(arrived)] == [(6000, 0, 0)] * arrived.count(b"/")
        assert b"".join(data for way, data in told if way == "tx").startswith(arrived)
        assert port.dropped == 0

    run(scenario)


def test_nothing_is_sent_before_the_request_and_noise_is_heard(pty_pair: tuple[int, str]) -> None:
    far, path = pty_pair

    async def scenario() -> None:
        heard = asyncio.Event()
        told: list[tuple[str, bytes]] = []

        def tap(way: str, data: bytes) -> None:
            told.append((way, data))
            heard.set()

        port = P1Port(meter(), path, tap=tap)
        os.write(far, b"\xffnoise")
        await heard.wait()
        assert told == [("rx", b"\xffnoise")]
        port.close()

    run(scenario)


def test_a_wire_that_stands_still_costs_whole_telegrams(pty_pair: tuple[int, str]) -> None:
    far, path = pty_pair

    async def scenario() -> None:
        sent = bytearray()
        stuck = asyncio.Event()

        class Port(P1Port):
            def wake(self) -> None:
                super().wake()
                if self.dropped:
                    stuck.set()

        port = Port(meter(), path, tap=lambda _way, data: sent.extend(data))
        port.set_request(True)
        await stuck.wait()
        taken = len(sent)
        assert sent.count(b"/") > 1
        assert not sent.endswith(b"\r\n")
        receiver = Receiver(far)
        await receiver.until(lambda data: len(data) > taken + 2000 and at_least(1)(data))
        receiver.stop()
        port.close()
        # The one that was cut by the full buffer was resumed, and none was sent in part.
        assert all(telegram.current_ma == (6000, 0, 0) for telegram in telegrams(bytes(receiver.data)))
        assert sent.startswith(receiver.data)

    run(scenario)


def test_release_throws_away_what_has_not_left(pty_pair: tuple[int, str]) -> None:
    far, path = pty_pair

    async def scenario() -> None:
        sent = bytearray()
        aborted: list[int] = []
        stuck = asyncio.Event()

        class Port(P1Port):
            def wake(self) -> None:
                super().wake()
                if self.dropped:
                    stuck.set()

        port = Port(meter(), path, tap=lambda _way, data: sent.extend(data), on_abort=lambda: aborted.append(len(sent)))
        port.set_request(True)
        await stuck.wait()
        port.set_request(False)
        assert aborted == [len(sent)]
        port.set_request(False)
        assert len(aborted) == 1
        # Whatever the kernel still holds for the far end is the cable's; the port adds nothing to it.
        left = b""
        while True:
            try:
                left += os.read(far, 4096)
            except BlockingIOError:
                break
        assert len(left) <= len(sent)
        receiver = Receiver(far)
        port.set_request(True)
        await receiver.until(at_least(1))
        receiver.stop()
        port.close()
        assert telegrams(bytes(receiver.data))
        assert len(aborted) == 1

    run(scenario)


def test_a_change_of_cadence_is_taken_up(pty_pair: tuple[int, str]) -> None:
    far, path = pty_pair

    async def scenario() -> None:
        slow = meter()
        slow.set_interval(3600.0, 0.0)
        receiver = Receiver(far)
        port = P1Port(slow, path)
        port.set_request(True)
        slow.set_interval(INTERVAL_S, asyncio.get_running_loop().time())
        port.wake()
        await receiver.until(at_least(2))
        receiver.stop()
        port.close()

    run(scenario)


def test_a_port_that_goes_away_is_reported() -> None:
    async def scenario() -> None:
        far, near = os.openpty()
        port = P1Port(meter(), os.ttyname(near))
        port.set_request(True)
        os.close(near)
        os.close(far)
        with pytest.raises(PortError, match=r"port /dev/pts/[0-9]+: "):
            await port.wait()
        port.set_request(False)
        port.close()

    run(scenario)


def test_a_meter_that_fails_ends_the_port(pty_pair: tuple[int, str]) -> None:
    _, path = pty_pair

    async def scenario() -> None:
        port = P1Port(meter(current_a=5000.0), path)
        port.set_request(True)
        with pytest.raises(BadConfiguration, match="counts steps"):
            await port.wait()

    run(scenario)


def test_a_socket() -> None:
    async def scenario() -> None:
        received = bytearray()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while not at_least(2)(received):
                received.extend(await reader.read(4096))
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = P1Port(meter(), f"socket://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            port.set_request(True)
            with pytest.raises(PortError, match="other end closed"):
                await port.wait()
        assert len(telegrams(bytes(received))) >= 2

    run(scenario)


@pytest.mark.parametrize(
    ("version", "options", "settings"),
    [
        ("2.2", {}, (9600, 7, "E", 1)),
        ("3.0", {}, (9600, 7, "E", 1)),
        ("4.2.2", {}, (115200, 8, "N", 1)),
        ("BE-50217", {}, (115200, 8, "N", 1)),
        ("LU", {}, (115200, 8, "N", 1)),
        ("SE", {"char_format": "7E1"}, (115200, 7, "E", 1)),
        ("2.2", {"baud": 115200, "char_format": "8N1"}, (115200, 8, "N", 1)),
    ],
)
def test_the_line_is_set_as_the_version_has_it(
    monkeypatch: pytest.MonkeyPatch, version: str, options: dict[str, Any], settings: tuple[object, ...]
) -> None:
    opened: list[serial.Serial] = []
    open_url = serial.serial_for_url

    def watched(*arguments: Any, **given: Any) -> serial.Serial:
        opened.append(open_url(*arguments, **given))
        return opened[-1]

    monkeypatch.setattr(serial, "serial_for_url", watched)

    async def scenario() -> None:
        P1Port(meter(version=version), "loop://", **options).close()

    run(scenario)
    (device,) = opened
    assert (device.baudrate, device.bytesize, device.parity, device.stopbits) == settings


def test_a_modem_line_is_data_request(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[serial.Serial] = []
    open_url = serial.serial_for_url

    def watched(*arguments: Any, **options: Any) -> serial.Serial:
        opened.append(open_url(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr(serial, "serial_for_url", watched)

    async def scenario() -> None:
        echoed = bytearray()
        enough = asyncio.Event()
        aborted = asyncio.Event()

        def tap(way: str, data: bytes) -> None:
            if way == "rx":
                echoed.extend(data)
                if at_least(2)(echoed):
                    enough.set()

        # The far end of pyserial's loop is its own near end: CTS is wired to RTS.
        made = meter()
        port = P1Port(made, "loop://", request_line="cts", tap=tap, on_abort=aborted.set)
        await enough.wait()
        requested = made.requested
        assert requested
        opened[0].rts = False
        await aborted.wait()
        assert not made.requested
        port.close()
        assert telegrams(bytes(echoed))

    run(scenario)


class Server(threading.Thread):
    """An RFC 2217 server in front of pyserial's loop, whose CTS is up; it keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.received = bytearray()
        self.start()

    def run(self) -> None:
        connection, _ = self.listening.accept()
        self.listening.close()
        device = serial.serial_for_url("loop://", timeout=0)
        with connection, connection.makefile("wb", buffering=0) as answers:
            # The stubs know neither of the things that PortManager is documented to take.
            manager = serial.rfc2217.PortManager(device, answers)  # type: ignore[arg-type]
            while data := connection.recv(4096):
                self.received.extend(b"".join(manager.filter(data)))
                manager.check_modem_lines()
        device.close()


# pyserial 3.5 starts its RFC 2217 thread in a way that Python has given up.
@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")
def test_a_port_server() -> None:
    server = Server()

    async def scenario() -> None:
        sent = bytearray()
        enough = asyncio.Event()

        def tap(_way: str, data: bytes) -> None:
            sent.extend(data)
            if at_least(3)(sent):
                enough.set()

        url = f"rfc2217://127.0.0.1:{server.listening.getsockname()[1]}"
        port = P1Port(meter(), url, request_line="cts", tap=tap)
        await enough.wait()
        port.close()
        server.join(PATIENCE_S)
        assert telegrams(bytes(server.received))
        assert server.received.startswith(sent)

    run(scenario)


def test_no_modem_line_to_watch(pty_pair: tuple[int, str]) -> None:
    _, path = pty_pair

    async def scenario() -> None:
        with pytest.raises(BadConfiguration, match="a pseudo-terminal has no CTS line"):
            P1Port(meter(), path, request_line="cts")
        # The port was closed again: it is not busy.
        P1Port(meter(), path).close()

    run(scenario)


@pytest.mark.parametrize("options", [{"char_format": "9N1"}, {"char_format": "8N"}, {"baud": 0}])
def test_line_settings_that_no_port_has(pty_pair: tuple[int, str], options: dict[str, Any]) -> None:
    _, path = pty_pair

    async def scenario() -> None:
        with pytest.raises(BadConfiguration, match=r"character format|baud rate"):
            P1Port(meter(), path, **options)

    run(scenario)
