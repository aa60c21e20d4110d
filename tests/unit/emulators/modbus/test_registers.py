"""Values to words and back, and what a table lets others read."""

from __future__ import annotations

import math
import os
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration
from emulators.modbus.pdu import ILLEGAL_ADDRESS
from emulators.modbus.registers import NumberType, Span, Table, WordOrder, packer, unpacker, words_of

EXAMPLES = 5000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 200

RANGES: dict[NumberType, tuple[int, int]] = {
    "uint16": (0, 2**16 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "uint32": (0, 2**32 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "uint64": (0, 2**64 - 1),
    "int64": (-(2**63), 2**63 - 1),
}
ORDERS: tuple[WordOrder, ...] = ("high_first", "low_first")


@pytest.mark.parametrize(
    ("number_type", "order", "scale", "value", "words"),
    [
        ("uint16", "high_first", 0.01, 50.0, "1388"),
        ("int16", "low_first", 0.001, -0.5, "fe0c"),
        ("uint32", "high_first", 0.001, 16.0, "00003e80"),
        ("uint32", "low_first", 0.001, 100.0, "86a0 0001"),
        ("int32", "high_first", 10.0, -3680.0, "fffffe90"),
        ("int32", "low_first", 0.1, -3680.0, "7040 ffff"),
        ("uint64", "high_first", 0.01, 123.45, "0000000000003039"),
        ("int64", "low_first", 0.001, -1.0, "fc18 ffff ffff ffff"),
        ("float32", "high_first", 1.0, 230.2, "43663333"),
        ("float32", "low_first", 1.0, 230.2, "3333 4366"),
        ("float32", "high_first", 1000.0, 3680.0, "406b851f"),
        ("float64", "low_first", 1.0, 1.5, "0000 0000 0000 3ff8"),
    ],
)
def test_words(number_type: NumberType, order: WordOrder, scale: float, value: float, words: str) -> None:
    assert packer(number_type, order, scale, "max")(value) == bytes.fromhex(words)
    assert len(bytes.fromhex(words)) == 2 * words_of(number_type)


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(sorted(RANGES)), st.sampled_from(ORDERS), st.data())
def test_every_number_comes_back(number_type: NumberType, order: WordOrder, data: st.DataObject) -> None:
    lowest, highest = RANGES[number_type]
    number = data.draw(st.integers(max(lowest, -(2**53)), min(highest, 2**53)))
    assert unpacker(number_type, order)(packer(number_type, order, 1.0, "max")(number)) == number


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(st.floats(width=32), st.sampled_from(ORDERS))
def test_every_float_comes_back(value: float, order: WordOrder) -> None:
    back = unpacker("float32", order)(packer("float32", order, 1.0, "max")(value))
    assert back == value or (math.isnan(back) and math.isnan(value))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, -1e300])
@pytest.mark.parametrize(
    ("number_type", "largest"),
    [("uint16", "ffff"), ("int16", "7fff"), ("uint32", "ffffffff"), ("int32", "7fffffff"), ("int64", "7f" + 7 * "ff")],
)
def test_what_does_not_fit_becomes_a_mark(number_type: NumberType, largest: str, value: float) -> None:
    assert packer(number_type, "high_first", 0.001, "max")(value) == bytes.fromhex(largest)
    assert packer(number_type, "high_first", 0.001, "all_ones")(value) == b"\xff" * (len(largest) // 2)


def test_marks_follow_the_word_order() -> None:
    # Carlo Gavazzi: 7FFFFFFF is FFFF 7FFF on the wire.
    assert packer("int32", "low_first", 1.0, "max")(math.nan) == bytes.fromhex("ffff7fff")


def test_floats_have_marks_of_their_own() -> None:
    pack = packer("float32", "high_first", 1.0, "max")
    assert math.isnan(struct.unpack(">f", pack(math.nan))[0])
    assert struct.unpack(">f", pack(math.inf))[0] == math.inf
    assert struct.unpack(">f", pack(-1e300))[0] == -math.inf


def filled(*, split: bool) -> Table:
    table = Table([Span(10, 2, "a"), Span(12, 2, "b"), Span(20, 1, "c")], [(8, 15)], split=split)
    table.write(10, b"AAaa")
    table.write(12, b"BBbb")
    table.write(20, b"CC")
    return table


@pytest.mark.parametrize(
    ("address", "count", "words"),
    [
        (10, 2, b"AAaa"),
        (10, 4, b"AAaaBBbb"),
        (8, 8, b"\0\0\0\0AAaaBBbb\0\0\0\0"),
        (14, 2, b"\0\0\0\0"),
        (20, 1, b"CC"),
    ],
)
def test_reading_values_and_zeros(address: int, count: int, words: bytes) -> None:
    assert filled(split=True).read(address, count) == words
    assert filled(split=False).read(address, count) == words


def test_a_value_of_one_register_among_zeros() -> None:
    table = Table([Span(0, 1, "a"), Span(4, 1, "b"), Span(5, 1, "c")], [(0, 9)], split=False)
    readable = [address for address in range(10) if table.read(address, 1) == b"\0\0"]
    assert readable == [0, 1, 4, 5]
    assert table.read(0, 2) == bytes(4)


@pytest.mark.parametrize(("address", "count"), [(11, 1), (10, 1), (11, 2), (10, 3), (9, 3), (9, 1), (8, 1)])
def test_half_a_value_is_refused_where_values_are_not_split(address: int, count: int) -> None:
    assert filled(split=False).read(address, count) == ILLEGAL_ADDRESS
    assert isinstance(filled(split=True).read(address, count), bytes)


@pytest.mark.parametrize(
    ("address", "count"), [(7, 1), (7, 4), (16, 1), (14, 3), (14, 7), (19, 2), (20, 2), (21, 1), (0, 125), (65535, 125)]
)
def test_holes_are_refused(address: int, count: int) -> None:
    for split in (True, False):
        assert filled(split=split).read(address, count) == ILLEGAL_ADDRESS


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 65535), st.integers(1, 65535))
def test_any_request_gives_its_words_or_a_refusal(address: int, count: int) -> None:
    for table in (filled(split=True), filled(split=False), Table([], [], split=True)):
        words = table.read(address, count)
        assert words == ILLEGAL_ADDRESS or (isinstance(words, bytes) and len(words) == 2 * count)


def test_the_last_register_of_all() -> None:
    table = Table([Span(65534, 2, "last")], [], split=False)
    table.write(65534, b"last")
    assert table.read(65534, 2) == b"last"
    assert table.read(65535, 1) == ILLEGAL_ADDRESS
    assert table.read(65534, 3) == ILLEGAL_ADDRESS


@pytest.mark.parametrize(
    ("spans", "why"),
    [
        ([Span(10, 2, "a"), Span(11, 1, "b")], r"b and a overlap at 11 \(0x000B\)"),
        ([Span(65535, 2, "a")], "a at 65535 takes 2 registers"),
        ([Span(-1, 2, "a")], "a at -1 takes 2 registers"),
    ],
)
def test_tables_that_cannot_be(spans: list[Span], why: str) -> None:
    with pytest.raises(BadConfiguration, match=why):
        Table(spans, [], split=True)
