"""Ends that lead out of the rig: a tty, a TCP and an RFC 2217 serial server. In real time, as these are real ports."""

from __future__ import annotations

import asyncio
import os
import socket
import termios
import threading
import tty
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import serial
from serial.rfc2217 import PortManager

from rig.clock import WallLoop
from rig.errors import ConfigurationError, HarnessError
from rig.lines.end import ModemLines
from rig.lines.endpoint import DeviceEnd
from rig.lines.format import PortSettings

# How long the tests wait for the kernel or a thread before they fail; not a time that anything is measured against.
PATIENCE_S = 20.0


class Opened:
    """A device end on a wall-clock loop; `received` is what came in, `errors` what was reported."""

    def __init__(self, loop: WallLoop, where: str) -> None:
        self.loop = loop
        self.end = DeviceEnd("line p1, end b", loop, PortSettings(9600), where)
        self.received = b""
        self.errors: list[HarnessError] = []

    def idle(self) -> bool:
        return self.end.idle

    def receive(self, data: bytes) -> None:
        self.received += data

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(0.005)


def play(where: str, script: Callable[[Opened], Awaitable[None]]) -> Opened:
    loop = WallLoop()
    opened = Opened(loop, where)

    async def whole() -> None:
        await opened.end.open(opened.receive, opened.errors.append)
        try:
            await script(opened)
        finally:
            await opened.end.close()
            await opened.end.close()  # harmless

    try:
        loop.run_until_complete(whole())
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    return opened


class FarSide:
    """A tty pair of which the rig opens one side as if it were an adapter; the test holds the other."""

    def __init__(self) -> None:
        self.fd, self._kept = os.openpty()
        tty.setraw(self._kept)
        os.set_blocking(self.fd, False)
        self.path = os.ttyname(self._kept)

    def read(self) -> bytes:
        with suppress(BlockingIOError):
            return os.read(self.fd, 4096)
        return b""

    def unplug(self) -> None:
        if self.fd >= 0:
            os.close(self._kept)
            os.close(self.fd)
            self.fd = -1


@pytest.fixture
def far() -> Iterator[FarSide]:
    side = FarSide()
    yield side
    side.unplug()


def test_a_device_does_not_tell_its_rate() -> None:
    """What it is set to is the rig's own doing; what the program at its far end has set is not seen."""
    loop = WallLoop()
    assert DeviceEnd("line p1, end b", loop, PortSettings(9600), "/dev/ttyUSB0").port_baud() is None
    loop.close()


def test_a_device_is_set_to_another_rate(far: FarSide) -> None:
    """A Linky whose mode is switched speaks at another speed, and so does the adapter that speaks for it."""

    async def script(opened: Opened) -> None:
        opened.end.retune(PortSettings(1200))
        assert termios.tcgetattr(far.fd)[5] == termios.B1200
        assert opened.end.settings.baud == 1200

    assert play(far.path, script).errors == []


def test_an_unplugged_device_takes_no_rate(far: FarSide) -> None:
    async def script(opened: Opened) -> None:
        far.unplug()
        opened.end.retune(PortSettings(1200))
        await opened.until(lambda: bool(opened.errors))

    assert len(play(far.path, script).errors) == 1


def test_bytes_pass_both_ways_through_a_device(far: FarSide) -> None:
    async def script(opened: Opened) -> None:
        assert opened.end.paces_itself
        assert opened.end.path == far.path
        os.write(far.fd, b"to the rig \x00\x11\x13\xff\r\n")
        await opened.until(lambda: opened.received.endswith(b"\n"))
        assert opened.end.write(b"from the rig\r\n\x03") == 15
        await opened.until(opened.idle)
        got = b""
        while len(got) < 15:
            await asyncio.sleep(0.005)
            got += far.read()
        assert got == b"from the rig\r\n\x03"

    opened = play(far.path, script)
    assert opened.received == b"to the rig \x00\x11\x13\xff\r\n"
    assert opened.errors == []


def test_what_a_device_does_not_take_waits_and_too_much_has_no_room(far: FarSide) -> None:
    data = bytes(i % 253 for i in range(60_000))

    async def script(opened: Opened) -> None:
        assert opened.end.write(data) == len(data)
        assert not opened.idle()
        assert opened.end.write(data) < len(data)
        opened.end.discard()
        assert opened.idle()
        while far.read():
            await asyncio.sleep(0.01)
        assert opened.end.write(data) == len(data)
        got = b""
        while len(got) < len(data):
            got += far.read()
            await asyncio.sleep(0)
        assert got == data
        await opened.until(opened.idle)

    assert play(far.path, script).errors == []


