"""Lines of the board link damaged on the way, many of them, in one stream: each is malformed or means what it says."""

from __future__ import annotations

import os
from contextlib import suppress
from random import Random

from emulators.board.codec import MAX_LINE_BYTES, LineBuffer, format_line, parse
from emulators.errors import Malformed

COUNT = 1_000_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 10_000
LINES = [
    b"HELLO station 2 1\n",
    b"DRIVE 1 26667 1\n",
    b"DRIVE 2 high 0\n",
    b"REQUEST 1\n",
    b"CONTACT 1\n",
    b"SENSE 1 5995 -12000 220 16800 16800 16800 2300 2299 2301 1 3864 3862 3866\n",
]


def damaged(line: bytes, rng: Random) -> bytes:
    data = bytearray(line)
    for _ in range(rng.randint(0, 2)):
        at = rng.randrange(len(data))
        match rng.randrange(5):
            case 0:
                data[at] ^= 1 << rng.randrange(8)
            case 1:
                del data[at : at + rng.choice((1, 3, 20))]
                data = data or bytearray(b"\n")
            case 2:
                data[at:at] = data[at : at + 8]
            case 3:
                data[at:at] = rng.choice((b" ", b"0", b"-", b"\n", b"\xff", b"9" * 30, b"x" * 300))
            case _:
                data[at:at] = rng.randbytes(4)
    return bytes(data)


def test_a_stream_of_damaged_lines() -> None:
    rng = Random(1)
    buffer = LineBuffer()
    read = 0
    for _ in range(COUNT):
        for line in buffer.feed(damaged(rng.choice(LINES), rng)):
            with suppress(Malformed):
                assert format_line(parse(line)) == line + b"\n"
                read += 1
        assert len(buffer._rest) <= MAX_LINE_BYTES
    assert read > COUNT // 10
