"""One outlet of the station under test: its socket, what can be seen of it, and the car that one plugs in there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from emulators.board.socket import PerPhase, Socket
from emulators.pilot.circuit import PilotFaults
from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle
from rig.bench.car_side import CarSide
from rig.bench.observed import Observed
from rig.clock import VirtualLoop, WallLoop
from rig.errors import Finding, NotTestableHere
from rig.timeline import Event, Timeline

# A car that is plugged in starts to draw well within this; a station that takes longer is not charging.
CHARGING_WITHIN_S = 60.0
# Currents are known to the milliampere.
EXACT_A = 0.001


class NotCharging(Finding):
    """The case could not begin: the station gave no current to a willing car."""


class Outlet:
    """`socket` is the emulated one, which is there to be used when it is `linked` to the station; `side` is where cars
    are plugged in. `observed` sees what belongs to it or to the whole station.

    `poke` lets the bench see at once what was changed here. `probing_s` is for how long after a session's first C2
    nothing of it can be judged, 0 for a station that does not probe.
    """

    def __init__(
        self,
        socket: Socket,
        side: CarSide,
        *,
        loop: VirtualLoop | WallLoop,
        timeline: Timeline,
        poke: Callable[[], None],
        linked: bool = True,
        probing_s: float = 0.0,
    ) -> None:
        self.number = socket.number
        self.socket = socket
        self.observed = Observed(timeline, socket.number)
        self.side = side
        self._linked = linked
        self._loop = loop
        self._timeline = timeline
        self._poke = poke
        self._probing_s = probing_s
        self._plugged_s = 0.0

    @property
    def vehicle(self) -> Vehicle | None:
        """The car that is plugged in."""
        return self.side.vehicle

    @property
    def pilot_faults(self) -> PilotFaults:
        """What is wrong between the station's pilot generator and the car."""
        return self.side.pilot_faults

    def set_pilot_faults(self, faults: PilotFaults) -> None:
        """Put these defects, and no others, on the pilot."""
        self.side.set_pilot_faults(faults, self._loop.time())
        self._poke()

    def set_mains_v(self, mains_v: PerPhase) -> None:
        """The phase voltages of the emulated socket from now on, V. Raises NotTestableHere where there is none."""
        if not self._linked:
            raise NotTestableHere("this bench cannot switch the mains of the station's socket")
        self.socket.set_mains_v(mains_v, self._loop.time())
        self._poke()

    def plug_in(self, spec: VehicleSpec) -> Vehicle:
        """Plug a car into the socket."""
        vehicle = Vehicle(spec, emit=self._timeline.emitter("car"))
        self._plugged_s = self._loop.time()
        self.side.plug(vehicle, self._plugged_s)
        self._poke()
        return vehicle

    def unplug(self) -> None:
        """Pull the plug."""
        self.side.unplug(self._loop.time())
        self._poke()

    async def charge(self, spec: VehicleSpec, *, within_s: float = CHARGING_WITHIN_S) -> Vehicle:
        """Plug a car in, wait until it draws and its probing is over. Raises NotCharging when it does not draw."""
        vehicle = self.plug_in(spec)
        if await self.drawing(within_s=within_s) is None:
            raise NotCharging(f"the car was plugged in and drew nothing within {within_s:g} s")
        await self.probed()
        return vehicle

    async def drawing(self, *, within_s: float) -> Event | None:
        """The event with which the car begins to draw; None when it does not."""
        return await self.observed.next("currents", lambda event: max(event.data["i_a"]) > 0.0, within_s=within_s)

    async def draw(self, vehicle: Vehicle, *a_per_phase: float) -> Event:
        """Make the car draw exactly this, whatever it is offered; returns the event from which on it does.

        Raises NotCharging when the car has no mains, NotTestableHere when a load bank does something else.
        """

        def as_told(event: Event) -> bool:
            wanted_a, drawn_a = vehicle.currents_a(self._loop.time()), event.data["i_a"]
            off_a = max(abs(wanted - drawn) for wanted, drawn in zip(wanted_a, drawn_a, strict=True))
            return vehicle.ramping or off_a <= EXACT_A + self.side.draw_error_a + self.side.current_error_a

        changed = self.observed.expect("currents", as_told)
        vehicle.set_fixed_draw(*a_per_phase)
        self._poke()
        event = await changed.within(1.0 + self.side.late_s)
        if event is not None:
            return event
        if self.side.late_s and self.observed.contactor_closed:
            raise NotTestableHere(f"the car was to draw {a_per_phase} A; the EV box draws {self.observed.drawn_a} A")
        raise NotCharging(f"the car was to draw {a_per_phase} A, but the station gives it no current")

    @property
    def probes(self) -> bool:
        """Whether there is a probing to wait for, at the beginning of every session."""
        return self._probing_s > 0.0

    async def probed(self) -> None:
        """Wait until the probing of this session is over; returns at once when there is none to wait for (PRB-027)."""
        if not self.probes:
            return
        began_s = next((event.at_s for event in self._timeline.of("pilot") if self._begins_session(event)), None)
        if began_s is not None:
            await asyncio.sleep(max(0.0, began_s + self._probing_s - self._loop.time()))

    def _begins_session(self, event: Event) -> bool:
        here = event.data.get("socket") == self.number
        return here and event.at_s >= self._plugged_s and event.data.get("state") == "C2"
