"""A fault of a meter that sends by itself: for so many telegrams, or for good."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulators.errors import BadConfiguration
from rig.cli.commands import Commands
from rig.cli.telegram_faults import TelegramFault, TelegramFaults, during, where_possible
from rig.errors import ConfigurationError


def upper(telegram: bytes, _number: int) -> bytes:
    return telegram.upper()


def impossible(_telegram: bytes, _number: int) -> bytes:
    raise BadConfiguration("there is nothing to damage")


TABLE = {
    "upper": TelegramFault(lambda: upper, "in capitals"),
    "impossible": TelegramFault(lambda: impossible, "never"),
}


class Sender:
    """A meter that sends its number."""

    def __init__(self) -> None:
        self.begun = 0
        self.corrupt: Callable[[bytes, int], bytes] | None = None
        self.faults = TelegramFaults(
            TABLE, "telegram", begun=lambda: self.begun, now=lambda: b"now", put=lambda corrupt: self._put(corrupt)
        )
        self.commands = Commands([self.faults.command])

    def _put(self, corrupt: Callable[[bytes, int], bytes] | None) -> None:
        self.corrupt = corrupt

    def send(self) -> bytes:
        self.begun += 1
        telegram = f"telegram {self.begun}".encode()
        return telegram if self.corrupt is None else self.corrupt(telegram, self.begun)


def test_for_good() -> None:
    sender = Sender()
    assert sender.send() == b"telegram 1"
    assert sender.commands.do("fault upper") == "fault upper: in capitals"
    assert [sender.send() for _ in range(2)] == [b"TELEGRAM 2", b"TELEGRAM 3"]
    assert sender.faults.status == "fault upper"
    assert sender.commands.do("fault off") == "telegrams are as they should be"
    assert sender.send() == b"telegram 4"
    assert sender.faults.status == ""


def test_for_a_number_of_telegrams() -> None:
    sender = Sender()
    sender.send()
    assert sender.commands.do("fault upper 2") == "fault upper, 2 to go: in capitals"
    assert (sender.send(), sender.faults.status) == (b"TELEGRAM 2", "fault upper, 1 to go")
    assert (sender.send(), sender.faults.status) == (b"TELEGRAM 3", "")
    assert (sender.send(), sender.faults.status) == (b"telegram 4", "")


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("fault", "there is no fault ''; there is off, upper, impossible"),
        ("fault gremlins", "there is no fault 'gremlins'"),
        ("fault upper 0", "how many telegrams\\?"),
        ("fault upper two", "how many telegrams\\?"),
        ("fault upper 1 2", "how many telegrams\\?"),
        ("fault impossible", "fault impossible: there is nothing to damage"),
    ],
)
def test_nonsense_is_refused_and_the_fault_stays(typed: str, complaint: str) -> None:
    sender = Sender()
    sender.commands.do("fault upper")
    with pytest.raises(ConfigurationError, match=complaint):
        sender.commands.do(typed)
    assert (sender.send(), sender.faults.status) == (b"TELEGRAM 1", "fault upper")


def test_help_lists_every_fault() -> None:
    assert Sender().commands.help == [
        ("fault upper [COUNT]", "in capitals"),
        ("fault impossible [COUNT]", "never"),
        ("fault off", "telegrams as they should be"),
    ]


def test_during() -> None:
    fault = during(upper, 2, 3)
    assert [fault(b"a", number) for number in (1, 2, 3, 4)] == [b"a", b"A", b"A", b"a"]
    assert during(upper, 2, None)(b"a", 1_000_000) == b"A"


def test_where_there_is_nothing_to_damage_the_telegram_stays() -> None:
    assert where_possible(impossible)(b"a", 1) == b"a"
    assert where_possible(upper)(b"a", 1) == b"A"
