"""Lines of the board link: each kind both ways, each way to be malformed, and arbitrary bytes."""

import contextlib
import os
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.board.codec import (
    MAX_LINE_BYTES,
    Contact,
    Drive,
    Hello,
    LineBuffer,
    Message,
    Request,
    Sense,
    format_line,
    parse,
)
from emulators.errors import Malformed
from emulators.pilot.circuit import HIGH, LOW, pwm

EXAMPLES = 10_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 500

PAIRS: list[tuple[bytes, Message]] = [
    (b"HELLO board 2 2\n", Hello("board", 2, 2)),
    (b"HELLO station 2 1\n", Hello("station", 2, 1)),
    (b"DRIVE 1 high 0\n", Drive(1, HIGH, False)),
    (b"DRIVE 2 low 0\n", Drive(2, LOW, False)),
    (b"DRIVE 1 26667 1\n", Drive(1, pwm(26_667), True)),
    (b"DRIVE 1 1 1\n", Drive(1, pwm(1), True)),
    (b"DRIVE 99 99999 1\n", Drive(99, pwm(99_999), True)),
    (b"REQUEST 1\n", Request(True)),
    (b"REQUEST 0\n", Request(False)),
    (b"CONTACT 1\n", Contact(True)),
    (b"CONTACT 0\n", Contact(False)),
    (
        b"SENSE 1 5995 -12000 220 14000 14000 0 2300 2300 2300 1 3059 3059 0\n",
        Sense(1, 5_995, -12_000, 220, (14_000, 14_000, 0), (2_300, 2_300, 2_300), True, (3_059, 3_059, 0)),
    ),
    (b"SENSE 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n", Sense(1, 0, 0, 0, (0, 0, 0), (0, 0, 0), False, (0, 0, 0))),
]


