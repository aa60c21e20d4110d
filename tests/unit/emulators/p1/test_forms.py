"""The value formats: what they print, and what they refuse."""

from __future__ import annotations

import re
from typing import Any

import pytest

from emulators.errors import BadConfiguration, Malformed
from emulators.p1.forms import FailureLog, Form, Number, Octets, PeakLog, Record, Signed, Stamp, named_group

POWER = Number(5, 3, "kW")
WHOLE_AMPERE = Number(3, 0, "A", step=1000)
SIGNED = Signed(WHOLE_AMPERE)
PEAK = Record((Stamp(), Stamp(), POWER))
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
    (Number(6, 2, "kW", step=10), 1190, "(0001.19*kW)"),
    (Number(5, 2, "A", step=10), 270, "(000.27*A)"),
    (Number(11, 3, "kWh"), 99_999_999_999, "(99999999.999*kWh)"),
    (Stamp(letter=False), "260114183010", "(260114183010)"),
    (SIGNED, 63_000, "(063*A)"),
    (SIGNED, -63_000, "(-063*A)"),
    (SIGNED, 0, "(000*A)"),
    (Record((Stamp(), POWER)), ("260702184500S", 5817), "(260702184500S)(05.817*kW)"),
    (Record((WHOLE_AMPERE, SIGNED)), (100_000, -63_000), "(100*A)(-063*A)"),
    (PeakLog(PEAK), (), "(0)(1-0:1.6.0)(1-0:1.6.0)"),
    (
        PeakLog(PEAK),
        (("260601000000S", "260512191500S", 6402), ("260701000000S", "632525252525W", 0)),
        "(2)(1-0:1.6.0)(1-0:1.6.0)(260601000000S)(260512191500S)(06.402*kW)(260701000000S)(632525252525W)(00.000*kW)",
    ),
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
        (SIGNED, -1_000_000, "steps of 1000 from 0 to 999000"),
        (SIGNED, -500, "steps of 1000"),
        (Stamp(letter=False), "260114183010W", "twelve digits, not"),
        (Record((Stamp(), POWER)), ("260702184500S",), "a record of 2 values, not 1"),
        (Record((Stamp(), POWER)), ("260702184500S", -1), "steps of 1 from 0 to 99999"),
        (PeakLog(PEAK), (("260601000000S", "260512191500S", 6402),) * 14, "holds 13 months, not 14"),
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
        (SIGNED, "(-000*A)"),
        (SIGNED, "(+063*A)"),
        (SIGNED, "(-63*A)"),
        (Signed(Number(4, 1, "A", step=100)), "(-000.0*A)"),
        (Stamp(letter=False), "(260114183010W)"),
        (Record((Stamp(), POWER)), "(260702184500S)"),
        (Record((Stamp(), POWER)), "(260702184500S)(05.817)"),
        (PeakLog(PEAK), "()"),
        (PeakLog(PEAK), "(14)(1-0:1.6.0)(1-0:1.6.0)"),
        (PeakLog(PEAK), "(1)(1-0:1.6.0)(1-0:1.6.0)(260601000000S)(06.402*kW)"),
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


def test_a_list_of_peaks_with_the_wrong_count() -> None:
    found = re.fullmatch(PeakLog(PEAK).pattern, "(2)(1-0:1.6.0)(1-0:1.6.0)(260601000000S)(260512191500S)(06.402*kW)")
    assert found is not None
    with pytest.raises(Malformed, match="announces 2 months, but 1 follow"):
        PeakLog(PEAK).read(found[1])


def test_a_record_that_is_none() -> None:
    with pytest.raises(Malformed, match="not a record of 2 values"):
        Record((Stamp(), POWER)).read("(260702184500S)")


def test_several_texts_and_signed_numbers() -> None:
    codes = ("0-0:96.13.2", "0-0:96.13.3")
    assert Octets(2).writer(codes)(("a", "")) == "0-0:96.13.2(61)\r\n0-0:96.13.3()\r\n"
    assert SIGNED.writer(codes)((-1000, 0)) == "0-0:96.13.2(-001*A)\r\n0-0:96.13.3(000*A)\r\n"
    for form in (Octets(2), SIGNED):
        with pytest.raises(BadConfiguration, match="need 2 values, not 1"):
            form.writer(codes)((0,))


def test_a_group_can_have_a_name() -> None:
    found = re.fullmatch(named_group(POWER, "power"), "(01.193*kW)")
    assert found is not None
    assert found["power"] == "01.193"
