"""RTU frames: CRC, length, silence, other units, echoes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.errors import Malformed
from station.serial_line import SerialLine
from station.sources.modbus.rtu import BATCH_S, BadCrc, RtuFraming, decode_frame, encode_frame, silence_s

LINE = SerialLine(9600)
READ = bytes.fromhex("0400000002")
ANSWER = bytes.fromhex("01 04 04 43 66 33 34 1B 38")
GAP_S = silence_s(LINE) + BATCH_S


def crc16(data: bytes) -> bytes:
    """CRC-16/MODBUS bit by bit; shares nothing with the library the station uses."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return bytes([crc & 0xFF, crc >> 8])


def asked() -> RtuFraming:
    framing = RtuFraming(1, LINE)
    framing.request(READ)
    return framing


def refusal(framing: RtuFraming, data: bytes) -> str:
    """What is wrong with these bytes, at the latest after a silence."""
    try:
        assert framing.receive(data, 0.0) is None
        framing.step(GAP_S)
    except Malformed as error:
        return str(error)
    return ""


def test_the_vendor_s_example() -> None:
    assert encode_frame(1, READ).hex() == "01040000000271cb"
    assert decode_frame(ANSWER) == (1, ANSWER[1:-2])
    assert asked().receive(ANSWER, 0.0) == ANSWER[1:-2]


@pytest.mark.parametrize(
    ("line", "silent_s"),
    [
        (SerialLine(9600), 0.003646),  # 10 bits a character
        (SerialLine(9600, 8, "E"), 0.00401),
        (SerialLine(2400), 0.014583),
        (SerialLine(19200, 8, "E"), 0.002005),
        (SerialLine(38400), 0.00175),
    ],
)
def test_silence_between_frames(line: SerialLine, silent_s: float) -> None:
    assert silence_s(line) == pytest.approx(silent_s, abs=1e-6)
    assert RtuFraming(1, line).quiet_s == silence_s(line)
    assert RtuFraming(1, line, quiet_s=0.06).quiet_s == 0.06


@pytest.mark.parametrize("cut", range(1, len(ANSWER)))
def test_an_answer_in_two_pieces(cut: int) -> None:
    framing = asked()
    assert framing.receive(ANSWER[:cut], 1.0) is None
    assert framing.next_deadline_s() == 1.0 + GAP_S
    assert framing.receive(ANSWER[cut:], 1.0 + BATCH_S) == ANSWER[1:-2]
    assert framing.next_deadline_s() is None


def test_an_answer_that_was_cut_off() -> None:
    framing = asked()
    framing.receive(ANSWER[:5], 1.0)
    framing.step(1.0 + GAP_S - 1e-6)
    with pytest.raises(Malformed, match="answer cut off after 5 of 9 bytes"):
        framing.step(1.0 + GAP_S)
    framing.step(2.0)


def test_the_halves_of_two_answers_make_none() -> None:
    framing = asked()
    framing.receive(ANSWER[:5], 1.0)
    with pytest.raises(Malformed, match="cut off"):
        framing.receive(ANSWER[5:], 1.0 + GAP_S)


@pytest.mark.parametrize("bit", range(8 * len(ANSWER)))
def test_no_flipped_bit_gets_through(bit: int) -> None:
    data = bytearray(ANSWER)
    data[bit // 8] ^= 1 << bit % 8
    assert refusal(asked(), bytes(data))


def test_a_wrong_crc_is_told_apart() -> None:
    with pytest.raises(BadCrc, match="CRC 391B received, 381B computed"):
        asked().receive(ANSWER[:-1] + b"\x39", 0.0)


def test_other_units() -> None:
    body = b"\x02" + ANSWER[1:-2]
    assert refusal(asked(), body + crc16(body)) == "answer from unit 2, unit 1 was asked"


def test_an_adapter_that_echoes() -> None:
    assert refusal(asked(), encode_frame(1, READ)).startswith("the request came back")


def test_an_answer_to_something_else() -> None:
    body = b"\x01\x10\x00\x00\x00\x02"
    assert refusal(asked(), body + crc16(body)) == "frame with function 16 is no answer to what was asked"


@pytest.mark.parametrize("noise", [b"\x00", b"\xff\xff\xff\xff", b"\x00" + ANSWER])
def test_noise(noise: bytes) -> None:
    assert refusal(asked(), noise)


@pytest.mark.parametrize("unit", [0, 248, 255])
def test_units_that_cannot_be_asked(unit: int) -> None:  # O-57
    with pytest.raises(Malformed, match=f"unit {unit} cannot be asked"):
        RtuFraming(unit, LINE).request(READ)


def test_a_new_request_begins_afresh() -> None:
    framing = asked()
    framing.receive(ANSWER[:5], 1.0)
    framing.request(READ)
    assert framing.receive(ANSWER, 1.01) == ANSWER[1:-2]
    framing.receive(ANSWER[:5], 2.0)
    framing.clear()
    assert framing.next_deadline_s() is None


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.integers(1, 247), st.binary(min_size=1, max_size=253))
def test_any_frame_is_read_back(unit: int, pdu: bytes) -> None:
    frame = encode_frame(unit, pdu)
    assert frame == bytes([unit]) + pdu + crc16(frame[:-2])
    assert decode_frame(frame) == (unit, pdu)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=20), max_size=10))
def test_any_bytes_are_refused_cleanly(chunks: list[bytes]) -> None:
    framing = asked()
    for n, chunk in enumerate(chunks):
        try:
            pdu = framing.receive(chunk, n * 0.03)
        except Malformed:
            continue
        assert pdu is None
