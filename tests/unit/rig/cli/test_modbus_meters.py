"""Which Modbus meters the command line asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emulators.modbus import SerialFormat, load, models
from emulators.site import Site
from rig.cli.emulated import Options
from rig.cli.modbus_meters import Assignment, Wanted, line_of, made, mbpoll_options, transformer_words, wanted
from rig.clock.calendar import DEFAULT_START
from rig.errors import ConfigurationError

LINE = SerialFormat(9600, "8N1")


def options(model: str = "sdm230", **changes: Any) -> Options:
    return Options(model=model, start=DEFAULT_START, **changes)


def emit(at_s: float, kind: str, fields: dict[str, object]) -> None:
    """Nobody listens."""


@pytest.mark.parametrize(
    ("text", "assignment"),
    [
        ("ct_ratio=100", Assignment(None, "ct_ratio", 100.0)),
        ("2:ct_ratio=0.5", Assignment(2, "ct_ratio", 0.5)),
        ("char_format=8E1", Assignment(None, "char_format", "8E1")),  # which is no 80
        ("reset=energy", Assignment(None, "reset", "energy")),
        ("x=-1", Assignment(None, "x", -1.0)),
        ("x=nan", Assignment(None, "x", "nan")),
    ],
)
def test_assignments(text: str, assignment: Assignment) -> None:
    assert Assignment.parse(text) == assignment


@pytest.mark.parametrize("text", ["", "=", "x", "x=", "=1", "2:", "2:x", "1234:x=1", "1x=1"])
def test_what_assigns_nothing(text: str) -> None:
    with pytest.raises(ConfigurationError, match="sets nothing: write NAME=VALUE or UNIT:NAME=VALUE"):
        Assignment.parse(text)


def test_meters_beside_each_other(tmp_path: Path) -> None:
    file = tmp_path / "a:b.toml"
    file.write_text('name = "Mine"\ntransport = "rtu"\nunit = 4\nregisters = []')
    asked = wanted(options(unit=9, also=["sdm72d:2", str(file), f"{file}:6"]))
    assert [(meter.description.name, meter.address) for meter in asked] == [
        ("Eastron SDM230", 9),
        ("Eastron SDM72D", 2),
        ("Mine", 4),
        ("Mine", 6),
    ]


@pytest.mark.parametrize(
    ("also", "complaint"),
    [
        (["sdm72d"], "two meters with address 1 disturb each other; .* e.g. --also sdm72d:2"),
        (["sdm72d:5", "e27"], "two meters with address 5 disturb each other; .* e.g. --also e27:6"),
        (["nothing:2"], "there is no meter 'nothing'"),
        ([":2"], "there is no meter ':2'"),
        ([""], "there is no meter ''"),
    ],
)
def test_meters_that_cannot_be_beside_each_other(also: list[str], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        wanted(options(also=also))


def test_settings_go_to_the_meters_that_are_meant() -> None:
    asked = wanted(options("sdm72d", also=["sdm72d:2"]))
    both, second = Assignment(None, "system_type", "1P2W"), Assignment(2, "baud", 2400.0)
    one, two = made(asked, [both, second], None, Site().read, emit)
    assert (one.line, two.line) == (LINE, SerialFormat(2400, "8N1"))
    with pytest.raises(ConfigurationError, match=r"--set 3:baud=2400: there is no meter 3"):
        made(asked, [Assignment(3, "baud", 2400.0)], None, Site().read, emit)
    with pytest.raises(ConfigurationError, match="Eastron SDM72D has no setting 'ratio'"):
        made(asked, [Assignment(1, "ratio", 1.0)], None, Site().read, emit)


def test_all_meters_of_a_bus_talk_alike() -> None:
    asked = wanted(options("sdm72d", also=["iem3155:2"]))
    line = line_of(options(), asked[0].description)
    assert [meter.line for meter in made(asked, [], line, Site().read, emit)] == [LINE, LINE]
    with pytest.raises(ConfigurationError, match="Eastron SDM72D cannot talk at 115200 8N1: setting baud"):
        made(asked, [], SerialFormat(115200, "8N1"), Site().read, emit)


def test_line_settings() -> None:
    assert line_of(options(), load("iem3155")) == SerialFormat(19200, "8E1")
    assert line_of(options(baud=4800), load("iem3155")) == SerialFormat(4800, "8E1")
    assert line_of(options(char_format="8o1"), load("iem3155")) == SerialFormat(19200, "8O1")
    for wrong in ({"baud": 0}, {"char_format": "7E1"}):
        with pytest.raises(ConfigurationError, match="--baud, --format: "):
            line_of(options(**wrong), load("iem3155"))


def test_transformers_in_words() -> None:
    assert transformer_words(Wanted(load("sdm230"), None), []) == []
    clamps = Wanted(load("sdm72ct"), 2)
    assert transformer_words(clamps, [Assignment(1, "ct_ratio", 100.0)]) == [
        "behind transformers of 100 to 1; with ct_ratio at 1 it shows 0.01 times what flows",
        "set ct_ratio=100 puts that right",
    ]
    for unit in (None, 2):
        assert transformer_words(clamps, [Assignment(unit, "ct_ratio", 100.0)]) == [
            "behind transformers of 100 to 1; with ct_ratio at 100 it shows what flows"
        ]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("sdm72d", "-t 3:float -B -r 6 -c 3"),
        ("sdm230", "-t 3:float -B -r 6 -c 1"),
        ("e27", "-t 4:int -B -r 50528 -c 3"),
        ("em340", "-t 3:int -r 12 -c 3"),
        ("eem-ma370", "-t 4:float -r 32782 -c 3"),
    ],
)
def test_what_mbpoll_needs_to_read_the_currents(model: str, words: str) -> None:
    assert mbpoll_options(load(model)) == words


@pytest.mark.parametrize("model", models())
def test_every_meter_can_be_read_by_mbpoll(model: str) -> None:
    assert mbpoll_options(load(model)).startswith("-t ")
