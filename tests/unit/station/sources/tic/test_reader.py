"""Bytes to readings, the choice of the line's speed, and inputs nobody meant to send."""

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.serial_line import SerialLine
from station.sources.reading import BadTelegram, Reading
from station.sources.tic.framer import GAP_S, MAX_FRAME_B
from station.sources.tic.reader import LINES, RECENT_B, TicReader

SLOW, FAST = SerialLine(1200, 7, "E"), SerialLine(9600, 7, "E")
GARBAGE = b"\xfc\x00\x81\x7f\x02\x80\x03"


def read(data: bytes) -> list[Reading | BadTelegram]:
    reader = TicReader()
    return reader.receive(data, 0.0) + reader.step(GAP_S)


def test_readings_of_both_modes(frames: dict[str, bytes]) -> None:
    assert read(frames["standard 1p"]) == [Reading("standard", 1.5, (32.0, 0.0, 0.0), 1, 0.0)]
    assert read(frames["historique 3p"]) == [Reading("historique", 2.0, (17.0, 2.0, 9.0), 3, 0.0)]


def test_a_meter_that_changes_its_mode(frames: dict[str, bytes]) -> None:
    items = read(frames["historique 1p"] + frames["standard 1p"])
    assert [item.version for item in items if isinstance(item, Reading)] == ["historique", "standard"]


def test_one_bad_check_sum_spoils_the_frame_and_only_that(frames: dict[str, bytes]) -> None:
    good = frames["standard 1p"]
    items = read(good + good.replace(b"PREF\t09", b"PREF\t12") + frames["standard 3p export"])
    assert [type(item) for item in items] == [Reading, BadTelegram, Reading]
    assert isinstance(items[1], BadTelegram)
    assert items[1].kind == "crc"
    assert items[1].reason.startswith("group 'PREF\\t12\\tH': check sum")


def test_the_frame_before_once_more_is_no_reading(frames: dict[str, bytes]) -> None:
    """With its date (DATE) it cannot be a new one; a bad one in between makes no difference."""
    good = frames["standard 1p"]
    items = read(good + good + good.replace(b"PREF\t09", b"PREF\t12") + good + frames["standard 3p export"] + good)
    kinds = [item.kind if isinstance(item, BadTelegram) else "" for item in items]
    assert kinds == ["", "repeated", "crc", "repeated", "", ""]
    assert isinstance(items[1], BadTelegram)
    assert items[1].reason == "the frame before once more, with the same date"


def test_a_frame_without_a_date_may_be_a_new_one(frames: dict[str, bytes]) -> None:
    """Mode historique has none; with the currents as they were, two frames are equal."""
    assert [type(item) for item in read(frames["historique 3p"] * 2)] == [Reading, Reading]


@pytest.mark.parametrize(("name", "baud"), [("historique 3p", 1200), ("standard 3p export", 9600)])
def test_figures_are_those_of_before_the_frame_began(frames: dict[str, bytes], name: str, baud: int) -> None:
    """Ten bits a character (7E1), and a second more between two measurements."""
    (reading,) = read(frames[name])
    assert isinstance(reading, Reading)
    on_the_wire_s = len(frames[name]) * 10 / baud
    assert (reading.newest_s, reading.oldest_s) == pytest.approx((on_the_wire_s, on_the_wire_s + 1.0))


def test_an_interrupted_frame_is_no_fault(frames: dict[str, bytes]) -> None:
    good = frames["historique 1p"]
    assert [type(item) for item in read(good[:80] + b"\x04" + good)] == [Reading]


