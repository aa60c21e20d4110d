"""Modbus meters as a user at the terminal knows them: what is typed shows in the answers at the port."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from emulators.modbus import models
from emulators.modbus.pdu import Read, WriteMultiple, encode_request
from emulators.modbus.rtu import decode, encode
from emulators.modbus.tcp import encode as encode_tcp
from rig.cli.emulated import Options
from rig.cli.modbus import ModbusEmulation
from rig.clock import ClockSpec, VirtualLoop
from rig.clock.calendar import DEFAULT_START
from rig.errors import ConfigurationError, HarnessError, RigError

PATIENCE_S = 1.0
CURRENT, THREE_CURRENTS = Read(4, 6, 2), Read(4, 6, 6)
SETTLED_S = 1.1  # values are renewed once a second


def options(model: str, **changes: Any) -> Options:
    return Options(model=model, start=DEFAULT_START, **changes)


class Master:
    """A program of the user that asks the meters, on a pty."""

    def __init__(self, device: ModbusEmulation, loop: VirtualLoop) -> None:
        self._loop = loop
        path = device.introduce()[-1].split()[-1]
        self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._heard = b""
        self._arrived = asyncio.Event()
        loop.add_reader(self._fd, self._read)

    def _read(self) -> None:
        self._heard += os.read(self._fd, 4096)
        self._arrived.set()

    def close(self) -> None:
        self._loop.remove_reader(self._fd)
        os.close(self._fd)

    async def ask(self, request: Any, unit: int = 1) -> bytes | None:
        """What it is answered, function first; None: nothing in time."""
        self._heard = b""
        os.write(self._fd, encode(unit, encode_request(request)))
        await asyncio.sleep(PATIENCE_S)
        return decode(self._heard).pdu if self._heard else None

    async def floats(self, request: Any, unit: int = 1) -> list[float] | None:
        answer = await self.ask(request, unit)
        return None if answer is None else [round(value, 4) for (value,) in struct.iter_unpack(">f", answer[2:])]


Script = Callable[[ModbusEmulation, Any], Awaitable[None]]


def run(script: Script, model: str, **changes: Any) -> None:
    """The script on virtual time, with a master where the meters are on a bus, and an address where they are not."""
    loop = VirtualLoop()
    failures: list[RigError] = []

    async def main() -> None:
        device = ModbusEmulation(options(model, **changes), loop)
        await device.open(failures.append)
        where = device.introduce()[-1]
        master = Master(device, loop) if "-m rtu" in where else Client(where)
        try:
            await script(device, master)
        finally:
            master.close()
            await device.close()
            await device.close()

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
    assert failures == []


class Client:
    """A program of the user that asks the meters, over TCP. It connects when it asks first."""

    def __init__(self, introduced: str) -> None:
        words = introduced.split()
        self.port = int(words[words.index("-p") + 1])
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: Any, unit: int) -> bytes | None:
        """What it is answered, function first; None: nothing in time. Raises OSError without a connection."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        writer.write(encode_tcp(7, unit, encode_request(request)))
        try:
            async with asyncio.timeout(PATIENCE_S):
                data = await reader.read(300)
        except TimeoutError:
            return None
        if not data:
            self.close()
            raise ConnectionResetError
        assert data[:2] == b"\0\x07"
        return data[7:]

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


# -- on a bus --------------------------------------------------------------------------------------------------------


def test_loads_and_pv_show_in_the_answers() -> None:
    async def script(device: ModbusEmulation, master: Master) -> None:
        assert device.introduce()[0].startswith("Eastron SDM72D, 3 phases, unit 1, on /dev/pts/")
        assert device.introduce()[0].endswith("at 9600 8N1")
        assert await master.floats(THREE_CURRENTS) == [10.0, 2.5, 0.0]
        assert device.do("L1=16 L3=4") == "L1 +16.00 A  L2 +2.50 A  L3 +4.00 A"
        assert device.do("pv L2=6") == "L1 +16.00 A  L2 -3.50 A  L3 +4.00 A"
        await asyncio.sleep(SETTLED_S)
        assert await master.floats(THREE_CURRENTS) == [16.0, 3.5, 4.0]
        assert await master.floats(Read(4, 12, 6)) == [3680.0, -805.0, 920.0]
        assert device.status() == ("L1 +16.00 A  L2 -3.50 A  L3 +4.00 A | unit 1 | 3 requests | last: input 12 x6: ok")
        assert device.sent() == "3 requests"

    run(script, "sdm72d", load=["L1=10", "L2=2.5"])


