"""Frames out of a byte stream: noise, cuts, interruptions, parity bits, floods, silence, and any chunking."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.sources.reading import BadTelegram
from station.sources.tic.framer import GAP_S, MAX_FRAME_B, Frame, FrameFramer

SHORT = b"\x02\nVTIC\t02\tJ\r\x03"
OTHER = b"\x02\nPAPP 02830 .\r\x03"


def found(data: bytes, *, then_silence: bool = False) -> list[bytes | str]:
    """What one chunk gives: frames as bytes, refusals as the first words of their reason."""
    framer = FrameFramer()
    items = framer.receive(data, 0.0)
    if then_silence:
        items += framer.step(GAP_S)
    return [item.frame if isinstance(item, Frame) else item.reason.split(" after")[0] for item in items]


def with_parity(data: bytes) -> bytes:
    """As an 8N1 port reads 7E1: even parity in bit 7."""
    return bytes(byte | (0x80 if byte.bit_count() % 2 else 0) for byte in data)


def test_whole_frame_in_one_chunk() -> None:
    framer = FrameFramer()
    assert framer.receive(SHORT, 7.5) == [Frame(SHORT, 7.5)]
    assert framer.next_deadline_s() is None


def test_byte_by_byte_with_the_time_of_the_last() -> None:
    framer = FrameFramer()
    items = [item for n, byte in enumerate(SHORT) for item in framer.receive(bytes([byte]), n / 100)]
    assert items == [Frame(SHORT, (len(SHORT) - 1) / 100)]


@pytest.mark.parametrize("noise", [b"\0", b"\xff" * 9000, b"IINST 002 Y\r\n", b"\x03", b"\x04", b"\x03\x03"])
def test_noise_around_frames_is_ignored(noise: bytes) -> None:
    assert found(noise + SHORT + noise + OTHER + noise, then_silence=True) == [SHORT, OTHER]


def test_listening_from_the_middle_of_a_frame() -> None:
    assert found(SHORT[5:] + SHORT + OTHER) == [SHORT, OTHER]


@pytest.mark.parametrize("cut", [1, 5, len(SHORT) - 1])
def test_a_start_in_the_middle_reports_the_cut_frame(cut: int) -> None:
    assert found(SHORT[:cut] + OTHER) == ["frame cut off", OTHER]


@pytest.mark.parametrize("cut", [1, 5, len(SHORT) - 1])
def test_a_frame_the_meter_broke_off_is_no_fault(cut: int) -> None:
    assert found(SHORT[:cut] + b"\x04" + OTHER) == [OTHER]
    assert found(SHORT[:cut] + b"\r\x04\n" + OTHER) == [OTHER]  # as seen in the field


def test_silence_ends_a_frame() -> None:
    framer = FrameFramer()
    assert framer.receive(SHORT[:6], 10.0) == []
    assert framer.next_deadline_s() == 10.0 + GAP_S
    assert framer.step(10.0 + GAP_S - 1e-6) == []
    (item,) = framer.step(12.0)
    assert isinstance(item, BadTelegram)
    assert item.at_s == 10.0 + GAP_S
    assert item.reason == "frame cut off after 6 bytes, then 0.5 s of silence"
    assert framer.step(13.0) == []


def test_the_halves_of_two_frames_make_none() -> None:
    framer = FrameFramer()
    framer.receive(SHORT[:6], 10.0)
    items = framer.receive(SHORT[6:], 10.0 + GAP_S)
    assert [type(item) for item in items] == [BadTelegram]


def test_parity_bits_are_taken_off() -> None:
    assert with_parity(SHORT) != SHORT
    assert found(with_parity(SHORT) + SHORT) == [SHORT, SHORT]


def test_a_character_with_wrong_parity_is_damaged() -> None:
    damaged = bytearray(with_parity(SHORT))
    damaged[5] ^= 0x81  # bit 7 set, parity odd
    damaged[5] |= 0x80
    (frame,) = found(bytes(damaged))
    assert isinstance(frame, bytes)
    assert frame[5] == 0 or frame == SHORT[:5] + bytes([frame[5]]) + SHORT[6:]
    assert frame != SHORT


def test_a_frame_without_an_end_is_given_up() -> None:
    flood = b"\x02" + b"A" * (3 * MAX_FRAME_B)
    assert found(flood + SHORT) == [f"no end within {MAX_FRAME_B} bytes of a frame's start", SHORT]


def test_reset_forgets() -> None:
    framer = FrameFramer()
    framer.receive(SHORT[:6], 0.0)
    framer.reset()
    assert framer.next_deadline_s() is None
    assert framer.receive(SHORT[6:], 0.1) == []


_PIECES = st.sampled_from([SHORT, OTHER, SHORT[:6], SHORT[6:], b"\x02", b"\x03", b"\x04", b"\xff\x00", b"A" * 5000])


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=8), st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_the_cuts_between_chunks_do_not_matter(pieces: list[bytes], sizes: list[int]) -> None:
    data = b"".join(pieces)
    framer, chunked, at, n = FrameFramer(), [], 0, 0
    while at < len(data):
        size = sizes[n % len(sizes)]
        chunked += framer.receive(data[at : at + size], 0.0)
        at, n = at + size, n + 1
    assert chunked == FrameFramer().receive(data, 0.0)
