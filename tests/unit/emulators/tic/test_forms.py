"""Value formats: what one writes it reads, and nothing else."""

from __future__ import annotations

import re

import pytest

from emulators.errors import BadConfiguration, Malformed
from emulators.tic.forms import Digits, Text, free_text


@pytest.mark.parametrize(
    ("form", "value", "data"),
    [
        (Digits(3), 0, "000"),
        (Digits(3), 999, "999"),
        (Digits(8, base=16), 0x003A4401, "003A4401"),
        (Digits(3, most=255), 255, "255"),
        (Text("BASE|HC.."), "HCxy", "HCxy"),
        (Text(""), "", ""),
        (free_text(4), " a ~", " a ~"),
    ],
)
def test_both_ways(form: Digits | Text, value: int | str, data: str) -> None:
    assert form.write(value) == data
    assert re.fullmatch(form.pattern, data)
    assert form.read(data) == form.reader()(data) == value


@pytest.mark.parametrize(
    ("form", "value", "message"),
    [
        (Digits(3), 1000, "from 0 to 999 is needed, not 1000"),
        (Digits(3), -1, "from 0 to 999 is needed, not -1"),
        (Digits(3), "012", "from 0 to 999 is needed, not '012'"),
        (Digits(3, most=255), 256, "from 0 to 255 is needed, not 256"),
        (Digits(2, base=16), 256, "from 0 to 255 is needed"),
        (Text("BASE"), "base", "text like BASE is needed, not 'base'"),
        (Text("[0-9]"), 5, "is needed, not 5"),
        (free_text(4), "abc", "is needed, not 'abc'"),
        (free_text(4), "abc\t", "is needed"),
        (free_text(4), "abcé", "is needed"),
    ],
)
def test_values_that_do_not_fit(form: Digits | Text, value: int | str, message: str) -> None:
    with pytest.raises(BadConfiguration, match=message):
        form.write(value)


def test_more_than_there_is() -> None:
    with pytest.raises(Malformed, match="256 is more than 255"):
        Digits(3, most=255).read("256")
    with pytest.raises(Malformed, match="256 is more than 255"):
        Digits(3, most=255).reader()("256")
