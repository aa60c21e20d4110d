"""Requests damaged on the way, many of them, to a bus and to a server.

Nothing is raised, nothing piles up, and on a bus only that is answered which has a right CRC, by a computation of our
own.
"""

from __future__ import annotations

import os
import struct
from random import Random

from fastcrc import crc16

from emulators.modbus.bus import RtuBus
from emulators.modbus.description import load
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.pdu import Echo, Read, WriteMultiple, WriteSingle, encode_request
from emulators.modbus.rtu import MAX_FRAME_BYTES, decode, encode
from emulators.modbus.tcp import decode as decode_tcp
from emulators.modbus.tcp import encode as encode_tcp
from emulators.modbus.tcp_server import TcpServer
from emulators.site import Site

COUNT = 1_000_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 4_000
# Damage that happens to be a right request can change a meter's address, so there are new meters now and then.
INPUTS_OF_A_METER = 500
MAX_TCP_FRAME_B = 260
PDUS = [
    encode_request(Read(4, 0, 18)),
    encode_request(Read(3, 20, 2)),
    encode_request(Read(4, 0xEEEE, 2)),
    encode_request(WriteMultiple(20, struct.pack(">f", 1.0))),
    encode_request(WriteSingle(0xF900, 5)),
    encode_request(Echo(b"\x12\x34")),
    bytes.fromhex("2b 0e 01 00"),
    bytes.fromhex("83 02"),
]


def damaged(frame: bytes, rng: Random) -> bytes:
    data = bytearray(frame)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data) + 1)
        to = min(len(data), at + rng.choice((1, 2, 5, 20)))
        match rng.randrange(5):
            case 0 if data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
            case 1:
                del data[at:to]
            case 2:
                data[at:at] = data[at:to]
            case 3:
                data[at:at] = rng.randbytes(rng.choice((1, 8, 300)))
            case _:
                data[at:to] = bytes(to - at)
    return bytes(data)


def meters() -> list[ModbusMeter]:
    site = Site()
    site.add_load("house", 10.0, 5.0, 1.0)
    return [ModbusMeter(load(model), site.read, unit=unit) for unit, model in enumerate(("sdm72d", "em340"), 1)]


def holds_a_request(data: bytes) -> bool:
    """Whether anywhere in it there are four bytes or more with their CRC behind them."""
    return any(
        crc16.modbus(data[start : end - 2]).to_bytes(2, "little") == data[end - 2 : end]
        for start in range(len(data))
        for end in range(start + 4, min(len(data), start + MAX_FRAME_BYTES) + 1)
    )


def test_a_bus() -> None:
    rng = Random(1)
    answers = 0
    for number in range(COUNT):
        if number % INPUTS_OF_A_METER == 0:
            bus = RtuBus(meters())
        now_s = float(number % INPUTS_OF_A_METER)
        heard = damaged(encode(rng.randint(0, 3), rng.choice(PDUS)), rng)
        bus.step(now_s)
        bus.receive(heard, now_s)
        assert len(bus._reader._heard) <= MAX_FRAME_BYTES
        while (due_s := bus.next_deadline_s()) < now_s + 1.0:
            if answer := bus.step(due_s):
                answers += 1
                decode(answer)
                assert holds_a_request(heard), heard
        assert not bus._reader.pending
        assert not bus._due
    assert 0 < answers < COUNT


def test_a_server() -> None:
    rng = Random(2)
    answers = ended = connection = 0
    for number in range(COUNT):
        if number % INPUTS_OF_A_METER == 0:
            server = TcpServer(meters())
        now_s = float(number % INPUTS_OF_A_METER)
        server.step(now_s)
        if connection not in server._connections:
            connection = number
            server.connected(connection, "10.0.0.1:4000", now_s)
        state = server._connections[connection]
        heard = damaged(encode_tcp(number % 65_536, rng.randint(0, 3), rng.choice(PDUS)), rng)
        server.receive(connection, heard, now_s)
        assert len(state.reader._heard) < MAX_TCP_FRAME_B
        while (due_s := server.next_deadline_s()) < now_s + 1.0:
            for output in server.step(due_s):
                ended += output.end is not None
                if output.data:
                    answers += 1
                    decode_tcp(output.data)
        assert not state.due or connection not in server._connections
        assert len(server._connections) <= 1
    assert answers > 0
    assert ended > 0
