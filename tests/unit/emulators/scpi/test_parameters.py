"""Values: numbers with units, words, channels, switches."""

from __future__ import annotations

import math
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.scpi.errors import ScpiError
from emulators.scpi.message import Parameter
from emulators.scpi.parameters import HERTZ, OHM, VOLT, Boolean, Choice, Kind, Number, Numbered, is_form_of, short_form

EXAMPLES = 20_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 300
PROPERTY = settings(derandomize=True, deadline=None, max_examples=EXAMPLES)

OHMS = Number(10.0, 1e5, OHM, words={"OPEN": math.inf})
COUNT = Number(-5.0, 5.0)
STATE = Choice(("A", "PRESent"))
CHANNEL = Numbered("CHANnel", 4)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (OHMS, "2740", 2740.0),
        (OHMS, "1.3 kOhm", 1300.0),
        (OHMS, "1.3kohm", 1300.0),
        (OHMS, "+.05MOHM", 50_000.0),
        (OHMS, "2.74E3 OHM", 2740.0),
        (OHMS, "274 E+1", 2740.0),
        (OHMS, "10", 10.0),
        (OHMS, "1e5", 1e5),
        (OHMS, "min", 10.0),
        (OHMS, "MAXIMUM", 1e5),
        (OHMS, "open", math.inf),
        (Number(0, 20, VOLT), "500 mV", 0.5),
        (Number(0, 1e9, HERTZ), "1 MHz", 1e6),
        (COUNT, "-5", -5.0),
        (COUNT, "0e32000", 0.0),
        (STATE, "a", "A"),
        (STATE, "pres", "PRESent"),
        (STATE, "Present", "PRESent"),
        (CHANNEL, "CHAN2", 2),
        (CHANNEL, "channel4", 4),
        (CHANNEL, "CHAN", 1),
        (Boolean(), "on", True),
        (Boolean(), "0", False),
    ],
)
def test_values(kind: Kind, text: str, value: object) -> None:
    assert kind.read(Parameter(text)) == value


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (OHMS, "9.99", -222),
        (OHMS, "100.01 kOhm", -222),
        (OHMS, "1e400", -222),
        (OHMS, "-1e400", -222),
        (OHMS, "1e32001", -123),
        (OHMS, "1e-99999", -123),
        (OHMS, "1e" + "9" * 5000, -123),
        (OHMS, "9" * 5000, -222),
        (OHMS, "2740 V", -131),
        (OHMS, "2740 kk", -131),
        (OHMS, "2740 1", -121),
        (OHMS, "0x10", -131),
        (OHMS, "1.2.3", -121),
        (OHMS, "+-1", -121),
        (OHMS, "#H10", -121),
        (OHMS, "MANY", -104),
        (OHMS, "NAN", -104),
        (OHMS, "INF", -104),
        (OHMS, "MINI", -104),
        (COUNT, "1 V", -138),
        (COUNT, "5.000001", -222),
        (STATE, "B", -224),
        (STATE, "PRESE", -224),
        (STATE, "1", -104),
        (STATE, "A B", -104),
        (CHANNEL, "CHAN0", -222),
        (CHANNEL, "CHAN5", -222),
        (CHANNEL, "CHAN" + "1" * 5000, -222),
        (CHANNEL, "C1", -224),
        (CHANNEL, "1", -224),
        (Boolean(), "2", -224),
        (Boolean(), "yes", -224),
    ],
)
def test_what_is_no_value(kind: Kind, text: str, code: int) -> None:
    with pytest.raises(ScpiError) as raised:
        kind.read(Parameter(text))
    assert raised.value.code == code


@pytest.mark.parametrize(("kind", "text"), [(OHMS, "2740"), (STATE, "A"), (CHANNEL, "CHAN1"), (Boolean(), "ON")])
def test_a_string_is_none_of_them(kind: Kind, text: str) -> None:
    kind.read(Parameter(text))
    with pytest.raises(ScpiError) as raised:
        kind.read(Parameter(text, quoted=True))
    assert raised.value.code in (-104, -224)


def test_the_manual() -> None:
    assert [str(kind) for kind in (OHMS, COUNT, STATE, CHANNEL, Boolean())] == [
        "10 ... 100000 OHM | OPEN",
        "-5 ... 5",
        "A | PRESent",
        "CHANnel1 ... CHANnel4",
        "ON | OFF",
    ]


def test_short_forms() -> None:
    assert [short_form(word) for word in ("RESistor", "VRMS", "C", "*IDN")] == ["RES", "VRMS", "C", "*IDN"]
    assert is_form_of("res", "RESistor")
    assert is_form_of("RESISTOR", "RESistor")
    assert not is_form_of("RESI", "RESistor")


@PROPERTY
@given(st.floats(10.0, 1e5), st.sampled_from(sorted(OHM)), st.sampled_from(("", " ", "\t")), st.booleans())
def test_a_number_in_any_unit(ohm: float, unit: str, blank: str, capitals: bool) -> None:
    text = f"{ohm / OHM[unit]!r}{blank}{unit if capitals else unit.lower()}"
    read = Number(9.0, 2e5, OHM).read(Parameter(text))
    assert read == pytest.approx(ohm, rel=1e-12)


@PROPERTY
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30))
def test_any_text_is_a_value_in_range_or_refused(text: str) -> None:
    for kind in (OHMS, COUNT, STATE, CHANNEL, Boolean()):
        try:
            value = kind.read(Parameter(text))
        except ScpiError:
            continue
        if kind is OHMS:
            assert value == math.inf or 10.0 <= float(value) <= 1e5
        if kind is COUNT:
            assert -5.0 <= float(value) <= 5.0