def test_who_is_not_there_is_named() -> None:
    async def script(device: ModbusEmulation, master: Master) -> None:
        assert await master.ask(CURRENT, unit=3) is None
        assert device.status().endswith("0 requests | last: not answered: no meter has address 3 at 9600 8N1")
        assert await master.ask(Read(3, 0x4000, 2)) == b"\x83\x02"
        assert device.status().endswith("1 request | last: holding 16384 x2: exception 2")

    run(script, "sdm230")


def test_a_one_phase_meter_on_its_connection() -> None:
    async def script(device: ModbusEmulation, master: Master) -> None:
        assert device.status().startswith("L1 +3.00 A | unit 7 ")
        assert await master.floats(CURRENT, unit=7) == [3.0]

    run(script, "sdm230", unit=7, load=["all=3"])


def test_a_three_phase_meter_on_one_phase() -> None:
    async def script(device: ModbusEmulation, master: Master) -> None:
        assert device.status().startswith("L1 +3.00 A | unit 1 ")
        assert await master.floats(THREE_CURRENTS) == [3.0, 0.0, 0.0]

    run(script, "sdm72d", phases=1, load=["all=3"])


def test_transformers_left_alone_and_set() -> None:
    async def script(device: ModbusEmulation, master: Master) -> None:
        assert device.introduce()[1:3] == [
            "behind transformers of 100 to 1; with ct_primary_a at 5 it shows 0.01 times what flows",
            "set ct_primary_a=500 puts that right",
        ]
        assert device.status().startswith("L1 -10.00 A | it shows 0.10 A | unit 1 ")
        assert await master.floats(CURRENT) == [0.1]
        assert device.do("set ct_primary_a=500") == "ct_primary_a=500"
        await asyncio.sleep(SETTLED_S)
        assert await master.floats(CURRENT) == [10.0]
        assert device.status().startswith("L1 -10.00 A | unit 1 | 2 requests ")
        with pytest.raises(ConfigurationError, match="refuses ct_primary_a=5 with exception 3; it can be set once"):
            device.do("set ct_primary_a=5")

    run(script, "sdm120ct", pv=["L1=10"])


def test_transformers_set_from_the_start() -> None:
    async def script(device: ModbusEmulation, master: Master) -> None:
        assert device.introduce()[1] == "behind transformers of 100 to 1; with ct_ratio at 100 it shows what flows"
        assert device.status().startswith("L1 +10.00 A  L2 +0.00 A  L3 +0.00 A | unit 1 ")
        assert await master.floats(CURRENT) == [10.0]

    run(script, "sdm72ct", load=["L1=10"], settings=["ct_ratio=100"])


def test_settings_count_when_they_do() -> None:
    async def script(device: ModbusEmulation, master: Master) -> None:
        assert device.do("set unit=9") == "unit=9"
        assert "| unit 9 |" in device.status()
        assert await master.floats(CURRENT, unit=9) == [0.0]
        assert device.do("set char_format=8E1") == "char_format=8E1, after a restart"
        assert device.introduce()[0].endswith("at 9600 8N1")
        assert device.do("restart") == "silent for 2 s"
        assert device.introduce()[0].endswith("at 9600 8E1")
        assert await master.ask(CURRENT, unit=9) is None
        await asyncio.sleep(2.0)
        assert await master.floats(CURRENT, unit=9) == [0.0]

    run(script, "sdm230")


def test_a_locked_setting_is_unlocked_first() -> None:
    async def script(device: ModbusEmulation, master: Master) -> None:
        assert device.do("set system_type=1P2W") == "system_type=1P2W"
        assert await master.floats(Read(3, 0x0A, 2)) == [1.0]
        assert device.sent() == "1 request"  # what the user writes is no traffic

    run(script, "sdm72d")


def test_a_master_may_change_the_line() -> None:
    async def script(device: ModbusEmulation, master: Master) -> None:
        assert await master.ask(WriteMultiple(0x1C, struct.pack(">f", 0))) is not None
        assert device.introduce()[0].endswith("at 2400 8N1")
        assert await master.floats(CURRENT) == [0.0]

    run(script, "sdm230")


def test_other_line_settings() -> None:
    async def script(device: ModbusEmulation, master: Master) -> None:
        assert device.introduce()[0].endswith("at 19200 8E1")
        assert "-b 19200" in device.introduce()[1]
        assert await master.floats(CURRENT) == [0.0]

    run(script, "sdm72d", baud=19200, char_format="8e1")


