"""RTU frames, and the requests that a device finds in what it hears."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration, Malformed
from emulators.modbus.pdu import Read, WriteMultiple, WriteSingle, encode_request
from emulators.modbus.rtu import MAX_FRAME_BYTES, Frame, RequestReader, SerialFormat, decode, encode

DEEP = os.environ.get("EVSE_RIG_DEEP") == "1"
EXAMPLES = 10_000 if DEEP else 300
MUTATED = 1_000_000 if DEEP else 20_000

# Example of the SDM230's protocol sheet: read the voltage, 230.2 V.
ASKED = bytes.fromhex("01 04 00 00 00 02 71 cb")
ANSWERED = bytes.fromhex("01 04 04 43 66 33 34 1b 38")

WORD = st.integers(0, 0xFFFF)
REQUEST = st.one_of(
    st.builds(Read, st.sampled_from([3, 4]), WORD, WORD),
    st.builds(WriteSingle, WORD, WORD),
    st.builds(WriteMultiple, WORD, st.integers(1, 123).flatmap(lambda n: st.binary(min_size=2 * n, max_size=2 * n))),
)
FRAME = st.builds(Frame, st.integers(0, 247), REQUEST.map(encode_request))


def test_the_checksum_is_crc_16_modbus_low_byte_first() -> None:
    assert encode(1, bytes.fromhex("04 00 00 00 02")) == ASKED
    assert decode(ANSWERED) == Frame(1, bytes.fromhex("04 04 43 66 33 34"))


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 255), st.binary(min_size=1, max_size=253))
def test_every_frame_decodes_back(unit: int, pdu: bytes) -> None:
    assert decode(encode(unit, pdu)) == (unit, pdu)


@pytest.mark.parametrize("frame", [ASKED, ANSWERED], ids=["request", "answer"])
def test_every_wrong_bit_is_noticed(frame: bytes) -> None:
    for bit in range(8 * len(frame)):
        wrong = bytearray(frame)
        wrong[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Malformed, match="the CRC should be"):
            decode(bytes(wrong))


@pytest.mark.parametrize("frame", [b"", b"\x01\x04\x00", bytes(MAX_FRAME_BYTES + 1)])
def test_lengths_that_no_frame_has(frame: bytes) -> None:
    with pytest.raises(Malformed, match="has 4 to 256 bytes"):
        decode(frame)


@pytest.mark.parametrize(("unit", "pdu"), [(-1, b"\x03"), (256, b"\x03"), (1, b""), (1, bytes(254))])
def test_what_no_frame_can_carry(unit: int, pdu: bytes) -> None:
    with pytest.raises(BadConfiguration, match="is no RTU frame"):
        encode(unit, pdu)


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(st.lists(FRAME, max_size=6), st.lists(st.integers(0, 1600), max_size=30))
def test_requests_are_found_in_whatever_pieces_they_arrive(frames: list[Frame], cuts: list[int]) -> None:
    stream = b"".join([encode(*frame) for frame in frames])
    reader = RequestReader()
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    found = [frame for start, end in pairwise(edges) for frame in reader.receive(stream[start:end])]
    assert found == frames
    assert (reader.pending, reader.dropped) == (False, 0)


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(FRAME, st.data())
def test_half_a_request_and_a_whole_one(frame: Frame, data: st.DataObject) -> None:
    whole = encode(*frame)
    half = whole[: data.draw(st.integers(1, len(whole) - 1))]
    reader = RequestReader()
    assert reader.receive(half) == []
    assert reader.pending
    assert reader.end() == []
    assert reader.dropped == len(half)
    assert reader.receive(whole) == [frame]


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=40), FRAME, st.binary(max_size=40))
def test_a_request_among_noise_is_found_at_the_latest_when_it_is_silent(
    before: bytes, frame: Frame, after: bytes
) -> None:
    reader = RequestReader()
    found = reader.receive(before + encode(*frame) + after) + reader.end()
    assert frame in found
    assert not reader.pending


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=20))
def test_only_what_the_crc_accepts_is_found_and_little_is_kept(pieces: list[bytes]) -> None:
    reader = RequestReader()
    found = []
    for piece in pieces:
        found += reader.receive(piece)
        assert len(reader._heard) <= MAX_FRAME_BYTES
    found += reader.end()
    everything = b"".join(pieces)
    assert all(encode(*frame) in everything for frame in found)
    assert reader.dropped + sum(len(frame.pdu) + 3 for frame in found) == len(everything)
    assert not reader.pending


def test_a_million_mutations() -> None:
    """Bytes of requests with some of them changed: nothing crashes, and what is found is there with a right CRC."""
    rng = Random(7)
    reader = RequestReader()
    frames = [encode(rng.randrange(248), bytes([rng.choice((3, 4, 6))]) + rng.randbytes(4)) for _ in range(50)]
    frames += [encode(1, encode_request(WriteMultiple(20, rng.randbytes(2 * n)))) for n in range(1, 20)]
    found = 0
    for _ in range(MUTATED):
        frame = bytearray(rng.choice(frames))
        frame[rng.randrange(len(frame))] ^= 1 << rng.randrange(8)
        heard = bytes(frame)
        for request in reader.receive(heard) + reader.end():
            assert encode(*request) in heard
            found += 1
        with suppress(Malformed):
            assert encode(*decode(heard)) == heard
    assert found == 0, "one wrong bit is always noticed"


def test_functions_of_unknown_length_end_with_the_silence() -> None:
    reader = RequestReader()
    identification = encode(1, bytes.fromhex("2b 0e 01 00"))
    assert reader.receive(identification) == []
    assert reader.end() == [Frame(1, bytes.fromhex("2b 0e 01 00"))]
    assert reader.receive(identification[:-1]) == []
    assert reader.settle() == []
    assert reader.receive(identification[-1:]) == []
    assert reader.settle() == [Frame(1, bytes.fromhex("2b 0e 01 00"))]
    assert reader.receive(identification[:-1]) == []
    assert reader.end() == []


def test_an_answer_of_another_device_is_no_request() -> None:
    reader = RequestReader()
    assert reader.receive(ANSWERED) == []
    assert reader.end() == []
    assert reader.dropped == len(ANSWERED)


@pytest.mark.parametrize(
    ("line", "char_ms", "gap_ms"),
    [
        (SerialFormat(1200, "8N1"), 8.333, 29.167),
        (SerialFormat(2400, "8E1"), 4.583, 16.042),
        (SerialFormat(9600, "8N1"), 1.042, 3.646),
        (SerialFormat(9600, "8N2"), 1.146, 4.010),
        (SerialFormat(19200, "8E1"), 0.573, 2.005),
        (SerialFormat(38400, "8N1"), 0.260, 1.75),
    ],
)
def test_times_of_characters_and_gaps(line: SerialFormat, char_ms: float, gap_ms: float) -> None:
    assert round(line.char_s * 1000, 3) == char_ms
    assert round(line.gap_s * 1000, 3) == gap_ms


@pytest.mark.parametrize(
    ("baud", "char_format"), [(0, "8N1"), (-9600, "8N1"), (9600, "7E1"), (9600, "8X1"), (9600, "8N")]
)
def test_line_settings_that_rtu_does_not_have(baud: int, char_format: str) -> None:
    with pytest.raises(BadConfiguration, match=r"baud rate is above 0|are like 8N1"):
        SerialFormat(baud, char_format)
