"""Program messages: paths, strings, and what cannot be read."""

from __future__ import annotations

import os
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.scpi.errors import ScpiError
from emulators.scpi.message import MAX_MNEMONIC_CHARS, Parameter, Unit, parse

EXAMPLES = 5_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 300
PROPERTY = settings(derandomize=True, deadline=None, max_examples=EXAMPLES)


def bare(*texts: str) -> tuple[Parameter, ...]:
    return tuple([Parameter(text) for text in texts])


@pytest.mark.parametrize(
    ("line", "units"),
    [
        (b"", []),
        (b" \t\r", []),
        (b";;", []),
        (b"*IDN?", [Unit(("*IDN",), True)]),
        (b":EV:STAT B\r", [Unit(("EV", "STAT"), False, bare("B"))]),
        (b"EV:STAT?", [Unit(("EV", "STAT"), True)]),
        (b"A:B:C 1;D 2", [Unit(("A", "B", "C"), False, bare("1")), Unit(("A", "B", "D"), False, bare("2"))]),
        (b"A:B 1;:D 2", [Unit(("A", "B"), False, bare("1")), Unit(("D",), False, bare("2"))]),
        (
            b"A:B 1;C:D 2;E 3",
            [
                Unit(("A", "B"), False, bare("1")),
                Unit(("A", "C", "D"), False, bare("2")),
                Unit(("A", "C", "E"), False, bare("3")),
            ],
        ),
        (b"A:B;*CLS;C", [Unit(("A", "B"), False), Unit(("*CLS",), False), Unit(("A", "C"), False)]),
        (b"A 1 , 2,\t3", [Unit(("A",), False, bare("1", "2", "3"))]),
        (b"A? MAX", [Unit(("A",), True, bare("MAX"))]),
        (b"A\x00\x01B", [Unit(("A",), False, bare("B"))]),
        (b"A 'x;y,z'", [Unit(("A",), False, (Parameter("x;y,z", True),))]),
        (b"A \"it\"\"s\",'it''s'", [Unit(("A",), False, (Parameter('it"s', True), Parameter("it's", True)))]),
        (b"A 1.3 kOhm", [Unit(("A",), False, bare("1.3 kOhm"))]),
    ],
)
def test_what_can_be_read(line: bytes, units: list[Unit]) -> None:
    assert parse(line) == units


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"A\xff", -101),
        (b"\x80", -101),
        (b"1A", -102),
        (b":", -102),
        (b"A:", -102),
        (b"A::B", -102),
        (b"A-B", -102),
        (b"**IDN?", -102),
        (b"?", -102),
        (b"A??", -102),
        (b"*A:B", -102),
        (b"A,1", -102),
        (b"A 1,", -109),
        (b"A ,1", -109),
        (b"A" * (MAX_MNEMONIC_CHARS + 1), -112),
        (b"A 'x", -151),
        (b"A x'y'", -151),
        (b"A 'x'y", -151),
        (b"A:B 1;C 'x;D", -151),
    ],
)
def test_what_cannot(line: bytes, code: int) -> None:
    with pytest.raises(ScpiError) as raised:
        parse(line)
    assert raised.value.code == code
    assert raised.value.is_command_error


def test_the_longest_mnemonic() -> None:
    assert parse(b"A" * MAX_MNEMONIC_CHARS)[0].path == ("A" * MAX_MNEMONIC_CHARS,)


mnemonics = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,11}", fullmatch=True)
unquoted = (
    st.text(st.sampled_from(string.ascii_letters + string.digits + "+-. #()"), min_size=1, max_size=20)
    .map(str.strip)
    .filter(bool)
)
quoted = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
parameters = st.one_of(unquoted.map(Parameter), quoted.map(lambda text: Parameter(text, True)))
units = st.builds(
    Unit,
    st.lists(mnemonics, min_size=1, max_size=5).map(tuple) | mnemonics.map(lambda name: (f"*{name}",)),
    st.booleans(),
    st.lists(parameters, max_size=4).map(tuple),
)


def written(unit: Unit, quote: str) -> str:
    head = ":".join(unit.path) if unit.path[0].startswith("*") else ":" + ":".join(unit.path)
    each = [quote + p.text.replace(quote, quote * 2) + quote if p.quoted else p.text for p in unit.parameters]
    return f"{head}{'?' * unit.query} {', '.join(each)}"


@PROPERTY
@given(st.lists(units, max_size=5), st.sampled_from("'\""))
def test_what_is_written_out_is_read_back(wanted: list[Unit], quote: str) -> None:
    line = " ; ".join([written(unit, quote) for unit in wanted])
    assert parse(line.encode()) == wanted


@PROPERTY
@given(st.lists(mnemonics, min_size=1, max_size=4), st.lists(mnemonics, min_size=1, max_size=6))
def test_without_a_colon_the_path_goes_on(first: list[str], names: list[str]) -> None:
    line = f":{':'.join(first)};{';'.join(names)}"
    assert [unit.path for unit in parse(line.encode())] == [tuple(first), *[(*first[:-1], name) for name in names]]


@PROPERTY
@given(st.binary(max_size=200).filter(lambda data: b"\n" not in data))
def test_any_bytes_are_read_or_refused(line: bytes) -> None:
    refused = None
    found: list[Unit] = []
    try:
        found = parse(line)
    except ScpiError as error:
        refused = error
    assert len(found) <= line.count(b";") + 1
    assert refused is None or (-199 <= refused.code <= -100 and str(refused).isprintable())
