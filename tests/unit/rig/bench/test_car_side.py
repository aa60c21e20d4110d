"""Where the cars of a bench are plugged in."""

from __future__ import annotations

import pytest

from emulators.board.socket import Socket
from emulators.instruments.on_socket import SocketInlet
from emulators.pilot.circuit import NO_FAULTS, PilotFaults
from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle
from rig.bench.car_side import Nowhere, OnBoard
from rig.errors import NotTestableHere


def test_on_the_board() -> None:
    socket, vehicle = Socket(1), Vehicle(VehicleSpec())
    side = OnBoard(socket)
    assert (side.vehicle, side.pilot_faults) == (None, NO_FAULTS)
    side.plug(vehicle, 1.0)
    assert side.vehicle is socket.vehicle is vehicle
    side.set_pilot_faults(PilotFaults(open=True), 2.0)
    assert side.pilot_faults == socket.pilot_faults == PilotFaults(open=True)
    assert side.currents_a(2.0) == (0.0, 0.0, 0.0)
    side.unplug(3.0)
    side.poke()
    assert side.vehicle is None


def test_an_instrument_is_no_car() -> None:
    socket = Socket(1)
    SocketInlet(socket, 0.0)
    assert socket.vehicle is not None
    assert OnBoard(socket).vehicle is None


def test_nowhere() -> None:
    side = Nowhere()
    with pytest.raises(NotTestableHere, match=r"add \[lines.board\], or plays_cars = true to \[instruments.ev\]"):
        side.plug(Vehicle(VehicleSpec()), 0.0)
    with pytest.raises(NotTestableHere, match="no control pilot"):
        side.set_pilot_faults(NO_FAULTS, 0.0)
    side.unplug(0.0)
    side.poke()
    assert (side.vehicle, side.currents_a(0.0)) == (None, (0.0, 0.0, 0.0))
