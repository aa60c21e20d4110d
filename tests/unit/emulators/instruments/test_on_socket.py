"""A box and a scope at an outlet of the emulated board."""

from __future__ import annotations

import pytest

from emulators.board.socket import Socket
from emulators.errors import BadConfiguration
from emulators.instruments import DIALECTS, EvBox, ev_box_instrument, oscilloscope_instrument
from emulators.instruments.on_socket import SocketInlet, SocketProbe
from emulators.instruments.pilot import NONE_PER_PHASE
from emulators.pilot.circuit import HIGH, LOW, pwm
from emulators.scpi import Instrument

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
    box = ev_box_instrument(SocketInlet(socket, 0.0))
    box.execute(b"EV:LOAD:CURR 10,9.5,0.25", 0.0)
    box.execute(b"EV:STAT C", 1.0)
    assert socket.currents_a(1.0) == NONE_PER_PHASE
    socket.drive(pwm(20_000), True, 2.0)
    socket.step(2.0 + CONTACTS_S)
    assert socket.currents_a(3.0) == (10.0, 9.5, 0.25)
    for state, draws in (("B", False), ("D", True), ("A", False), ("C", True), ("E", False)):
        box.execute(f"EV:STAT {state}".encode(), 4.0)
        assert (socket.currents_a(4.0) == (10.0, 9.5, 0.25)) is draws, state
    box.execute(b"EV:STAT C;*RST", 5.0)
    assert socket.currents_a(5.0) == NONE_PER_PHASE
    assert box.execute(b"EV:LOAD:CURR?", 5.0) == b"+0.000000E+00,+0.000000E+00,+0.000000E+00"


def test_who_steps_the_board_is_told_of_every_change() -> None:
    woken: list[bool] = []
    box = ev_box_instrument(SocketInlet(Socket(1), 0.0, lambda: woken.append(True)))
    for message in (b"EV:LOAD:CURR 10,9.5,0.25", b"EV:STAT C", b"EV:LOAD:CURR?;:MEAS:CURR?;VOLT?;PIL:HIGH?"):
        woken.clear()
        box.execute(message, 1.0)
        assert bool(woken) is (b"?" not in message)


def outlet(box: Instrument[EvBox], now_s: float) -> tuple[list[float], list[float]]:
    answer = box.execute(b"MEAS:VOLT?;CURR?", now_s)
    assert answer is not None
    volts, amps = answer.split(b";")
    return [float(each) for each in volts.split(b",")], [float(each) for each in amps.split(b",")]


@pytest.mark.parametrize(
    ("phases", "mains_v", "volts", "amps"),
    [
        (3, (230.0, 231.5, 229.0), [230.0, 231.5, 229.0], [16.0, 8.0, 4.0]),
        (1, (230.0, 230.0, 230.0), [230.0, 0.0, 0.0], [16.0, 0.0, 0.0]),
        (3, (0.0, 230.0, 230.0), [0.0, 230.0, 230.0], [0.0, 8.0, 4.0]),
    ],
)
def test_the_meter_at_the_outlet_is_behind_the_contactor(
    phases: int, mains_v: tuple[float, float, float], volts: list[float], amps: list[float]
) -> None:
    socket = Socket(1, phases=phases, mains_v=mains_v)
    box = ev_box_instrument(SocketInlet(socket, 0.0))
    box.execute(b"EV:STAT C;LOAD:CURR 16,8,4", 0.0)
    assert outlet(box, 0.0) == ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0])
    socket.drive(pwm(26_667), True, 1.0)
    socket.step(1.0 + CONTACTS_S)
    assert outlet(box, 2.0) == (volts, amps)
    box.execute(b"EV:STAT B", 3.0)
    assert outlet(box, 3.0) == (volts, [0.0, 0.0, 0.0])
    box.execute(b"EV:STAT C", 4.0)
    socket.drive(pwm(26_667), False, 5.0)
    socket.step(5.0 + CONTACTS_S)
    assert outlet(box, 6.0) == ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0])


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
