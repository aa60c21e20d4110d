"""Values in registers: types, word order, scale, markers, and their text in the settings."""

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.errors import Malformed, SettingError
from station.sources.modbus.registers import Register, ValueType, parse_register

RANGES = {("unsigned", bits): (0, 2**bits - 2) for bits in (16, 32, 64)} | {
    ("signed", bits): (-(2 ** (bits - 1)) + 1, 2 ** (bits - 1) - 2) for bits in (16, 32, 64)
}
FORMATS = {16: "h", 32: "i", 64: "q"}


def swapped(raw: bytes) -> bytes:
    words = [raw[n : n + 2] for n in range(0, len(raw), 2)]
    return b"".join(reversed(words))


@pytest.mark.parametrize(
    ("register", "raw", "value"),
    [
        (Register(0, "float", 32), "43663334", 230.2),  # the vendor's example: 230.2 V
        (Register(0, "unsigned", 16), "00FF", 255.0),
        (Register(0, "signed", 16, 0.1), "FFF6", -1.0),
        (Register(0, "unsigned", 32, 0.001), "00003E80", 16.0),
        (Register(0, "signed", 32, 10.0), "FFFFFF9C", -1000.0),
        (Register(0, "unsigned", 64, 0.01), "0000000000000640", 16.0),
        (Register(0, "signed", 64), "FFFFFFFFFFFFFFFE", -2.0),
        (Register(0, "float", 64), "4030000000000000", 16.0),
        (Register(0, "float", 32, 100.0), "3E23D70A", 16.0),  # ALB-RTU-013
    ],
)
def test_values(register: Register, raw: str, value: float) -> None:
    data = bytes.fromhex(raw)
    assert register.count * 2 == len(data)
    assert register.value(data, low_word_first=False) == pytest.approx(value, rel=1e-6)
    assert register.value(swapped(data), low_word_first=True) == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("unsigned", "FFFF"), ("unsigned", "FFFFFFFF"), ("unsigned", "FFFFFFFFFFFFFFFF"),
        ("signed", "7FFF"), ("signed", "8000"), ("signed", "7FFFFFFF"), ("signed", "80000000"),
        ("signed", "7FFFFFFFFFFFFFFF"),
        ("float", "7FC00000"), ("float", "FFC00001"), ("float", "7F800000"), ("float", "FF800000"),
        ("float", "7FF8000000000000"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("low_word_first", [False, True])
def test_markers_for_a_missing_value(kind: ValueType, raw: str, low_word_first: bool) -> None:
    data = bytes.fromhex(raw)
    with pytest.raises(Malformed) as caught:
        Register(7, kind, len(data) * 8).value(swapped(data) if low_word_first else data, low_word_first=low_word_first)
    assert str(caught.value) == f"register 7: the meter has no value there (0x{raw})"


def test_minus_one_and_other_neighbours_are_values() -> None:
    assert Register(0, "signed", 32).value(b"\xff" * 4, low_word_first=False) == -1.0
    assert Register(0, "signed", 16).value(b"\x80\x01", low_word_first=False) == -32767.0
    assert Register(0, "signed", 32).value(b"\x7f\x00\x00\x00", low_word_first=False) == 0x7F000000
    assert Register(0, "unsigned", 16).value(b"\xff\xfe", low_word_first=False) == 65534.0


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(sorted(RANGES)), st.booleans())
def test_any_whole_number_is_read_back(data: st.DataObject, shape: tuple[ValueType, int], low: bool) -> None:
    kind, bits = shape
    number = data.draw(st.integers(*RANGES[shape]))
    code = FORMATS[bits].upper() if kind == "unsigned" else FORMATS[bits]
    raw = struct.pack(">" + code, number)
    assert Register(0, kind, bits).value(swapped(raw) if low else raw, low_word_first=low) == float(number)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.floats(width=32, allow_nan=False, allow_infinity=False), st.booleans())
def test_any_float_is_read_back(number: float, low: bool) -> None:
    raw = struct.pack(">f", number)
    assert Register(0).value(swapped(raw) if low else raw, low_word_first=low) == number


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.sampled_from([*RANGES, ("float", 32), ("float", 64)]), st.binary(min_size=8, max_size=8), st.booleans())
def test_any_bytes_are_a_finite_number_or_refused(shape: tuple[ValueType, int], raw: bytes, low: bool) -> None:
    register = Register(0, *shape)
    try:
        value = register.value(raw[: register.count * 2], low_word_first=low)
    except Malformed:
        return
    assert math.isfinite(value)


@pytest.mark.parametrize(
    ("text", "register"),
    [
        ("0x5B0C unsigned 32 x0.01", Register(0x5B0C, "unsigned", 32, 0.01)),
        ("6 float32", Register(6, "float", 32, 1.0)),
        ("006 FLOAT 32 x 100", Register(6, "float", 32, 100.0)),
        ("  18 int32 *0.1 ", Register(18, "signed", 32, 0.1)),
        ("65535 uint16 1e-3", Register(65535, "unsigned", 16, 0.001)),
        ("0 signed 64 ×1", Register(0, "signed", 64, 1.0)),
    ],
)
def test_text(text: str, register: Register) -> None:
    assert parse_register(text) == register
    assert parse_register(str(register)) == register


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no register; expected is ADDRESS TYPE BITS xSCALE"),
        ("6", "is no register"),
        ("6 double", "is no register"),
        ("-1 float 32", "is no register"),
        ("6 float 8", "is no register"),
        ("6 float 32 x-1", "is no register"),
        ("6 float 16", "there is no float value of 16 bits"),
        ("65535 float 32", "registers end at 65535"),
        ("99999 unsigned 16", "registers end at 65535"),
        ("0x10000 unsigned 16", "is no register"),
        ("6 float 32 x0", "a scale above 0 expected"),
        ("6 float 32 x1e99 1", "is no register"),
    ],
)
def test_text_that_is_no_register(text: str, reason: str) -> None:
    with pytest.raises(SettingError) as caught:
        parse_register(text)
    assert reason in str(caught.value)