@pytest.mark.parametrize(("line", "message"), PAIRS, ids=[line.decode().strip() for line, _ in PAIRS])
def test_lines(line: bytes, message: Message) -> None:
    assert parse(line[:-1]) == message
    assert format_line(message) == line


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "unknown line"),
        (b"drive 1 high 0", "unknown line"),
        (b"\xff\x00", "unknown line"),
        (b" DRIVE 1 high 0", "unknown line"),
        (b"DRIVE", "0 fields; it has 3"),
        (b"DRIVE 1 high", "2 fields"),
        (b"DRIVE 1 high 0 ", "4 fields"),
        (b"DRIVE 1  high 0", "4 fields"),
        (b"DRIVE 1 high 0 0", "4 fields"),
        (b"DRIVE 0 high 0", r"socket is 0; it is 1 \.\.\. 99"),
        (b"DRIVE 100 high 0", "socket is 100"),
        (b"DRIVE one high 0", "socket is b'one'; it is an integer"),
        (b"DRIVE 1 HIGH 0", "pilot duty is b'HIGH'"),
        (b"DRIVE 1 0 0", r"pilot duty is 0; it is 1 \.\.\. 99999"),
        (b"DRIVE 1 100000 0", "pilot duty is 100000"),
        (b"DRIVE 1 -1 0", "pilot duty is -1"),
        (b"DRIVE 1 26.667 0", "it is an integer"),
        (b"DRIVE 1 26_667 0", "it is an integer"),
        (b"DRIVE 1 +5 0", "it is an integer"),
        (b"DRIVE 1 026667 0", "it is an integer"),
        (b"DRIVE 1 26667 2", "contactor is 2"),
        (b"DRIVE 1 26667 1\r", "it is an integer"),
        (b"DRIVE 1 99999999999999999999 1", "it is an integer"),
        (b"REQUEST", "0 fields"),
        (b"REQUEST 2", "request is 2"),
        (b"REQUEST -0", "it is an integer"),
        (b"HELLO station 1", "2 fields"),
        (b"HELLO rig 1 1", "the side is b'rig'; it is board or station"),
        (b"HELLO station 1 0", "sockets is 0"),
        (b"HELLO station x 1", "version is b'x'"),
        (b"CONTACT", "0 fields; it has 1"),
        (b"CONTACT 2", r"contact is 2; it is 0 \.\.\. 1"),
        (b"CONTACT 1 1", "2 fields"),
        (b"CONTACT on", "contact is b'on'"),
        (b"SENSE 1 0 0 0 0 0 0 0 0 0 0", "SENSE: 11 fields; it has 14"),
        (b"SENSE 1 0 0 0 0 0 0 0 0 0 0 1 2 3 4", "SENSE: 15 fields; it has 14"),
        (b"SENSE 1 0 0 0 0 0 0 0 0 0 0 1 2 -3", "p3_w is -3"),
        (b"SENSE 1 0 0 0 0 0 0 0 0 0 0 1000000 2 3", "p1_w is 1000000"),
        (b"SENSE 1 0 0 -1 0 0 0 0 0 0 0 0 0 0", "pp_ohm is -1"),
        (b"SENSE 1 0 0 0 0 -5 0 0 0 0 0 0 0 0", "i2_ma is -5"),
        (b"SENSE 1 0 0 0 0 0 0 0 0 100000 0 0 0 0", "u3_dv is 100000"),
        (b"REQUEST " + b"1" * (MAX_LINE_BYTES - 8), "more than 200 bytes"),
    ],
)
def test_malformed(line: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        parse(line)


def test_200_bytes_with_lf_are_not_too_long() -> None:
    with pytest.raises(Malformed, match="request is"):
        parse(b"REQUEST " + b"1" * (MAX_LINE_BYTES - 9))


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(
    line=st.binary(max_size=210)
    | st.lists(
        st.sampled_from([b"HELLO", b"SENSE", b"DRIVE", b"REQUEST", b"CONTACT", b"station", b"high", b"1", b"0", b"-1"])
        | st.binary(max_size=3),
        max_size=16,
    ).map(b" ".join)
)
def test_arbitrary_bytes_are_malformed_or_what_they_say(line: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert format_line(parse(line)) == line + b"\n"


sockets = st.integers(1, 99)
milliamperes = st.integers(0, 9_999_999)
decivolts = st.integers(0, 99_999)
watts = st.integers(0, 999_999)
millivolts = st.integers(-99_999, 99_999)
pilots = st.sampled_from([HIGH, LOW]) | st.integers(1, 99_999).map(pwm)


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(
    message=st.builds(Drive, sockets, pilots, st.booleans())
    | st.builds(
        Sense,
        sockets,
        millivolts,
        millivolts,
        st.integers(0, 9_999_999),
        st.tuples(milliamperes, milliamperes, milliamperes),
        st.tuples(decivolts, decivolts, decivolts),
        st.booleans(),
        st.tuples(watts, watts, watts),
    )
    | st.builds(Contact, st.booleans())
    | st.builds(Hello, st.sampled_from(["board", "station"]), st.integers(0, 999), sockets)
)
def test_round_trip(message: Message) -> None:
    line = format_line(message)
    assert len(line) <= MAX_LINE_BYTES
    assert parse(line[:-1]) == message


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(
    lines=st.lists(st.binary(max_size=12).filter(lambda line: b"\n" not in line), max_size=8),
    cuts=st.lists(st.integers(0, 100), max_size=8),
)
def test_lines_do_not_depend_on_how_the_stream_is_cut(lines: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    buffer = LineBuffer()
    found: list[bytes] = []
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    for start, end in pairwise(edges):
        found += buffer.feed(stream[start:end])
    assert found == lines


def test_an_endless_line_is_one_malformed_line_and_takes_no_memory() -> None:
    buffer = LineBuffer()
    for _ in range(1_000):
        assert buffer.feed(b"x" * 1_000) == []
    assert len(buffer._rest) == MAX_LINE_BYTES
    overlong, following = buffer.feed(b"x\nREQUEST 1\n")
    with pytest.raises(Malformed, match="more than 200 bytes"):
        parse(overlong)
    assert parse(following) == Request(True)
