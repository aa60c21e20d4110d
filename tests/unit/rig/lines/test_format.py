"""Character formats, bit by bit."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.errors import ConfigurationError
from rig.lines.format import CharFormat, PortSettings

EXAMPLES = 2000 if os.environ.get("EVSE_RIG_DEEP") else 100

formats = st.builds(CharFormat, st.integers(5, 8), st.sampled_from(["N", "E", "O"]), st.integers(1, 2))


@pytest.mark.parametrize(
    ("text", "character_bits", "wire_bits"),
    [("8N1", 8, 10), ("7E1", 8, 10), ("8E1", 9, 11), ("8N2", 8, 11), ("7O2", 8, 11), ("5N1", 5, 7), ("8n1", 8, 10)],
)
def test_a_notation_says_how_many_bits_pass(text: str, character_bits: int, wire_bits: int) -> None:
    fmt = CharFormat.parse(text)
    assert (fmt.character_bits, fmt.wire_bits) == (character_bits, wire_bits)


def test_the_time_of_a_character_follows_from_bits_and_rate() -> None:
    assert CharFormat.parse("8N1").char_time_s(115200) * 853 == pytest.approx(0.074045, abs=5e-7)
    assert CharFormat.parse("8E1").char_time_s(9600) == 11 / 9600
    assert PortSettings(1200, CharFormat.parse("7E1")).char_time_s == 10 / 1200


@pytest.mark.parametrize("text", ["", "8N", "9N1", "4N1", "8X1", "8N3", "8N1 ", "N81", "٨N1"])
def test_what_is_no_format_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigurationError, match="8N1 or 7E1"):
        CharFormat.parse(text)


@given(formats)
@settings(derandomize=True, max_examples=EXAMPLES)
def test_the_notation_reads_back(fmt: CharFormat) -> None:
    assert CharFormat.parse(str(fmt)) == fmt


@given(formats, st.integers(0, 255))
@settings(derandomize=True, max_examples=EXAMPLES)
def test_a_character_carries_its_data_bits_with_right_parity(fmt: CharFormat, byte: int) -> None:
    character = fmt.with_parity(byte)
    assert character < 1 << fmt.character_bits
    assert fmt.split(character) == (byte & ((1 << fmt.data_bits) - 1), True)


@given(formats.filter(lambda fmt: fmt.parity != "N"), st.integers(0, 255), st.integers(0, 8))
@settings(derandomize=True, max_examples=EXAMPLES)
def test_any_one_inverted_bit_breaks_the_parity(fmt: CharFormat, byte: int, bit: int) -> None:
    flipped = fmt.with_parity(byte) ^ 1 << bit % fmt.character_bits
    assert fmt.split(flipped)[1] is False


def test_even_and_odd_parity_of_a_known_character() -> None:
    assert CharFormat.parse("7E1").characters(b"AC") == [0x41, 0xC3]  # two ones; three ones
    assert CharFormat.parse("7O1").characters(b"AC") == [0xC1, 0x43]
    assert CharFormat.parse("8E1").characters(b"\x01") == [0x101]


@pytest.mark.parametrize("baud", [0, -9600, 5_000_000])
def test_a_rate_that_no_port_has_is_refused(baud: int) -> None:
    with pytest.raises(ConfigurationError, match="baud rate"):
        PortSettings(baud)


def test_an_unknown_way_to_treat_errors_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="as_is, drop or nul"):
        PortSettings(on_error="ignore")  # type: ignore[arg-type]


def test_settings_read_as_on_a_data_sheet() -> None:
    assert str(PortSettings(9600, CharFormat.parse("7E1"))) == "9600 7E1"
