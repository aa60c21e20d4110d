"""A box and a scope at an outlet of the emulated board."""

from __future__ import annotations

import pytest

from emulators.board.socket import Socket
from emulators.errors import BadConfiguration
from emulators.instruments import DIALECTS, ev_box_instrument, oscilloscope_instrument
from emulators.instruments.on_socket import SocketInlet, SocketProbe
from emulators.pilot.circuit import HIGH, LOW, pwm

CONTACTS_S = 1.0  # more than a contactor takes


def test_the_station_sees_what_the_box_plays() -> None:
    socket = Socket(1)
    socket.drive(HIGH, False, 0.0)
    box = ev_box_instrument(SocketInlet(socket, 0.0))
    seen = []
    for now_s, state in enumerate("ABCDE", 1):
        assert box.execute(f"EV:STAT {state};STAT?".encode(), float(now_s)) == state.encode()
        seen.append(socket.state)
    assert seen == ["A1", "B1", "C1", "D1", "E"]
    box.execute(b"*RST", 10.0)
    assert socket.state == "A1"


def test_plug_diode_and_wires() -> None:
    socket = Socket(1)
    socket.drive(pwm(50_000), False, 0.0)
    box = ev_box_instrument(SocketInlet(socket, 0.0))
    box.execute(b"EV:STAT B;PROX:RAT 32", 1.0)
    assert (socket.state, socket.sense().pp_ohm) == ("B2", 220)
    box.execute(b"EV:DIOD SHOR", 2.0)
    assert socket.sense().cp_low_mv == -8791
    box.execute(b"EV:DIOD PRES;EARTH OFF", 3.0)
    assert socket.state == "A2"
    assert box.execute(b"MEAS:PIL:HIGH?;DUTY?", 3.0) == b"+0.000000E+00;+9.900000E+37"
    box.execute(b"EV:EARTH ON;PROX:RES OPEN", 4.0)
    assert (socket.state, socket.sense().pp_ohm) == ("B2", 0)
    assert box.execute(b"MEAS:PIL:HIGH?;DUTY?;FREQ?", 4.0) == b"+8.979000E+00;+5.000000E+01;+1.000000E+03"


def test_the_load_draws_while_ready_and_with_mains() -> None:
    socket = Socket(1)
    woken = []
    inlet = SocketInlet(socket, 0.0, lambda: woken.append(True))
    box = ev_box_instrument(inlet)
    inlet.set_load_a((10.0, 9.5, 0.25), 0.0)
    box.execute(b"EV:STAT C", 1.0)
    assert socket.currents_a(1.0) == (0.0, 0.0, 0.0)
    socket.drive(pwm(20_000), True, 2.0)
    socket.step(2.0 + CONTACTS_S)
    assert socket.currents_a(3.0) == (10.0, 9.5, 0.25)
    box.execute(b"EV:STAT B", 4.0)
    assert socket.currents_a(4.0) == (0.0, 0.0, 0.0)
    assert len(woken) == 4  # as new, load, C, B


def test_a_socket_with_a_box_takes_no_second_one() -> None:
    socket = Socket(1)
    SocketInlet(socket, 0.0)
    with pytest.raises(BadConfiguration, match="a car is plugged in already"):
        SocketInlet(socket, 1.0)


def test_a_scope_measures_at_the_outlet() -> None:
    socket = Socket(1)
    box = ev_box_instrument(SocketInlet(socket, 0.0))
    scope = oscilloscope_instrument(SocketProbe(socket), DIALECTS["keysight"])
    box.execute(b"EV:STAT C", 0.5)
    socket.drive(pwm(40_000), False, 1.0)
    answer = scope.execute(b"MEAS:FREQ?;DUTY?;VTOP?;VBAS?", 1234.5)
    assert answer is not None
    frequency_hz, duty_pct, high_v, low_v = map(float, answer.split(b";"))
    assert frequency_hz == pytest.approx(1000.0, rel=1e-3)
    assert duty_pct == pytest.approx(40.0, abs=0.15)
    assert high_v == pytest.approx(5.99, abs=0.125)
    assert low_v == pytest.approx(-12.0, abs=0.125)
    socket.drive(LOW, False, 2000.0)
    assert scope.execute(b"MEAS:FREQ?", 2000.0) == b"+9.9E+37"
