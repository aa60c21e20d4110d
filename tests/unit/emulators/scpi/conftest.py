"""A small instrument, with a command of every kind."""

from __future__ import annotations

import math
from typing import Any

import pytest

from emulators.scpi import Boolean, Call, Choice, Command, Identity, Instrument, Number, Numbered, Omissible, ScpiError
from emulators.scpi.errors import ILLEGAL_VALUE
from emulators.scpi.parameters import OHM


class Toy:
    """What it was told last, by name."""

    def __init__(self) -> None:
        self.kept: dict[str, object] = {}

    def reset(self, now_s: float) -> None:
        self.kept = {"reset_s": now_s}


def keep(name: str) -> Any:
    return lambda toy, call: toy.kept.update({name: (*call.numbers, *call.values)})


def show(name: str) -> Any:
    return lambda toy, _: str(toy.kept.get(name))


def refuse(_toy: Toy, _call: Call) -> None:
    raise ScpiError(ILLEGAL_VALUE, "never")


COMMANDS: tuple[Command[Toy], ...] = (
    Command(":EV:STATe", "a word", (Choice(("A", "B", "CHARging")),), keep("state"), (), show("state")),
    Command(
        ":EV:RESistor[:BASE]",
        "a number with a unit",
        (Number(10.0, 1e5, OHM, words={"OPEN": math.inf}),),
        keep("ohm"),
        (),
        show("ohm"),
    ),
    Command(":EV:RESistor:CHARge", "another", (Number(10.0, 1e5, OHM),), keep("charge")),
    Command("[:SOURce]:COUNt", "a number without a unit", (Number(-5.0, 5.0),), keep("count")),
    Command(":CHANnel#:DISPlay", "a number in the header", (Boolean(),), keep("shown"), (), show("shown"), most=4),
    Command(
        ":MEASure",
        "parameters that may be left out",
        asked=(Omissible(Numbered("CHANnel", 4), 1),),
        query=lambda _, c: str(c.values[0]),
    ),
    Command(":DATA", "bytes", query=lambda _toy, _call: b"#13\n;\n"),
    Command(":REFuse", "always refused", change=refuse),
    Command(
        "C#:PAVA",
        "a header that begins with a channel",
        asked=(Choice(("DUTY",)),),
        query=lambda _, c: f"{c.numbers[0]}",
        most=4,
    ),
)


@pytest.fixture
def toy() -> Instrument[Toy]:
    return Instrument(Toy(), COMMANDS, Identity("ACME", "TOY", "7", "1.2"))
