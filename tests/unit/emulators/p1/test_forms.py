"""The value formats: what they print, and what they refuse."""

from __future__ import annotations

import re
from typing import Any

import pytest

from emulators.errors import BadConfiguration, Malformed
from emulators.p1.forms import FailureLog, Form, Number, Octets, Stamp

POWER = Number(5, 3, "kW")
WHOLE_AMPERE = Number(3, 0, "A", step=1000)
LOG = (("250308101500W", 612), ("241103220130W", 0))

EXAMPLES: list[tuple[Form, Any, str]] = [
    (POWER, 0, "(00.000*kW)"),
    (POWER, 1193, "(01.193*kW)"),
    (POWER, 99_999, "(99.999*kW)"),
    (Number(4, 1, "V"), 2301, "(230.1*V)"),
    (Number(9, 3, "kWh"), 999_999_999, "(999999.999*kWh)"),
    (WHOLE_AMPERE, 0, "(000*A)"),
    (WHOLE_AMPERE, 999_000, "(999*A)"),
    (Number(4), 2, "(0002)"),
    (Number(8, 2, "GJ", step=10), 123_456_780, "(123456.78*GJ)"),
    (Stamp(), "260114183010W", "(260114183010W)"),
    (Octets(8), "", "()"),
    (Octets(8), "E0099", "(4530303939)"),
    (Octets(8), "\x00\xff", "(00FF)"),
    (FailureLog(), (), "(0)(0-0:96.7.19)"),
    (FailureLog(), LOG, "(2)(0-0:96.7.19)(250308101500W)(0000000612*s)(241103220130W)(0000000000*s)"),
]


@pytest.mark.parametrize(("form", "value", "text"), EXAMPLES)
def test_written_and_read_back(form: Form, value: Any, text: str) -> None:
    assert form.writer(("1-0:1.2.3",))((value,)) == f"1-0:1.2.3{text}\r\n"
    found = re.fullmatch(form.pattern, text)
    assert found is not None
    assert len(found.groups()) == 1
    assert form.read(found[1]) == value


def test_one_line_per_code() -> None:
    write = POWER.writer(("1-0:21.7.0", "1-0:41.7.0"))
    assert write((1, 2)) == "1-0:21.7.0(00.001*kW)\r\n1-0:41.7.0(00.002*kW)\r\n"
    for values in ((1,), (1, 2, 3)):
        with pytest.raises(BadConfiguration, match="need 2 values"):
            write(values)


@pytest.mark.parametrize(
    ("form", "value", "message"),
    [
        (POWER, -1, "steps of 1 from 0 to 99999"),
        (POWER, 100_000, "steps of 1 from 0 to 99999"),
        (WHOLE_AMPERE, 1_000_000, "steps of 1000 from 0 to 999000"),
        (WHOLE_AMPERE, 500, "steps of 1000 from 0 to 999000"),
        (Stamp(), "260114183010", "twelve digits and S or W"),
        (Stamp(), "260114183010T", "twelve digits and S or W"),
        (Octets(3), "abcd", "holds 3 characters, not 4"),
        (Octets(3), "\u20ac", "characters of one byte"),
        (FailureLog(), (("250308101500W", 1),) * 11, "holds 10 failures, not 11"),
        (FailureLog(), (("250308101500W", 10**10),), "a failure of 10000000000 s"),
        (FailureLog(), (("today", 1),), "twelve digits and S or W"),
    ],
)
def test_values_that_do_not_fit_are_refused(form: Form, value: Any, message: str) -> None:
    with pytest.raises(BadConfiguration, match=message):
        form.writer(("1-0:1.2.3",))((value,))


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (POWER, "(1.193*kW)"),
        (POWER, "(001.193*kW)"),
        (POWER, "(01,193*kW)"),
        (POWER, "(01.193*W)"),
        (POWER, "(01.193)"),
        (POWER, "01.193*kW"),
        (WHOLE_AMPERE, "(05.0*A)"),
        (WHOLE_AMPERE, "(-05*A)"),
        (Number(4), "(2)"),
        (Stamp(), "(2601141830100W)"),
        (Octets(2), "(4)"),
        (Octets(2), "(4a4b)"),
        (Octets(2), "(414243)"),
        (FailureLog(), "()"),
        (FailureLog(), "(11)(0-0:96.7.19)"),
        (FailureLog(), "(1)(0-0:96.7.19)(250308101500W)(612*s)"),
    ],
)
def test_other_texts_do_not_match(form: Form, text: str) -> None:
    assert re.fullmatch(form.pattern, text) is None


def test_a_failure_log_with_the_wrong_count() -> None:
    found = re.fullmatch(FailureLog().pattern, "(2)(0-0:96.7.19)(250308101500W)(0000000612*s)")
    assert found is not None
    with pytest.raises(Malformed, match="announces 2 failures, but 1 follow"):
        FailureLog().read(found[1])
