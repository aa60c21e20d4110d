"""Wireshark's Modbus dissector on captures of every meter: nothing in them is malformed."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulators.modbus import faults
from emulators.modbus.bus import RtuBus
from emulators.modbus.description import Description, Register, load, models
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.pdu import Echo, Read, Request, WriteMultiple, encode_request
from emulators.modbus.rtu import encode
from emulators.modbus.rtu_port import RtuPort
from emulators.modbus.tcp import encode as encode_tcp
from rig.clock import VirtualLoop
from rig.lines import Line
from rig.timeline import Timeline

TSHARK = shutil.which("tshark")
pytestmark = pytest.mark.skipif(TSHARK is None, reason="tshark is not installed (Debian: apt install tshark)")

RTU_OPTIONS = ("-d", "rtacser.data,mbrtu", "-o", "mbrtu.crc_verification:TRUE")
TCP_OPTIONS = ("-o", "mbtcp.tcp.port:502")
LINKTYPE_RAW = 101


def words_of(description: Description, register: Register) -> int:
    """How many words a register's value has."""
    return {"16": 1, "32": 2, "64": 4}[(register.type or description.defaults.type)[-2:]]


def requests(description: Description) -> list[Request]:
    """A read of every register, refusals, a write, and what else the meter has."""
    asked: list[Request] = []
    for register in description.registers:
        table = register.table or description.defaults.table
        asked.append(Read(3 if table == "holding" else 4, register.at, words_of(description, register)))
    asked += [Read(3, 0xEEEE, 2), Read(4, 0xEEEE, 2), Read(description.functions[0], 0, 125)]
    if 16 in description.functions:
        asked.append(WriteMultiple(20, struct.pack(">f", 7.0)))
    if 8 in description.functions:
        asked.append(Echo(b"\x12\x34"))
    return asked


def dissected(path: Path, *options: str) -> list[dict[str, str]]:
    """Per packet: the protocols, whether the CRC is said to be good, what is said to be wrong, and the registers."""
    columns = (
        "frame.protocols",
        "mbrtu.crc16.status",
        "_ws.malformed",
        "modbus.exception_code",
        "modbus.func_code",
        "modbus.regnum16",
        "modbus.regval_uint16",
    )
    fields = [word for column in columns for word in ("-e", column)]
    ended = subprocess.run(
        [str(TSHARK), "-r", str(path), *options, "-T", "fields", "-E", "separator=\t", *fields],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in ended.stdout.splitlines()]


def compare(packets: list[dict[str, str]], meter: ModbusMeter, house: Any) -> None:
    """The registers as the dissector tells them, with what the site says."""
    words: dict[tuple[str, int], int] = {}
    for packet in packets:
        if packet["modbus.regval_uint16"]:
            at, value = (map(int, packet[name].split(",")) for name in ("modbus.regnum16", "modbus.regval_uint16"))
            words |= {(packet["modbus.func_code"], number): word for number, word in zip(at, value, strict=True)}
    defaults, values = meter.description.defaults, house.values(meter.description.phases)
    compared = 0
    for register in meter.description.registers:
        if register.quantity not in values:
            continue
        kind, count = (register.type or defaults.type).rstrip("0123456789"), words_of(meter.description, register)
        function = "3" if (register.table or defaults.table) == "holding" else "4"
        raw = [words[function, register.at + index] for index in range(count)]
        if (register.word_order or defaults.word_order) == "low_first":
            raw.reverse()
        data = struct.pack(f">{count}H", *raw)
        scale = defaults.scale if register.scale is None else register.scale
        if kind == "float":
            told, step = struct.unpack(">f", data)[0] * scale, 1e-6 * abs(values[register.quantity])
        else:
            told, step = int.from_bytes(data, "big", signed=kind == "int") * scale, scale / 2
        assert told == pytest.approx(values[register.quantity], abs=step + 1e-9), register
        compared += 1
    assert compared


def on_line(meter: ModbusMeter, asked: list[Request], path: Path) -> None:
    """Ask over a line that keeps a capture; in virtual time."""
    loop = VirtualLoop()

    async def whole() -> None:
        cable = Line(
            "rs485",
            loop=loop,
            timeline=Timeline(),
            rng=random.Random(1),
            baud=meter.line.baud,
            fmt=meter.line.char_format,
            capture=path,
        )
        async with cable:
            port = RtuPort(RtuBus([meter]), cable.a.path, tap=cable.a.attach("the meter"))
            station = _Client(loop, cable)
            for request in asked:
                station.write(encode(meter.unit, encode_request(request)))
                await asyncio.sleep(1.0)
            station.close()
            cable.a.detach()
            port.close()

    try:
        loop.run_until_complete(whole())
    finally:
        loop.close()


