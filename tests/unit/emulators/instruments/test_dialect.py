"""The languages of the scopes, as they answer on the wire."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emulators.instruments import DIALECTS, BenchPilot, oscilloscope_instrument
from emulators.pilot.circuit import LOW, pwm
from emulators.scpi import Instrument

PAGE = Path(__file__).resolve().parents[4] / "docs" / "instruments.md"


def made(name: str, **changes: Any) -> tuple[Instrument[Any], BenchPilot]:
    pilot = BenchPilot()
    pilot.drive(pwm(25_000))
    return oscilloscope_instrument(pilot, replace(DIALECTS[name], **changes)), pilot


def said(instrument: Instrument[Any], message: str) -> str:
    answer = instrument.execute(message.encode(), 1.0)
    return "" if answer is None else answer.decode("latin-1")


@pytest.mark.parametrize(
    ("name", "question", "answer"),
    [
        ("keysight", "*IDN?", "KEYSIGHT TECHNOLOGIES,DSO-X 4024A,EMULATED,1.0"),
        ("keysight", ":MEASure:FREQuency? CHANnel1", "+1.00000E+03"),
        ("keysight", ":MEAS:VBAS?", "-1.20000E+01"),
        ("keysight", ":MEAS:VTOP? CHAN1", "+1.20000E+01"),
        ("keysight", ":MEAS:VMAX?", "+1.20000E+01"),
        ("keysight", ":MEAS:VMIN?", "-1.20000E+01"),
        ("keysight", ":MEAS:FREQ? CHAN3", "+9.9E+37"),
        ("keysight", ":CHAN1:SCAL?;OFFS?;DISP?", "+4.00000E+00;+0.00000E+00;1"),
        ("keysight", ":TIM:SCAL?", "+5.00000E-04"),
        ("rigol", ":MEASure:ITEM? VTOP,CHANnel1", "1.200000e+01"),
        ("rigol", ":MEAS:ITEM? FREQ,CHAN2", "9.9E+37"),
        ("rigol", ":WAV:SOUR?;MODE?;FORM?", "CHAN1;NORM;BYTE"),
        ("siglent", "C1:PAVA? FREQ", "C1:PAVA FREQ,1.00E+03Hz"),
        ("siglent", "C1:PAVA? TOP", "C1:PAVA TOP,1.20E+01V"),
        ("siglent", "C2:PAVA? DUTY", "C2:PAVA DUTY,****"),
        ("siglent", "C1:VDIV?", "4.00E+00"),
    ],
)
def test_answers(name: str, question: str, answer: str) -> None:
    assert said(made(name)[0], question) == answer


def test_rms_with_all_its_parameters_and_with_none() -> None:
    scope, _ = made("keysight")
    for parameters in ("", " DISPlay", " CYCL,DC", " DISPLAY,DC,CHANNEL1"):
        assert float(said(scope, f":MEAS:VRMS?{parameters}")) == pytest.approx(12.0, abs=0.1)


def test_duty_in_the_unit_of_the_family() -> None:
    assert float(said(made("keysight")[0], ":MEAS:DUTY?")) == pytest.approx(25.0, abs=0.15)
    assert float(said(made("rigol")[0], ":MEAS:ITEM? PDUT")) == pytest.approx(0.25, abs=0.0015)
    assert float(said(made("rigol", duty_unit="percent")[0], ":MEAS:ITEM? PDUT")) == pytest.approx(25.0, abs=0.15)
    assert said(made("siglent")[0], "C1:PAVA? DUTY").endswith("E+01%")


@pytest.mark.parametrize(
    ("name", "question", "answer"),
    [
        ("keysight", ":MEAS:FREQ?;DUTY?", "+9.9E+37;+9.9E+37"),
        ("rigol", ":MEAS:ITEM? FREQ;ITEM? PDUT", "9.9E+37;9.9E+37"),
        ("siglent", "C1:PAVA? FREQ", "C1:PAVA FREQ,****"),
    ],
)
def test_a_constant_level_has_no_period(name: str, question: str, answer: str) -> None:
    scope, pilot = made(name)
    pilot.drive(LOW)
    assert said(scope, question) == answer


@pytest.mark.parametrize(
    ("name", "preamble"),
    [
        ("keysight", "0,0,1000,1,+5.00000E-06,+0.00000E+00,0,+1.25000E-01,+1.00000E+00,128"),
        ("rigol", "0,0,1200,1,5.000000e-06,0.000000e+00,0,1.600000e-01,6.250000e+00,127"),
    ],
)
def test_the_preamble_with_an_offset(name: str, preamble: str) -> None:
    scope, _ = made(name)
    assert said(scope, ":CHAN1:OFFS 1;:WAV:PRE?") == preamble


@pytest.mark.parametrize("name", ["keysight", "rigol"])
def test_the_block(name: str) -> None:
    points = DIALECTS[name].points
    block = said(made(name)[0], ":WAV:DATA?")
    assert block.startswith(f"#8{points:08d}")
    assert len(block) == 10 + points


@pytest.mark.parametrize(
    ("name", "message", "code"),
    [
        ("keysight", ":MEAS:ITEM? FREQ", "-113"),
        ("keysight", ":MEAS:FREQ? CHAN5", "-222"),
        ("keysight", ":CHAN5:SCAL 1", "-114"),
        ("keysight", ":WAV:FORM WORD", "-224"),
        ("keysight", ":TIM:SCAL 51", "-222"),
        ("rigol", ":MEAS:FREQ?", "-113"),
        ("rigol", ":MEAS:ITEM? COLOUR", "-224"),
        ("rigol", ":MEAS:ITEM?", "-109"),
        ("siglent", "C5:PAVA? FREQ", "-114"),
        ("siglent", "C1:PAVA? WIDTH", "-224"),
    ],
)
def test_refused(name: str, message: str, code: str) -> None:
    scope, _ = made(name)
    assert said(scope, message) == ""
    assert said(scope, "SYST:ERR?").startswith(f"{code},")


def test_the_screen_is_set_back() -> None:
    scope, _ = made("keysight")
    said(scope, ":CHAN1:SCAL 100 mV;:TIM:SCAL 1;:CHAN1:DISP OFF;:RUN")
    assert said(scope, ":MEAS:FREQ?") == "+9.9E+37"
    said(scope, ":AUT")
    assert said(scope, ":MEAS:FREQ?") == "+1.00000E+03"
    assert said(scope, "SYST:ERR?") == '0,"No error"'


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_the_page_has_every_family(name: str) -> None:
    assert f"`{name}`" in PAGE.read_text()