def test_several_meters_on_one_bus() -> None:
    async def script(device: ModbusEmulation, master: Master) -> None:
        assert [line.partition(",")[0] for line in device.introduce()[:2]] == ["Eastron SDM230", "Eastron SDM72D"]
        assert await master.floats(CURRENT, unit=1) == [10.0]
        assert await master.floats(THREE_CURRENTS, unit=2) == [10.0, 5.0, 0.0]
        assert device.status().endswith("| unit 1, 2 | 2 requests | last: unit 2 input 6 x6: ok")
        device.do("fault 2:frozen")
        device.do("L1=12")
        await asyncio.sleep(SETTLED_S)
        assert await master.floats(CURRENT, unit=1) == [12.0]
        assert await master.floats(CURRENT, unit=2) == [10.0]
        assert "| unit 2 shows 10.00 / 5.00 / 0.00 A | unit 1, 2 |" in device.status()
        assert device.do("restart 2") == "silent for 2 s"
        assert await master.floats(CURRENT, unit=1) == [12.0]
        assert await master.ask(CURRENT, unit=2) is None
        assert device.do("set 2:unit=7") == "unit=7"
        await asyncio.sleep(2.0)
        assert await master.ask(CURRENT, unit=7) is not None

    run(script, "sdm230", also=["sdm72d:2"], load=["L1=10", "L2=5"])


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("dance", "there is no command 'dance'"),
        ("L4=1", "is no current"),
        ("request off", "there is no command 'request'"),
        ("fault badcrc", "there is no fault 'badcrc' here; there is off, crc, exception"),
        ("fault transaction", "there is no fault 'transaction' here"),
        ("fault silent", "there is no fault 'silent' here"),
        ("fault crc 0", "how many answers"),
        ("fault 3:crc", "there is no meter with address 3"),
        ("restart now", "write restart, or restart 2"),
        ("restart 3", "there is no meter with address 3"),
        ("set", "write set NAME=VALUE"),
        ("set unit", "'unit' sets nothing"),
        ("set colour=red", "has no setting 'colour'; there is"),
        ("set 1:baud=1", "setting baud has no code for 1"),
        ("set unit=5", "which meter\\? Write set 1:unit=5"),
        ("set 1:unit=2", "there is a meter with address 2 already"),
        ("set 1:unit=500", "refuses unit=500 with exception 3"),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(typed: str, complaint: str) -> None:
    async def script(device: ModbusEmulation, master: Master) -> None:
        with pytest.raises(ConfigurationError, match=complaint):
            device.do(typed)
        assert await master.floats(CURRENT) == [10.0]
        assert device.status().startswith("L1 +10.00 A  L2 +0.00 A  L3 +0.00 A | unit 1, 2 | 1 request ")

    run(script, "sdm230", also=["sdm72d:2"], load=["L1=10"])


# -- on an address ---------------------------------------------------------------------------------------------------


def test_a_server_on_a_port_of_its_own() -> None:
    async def script(device: ModbusEmulation, client: Client) -> None:
        assert device.introduce()[0] == f"Socomec Countis E27, 3 phases, unit 5, on tcp:127.0.0.1:{client.port}"
        answer = await client.ask(Read(3, 50528, 6), 5)
        assert answer is not None
        assert struct.unpack(">3I", answer[2:]) == (10_000, 0, 0)
        assert device.status() == (
            "L1 +10.00 A  L2 +0.00 A  L3 +0.00 A | unit 5 | 1 connection | 1 request | last: holding 50528 x6: ok"
        )
        assert await client.ask(Read(3, 50528, 6), 1) is None
        assert device.status().endswith("| last: not answered: no meter is unit 1")
        client.close()
        await asyncio.sleep(0.1)
        assert "| 0 connections |" in device.status()

    run(script, "e27", load=["L1=10"])


def test_faults_of_connections() -> None:
    async def script(device: ModbusEmulation, client: Client) -> None:
        request = Read(3, 50528, 6)
        assert device.do("fault silent") == "fault silent: connections are taken, and nothing is answered"
        assert await client.ask(request, 5) is None
        assert "| fault silent |" in f"{device.status()} |"
        assert device.do("fault reset").startswith("fault reset")
        with pytest.raises(ConnectionResetError):
            await client.ask(request, 5)
        client.close()
        device.do("fault refused")
        with pytest.raises(ConnectionRefusedError):
            await client.ask(request, 5)
        assert device.do("fault off") == "all is well"
        assert await client.ask(request, 5) is not None
        device.do("fault half-open")
        assert await client.ask(request, 5) is None
        client.close()
        assert await client.ask(request, 5) is not None

    run(script, "e27")


