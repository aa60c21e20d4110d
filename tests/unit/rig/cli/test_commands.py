"""What can be typed to an emulated device."""

from __future__ import annotations

import pytest

from rig.cli.commands import Command, Commands, counted
from rig.errors import ConfigurationError


@pytest.fixture
def commands() -> Commands:
    return Commands(
        [
            Command("load", lambda words: f"load of {words}", (("L1=5", "draw"),)),
            Command("fault", lambda words: f"fault of {words}", (("fault a", "this"), ("fault b", "that"))),
        ]
    )


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("load", "load of []"),
        ("LOAD L1=5", "load of ['L1=5']"),
        ("L1=5   L2=6", "load of ['L1=5', 'L2=6']"),
        ("fault late=5 3", "fault of ['late=5', '3']"),
    ],
)
def test_a_command_gets_its_words(commands: Commands, typed: str, answer: str) -> None:
    assert commands.do(typed) == answer


def test_another_word_is_refused(commands: Commands) -> None:
    with pytest.raises(ConfigurationError, match="there is no command 'dance'; help lists them"):
        commands.do("dance L1=5")


def test_help_has_the_lines_of_all(commands: Commands) -> None:
    assert commands.help == [("L1=5", "draw"), ("fault a", "this"), ("fault b", "that")]


@pytest.mark.parametrize(("value", "words"), [(0, "0 frames"), (1, "1 frame"), (2, "2 frames")])
def test_counted(value: int, words: str) -> None:
    assert counted(value, "frame") == words
