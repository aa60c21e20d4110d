"""TCP frames: header, transactions, units, pieces, and streams that are something else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.errors import Malformed
from station.sources.modbus.framing import OutOfStep
from station.sources.modbus.tcp import TcpFrame, TcpFraming, encode_frame, take_frame

READ = bytes.fromhex("03C5600006")
PDU = b"\x03\x02ab"


def asked() -> TcpFraming:
    framing = TcpFraming(5)
    framing.request(READ)
    return framing


def answer(transaction: int = 1, unit: int = 5, pdu: bytes = PDU) -> bytes:
    return encode_frame(TcpFrame(transaction, unit, pdu))


def test_bytes_of_a_request() -> None:
    assert TcpFraming(5).request(READ).hex(" ") == "00 01 00 00 00 06 05 03 c5 60 00 06"


def test_every_request_has_a_number_of_its_own() -> None:
    framing = TcpFraming(5)
    numbers = [int.from_bytes(framing.request(READ)[:2], "big") for _ in range(65537)]
    assert numbers[:3] == [1, 2, 3]
    assert numbers[65534:] == [65535, 0, 1]


def test_an_answer() -> None:
    assert asked().receive(answer(), 0.0) == PDU


@pytest.mark.parametrize("cut", range(1, len(answer())))
def test_an_answer_in_two_segments(cut: int) -> None:
    framing = asked()
    assert framing.receive(answer()[:cut], 0.0) is None
    assert framing.receive(answer()[cut:], 0.9) == PDU


def test_a_late_answer_is_left_aside() -> None:
    framing = asked()
    framing.request(READ)
    assert framing.receive(answer(1, pdu=b"\x03\x02xx"), 0.0) is None
    assert framing.unanswered() == ", only one to another transaction"
    assert framing.receive(answer(2), 0.1) == PDU


def test_a_late_answer_and_the_right_one_in_one_segment() -> None:
    framing = asked()
    framing.request(READ)
    assert framing.receive(answer(1, pdu=b"\x03\x02xx") + answer(2), 0.0) == PDU


def test_other_units() -> None:
    with pytest.raises(Malformed, match="answer from unit 1, unit 5 was asked"):
        asked().receive(answer(unit=1), 0.0)


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "frame with protocol 21584, 0 expected: is this Modbus TCP?"),
        (b"\x00\x01\x00\x00\x00\x00\x05", "frame with length 0, 3 to 254 expected"),
        (b"\x00\x01\x00\x00\x00\x02\x05", "frame with length 2"),
        (b"\x00\x01\x00\x00\x00\xff\x05", "frame with length 255"),
    ],
)
def test_a_stream_that_is_something_else(stream: bytes, reason: str) -> None:
    with pytest.raises(OutOfStep) as caught:
        asked().receive(stream, 0.0)
    assert reason in str(caught.value)


@pytest.mark.parametrize("unit", [256, 65535])
def test_units_that_cannot_be_asked(unit: int) -> None:  # O-57
    with pytest.raises(Malformed, match=f"unit {unit} cannot be asked: a frame has one byte for it, 0 to 255"):
        TcpFraming(unit).request(READ)


@pytest.mark.parametrize("unit", [0, 255])
def test_units_at_the_ends(unit: int) -> None:
    assert TcpFraming(unit).request(READ)[6] == unit


def test_a_new_connection_begins_afresh() -> None:
    framing = asked()
    framing.receive(answer()[:5], 0.0)
    framing.clear()
    assert framing.receive(answer(), 0.0) == PDU


def test_it_has_no_clock() -> None:
    framing = asked()
    framing.step(1e9)
    assert framing.next_deadline_s() is None


_FRAMES = st.builds(TcpFrame, st.integers(0, 65535), st.integers(0, 255), st.binary(min_size=2, max_size=253))


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(_FRAMES, max_size=5))
def test_any_frames_are_read_back(frames: list[TcpFrame]) -> None:
    stream = b"".join(map(encode_frame, frames))
    for frame in frames:
        taken, stream = take_frame(stream)
        assert taken == frame
    assert stream == b""


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=20), max_size=10))
def test_any_bytes_are_refused_cleanly(chunks: list[bytes]) -> None:
    framing = asked()
    for chunk in chunks:
        try:
            pdu = framing.receive(chunk, 0.0)
        except Malformed:
            return
        assert pdu is None or b"".join(chunks).startswith(b"\x00\x01\x00\x00")