def test_an_rtu_meter_on_an_address_and_the_other_way_round() -> None:
    async def over_tcp(device: ModbusEmulation, client: Client) -> None:
        answer = await client.ask(CURRENT, 1)
        assert answer is not None
        assert struct.unpack(">f", answer[2:]) == (4.0,)
        with pytest.raises(ConfigurationError, match="no fault 'crc' here; there is off, exception, unit"):
            device.do("fault crc")
        assert device.do("set baud=2400") == "baud=2400"  # which has no effect here

    async def over_rtu(device: ModbusEmulation, master: Master) -> None:
        answer = await master.ask(Read(3, 50528, 2), 5)
        assert answer is not None
        assert struct.unpack(">I", answer[2:]) == (4000,)
        with pytest.raises(ConfigurationError, match="there is no command 'set'"):
            device.do("set unit=1")

    run(over_tcp, "sdm230", port="tcp:127.0.0.1:0", load=["L1=4"])
    run(over_rtu, "e27", port="pty", load=["L1=4"])


# -- ports -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", models())
def test_every_meter_opens_on_either_kind_of_port(model: str) -> None:
    async def script(device: ModbusEmulation, _master: Any) -> None:
        assert device.status().startswith("L1 +1.00 A")

    run(script, model, port="pty", load=["L1=1"])
    run(script, model, port="tcp:127.0.0.1:0", load=["L1=1"])


def on_a_tty(script: Callable[[ModbusEmulation, list[RigError]], Awaitable[None]], path: str, **changes: Any) -> None:
    loop = ClockSpec("scaled", 20.0).make_loop()
    failures: list[RigError] = []

    async def main() -> None:
        device = ModbusEmulation(options("sdm230", port=path, **changes), loop)
        try:
            await device.open(failures.append)
            await script(device, failures)
        finally:
            await device.close()

    try:
        loop.run_until_complete(main())
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def test_a_serial_port_follows_the_line_settings() -> None:
    far, near = os.openpty()
    os.set_blocking(far, False)
    heard = b""

    async def answered() -> bytes:
        nonlocal heard
        heard = b""
        os.write(far, encode(1, encode_request(CURRENT)))
        async with asyncio.timeout(600.0):
            while len(heard) < 9:
                await asyncio.sleep(0.1)
        return heard

    async def script(device: ModbusEmulation, failures: list[RigError]) -> None:
        nonlocal heard

        def read() -> None:
            nonlocal heard
            heard += os.read(far, 4096)

        asyncio.get_running_loop().add_reader(far, read)
        assert len(device.introduce()) == 1  # who has the other end knows how to read it
        assert decode(await answered()).pdu[2:] == struct.pack(">f", 6.0)
        device.do("set baud=2400")
        async with asyncio.timeout(600.0):
            while "2400 8N1" not in device.introduce()[0]:
                await asyncio.sleep(0.1)
        await asyncio.sleep(5.0)  # the port is opened anew
        assert decode(await answered()).pdu[2:] == struct.pack(">f", 6.0)
        assert failures == []
        asyncio.get_running_loop().remove_reader(far)

    try:
        on_a_tty(script, os.ttyname(near), load=["L1=6"])
    finally:
        os.close(near)
        os.close(far)


def test_nothing_is_opened_after_the_end() -> None:
    far, near = os.openpty()

    async def script(device: ModbusEmulation, failures: list[RigError]) -> None:
        device.do("set baud=2400")
        await device.close()
        await asyncio.sleep(5.0)
        assert "9600 8N1" in device.introduce()[0]
        assert failures == []

    try:
        on_a_tty(script, os.ttyname(near))
    finally:
        os.close(near)
        os.close(far)


def test_requests_over_a_socket_come_in_pieces_and_without_a_pace() -> None:
    loop = VirtualLoop()
    request = encode(1, encode_request(CURRENT))

    async def main() -> None:
        peers: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            peers.put_nowait((reader, writer))

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"socket://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        device = ModbusEmulation(options("sdm230", port=url, load=["L1=6"]), loop)
        await device.open(lambda _failure: None)
        reader, writer = await peers.get()
        for _ in range(2):  # the second one as soon as the first is answered
            writer.write(request[:3])
            await asyncio.sleep(0.02)
            writer.write(request[3:])
            async with asyncio.timeout(PATIENCE_S):
                assert decode(await reader.readexactly(9)).pdu[2:] == struct.pack(">f", 6.0)
        for _ in range(2):
            writer.write(request)
            async with asyncio.timeout(PATIENCE_S):
                await reader.readexactly(9)
        writer.close()
        await device.close()
        server.close()

    try:
        loop.run_until_complete(main())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


def test_a_port_that_is_not_there() -> None:
    async def script(_device: ModbusEmulation, _failures: list[RigError]) -> None:
        raise AssertionError("it was opened")

    with pytest.raises(HarnessError, match=r"/dev/no-such-port does not exist"):
        on_a_tty(script, "/dev/no-such-port")
