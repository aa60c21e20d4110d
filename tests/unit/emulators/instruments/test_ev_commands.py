"""The box in SCPI."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulators.instruments import BenchPilot, ev_box_instrument
from emulators.instruments.ev_commands import COMMANDS
from emulators.pilot.circuit import pwm

PAGE = Path(__file__).resolve().parents[4] / "docs" / "instruments.md"

# As new, by the shortest header; then another value, and how it is answered.
SETTINGS = [
    ("EV:STAT", b"A", b"d", b"D"),
    ("EV:RES", b"+2.740000E+03", b"1.87 kOhm", b"+1.870000E+03"),
    ("EV:RES:CHAR", b"+1.300000E+03", b"909", b"+9.090000E+02"),
    ("EV:RES:VENT", b"+2.700000E+02", b"MAX", b"+1.000000E+05"),
    ("EV:DIOD", b"PRES", b"missing", b"MISS"),
    ("EV:SHOR", b"NONE", b"DIOD", b"DIOD"),
    ("EV:PIL", b"1", b"off", b"0"),
    ("EV:EART", b"1", b"0", b"0"),
    ("EV:PROX:RES", b"+9.900000E+37", b"680 OHM", b"+6.800000E+02"),
    ("EV:PROX:RAT", b"0", b"63 A", b"63"),
    (
        "EV:LOAD:CURR",
        b"+0.000000E+00,+0.000000E+00,+0.000000E+00",
        b"80, 9.5 A,250 mA",
        b"+8.000000E+01,+9.500000E+00,+2.500000E-01",
    ),
    (
        "EV:LOAD:PFAC",
        b"+1.000000E+00,+1.000000E+00,+1.000000E+00",
        b"0.07,MAX,0",
        b"+7.000000E-02,+1.000000E+00,+0.000000E+00",
    ),
]


@pytest.mark.parametrize(("header", "new", "value", "answer"), SETTINGS)
def test_every_setting(header: str, new: bytes, value: bytes, answer: bytes) -> None:
    box = ev_box_instrument(BenchPilot())
    ask = f"{header}?".encode()
    assert box.execute(ask, 0.0) == new
    assert box.execute(header.encode() + b" " + value, 0.0) is None
    assert box.execute(ask, 0.0) == answer
    box.execute(b"*RST", 1.0)
    assert box.execute(ask + b";:SYST:ERR?", 0.0) == new + b';0,"No error"'


def test_every_setting_is_tested() -> None:
    assert len(SETTINGS) == len([command for command in COMMANDS if command.change is not None])


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"EV:STAT F", b"-224"),
        (b"EV:RES 9.9", b"-222"),
        (b"EV:RES 100.1 kOhm", b"-222"),
        (b"EV:RES OPEN", b"-104"),
        (b"EV:PROX:RAT 16", b"-224"),
        (b"EV:PROX:RAT 12", b"-222"),
        (b"EV:PROX:RES 0.5", b"-222"),
        (b"EV:DIOD 1", b"-104"),
        (b"EV:RES:TOT 5", b"-113"),
        (b"MEAS:PIL:DUTY 5", b"-113"),
        (b"EV:LOAD:CURR 10,10", b"-109"),
        (b"EV:LOAD:CURR 10,10,10,10", b"-108"),
        (b"EV:LOAD:CURR 10,,10", b"-109"),
        (b"EV:LOAD:CURR 10,10,80.1", b"-222"),
        (b"EV:LOAD:CURR -1,10,10", b"-222"),
        (b"EV:LOAD:CURR 1 V,10,10", b"-131"),
        (b"MEAS:VOLT 230,230,230", b"-113"),
    ],
)
def test_refused(message: bytes, code: bytes) -> None:
    box = ev_box_instrument(BenchPilot())
    before = box.device.settings
    box.execute(message, 0.0)
    assert box.device.settings == before
    assert (box.execute(b"SYST:ERR?", 0.0) or b"").startswith(code + b",")


def test_the_cable_by_its_resistor() -> None:
    box = ev_box_instrument(BenchPilot())
    for ohm, rating_a in ((1500, 13), (680, 20), (220, 32), (100, 63), (50, 0), (5000, 0), (350, 20)):
        assert box.execute(f"EV:PROX:RES {ohm};RAT?".encode(), 0.0) == str(rating_a).encode()


def test_what_stands_behind_the_diode() -> None:
    box = ev_box_instrument(BenchPilot())
    for state, ohm in (("A", 9.9e37), ("B", 2740.0), ("C", 881.683), ("D", 245.7807)):
        answer = box.execute(f"EV:STAT {state};RES:TOT?".encode(), 0.0)
        assert float(answer or b"nan") == pytest.approx(ohm, rel=1e-6)


def test_measured_at_the_pilot() -> None:
    pilot = BenchPilot()
    box = ev_box_instrument(pilot)
    ask = b"MEAS:PIL:FREQ?;DUTY?;HIGH?;LOW?"
    assert box.execute(ask, 0.0) == b"+9.900000E+37;+9.900000E+37;+1.200000E+01;+1.200000E+01"
    pilot.drive(pwm(16_667))
    assert box.execute(b"EV:STAT B;:" + ask, 0.0) == b"+1.000000E+03;+1.666700E+01;+8.978610E+00;-1.200000E+01"


def test_without_mains_there_is_nothing_at_the_outlet() -> None:
    box = ev_box_instrument(BenchPilot())
    none = b"+0.000000E+00,+0.000000E+00,+0.000000E+00"
    assert box.execute(b"EV:STAT C;LOAD:CURR 10,10,10;:MEAS:VOLT?;CURR?", 0.0) == none + b";" + none


def test_the_page_has_every_command() -> None:
    page = PAGE.read_text()
    assert [command.header for command in COMMANDS if f"`{command.header}`" not in page] == []
