"""Messages to an instrument: answers, errors, status, and that bad input changes nothing."""

from __future__ import annotations

from typing import Any

import pytest


def codes(instrument: Any) -> list[int]:
    found = []
    while code := instrument.status.errors.take().code:
        found.append(code)
    return found


def test_who_it_is(toy: Any) -> None:
    assert toy.execute(b"*IDN?", 0.0) == b"ACME,TOY,7,1.2"


@pytest.mark.parametrize(
    ("message", "kept", "answer"),
    [
        (b":EV:STAT B", {"state": ("B",)}, None),
        (b"ev:state charging", {"state": ("CHARging",)}, None),
        (b"EV:RES 1.3 kOhm;STAT A", {"ohm": (1300.0,), "state": ("A",)}, None),
        (b"EV:RES:BASE 2740;CHAR 1300", {"ohm": (2740.0,), "charge": (1300.0,)}, None),
        (b"SOUR:COUN 3", {"count": (3.0,)}, None),
        (b"coun -3", {"count": (-3.0,)}, None),
        (b"CHAN3:DISP ON", {"shown": (3, True)}, None),
        (b"MEAS?;MEAS? CHAN4", {}, b"1;4"),
        (b"DATA?", {}, b"#13\n;\n"),
        (b"C2:PAVA? DUTY", {}, b"2"),
        (b"EV:STAT B;*OPC?;STAT?", {"state": ("B",)}, b"1;('B',)"),
        (b"*RST", {"reset_s": 4.5}, None),
    ],
)
def test_what_is_carried_out(toy: Any, message: bytes, kept: dict[str, object], answer: bytes | None) -> None:
    assert toy.execute(message, 4.5) == answer
    assert toy.device.kept == kept
    assert codes(toy) == []


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"EV:COLOUR 1", -113),
        (b"EV:STAT", -109),
        (b"EV:STAT B,C", -108),
        (b"EV:STAT? B", -108),
        (b"EV:STAT X", -224),
        (b"EV:STAT 'B'", -104),
        (b"EV:RES 5", -222),
        (b"EV:RES 1 GOHM", -131),
        (b"EV:RES:CHAR?", -113),
        (b"MEAS", -113),
        (b"*IDN", -113),
        (b"*OPC 1", -108),
        (b"*NO?", -113),
        (b"CHAN5:DISP ON", -114),
        (b"CHAN1:DISP MAYBE", -224),
        (b"REF", -224),
        (b"\xff", -101),
        (b"*ESE 256", -222),
        (b"*ESE", -109),
        (b"EV:STAT B;:EV:RES 'x", -151),
    ],
)
def test_bad_input_is_an_error_and_changes_nothing(toy: Any, message: bytes, code: int) -> None:
    assert toy.execute(message, 0.0) is None
    assert codes(toy) == [code]
    assert toy.device.kept == {}


def test_what_is_not_understood_ends_the_message(toy: Any) -> None:
    assert toy.execute(b"MEAS?;NO:SUCH;EV:STAT B", 0.0) == b"1"
    assert toy.device.kept == {}
    assert codes(toy) == [-113]


def test_what_cannot_be_carried_out_ends_nothing(toy: Any) -> None:
    assert toy.execute(b"EV:RES 5;STAT B;STAT?", 0.0) == b"('B',)"
    assert codes(toy) == [-222]


def test_errors_are_asked_for(toy: Any) -> None:
    toy.execute(b"NO", 0.0)
    toy.execute(b"EV:RES 5", 0.0)
    assert toy.execute(b"SYST:ERR:COUN?", 0.0) == b"2"
    assert toy.execute(b"SYST:ERR?;ERR:NEXT?;:SYSTEM:ERROR?", 0.0) == (
        b'-113,"Undefined header;NO";-222,"Data out of range;5 is not 10 ... 100000 OHM";0,"No error"'
    )
    assert toy.execute(b"SYST:VERS?;*TST?", 0.0) == b"1999.0;0"


def test_the_event_register(toy: Any) -> None:
    assert toy.execute(b"*ESR?", 0.0) == b"128"
    assert toy.execute(b"*ESR?", 0.0) == b"0"
    for message, bit in ((b"NO", b"32"), (b"EV:RES 5", b"16"), (b"*OPC", b"1"), (b"*WAI", b"0")):
        toy.execute(message, 0.0)
        assert toy.execute(b"*ESR?", 0.0) == bit


def test_the_status_byte(toy: Any) -> None:
    toy.execute(b"*CLS", 0.0)
    assert toy.execute(b"*STB?", 0.0) == b"0"
    toy.execute(b"NO", 0.0)
    assert toy.execute(b"*STB?", 0.0) == b"4"
    toy.execute(b"*ESE 32;*SRE 32", 0.0)
    assert toy.execute(b"*ESE?;*SRE?;*STB?", 0.0) == b"32;32;100"
    assert toy.execute(b"*ESR?;*STB?", 0.0) == b"32;4"
    toy.execute(b"*CLS", 0.0)
    assert toy.execute(b"*STB?;*ESE?", 0.0) == b"0;32"
