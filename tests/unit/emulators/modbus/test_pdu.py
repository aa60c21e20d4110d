"""Requests and answers to bytes and back, and nothing but Malformed for other bytes."""

from __future__ import annotations

import os
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration, Malformed
from emulators.modbus import pdu
from emulators.modbus.pdu import (
    Answer,
    Echo,
    Other,
    Read,
    Refused,
    Registers,
    Request,
    WriteMultiple,
    WriteSingle,
    Written,
    decode_answer,
    decode_request,
    encode_answer,
    encode_request,
)

EXAMPLES = 10_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 300

WORD = st.integers(0, 0xFFFF)
READ_FUNCTION = st.sampled_from([pdu.READ_HOLDING, pdu.READ_INPUT])
KNOWN = {pdu.READ_HOLDING, pdu.READ_INPUT, pdu.WRITE_SINGLE, pdu.DIAGNOSTICS, pdu.WRITE_MULTIPLE}


def words(most: int) -> st.SearchStrategy[bytes]:
    return st.integers(1, most).flatmap(lambda count: st.binary(min_size=2 * count, max_size=2 * count))


REQUESTS: st.SearchStrategy[Request] = st.one_of(
    st.builds(Read, READ_FUNCTION, WORD, WORD),
    st.builds(WriteSingle, WORD, WORD),
    st.builds(WriteMultiple, WORD, words(pdu.MAX_WRITE_REGISTERS)),
    st.builds(Echo, st.binary(min_size=2, max_size=2)),
    st.builds(Other, st.integers(1, 127).filter(lambda function: function not in KNOWN), st.binary(max_size=252)),
    st.builds(Other, st.just(pdu.DIAGNOSTICS), st.binary(max_size=252).filter(lambda data: data[:2] != b"\0\0")),
)
ANSWERS: st.SearchStrategy[Answer] = st.one_of(
    st.builds(Registers, READ_FUNCTION, words(pdu.MAX_READ_REGISTERS)),
    st.builds(WriteSingle, WORD, WORD),
    st.builds(Written, WORD, WORD),
    st.builds(Echo, st.binary(min_size=2, max_size=2)),
    st.builds(Refused, st.integers(1, 127), st.integers(1, 255)),
)


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(REQUESTS)
def test_every_request_decodes_back(request: Request) -> None:
    assert decode_request(encode_request(request)) == request


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(ANSWERS)
def test_every_answer_decodes_back(answer: Answer) -> None:
    assert decode_answer(encode_answer(answer)) == answer


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=300))
def test_whatever_decodes_encodes_to_the_same_bytes(data: bytes) -> None:
    with suppress(Malformed):
        assert encode_request(decode_request(data)) == data
    with suppress(Malformed):
        assert encode_answer(decode_answer(data)) == data


@pytest.mark.parametrize(
    ("data", "request_"),
    [
        ("03 00 0c 00 02", Read(3, 12, 2)),
        ("04 00 00 00 02", Read(4, 0, 2)),
        ("04 ff ff ff ff", Read(4, 65535, 65535)),
        ("06 00 14 00 07", WriteSingle(20, 7)),
        ("10 00 14 00 02 04 40 a0 00 00", WriteMultiple(20, b"\x40\xa0\0\0")),
        ("08 00 00 a5 37", Echo(b"\xa5\x37")),
        ("08 00 01 00 00", Other(8, b"\0\x01\0\0")),
        ("2b 0e 01 00", Other(43, b"\x0e\x01\0")),
    ],
)
def test_requests_as_the_specification_has_them(data: str, request_: Request) -> None:
    assert decode_request(bytes.fromhex(data)) == request_
    assert encode_request(request_) == bytes.fromhex(data)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "00 00 00 00 01",
        "80",
        "83 02",
        "03",
        "03 00 00 00",
        "03 00 00 00 01 00",
        "06 00 00",
        "08 00 00 a5",
        "08 00 00 a5 37 00",
        "10 00 14 00 02",
        "10 00 14 00 02 04 00 00 00",
        "10 00 14 00 02 03 00 00 00",
        "10 00 14 00 00 00",
        "10 00 14 00 7c f8" + " 00" * 248,
        "04" + " 00" * 253,
    ],
)
def test_requests_that_are_none(data: str) -> None:
    with pytest.raises(Malformed):
        decode_request(bytes.fromhex(data))


@pytest.mark.parametrize(
    "data",
    [
        "",
        "00",
        "80 01",
        "83",
        "83 00",
        "83 02 00",
        "03",
        "03 00",
        "03 02 00",
        "03 03 00 00 00",
        "03 04 00 00",
        "04 fc" + " 00" * 252,
        "10 00 00 00",
        "01 01 00",
    ],
)
def test_answers_that_are_none(data: str) -> None:
    with pytest.raises(Malformed):
        decode_answer(bytes.fromhex(data))


@pytest.mark.parametrize(
    "request_",
    [
        Read(6, 0, 1),
        Read(3, 65536, 1),
        Read(3, 0, -1),
        WriteSingle(0, 65536),
        WriteMultiple(0, b""),
        WriteMultiple(0, b"\0"),
        WriteMultiple(0, bytes(248)),
        Echo(b""),
        Other(0, b""),
        Other(128, b""),
        Other(7, bytes(253)),
    ],
)
def test_requests_that_do_not_fit(request_: Request) -> None:
    with pytest.raises(BadConfiguration, match=r"fit a Modbus request|numbers of 16 bits"):
        encode_request(request_)


@pytest.mark.parametrize(
    "answer",
    [Registers(3, b""), Registers(3, b"\0"), Registers(3, bytes(252)), Registers(6, b"\0\0"), Refused(0, 1),
     Refused(128, 1), Refused(3, 0), Refused(3, 256)],
)  # fmt: skip
def test_answers_that_do_not_fit(answer: Answer) -> None:
    with pytest.raises(BadConfiguration, match="does not fit a Modbus answer"):
        encode_answer(answer)
