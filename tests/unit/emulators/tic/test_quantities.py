"""From quantities to groups."""

from __future__ import annotations

from emulators.tic import Group
from emulators.tic.forms import Digits
from emulators.tic.labels import STAMP, Row
from emulators.tic.quantities import Dated, groups_of, numbered

ROWS = (
    Row("A", Digits(3), "current_a.1"),
    Row("B", Digits(3), "current_a.2"),
    Row("C", Digits(3), "max_a", stamp=STAMP),
    Row("D", Digits(3), "nothing"),
)


def test_only_what_there_is_to_show() -> None:
    quantities = {**numbered("current_a", [7, None]), "max_a": Dated(9, "H260114183010"), "other": 1}
    assert groups_of(ROWS, quantities) == (Group("A", 7), Group("C", 9, "H260114183010"))


def test_zero_is_something() -> None:
    assert groups_of(ROWS, numbered("current_a", [0, 0])) == (Group("A", 0), Group("B", 0))
