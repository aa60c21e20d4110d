"""Where an emulated meter can be reached, and what is said when that cannot be."""

from __future__ import annotations

import asyncio
import errno
import os
import tty
from collections.abc import Awaitable, Callable

import pytest

from emulators.errors import PortError
from emulators.modbus import ModbusMeter, TcpServer, load
from emulators.modbus.tcp_port import TcpPort
from emulators.site import Site
from rig.cli.outlets import SerialOutlet, TcpOutlet
from rig.clock import ClockSpec, VirtualLoop, WallLoop
from rig.errors import ConfigurationError, HarnessError, RigError
from rig.lines import Line

Loop = VirtualLoop | WallLoop


class Port:
    """A port that notes what becomes of it, and fails when it is told to."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.closed = False
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def close(self) -> None:
        self.closed = True
        if not self._ended.done():
            self._ended.set_result(None)

    def fail(self) -> None:
        self._ended.set_exception(PortError("the wire broke"))

    async def wait(self) -> None:
        await self._ended


def run(loop: Loop, scenario: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await scenario()

    try:
        loop.run_until_complete(main())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


def serial_outlet(loop: Loop, where: str = "pty", plug: Callable[[Line], Port] = Port) -> SerialOutlet[Port]:
    return SerialOutlet("test", where, loop, plug, baud=9600, char_format="8N1")


def plugged(outlet: SerialOutlet[Port]) -> Port:
    assert outlet.port is not None
    return outlet.port


def test_a_pty_of_its_own() -> None:
    loop = VirtualLoop()
    outlet = serial_outlet(loop)

    async def scenario() -> None:
        failures: list[RigError] = []
        await outlet.open(failures.append)
        assert outlet.is_pty
        assert outlet.where.startswith("/dev/pts/")
        where, port = outlet.where, plugged(outlet)
        outlet.retune(2400, "8E1")  # which a pty does not know
        await asyncio.sleep(1.0)
        assert (outlet.where, outlet.port, port.closed) == (where, port, False)
        port.fail()
        await asyncio.sleep(1.0)
        assert [str(failure) for failure in failures] == ["the wire broke"]
        await outlet.close()
        await outlet.close()
        assert port.closed

    run(loop, scenario)


def test_nobody_reads_the_pty() -> None:
    loop = VirtualLoop()
    outlet = serial_outlet(loop)

    async def scenario() -> None:
        await outlet.open(lambda _failure: None)
        assert outlet.status == ""
        near = os.open(outlet.line.a.path, os.O_WRONLY | os.O_NOCTTY)
        for _ in range(20):
            os.write(near, bytes(1000))
            await asyncio.sleep(2.0)
        assert outlet.status == "nobody reads it"
        os.close(near)
        await outlet.close()

    run(loop, scenario)


def test_a_port_that_cannot_be_plugged_in_leaves_nothing_open() -> None:
    loop = VirtualLoop()

    def plug(_line: Line) -> Port:
        raise PortError("it does not fit")

    outlet = serial_outlet(loop, plug=plug)

    async def scenario() -> None:
        with pytest.raises(HarnessError, match="it does not fit"):
            await outlet.open(lambda _failure: None)
        with pytest.raises(HarnessError, match="open the line first"):
            _ = outlet.where
        await outlet.close()

    run(loop, scenario)


def test_a_tty_is_opened_anew_with_other_settings() -> None:
    far, near = os.openpty()
    tty.setraw(near)
    path = os.ttyname(near)
    loop = ClockSpec("scaled", 20.0).make_loop()
    outlet = serial_outlet(loop, path)

    async def scenario() -> None:
        failures: list[RigError] = []
        await outlet.open(failures.append)
        assert (outlet.is_pty, outlet.where, str(outlet.line.b.settings)) == (False, path, "9600 8N1")
        first = plugged(outlet)
        outlet.retune(4800, "8N1")
        outlet.retune(2400, "8N1")
        async with asyncio.timeout(600.0):
            while str(outlet.line.b.settings) != "2400 8N1" or outlet.port is first:
                await asyncio.sleep(0.1)
        assert first.closed
        outlet.retune(1200, "8N1")
        await outlet.close()
        assert failures == []

    try:
        run(loop, scenario)
    finally:
        os.close(near)
        os.close(far)


def test_a_tty_that_went_away_meanwhile_is_told() -> None:
    far, near = os.openpty()
    loop = ClockSpec("scaled", 20.0).make_loop()
    outlet = serial_outlet(loop, os.ttyname(near))

    async def scenario() -> None:
        failures: list[RigError] = []
        await outlet.open(failures.append)
        os.close(near)
        os.close(far)
        outlet.retune(4800, "8N1")
        await outlet.close()
        assert failures
        assert all(isinstance(failure, HarnessError) for failure in failures)

    run(loop, scenario)


@pytest.mark.parametrize("where", ["ttyUSB0", "http://host:1", "socket://host"])
def test_no_port(where: str) -> None:
    loop = VirtualLoop()
    try:
        with pytest.raises(ConfigurationError):
            serial_outlet(loop, where)
    finally:
        loop.close()


# -- on an address ---------------------------------------------------------------------------------------------------


def tcp_outlet(address: str) -> TcpOutlet:
    return TcpOutlet(address, TcpServer([ModbusMeter(load("e27"), Site().read)]))


def test_an_address() -> None:
    async def scenario() -> None:
        outlet = tcp_outlet("tcp:127.0.0.1:0")
        await outlet.open(lambda _failure: None)
        host, port = outlet.where.split(":")[1:]
        _, writer = await asyncio.open_connection(host, int(port))
        writer.close()
        await outlet.close()
        await outlet.close()
        with pytest.raises(OSError, match=r"refused|Connect call failed"):
            await asyncio.open_connection(host, int(port))

    run(VirtualLoop(), scenario)


@pytest.mark.parametrize("address", ["tcp:127.0.0.1", "tcp:127.0.0.1:x", "tcp:::1:502", "tcp:h:70000"])
def test_no_address(address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"--port: Modbus TCP address .* use tcp:host:port"):
        tcp_outlet(address)


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (
            errno.EACCES,
            "tcp:0.0.0.0:502: cannot listen: ports below 1024 are for root; take another one, such as "
            "tcp:0.0.0.0:1502, or permit this one: sudo sysctl net.ipv4.ip_unprivileged_port_start=502",
        ),
        (
            errno.EADDRINUSE,
            "tcp:0.0.0.0:502: cannot listen: another program listens there; end that one, or take another port",
        ),
        (
            errno.EADDRNOTAVAIL,
            "tcp:0.0.0.0:502: cannot listen: this machine has no such address; 0.0.0.0 stands for all that it has",
        ),
        (errno.ENOBUFS, "as the port said"),
    ],
)
def test_what_to_do_when_it_cannot_listen(number: int, advice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_port: TcpPort) -> None:
        raise PortError("as the port said") from OSError(number, os.strerror(number))

    monkeypatch.setattr(TcpPort, "start", refuse)

    async def scenario() -> None:
        outlet = tcp_outlet("tcp:0.0.0.0:502")
        with pytest.raises(HarnessError) as raised:
            await outlet.open(lambda _failure: None)
        assert str(raised.value) == advice
        await outlet.close()

    run(VirtualLoop(), scenario)