class TestSpeed:
    def test_begins_at_1200(self) -> None:
        assert LINES == (SLOW, FAST)
        assert TicReader().line == SLOW

    def test_changes_while_only_garbage_comes(self) -> None:
        reader = TicReader(detect_s=3.0)
        lines = []
        for tenth in range(100):
            reader.receive(GARBAGE, tenth / 10)
            lines.append(reader.line)
        changes = [n / 10 for n in range(1, 100) if lines[n] != lines[n - 1]]
        assert changes == pytest.approx([3.0, 6.1, 9.2])

    def test_stays_once_a_frame_was_read(self, frames: dict[str, bytes]) -> None:
        reader = TicReader(detect_s=3.0)
        for tenth in range(32):
            reader.receive(GARBAGE, tenth / 10)
        assert reader.line == FAST
        for second in range(4, 100):
            reader.receive(frames["standard 1p"], float(second))
        assert reader.line == FAST

    def test_stays_as_long_as_one_group_can_be_read(self, frames: dict[str, bytes]) -> None:
        reader = TicReader(detect_s=3.0)
        noisy = frames["standard 1p"].replace(b"PREF\t09", b"PREF\t12")
        for second in range(100):
            assert [type(item) for item in reader.receive(noisy, float(second))] == [BadTelegram]
        assert reader.line == SLOW

    def test_stays_when_listening_begins_in_the_middle_of_a_long_frame(self, frames: dict[str, bytes]) -> None:
        """At 1200 baud a frame can take 2.3 s; the first whole one is there after 4.6 s."""
        reader = TicReader(detect_s=3.0)
        frame = frames["historique 3p"]
        data = frame[5:] + frame
        heard = []
        for n, byte in enumerate(data):
            heard += reader.receive(bytes([byte | (0x80 if byte.bit_count() % 2 else 0)]), n * 0.0105)
        assert len(data) * 0.0105 > 4.6
        assert [type(item) for item in heard] == [Reading]
        assert reader.line == SLOW

    def test_silence_is_not_garbage(self, frames: dict[str, bytes]) -> None:
        reader = TicReader(detect_s=3.0)
        reader.receive(frames["standard 1p"], 0.0)
        reader.receive(frames["standard 1p"][:100], 1.0)
        reader.step(1.0 + GAP_S)
        reader.receive(frames["standard 1p"][100:], 1000.0)
        reader.receive(frames["standard 1p"], 1001.0)
        assert reader.line == SLOW

    def test_what_was_under_way_is_forgotten_with_the_speed(self, frames: dict[str, bytes]) -> None:
        reader = TicReader(detect_s=1.0)
        reader.receive(b"\x02\n", 0.0)
        for tenth in range(1, 11):
            reader.receive(b"x", tenth / 10)
        assert reader.line == FAST
        assert [type(item) for item in reader.receive(frames["standard 1p"], 1.1)] == [Reading]


def _mutated(frame: bytes, others: list[bytes], rng: random.Random) -> bytes:
    data = bytearray(frame)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        to = min(len(data), at + rng.choice((1, 2, 5, 40, 400)))
        what = rng.randrange(6)
        if what == 0 and data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
        elif what == 1:
            del data[at:to]
        elif what == 2:
            data[at:at] = data[at:to]
        elif what == 3:
            data[at:at] = rng.randbytes(rng.randint(1, 8))
        elif what == 4:
            data[at:at] = rng.choice((b"\x02", b"\x03", b"\x04", b"\r\n", b"\t", b" ", b"\0", b"9" * 30))
        else:
            other = rng.choice(others)
            data[at:to] = other[at:to]
    return bytes(data)


def _sums_fit(frame: bytes, checksum: Callable[[bytes], bytes]) -> bool:
    groups = frame[2:-2].split(b"\r\n")
    covers = (raw[:-1] if b"\t" in raw else raw[:-2] for raw in groups)
    return all(raw[-1:] == checksum(covered) for raw, covered in zip(groups, covers, strict=True))


def _seven_bits(data: bytes) -> bytes:
    return bytes(b & 0x7F if b.bit_count() % 2 == 0 else (b if b < 0x80 else 0) for b in data)


def test_no_mutation_gets_through(frames: dict[str, bytes], checksum: Callable[[bytes], bytes], deep: bool) -> None:
    """A frame is read only if all its check sums are right, by our own computation; nothing is raised or piles up."""
    rng = random.Random(1)
    originals = list(frames.values())
    readings = 0
    kept = TicReader()
    for number in range(1_000_000 if deep else 4_000):
        data = _mutated(rng.choice(originals), originals, rng)
        kept.receive(data, number / 10)
        assert len(kept._framer._pending) < MAX_FRAME_B
        assert len(kept._recent) <= RECENT_B
        for item in read(data):
            if isinstance(item, Reading):
                readings += 1
                assert all(math.isfinite(current) for current in item.current_a)
                clean = _seven_bits(data)
                ends = [at for at, byte in enumerate(clean) if byte == 3]
                starts = [at for at, byte in enumerate(clean) if byte == 2]
                assert any(_sums_fit(clean[a : b + 1], checksum) for a in starts for b in ends if a < b), data
    assert readings > 0


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_at_any_time(chunks: list[bytes]) -> None:
    reader = TicReader()
    for n, chunk in enumerate(chunks):
        for item in reader.receive(chunk, n * 0.2) + reader.step(n * 0.2 + 0.1):
            assert isinstance(item, BadTelegram)
