"""Lines of the board link damaged on the way, many of them, in one stream: each is bad or means what it says."""

import os
from random import Random

from station.board.codec import MAX_LINE_B, BadLine, Contact, Hello, LineDecoder, Message

COUNT = 1_000_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 10_000
LINES = [
    b"HELLO board 2 2\n",
    b"CONTACT 1\n",
    b"SENSE 1 9000 -12000 220 16000 15990 0 2300 2301 2299 1 3680 3675 0\n",
    b"SENSE 2 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
]


def _damaged(line: bytes, rng: Random) -> bytes:
    data = bytearray(line)
    for _ in range(rng.randint(0, 2)):
        at = rng.randrange(len(data))
        what = rng.randrange(5)
        if what == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif what == 1:
            del data[at : at + rng.choice((1, 3, 20))]
            data = data or bytearray(b"\n")
        elif what == 2:
            data[at:at] = data[at : at + 8]
        elif what == 3:
            data[at:at] = rng.choice((b" ", b"0", b"-", b"\n", b"\xff", b"9" * 30, b"x" * 300))
        else:
            data[at:at] = rng.randbytes(4)
    return bytes(data)


def _numbers(message: Message) -> list[int]:
    if isinstance(message, Hello | Contact):
        return [*message]
    return [*message[:4], *message.current_ma, *message.voltage_dv, int(message.contactor), *message.power_w]


def test_a_stream_of_damaged_lines() -> None:
    rng = Random(1)
    decoder = LineDecoder()
    rest = b""
    read = bad = 0
    for _ in range(COUNT):
        data = _damaged(rng.choice(LINES), rng)
        *lines, rest = (rest + data).split(b"\n")
        messages = decoder.feed(data)
        assert len(messages) == len(lines)
        for line, message in zip(lines, messages, strict=True):
            if isinstance(message, BadLine):
                bad += 1
                continue
            read += 1
            word, *fields = line.split(b" ")
            assert word == type(message).__name__.upper().encode()
            assert [int(field) for field in fields if field != b"board"] == _numbers(message)
        assert len(decoder._rest) < MAX_LINE_B
    assert decoder.bad_lines == bad
    assert read > COUNT // 10
