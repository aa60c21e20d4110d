"""Headers in a table: their forms, and tables that cannot be."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from emulators.errors import BadConfiguration
from emulators.scpi.commands import Command, CommandTable, shortest
from emulators.scpi.errors import ScpiError
from emulators.scpi.message import parse


def table(*headers: str, most: int = 1) -> CommandTable[Any]:
    return CommandTable([Command(header, "", most=most) for header in headers])


def found(commands: CommandTable[Any], header: str) -> str | None:
    row = commands.find(parse(header.encode())[0])
    return None if row is None else row[0].header


def test_long_and_short_in_any_letters() -> None:
    commands = table(":EV:RESistor[:BASE]", ":EV:RESistor:CHARge")
    for ev, resistor, last in product(("EV", "ev"), ("RES", "resistor", "ResIstor"), ("", ":base", ":BASE")):
        assert found(commands, f"{ev}:{resistor}{last}") == ":EV:RESistor[:BASE]"
    assert found(commands, "EV:RES:CHAR") == ":EV:RESistor:CHARge"
    for other in ("EV:RESI", "EV", "EV:RES:BAS", "EV:RES:BASE:X", "RES", "EV:RES1", "EV:RES:CHARG"):
        assert found(commands, other) is None


def test_more_than_one_part_may_be_left_out() -> None:
    commands = table("[:SOURce]:VOLTage[:LEVel]")
    for header in ("VOLT", "SOUR:VOLT", "VOLT:LEV", "source:voltage:level"):
        assert found(commands, header) is not None
    assert found(commands, "SOUR:LEV") is None


def test_numbers_in_headers() -> None:
    commands = table(":CHANnel#:SCALe", "C#:PAVA", most=4)
    for header, numbers in (("CHAN:SCAL", (1,)), ("CHANNEL3:SCALE", (3,)), ("chan04:scal", (4,)), ("C2:PAVA", (2,))):
        row = commands.find(parse(header.encode())[0])
        assert row is not None
        assert row[1] == numbers
    for header in ("CHAN0:SCAL", "CHAN5:SCAL", "CHAN40000000:SCAL"):
        with pytest.raises(ScpiError) as raised:
            commands.find(parse(header.encode())[0])
        assert raised.value.code == -114
    assert found(commands, "CHA1:SCAL") is None


@pytest.mark.parametrize("headers", [("A:B", ":A:B"), ("[:A]:B", ":B")])
def test_the_same_header_twice(headers: tuple[str, ...]) -> None:
    with pytest.raises(BadConfiguration, match="two commands have the header"):
        table(*headers)


@pytest.mark.parametrize("header", ["", "a:B", "A B", "A?", "A::B", "[A]:B", "A#B"])
def test_no_header(header: str) -> None:
    with pytest.raises(BadConfiguration, match="is no mnemonic"):
        table(header)


def test_shortest() -> None:
    assert [shortest(header) for header in (":EV:RESistor[:BASE]", ":CHANnel#:SCALe", "*IDN")] == [
        "EV:RES",
        "CHAN:SCAL",
        "*IDN",
    ]