def test_an_adapter_that_is_unplugged_is_reported_once(far: FarSide) -> None:
    async def script(opened: Opened) -> None:
        far.unplug()
        await opened.until(lambda: bool(opened.errors))
        assert opened.end.write(b"into the void") == 0
        opened.end.discard()
        await asyncio.sleep(0.05)

    opened = play(far.path, script)
    (error,) = opened.errors
    message = str(error)
    assert message.startswith(f"line p1, end b: {far.path} went away while in use")
    assert "plug the adapter in again" in message


def test_a_write_to_an_unplugged_adapter_is_reported_too(far: FarSide) -> None:
    async def script(opened: Opened) -> None:
        far.unplug()
        opened.end.write(b"x")
        opened.end.write(b"y")

    assert len(play(far.path, script).errors) == 1


def test_a_device_without_modem_lines_says_so_and_has_no_second_side(far: FarSide) -> None:
    async def script(opened: Opened) -> None:
        assert opened.end.modem_lines() is None
        with pytest.raises(HarnessError, match=f"meter cannot open {far.path} beside the rig; only a pty"):
            opened.end.attach("meter")
        opened.end.detach()

    play(far.path, script)


def test_modem_lines_are_read_where_there_are_some(far: FarSide, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial.Serial, "cts", True)
    monkeypatch.setattr(serial.Serial, "dsr", False)

    async def script(opened: Opened) -> None:
        assert opened.end.modem_lines() == ModemLines(cts=True, dsr=False)

    play(far.path, script)


def test_before_it_is_open_an_end_takes_nothing() -> None:
    loop = WallLoop()
    try:
        end = DeviceEnd("line p1, end b", loop, PortSettings(), "/dev/ttyUSB0")
        assert end.write(b"x") == 0
        end.discard()
        assert end.modem_lines() is None
        with pytest.raises(ConfigurationError, match="no port"):
            DeviceEnd("line p1, end b", loop, PortSettings(), "ttyUSB0")
    finally:
        loop.close()


def test_a_tcp_serial_server() -> None:
    """The server is asyncio's and runs in the loop of the test."""
    loop = WallLoop()

    async def whole() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async with asyncio.timeout(PATIENCE_S):
                assert await reader.readexactly(5) == b"hello"
                writer.write(b"world")
                await reader.readexactly(3)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        opened = Opened(loop, f"socket://127.0.0.1:{port}")
        await opened.end.open(opened.receive, opened.errors.append)
        assert opened.end.modem_lines() is None
        opened.end.discard()
        assert opened.end.write(b"hello") == 5
        await opened.until(lambda: opened.received == b"world")
        assert opened.errors == []
        opened.end.write(b"bye")
        await opened.until(lambda: bool(opened.errors))
        assert f"the connection to socket://127.0.0.1:{port} was closed by the other side" in str(opened.errors[0])
        await opened.end.close()
        server.close()
        await server.wait_closed()

    try:
        loop.run_until_complete(whole())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


class Rfc2217Server:
    """A server in a thread. Its port loops back: bytes return, RTS shows as CTS and DTR as DSR."""

    def __init__(self) -> None:
        self.port = serial.serial_for_url("loop://", timeout=0)
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rfc2217://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        with self._listener, self._listener.accept()[0] as connection:
            connection.settimeout(0.01)
            # The stubs ask for more than the class uses: a port with modem lines, and something to write to.
            manager = PortManager(self.port, _Writer(connection))  # type: ignore[arg-type]
            while not self._stopping.is_set():
                with suppress(TimeoutError):
                    data = connection.recv(1024)
                    if not data:
                        return
                    self.port.write(b"".join(manager.filter(data)))
                manager.check_modem_lines()
                if answer := self.port.read(1024):
                    connection.sendall(b"".join(manager.escape(answer)))

    @contextmanager
    def running(self) -> Iterator[Rfc2217Server]:
        self._thread.start()
        try:
            yield self
        finally:
            self.stop()
            self.port.close()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()


class _Writer:
    def __init__(self, connection: socket.socket) -> None:
        self.write = connection.sendall


# pyserial's client names its thread in a way that is deprecated.
@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")
def test_an_rfc2217_server_is_bridged_with_its_modem_lines() -> None:
    everything = bytes(range(256))

    with Rfc2217Server().running() as server:

        async def script(opened: Opened) -> None:
            await opened.until(lambda: opened.end.modem_lines() == ModemLines(cts=True, dsr=True))
            assert opened.end.write(everything) == 256
            await opened.until(lambda: len(opened.received) >= 256)
            server.port.rts = False
            await opened.until(lambda: opened.end.modem_lines() == ModemLines(cts=False, dsr=True))
            assert server.port.baudrate == 9600
            opened.end.discard()
            assert opened.idle()
            assert opened.errors == []
            server.stop()
            await opened.until(lambda: bool(opened.errors))

        opened = play(server.url, script)
    assert opened.received == everything
    assert "was closed by the other side" in str(opened.errors[0])
