"""Answers damaged on the way, many of them: nothing the CRC rejects is read, nothing is raised, nothing piles up."""

import math
import os
import random
import struct

from fastcrc import crc16

from station.serial_line import SerialLine
from station.sources.modbus.mapping import EASTRON, SOCOMEC
from station.sources.modbus.poller import Poller
from station.sources.modbus.rtu import RtuFraming
from station.sources.modbus.tcp import TcpFraming
from station.sources.reading import Reading

COUNT = 1_000_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 3_000
# One frame that is not whole yet, and what is damaged in one answer.
MOST_PENDING_B = 260 + 60


def _mutated(answer: bytes, rng: random.Random) -> bytes:
    data = bytearray(answer)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data) + 1)
        to = min(len(data), at + rng.choice((1, 2, 5, 20)))
        what = rng.randrange(5)
        if what == 0 and data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
        elif what == 1:
            del data[at:to]
        elif what == 2:
            data[at:at] = data[at:to]
        elif what == 3:
            data[at:at] = rng.randbytes(rng.randint(1, 8))
        else:
            data[at:to] = bytes(to - at)
    return bytes(data)


def _crc_fits(frame: bytes) -> bool:
    return crc16.modbus(frame[:-2]).to_bytes(2, "little") == frame[-2:]


def test_serial_answers() -> None:
    rng = random.Random(1)
    framing = RtuFraming(1, SerialLine(9600))
    poller = Poller(EASTRON["Eastron SDM72D"], framing, meter="")
    poller.opened(0.0)
    body = b"\x01\x04\x18" + struct.pack(">6f", 10.0, 11.0, 12.0, 2300.0, -2530.0, 2760.0)
    answer = body + crc16.modbus(body).to_bytes(2, "little")
    readings = 0
    for second in range(COUNT):
        poller.step(float(second))
        assert len(poller.take_request()) == 8
        data = _mutated(answer, rng)
        for item in [*poller.receive(data, second + 0.1), *poller.step(second + 0.5)]:
            if isinstance(item, Reading):
                readings += 1
                assert _crc_fits(data[:29]), data
        poller.take_request()
        poller.step(second + 0.999999)
        assert len(framing._pending) <= MOST_PENDING_B
    assert 0 < readings < COUNT


def test_answers_over_a_connection() -> None:
    rng = random.Random(2)
    framing = TcpFraming(5)
    poller = Poller(SOCOMEC, framing, meter="")
    poller.opened(0.0)
    values = struct.pack(">3I", 16000, 10000, 5000) + bytes(20) + struct.pack(">3i", 368, -230, 115)
    readings = given_up = 0
    for second in range(COUNT):
        poller.step(float(second))
        request = poller.take_request()
        answer = request[:4] + struct.pack(">HBBB", 3 + len(values), 5, 3, len(values)) + values
        for item in poller.receive(_mutated(answer, rng), second + 0.1) if request else ():
            if isinstance(item, Reading):
                readings += 1
                assert all(math.isfinite(current_a) for current_a in item.current_a)
        assert len(framing._stream) <= MOST_PENDING_B
        if poller.hang_up:
            given_up += 1
            poller.closed(poller.hang_up, second + 0.2)
            poller.opened(second + 0.3)
    assert readings > 0
    assert given_up > 0