class _Client:
    """Writes to end b of a line, and reads what comes back."""

    def __init__(self, loop: VirtualLoop, line: Line) -> None:
        self._loop, self._line = loop, line
        self._descriptor = os.open(line.b.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._tap = line.b.attach("the station")
        loop.add_reader(self._descriptor, lambda: self._tap("rx", os.read(self._descriptor, 4096)))

    def write(self, data: bytes) -> None:
        os.write(self._descriptor, data)
        self._tap("tx", data)

    def close(self) -> None:
        self._loop.remove_reader(self._descriptor)
        self._line.b.detach()
        os.close(self._descriptor)


class Segments:
    """A capture of one TCP connection: each piece of data is a segment, between a client and port 502."""

    def __init__(self) -> None:
        self._packets: list[bytes] = []
        self._next = {False: 1, True: 1}

    def add(self, data: bytes, from_meter: bool) -> None:
        ends = (502, 40_000) if from_meter else (40_000, 502)
        tcp = struct.pack(
            ">HHIIBBHHH", *ends, self._next[from_meter], self._next[not from_meter], 5 << 4, 0x18, 65_000, 0, 0
        )
        self._next[from_meter] += len(data)
        addresses = (b"\x0a\0\0\2", b"\x0a\0\0\1") if from_meter else (b"\x0a\0\0\1", b"\x0a\0\0\2")
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0) + b"".join(addresses)
        self._packets.append(ip + tcp + data)

    def write(self, path: Path) -> None:
        head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, LINKTYPE_RAW)
        stamps = [struct.pack("<IIII", at, 0, len(packet), len(packet)) for at, packet in enumerate(self._packets)]
        path.write_bytes(head + b"".join([stamp + packet for stamp, packet in zip(stamps, self._packets, strict=True)]))


def over_tcp(outside: Any, meter: ModbusMeter, asked: list[Request], path: Path) -> None:
    """Ask over a socket, and write what its tap tells as a capture."""
    segments = Segments()

    def tap_for(_number: int, _peer: str) -> Callable[[str, bytes], None]:
        return lambda way, data: segments.add(data, from_meter=way == "tx")

    async def scenario() -> None:
        async with outside.over_tcp(meter, tap_for=tap_for) as port, asyncio.timeout(30.0):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
            for number, request in enumerate(asked):
                writer.write(encode_tcp(number, meter.unit, encode_request(request)))
                head = await reader.readexactly(6)
                await reader.readexactly(int.from_bytes(head[4:6], "big"))
            writer.close()
            await writer.wait_closed()

    asyncio.run(scenario())
    segments.write(path)


@pytest.mark.parametrize("model", [model for model in models() if load(model).transport == "rtu"])
def test_a_line(model: str, house: Any, tmp_path: Path) -> None:
    meter = house.meter(model)
    asked = requests(meter.description)
    on_line(meter, asked, tmp_path / "line.pcapng")
    packets = dissected(tmp_path / "line.pcapng", *RTU_OPTIONS)
    assert len(packets) == 2 * len(asked)
    assert all("mbrtu" in packet["frame.protocols"] for packet in packets)
    assert {packet["mbrtu.crc16.status"] for packet in packets} == {"1"}, "1 is good"
    assert not any(packet["_ws.malformed"] for packet in packets)
    assert {"2"} <= {packet["modbus.exception_code"] for packet in packets}
    compare(packets, meter, house)


@pytest.mark.parametrize("model", models())
def test_a_socket(model: str, outside: Any, house: Any, tmp_path: Path) -> None:
    meter = house.meter(model, response_s=0.0)
    asked = requests(meter.description)
    over_tcp(outside, meter, asked, tmp_path / "tcp.pcap")
    packets = dissected(tmp_path / "tcp.pcap", *TCP_OPTIONS)
    assert len(packets) == 2 * len(asked)
    assert all(packet["frame.protocols"].endswith("mbtcp:modbus") for packet in packets)
    assert not any(packet["_ws.malformed"] for packet in packets)
    assert {"2"} <= {packet["modbus.exception_code"] for packet in packets}
    compare(packets, meter, house)


def test_a_wrong_crc_is_seen(house: Any, tmp_path: Path) -> None:
    meter = ModbusMeter(load("sdm230"), house.read)
    meter.inject(faults.wrong_crc(), answers=1)
    on_line(meter, [Read(4, 0, 2), Read(4, 6, 2)], tmp_path / "line.pcapng")
    packets = dissected(tmp_path / "line.pcapng", *RTU_OPTIONS)
    assert [packet["mbrtu.crc16.status"] for packet in packets] == ["1", "0", "1", "1"]
