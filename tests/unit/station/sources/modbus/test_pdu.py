"""Requests and answers without their transport."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.errors import Malformed
from station.sources.modbus.pdu import ReadRequest, Refused, answer_length, decode_answer, encode_request

REQUEST = ReadRequest(4, 6, 2)


def test_the_vendor_s_example() -> None:
    assert encode_request(ReadRequest(4, 0, 2)).hex() == "0400000002"
    assert decode_answer(bytes.fromhex("040443663334"), ReadRequest(4, 0, 2)).hex() == "43663334"


@pytest.mark.parametrize(
    ("code", "name"),
    [(1, "illegal function"), (2, "illegal data address"), (6, "device busy"), (77, "not a code of the standard")],
)
def test_exceptions(code: int, name: str) -> None:
    with pytest.raises(Refused) as caught:
        decode_answer(bytes([0x84, code]), REQUEST)
    assert str(caught.value) == f"exception {code} ({name}) for registers 6 (0x0006) to 7 with function 4"


@pytest.mark.parametrize(
    ("pdu", "reason"),
    [
        (b"", "function missing, 4 was asked"),
        (b"\x03\x04abcd", "function 3, 4 was asked"),
        (b"\x83\x02", "function 131, 4 was asked"),
        (b"\x84", "function 132, 4 was asked"),
        (b"\x04", "count says otherwise"),
        (b"\x04\x04abc", "count says otherwise"),
        (b"\x04\x04abcde", "count says otherwise"),
        (b"\x04\x02ab", "answer with 2 bytes of values, 4 expected for registers 6"),
        (b"\x04\x06abcdef", "answer with 6 bytes of values, 4 expected"),
    ],
)
def test_what_is_no_answer(pdu: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        decode_answer(pdu, REQUEST)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("head", "length"),
    [(b"", None), (b"\x04", None), (b"\x04\x18", 26), (b"\x03\x02ab", 4), (b"\x84\x02", 2), (b"\x10\x00", None)],
)
def test_length_of_an_answer(head: bytes, length: int | None) -> None:
    assert answer_length(head) == length


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.sampled_from([3, 4]), st.integers(0, 65411), st.integers(1, 125), st.data())
def test_any_answer_is_read_back(function: int, address: int, count: int, data: st.DataObject) -> None:
    values = data.draw(st.binary(min_size=2 * count, max_size=2 * count))
    request = ReadRequest(function, address, count)
    assert encode_request(request) == bytes([function]) + address.to_bytes(2, "big") + count.to_bytes(2, "big")
    assert decode_answer(bytes([function, 2 * count]) + values, request) == values


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.binary(max_size=10))
def test_any_bytes_are_values_or_refused(pdu: bytes) -> None:
    try:
        assert pdu == b"\x04\x04" + decode_answer(pdu, REQUEST)
    except Malformed:
        assert pdu[:2] != b"\x04\x04" or len(pdu) != 6
