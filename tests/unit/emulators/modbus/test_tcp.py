"""Frames with an MBAP header, in whatever pieces a stream brings them."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration, Malformed
from emulators.modbus.tcp import Frame, FrameReader, decode, encode

DEEP = os.environ.get("EVSE_RIG_DEEP") == "1"
EXAMPLES = 10_000 if DEEP else 300
MUTATED = 1_000_000 if DEEP else 20_000

ASKED = bytes.fromhex("00 01 00 00 00 06 05 03 c5 60 00 06")
FRAME = st.builds(Frame, st.integers(0, 0xFFFF), st.integers(0, 255), st.binary(min_size=1, max_size=253))


def test_the_header_as_the_guide_has_it() -> None:
    assert encode(1, 5, bytes.fromhex("03 c5 60 00 06")) == ASKED
    assert decode(ASKED) == Frame(1, 5, bytes.fromhex("03 c5 60 00 06"))


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(FRAME)
def test_every_frame_decodes_back(frame: Frame) -> None:
    assert decode(encode(*frame)) == frame


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(st.lists(FRAME, max_size=8), st.lists(st.integers(0, 2100), max_size=40))
def test_segments_are_split_and_merged_at_will(frames: list[Frame], cuts: list[int]) -> None:
    stream = b"".join([encode(*frame) for frame in frames])
    reader = FrameReader()
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    found = [frame for start, end in pairwise(edges) for frame in reader.receive(stream[start:end])]
    assert found == frames
    assert reader.error is None


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=20))
def test_any_bytes_give_frames_or_an_error(pieces: list[bytes]) -> None:
    reader = FrameReader()
    found = []
    for piece in pieces:
        found += reader.receive(piece)
        assert len(reader._heard) < 260
    assert b"".join(pieces).startswith(b"".join([encode(*frame) for frame in found]))


def test_a_million_mutations() -> None:
    rng = Random(7)
    frames = [encode(rng.randrange(65536), rng.randrange(256), rng.randbytes(rng.randrange(1, 254))) for _ in range(50)]
    for _ in range(MUTATED):
        frame = bytearray(rng.choice(frames))
        frame[rng.randrange(min(8, len(frame)))] ^= 1 << rng.randrange(8)
        heard = bytes(frame)
        reader = FrameReader()
        for found in reader.receive(heard):
            assert heard.startswith(encode(*found))
        with suppress(Malformed):
            assert encode(*decode(heard)) == heard


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("00 01 00 01 00 06 05 03", "protocol 1 is not Modbus"),
        ("00 01 00 00 00 00 05 03", "a length of 0"),
        ("00 01 00 00 00 01 05 03", "a length of 1"),
        ("00 01 00 00 00 ff 05 03", "a length of 255"),
        ("47 45 54 20 2f 20 48 54", "protocol 21536"),
    ],
)
def test_a_stream_that_is_no_modbus_ends(wrong: str, why: str) -> None:
    reader = FrameReader()
    assert reader.receive(ASKED + bytes.fromhex(wrong)) == [decode(ASKED)]
    assert why in str(reader.error)
    assert reader.receive(ASKED) == []


@pytest.mark.parametrize("frame", [b"", ASKED[:7], ASKED[:-1], ASKED + b"\0", b"\0\1\0\7" + ASKED[4:]])
def test_bytes_that_are_not_one_frame(frame: bytes) -> None:
    with pytest.raises(Malformed):
        decode(frame)


@pytest.mark.parametrize(
    ("transaction", "unit", "pdu"),
    [(65536, 1, b"\3"), (-1, 1, b"\3"), (0, 256, b"\3"), (0, 1, b""), (0, 1, bytes(254))],
)
def test_what_no_header_holds(transaction: int, unit: int, pdu: bytes) -> None:
    with pytest.raises(BadConfiguration, match="fits no MBAP header"):
        encode(transaction, unit, pdu)
