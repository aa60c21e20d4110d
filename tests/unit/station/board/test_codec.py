"""The board link as docs/board-link.md has it."""

import os
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.board.codec import (
    BadLine,
    Contact,
    Drive,
    Hello,
    LineDecoder,
    Sense,
    decode,
    encode_drive,
    encode_hello,
    encode_request,
)
from station.errors import Malformed

PROPERTY = settings(derandomize=True, deadline=None, max_examples=20_000 if os.environ.get("EVSE_RIG_DEEP") else 300)

LINE = b"SENSE 1 9000 -12000 220 16000 15990 0 2300 2301 2299 1 3680 3675 0"
SENSE = Sense(1, 9000, -12000, 220, (16000, 15990, 0), (2300, 2301, 2299), True, (3680, 3675, 0))


def test_sense() -> None:
    assert decode(LINE) == SENSE


def test_hello() -> None:
    assert decode(b"HELLO board 2 2") == Hello(2, 2)


def test_contact() -> None:
    assert [decode(b"CONTACT 0"), decode(b"CONTACT 1")] == [Contact(False), Contact(True)]


def test_what_the_station_says() -> None:
    assert encode_hello(2) == b"HELLO station 2 2\n"
    assert encode_drive(Drive(1, 26_667, True)) == b"DRIVE 1 26667 1\n"
    assert encode_drive(Drive(1, "low", False)) == b"DRIVE 1 low 0\n"
    assert encode_drive(Drive(2, "high", True)) == b"DRIVE 2 high 1\n"
    assert [encode_request(level) for level in (False, True)] == [b"REQUEST 0\n", b"REQUEST 1\n"]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" ",
        b"HELLO",
        b"HELLO station 2 1",
        b"HELLO board 2",
        b"HELLO board two 1",
        b"hello board 2 1",
        LINE + b" ",
        LINE + b"\r",
        b" " + LINE,
        LINE.replace(b" 220 ", b"  220 "),
        LINE.replace(b"9000", b"+9000"),
        LINE.replace(b"9000", b"9_000"),
        LINE.replace(b"9000", b"9000.0"),
        LINE.replace(b"9000", b"\xd9\xa9000"),
        LINE.replace(b"9000", b"9" * 30),
        LINE.replace(b" 16000 ", b" -16000 "),
        LINE.replace(b"SENSE 1", b"SENSE 0"),
        LINE.replace(b" 1 3680", b" 2 3680"),
        LINE.replace(b" 3675 ", b" -3675 "),
        LINE.removesuffix(b" 3680 3675 0"),  # version 1
        LINE[:-2],
        LINE + b" 1",
        b"DRIVE 1 high 0",
        b"CONTACT",
        b"CONTACT 2",
        b"CONTACT 1 1",
        b"contact 1",
        bytes(range(256)),
    ],
)
def test_anything_else_is_malformed(line: bytes) -> None:
    with pytest.raises(Malformed, match="HELLO board, SENSE or CONTACT"):
        decode(line)


@PROPERTY
@given(st.binary(max_size=300))
def test_only_malformed_comes_out_of_nonsense(line: bytes) -> None:
    with suppress(Malformed):
        decode(line)


@PROPERTY
@given(
    st.builds(
        Sense,
        st.integers(1, 999),
        st.integers(-15_000, 15_000),
        st.integers(-15_000, 15_000),
        st.integers(0, 9_999_999),
        st.tuples(*[st.integers(0, 9_999_999)] * 3),
        st.tuples(*[st.integers(0, 99_999)] * 3),
        st.booleans(),
        st.tuples(*[st.integers(0, 999_999)] * 3),
    )
)
def test_every_sense_is_read_as_written(sense: Sense) -> None:
    fields = (*sense[:4], *sense.current_ma, *sense.voltage_dv, int(sense.contactor), *sense.power_w)
    assert decode(b"SENSE " + " ".join(map(str, fields)).encode()) == sense


class TestLineDecoder:
    @PROPERTY
    @given(st.lists(st.integers(1, 20)))
    def test_however_the_bytes_are_split(self, sizes: list[int]) -> None:
        stream = b"HELLO board 2 1\n" + LINE + b"\nnonsense\n" + LINE + b"\n"
        lines = LineDecoder()
        seen = []
        for size in sizes:
            seen += lines.feed(stream[:size])
            stream = stream[size:]
        seen += lines.feed(stream)
        assert [type(message) for message in seen] == [Hello, Sense, BadLine, Sense]
        assert lines.bad_lines == 1

    def test_an_incomplete_line_waits(self) -> None:
        lines = LineDecoder()
        assert lines.feed(LINE) == []
        assert lines.feed(b"\n") == [SENSE]

    @pytest.mark.parametrize("length", [200, 201, 5000])
    @pytest.mark.parametrize("chunk", [1, 100, 199, 200, 6000])
    def test_an_overlong_line_is_dropped_once_and_the_next_one_read(self, length: int, chunk: int) -> None:
        stream = LINE.ljust(length) + b"\n" + LINE + b"\n"
        lines = LineDecoder()
        seen = []
        for start in range(0, len(stream), chunk):
            seen += lines.feed(stream[start : start + chunk])
        assert seen == [BadLine("line of more than 200 bytes"), SENSE]
        assert lines.bad_lines == 1

    def test_200_bytes_with_the_line_feed_are_allowed(self) -> None:
        message = LineDecoder().feed(b"x" * 199 + b"\n")[0]
        assert isinstance(message, BadLine)
        assert "200 bytes" not in message.reason

    def test_an_endless_line_is_not_kept(self) -> None:
        lines = LineDecoder()
        for _ in range(1000):
            assert lines.feed(b"x" * 1000) == []
        assert len(lines._rest) < 2000
        assert lines.feed(b"\n" + LINE + b"\n")[1] == SENSE
