"""What a port reads when the two ends do not agree."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.lines.format import CharFormat, PortSettings
from rig.lines.reception import reception

EXAMPLES = 2000 if os.environ.get("EVSE_RIG_DEEP") else 100
ALL_BYTES = bytes(range(256))
ODD = bytes(byte for byte in ALL_BYTES if byte.bit_count() % 2)

formats = st.builds(CharFormat, st.integers(7, 8), st.sampled_from(["N", "E", "O"]), st.integers(1, 2))


def read(data: bytes, sent_as: str, sent_at: int, read_as: str, read_at: int, on_error: str = "as_is") -> bytes:
    receiver = PortSettings(read_at, CharFormat.parse(read_as), on_error)  # type: ignore[arg-type]
    return reception(CharFormat.parse(sent_as), sent_at, receiver).read(data)


def same_rate(data: bytes, sent_as: str, read_as: str, on_error: str = "as_is") -> bytes:
    return read(data, sent_as, 9600, read_as, 9600, on_error)


@pytest.mark.parametrize("on_error", ["as_is", "drop", "nul"])
@pytest.mark.parametrize("fmt", ["8N1", "8E1", "8O2"])
def test_ends_that_agree_pass_every_byte(fmt: str, on_error: str) -> None:
    assert same_rate(ALL_BYTES, fmt, fmt, on_error) == ALL_BYTES


def test_7e1_between_equals_carries_seven_bits() -> None:
    assert same_rate(ALL_BYTES, "7E1", "7E1", "drop") == ALL_BYTES[:128] * 2


def test_7e1_read_as_8n1_shows_the_parity_as_bit_7() -> None:
    expected = bytes(byte | 0x80 * (byte.bit_count() % 2) for byte in range(128))
    assert same_rate(ALL_BYTES[:128], "7E1", "8N1") == expected
    assert same_rate(b"/XMX5", "7E1", "8N1") == b"\xaf\xd8M\xd85"  # 5, 3, 4, 3 and 4 ones


def test_8n1_read_as_7e1_loses_bit_7_where_errors_are_ignored() -> None:
    assert same_rate(ALL_BYTES, "8N1", "7E1") == ALL_BYTES[:128] * 2


def test_8n1_read_as_7e1_with_checked_parity_loses_half_of_the_characters() -> None:
    even = bytes(byte & 0x7F for byte in ALL_BYTES if byte not in ODD)
    assert same_rate(ALL_BYTES, "8N1", "7E1", "drop") == even
    replaced = bytes(0 if byte in ODD else byte & 0x7F for byte in ALL_BYTES)
    assert same_rate(ALL_BYTES, "8N1", "7E1", "nul") == replaced


def test_8e1_read_as_8n1_takes_the_parity_bit_for_the_stop_bit() -> None:
    assert same_rate(b"\x01", "8E1", "8N1", "drop") == b"\x01"  # parity 1 looks like a stop bit
    assert same_rate(b"\x03", "8E1", "8N1", "drop") == b""  # parity 0 is a framing error
    assert same_rate(b"\x03", "8E1", "8N1", "nul") == b"\0"
    assert same_rate(b"\x03", "8E1", "8N1") == b"\x03"


def test_a_missing_second_stop_bit_is_not_noticed() -> None:
    assert same_rate(ALL_BYTES, "8N1", "8N2", "drop") == ALL_BYTES


@pytest.mark.parametrize(("on_error", "expected"), [("as_is", b"\x66\xe6"), ("drop", b"\xe6"), ("nul", b"\0\xe6")])
def test_half_the_rate_reads_as_worked_out_by_hand(on_error: str, expected: bytes) -> None:
    # "U" is 0 10101010 1 on the wire; at half the rate the receiver sees every bit twice: 0|01100110|0 and, after the
    # mark that ends this framing error, 0|01100111|1 with the idle line as its last bits.
    assert read(b"U", "8N1", 4800, "8N1", 9600, on_error) == expected


def test_a_much_slower_sender_reads_as_breaks() -> None:
    assert read(b"\0\0", "8N1", 1200, "8N1", 9600) == b"\0\0"
    assert read(b"\0\0", "8N1", 1200, "8N1", 9600, "drop") == b""


def test_a_much_faster_sender_reads_as_fewer_characters() -> None:
    telegram = b"1-0:31.7.0(010*A)\r\n" * 20
    got = read(telegram, "8N1", 115200, "8N1", 9600)
    assert 0 < len(got) <= len(telegram) // 12 + 1
    assert got not in telegram


@given(st.binary(min_size=1, max_size=200), st.integers(-400, 400), formats)
@settings(derandomize=True, max_examples=EXAMPLES)
def test_up_to_four_percent_off_reads_right(data: bytes, off_by_e4: int, fmt: CharFormat) -> None:
    receiver = PortSettings(100_000, fmt, "drop")
    sent = bytes(byte & ((1 << fmt.data_bits) - 1) for byte in data)
    assert reception(fmt, 100_000 + 10 * off_by_e4, receiver).read(sent) == sent


@pytest.mark.parametrize("baud", [94_000, 106_000])
def test_six_percent_off_does_not_read_right(baud: int) -> None:
    assert read(ALL_BYTES, "8N1", baud, "8N1", 100_000) != ALL_BYTES


@given(st.binary(max_size=100), formats, formats, st.integers(300, 230_400), st.integers(300, 230_400))
@settings(derandomize=True, max_examples=EXAMPLES)
def test_any_pair_of_ports_reads_something_and_always_the_same(
    data: bytes, sent_as: CharFormat, read_as: CharFormat, sent_at: int, read_at: int
) -> None:
    one = reception(sent_as, sent_at, PortSettings(read_at, read_as))
    got = one.read(data)
    assert got == one.read_characters(sent_as.characters(data))
    assert all(byte < 1 << read_as.data_bits for byte in got)
    # A character needs at least its start bit up to the middle of its stop bit.
    sent_s = len(data) * sent_as.char_time_s(sent_at)
    assert len(got) <= sent_s * read_at / (read_as.character_bits + 1.5) + 1
