"""Where the cars of a bench are plugged in: the emulated socket of its board, or an instrument in a real one."""

from __future__ import annotations

from typing import Protocol

from emulators.board.socket import PerPhase, Socket
from emulators.pilot.circuit import NO_FAULTS, PilotFaults
from emulators.vehicle.vehicle import Vehicle
from rig.errors import NotTestableHere


class CarSide(Protocol):
    """The car's end of one outlet. What is changed there acts at the next `poke`."""

    @property
    def vehicle(self) -> Vehicle | None:
        """The car that is plugged in."""

    @property
    def pilot_faults(self) -> PilotFaults:
        """What is wrong between the station's pilot generator and the car."""

    @property
    def late_s(self) -> float:
        """How much later than it happens something may be seen here."""

    @property
    def offer_error_a(self) -> float:
        """How far off an offer may be that is seen here, in ampere."""

    @property
    def current_error_a(self) -> float:
        """How far off a current may be that is seen here, in ampere."""

    @property
    def draw_error_a(self) -> float:
        """How far a current may be from what a car is told to draw, in ampere."""

    def plug(self, vehicle: Vehicle, now_s: float) -> None:
        """Plug in a car. Raises BadConfiguration when another one is, NotTestableHere where none can be."""

    def unplug(self, now_s: float) -> None:
        """Pull the plug, whatever flows; nothing happens where no car is."""

    def set_pilot_faults(self, faults: PilotFaults, now_s: float) -> None:
        """Put these defects, and no others, on the pilot."""

    def currents_a(self, now_s: float) -> PerPhase:
        """What flows at the outlet's terminals L1, L2 and L3, in ampere."""

    def poke(self) -> None:
        """Let what was changed act at once."""


class OnBoard:
    """See CarSide: an emulated socket, all of which is known. Whoever pokes the board link pokes it too."""

    late_s = offer_error_a = current_error_a = draw_error_a = 0.0

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    @property
    def vehicle(self) -> Vehicle | None:
        """See CarSide. An instrument that stands in for one is none."""
        plugged_in = self._socket.vehicle
        return plugged_in if isinstance(plugged_in, Vehicle) else None

    @property
    def pilot_faults(self) -> PilotFaults:
        """See CarSide."""
        return self._socket.pilot_faults

    def plug(self, vehicle: Vehicle, now_s: float) -> None:
        """See CarSide."""
        self._socket.plug(vehicle, now_s)

    def unplug(self, now_s: float) -> None:
        """See CarSide."""
        self._socket.unplug(now_s)

    def set_pilot_faults(self, faults: PilotFaults, now_s: float) -> None:
        """See CarSide."""
        self._socket.set_pilot_faults(faults, now_s)

    def currents_a(self, now_s: float) -> PerPhase:
        """See CarSide."""
        return self._socket.currents_a(now_s)

    def poke(self) -> None:
        """See CarSide."""


class Nowhere:
    """See CarSide: a bench without sockets. Everything that needs one raises NotTestableHere."""

    vehicle: Vehicle | None = None
    pilot_faults: PilotFaults = NO_FAULTS
    late_s = offer_error_a = current_error_a = draw_error_a = 0.0

    def plug(self, vehicle: Vehicle, now_s: float) -> None:  # noqa: ARG002
        """See CarSide."""
        raise NotTestableHere(
            "this bench has no socket to plug a car into; add [lines.board], or plays_cars = true to [instruments.ev]"
        )

    def unplug(self, now_s: float) -> None:
        """See CarSide."""

    def set_pilot_faults(self, faults: PilotFaults, now_s: float) -> None:  # noqa: ARG002
        """See CarSide."""
        raise NotTestableHere("this bench has no control pilot to put a defect on")

    def currents_a(self, now_s: float) -> PerPhase:  # noqa: ARG002
        """See CarSide: nothing that anybody knew of."""
        return (0.0, 0.0, 0.0)

    def poke(self) -> None:
        """See CarSide."""
