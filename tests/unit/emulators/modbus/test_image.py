"""The two tables of a meter, compiled from its description."""

from __future__ import annotations

import pytest

from emulators.errors import BadConfiguration
from emulators.modbus.description import parse
from emulators.modbus.image import Image
from emulators.modbus.pdu import ILLEGAL_ADDRESS, READ_HOLDING, READ_INPUT
from emulators.modbus.registers import Span

HEAD = 'name = "Test"\ntransport = "rtu"\n'


def image(text: str, *settings: Span) -> Image:
    return Image(parse(HEAD + text, "test"), settings)


def test_registers_have_their_own_type_or_the_default() -> None:
    made = image(
        """
        registers = [
          { at = 0, quantity = "voltage_l1_v" },
          { at = 2, quantity = "current_l1_a", type = "uint16", scale = 0.01, word_order = "high_first" },
          { at = 100, quantity = "power_w", table = "holding" },
        ]
        [defaults]
        type = "int32"
        word_order = "low_first"
        scale = 0.1
        """
    )
    made.show({"voltage_l1_v": 230.0, "current_l1_a": 16.0, "power_w": -3680.0})
    assert made.quantities == ("voltage_l1_v", "current_l1_a", "power_w")
    assert made.read(READ_INPUT, 0, 3) == bytes.fromhex("08fc 0000 0640")
    assert made.read(READ_HOLDING, 100, 2) == bytes.fromhex("7040 ffff")
    assert made.read(READ_HOLDING, 0, 2) == made.read(READ_INPUT, 100, 2) == ILLEGAL_ADDRESS


def test_some_meters_have_one_table_for_both_functions() -> None:
    made = image(
        'same_tables = true\nregisters = [{ at = 0, quantity = "power_w" }]\nzeros = [{ first = 4, last = 5 }]\n'
        'fixed = [{ at = 2, type = "uint16", value = 7 }]',
        Span(9, 1, "setting x"),
    )
    made.show({"power_w": 1.0})
    made.show_settings([(9, b"\0\5")])
    for function in (READ_HOLDING, READ_INPUT):
        assert made.read(function, 0, 3) == bytes.fromhex("3f800000 0007")
        assert made.read(function, 4, 2) == bytes(4)
        assert made.read(function, 9, 1) == b"\0\5"


def test_fixed_numbers_and_texts() -> None:
    made = image(
        """
        registers = []
        fixed = [
          { at = 0, type = "uint32", value = 23000001 },
          { at = 2, type = "text", value = "SOCOMEC", count = 5 },
          { at = 7, type = "wide_text", value = "SOCO", count = 4 },
        ]
        """
    )
    assert made.read(READ_HOLDING, 0, 2) == (23000001).to_bytes(4, "big")
    assert made.read(READ_HOLDING, 2, 5) == b"SOCOMEC\0\0\0"
    assert made.read(READ_HOLDING, 7, 4) == bytes.fromhex("0053 004f 0043 004f")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('registers = [{ at = 0, quantity = "power_w" }, { at = 1, quantity = "power_w" }]', "power_w overlap at 1"),
        ('registers = [{ at = 65535, quantity = "power_w" }]', "power_w at 65535 takes 2 registers"),
        ('registers = []\nfixed = [{ at = 0, type = "text", value = "abc", count = 1 }]', "that its 3 characters fit"),
        ('registers = []\nfixed = [{ at = 0, type = "text", value = "abc" }]', "that its 3 characters fit"),
        ('registers = []\nfixed = [{ at = 0, type = "text", value = "é", count = 1 }]', "is a text in ASCII"),
        ('registers = []\nfixed = [{ at = 0, type = "text", value = 5, count = 1 }]', "is a text in ASCII"),
        ('registers = []\nfixed = [{ at = 0, type = "uint16", value = "5" }]', "is a number, which '5' is not"),
        (
            'registers = []\nfixed = [{ at = 5, type = "uint16", value = 5 }]',
            "a fixed value and setting x overlap at 5",
        ),
    ],
)
def test_what_does_not_fit_into_the_tables(text: str, why: str) -> None:
    with pytest.raises(BadConfiguration, match=why):
        image(text, Span(5, 1, "setting x"))
