"""A car played by an EV simulator box: it does to a real socket what the emulated car would, through VISA.

The box is looked at every `poll_s`, and whenever the car does something by itself. What it reads the car sees, and what
the car then does the box is told. On a bench without a board link it is also all that is seen of the socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from itertools import takewhile
from typing import TYPE_CHECKING

from emulators.board.socket import PerPhase
from emulators.errors import BadConfiguration
from emulators.pilot.circuit import NO_FAULTS, PilotFaults
from emulators.vehicle.vehicle import Vehicle
from rig.bench.instrument_entries import EMULATED, EvBox
from rig.bench.played import AS_NEW, NO_LOAD, Eye, check_load, check_playable, check_player, played, tell
from rig.bench.seen_by_box import LIVE_V, SeenByBox
from rig.clock import VirtualLoop, WallLoop
from rig.instruments.ev_simulator import BOXES, Looked
from rig.timeline import Timeline

if TYPE_CHECKING:
    from rig.bench.instruments import BenchEvBox

# A station has opened its contactor by then, if it ever does.
DEAD_WITHIN_S = 5.0
# What one percent of duty cycle stands for, up to 85 % and above (M3-003).
A_PER_PCT, STEEP_A_PER_PCT, STEEP_FROM_MPCT = 0.6, 2.5, 85_000
# What is filed may be off by so many uncertainties: by one, and by two that a later reading may differ by unnoticed.
UNFILED = 3


class OnBox:
    """See CarSide. `entry` is the box in the bench file, at socket `number`.

    `board_a` is what the bench's board knows to flow there. Without a board what the box reads goes on the timeline.

    Raises ConfigurationError for a product that cannot play cars.
    """

    def __init__(
        self,
        number: int,
        entry: EvBox,
        loop: VirtualLoop | WallLoop,
        timeline: Timeline,
        *,
        board_a: Callable[[float], PerPhase] | None,
    ) -> None:
        self._number = number
        self._entry = entry
        self._commands = BOXES[entry.dialect]
        check_player(self._commands, entry.dialect)
        self._loop = loop
        self._board_a = board_a
        self._seen = SeenByBox(number, entry, timeline) if board_a is None else None
        self._eye = Eye(entry.uncertainty_duty_pct / 100)
        self._vehicle: Vehicle | None = None
        self._faults = NO_FAULTS
        self._set_to = AS_NEW
        self._pulled = False
        """Whether the plug was pulled, and the box does not know yet."""
        self._measured_a = NO_LOAD
        self._poked = asyncio.Event()

    # -- what the bench does -------------------------------------------------------------------------------------

    @property
    def vehicle(self) -> Vehicle | None:
        """See CarSide."""
        return self._vehicle

    @property
    def pilot_faults(self) -> PilotFaults:
        """See CarSide."""
        return self._faults

    def plug(self, vehicle: Vehicle, now_s: float) -> None:
        """See CarSide. Raises NotTestableHere for a car that the box cannot play."""
        if self._vehicle is not None:
            raise BadConfiguration(f"socket {self._number}: a car is plugged in already; unplug it first")
        check_playable(vehicle.spec, self._entry, self._commands)
        vehicle.plug(now_s, self._number)
        self._vehicle = vehicle

    def unplug(self, now_s: float) -> None:
        """See CarSide."""
        if self._vehicle is not None:
            self._vehicle.unplug(now_s)
            self._vehicle = None
            self._pulled = True

    def set_pilot_faults(self, faults: PilotFaults, now_s: float) -> None:  # noqa: ARG002 - it acts when poked
        """See CarSide."""
        self._faults = faults

    def currents_a(self, now_s: float) -> PerPhase:
        """See CarSide: as the board knows them, or as the box last measured them."""
        return self._measured_a if self._board_a is None else self._board_a(now_s)

    @property
    def late_s(self) -> float:
        """See CarSide."""
        return 0.0 if self._seen is None else 2 * self._entry.poll_s

    @property
    def offer_error_a(self) -> float:
        """See CarSide."""
        if self._seen is None:
            return 0.0
        steep = (self._eye.signal.duty_mpct or 0) > STEEP_FROM_MPCT
        return UNFILED * self._entry.uncertainty_duty_pct * (STEEP_A_PER_PCT if steep else A_PER_PCT)

    @property
    def current_error_a(self) -> float:
        """See CarSide."""
        return 0.0 if self._seen is None else UNFILED * self._entry.uncertainty_a

    @property
    def draw_error_a(self) -> float:
        """See CarSide."""
        return 0.0 if self._entry.resource == EMULATED else self._entry.uncertainty_a

    def poke(self) -> None:
        """See CarSide."""
        self._poked.set()

    # -- playing -------------------------------------------------------------------------------------------------

    def start(self, box: BenchEvBox, off: AsyncExitStack) -> None:
        """Play on that box, which is as new, until `off` is closed. What the box raises ends the case at once."""
        task = asyncio.create_task(self._play(box), name=f"the car on the EV box at socket {self._number}")
        task.add_done_callback(_raise)
        off.push_async_callback(self._end, task, box)

    async def _end(self, task: asyncio.Task[None], box: BenchEvBox) -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        if self._seen is not None and max((await box.look()).volts) >= LIVE_V:
            await self._let_go(box)

    async def _let_go(self, box: BenchEvBox) -> None:
        """As a car does, and whoever told the box what. A plug that is pulled under load wears contacts, some stations
        remember it, and the next case is to begin with mains that are off.
        """
        await box.set_load(*NO_LOAD)
        await box.set_state("B")
        until_s = self._loop.time() + DEAD_WITHIN_S
        while self._loop.time() < until_s and max((await box.look()).volts) >= LIVE_V:
            await asyncio.sleep(self._entry.poll_s)

    async def _play(self, box: BenchEvBox) -> None:
        while True:
            self._poked.clear()
            began_s = self._loop.time()
            self._take(await box.look(), began_s)
            if not await self._told(box):
                await self._until_next()  # otherwise it is looked at once at what has come of it

    def _take(self, looked: Looked, began_s: float) -> None:
        """What the box reads, for the car and for the timeline."""
        now_s = self._loop.time()
        self._measured_a = looked.amps
        self._eye.read(looked.pilot)
        vehicle = self._vehicle
        if vehicle is not None:
            vehicle.step(now_s)
            vehicle.see_pilot(self._eye.plateaus, self._eye.signal, now_s)
            live = sum(1 for _ in takewhile(lambda volt: volt >= LIVE_V, looked.volts))
            vehicle.see_mains(live > 0, now_s, live)
            vehicle.advance(now_s)
        if self._seen is not None:
            self._seen.take(self._eye.signal, self._eye.plateaus, looked, began_s, now_s)

    async def _told(self, box: BenchEvBox) -> bool:
        """Let the box be what the car is now; whether there was anything to tell it, but for a step of a ramp.

        Between a car and the next one there is none, be it for a moment.
        """
        vehicle, self._pulled = None if self._pulled else self._vehicle, False
        wanted = played(vehicle, self._loop.time(), self._faults)
        before, self._set_to = self._set_to, wanted
        if wanted == before:
            return False
        check_load(wanted, self._entry)
        await tell(box, before, wanted)
        return vehicle is None or not vehicle.ramping

    async def _until_next(self) -> None:
        """Until it is time to look again, or somebody pokes."""
        at_s = self._next_s()
        timer = None if at_s is None else self._loop.call_at(at_s, self._poked.set)
        try:
            await self._poked.wait()
        finally:
            if timer is not None:
                timer.cancel()

    def _next_s(self) -> float | None:
        """When it is; None where there is no car, and somebody else sees the socket."""
        if self._vehicle is None and self._seen is None:
            return None
        own_s = None if self._vehicle is None else self._vehicle.next_deadline_s()
        poll_s = self._loop.time() + self._entry.poll_s
        return poll_s if own_s is None else min(poll_s, own_s)


def _raise(task: asyncio.Task[None]) -> None:
    """Whoever runs the case hears of it now, and not when the bench is switched off."""
    if not task.cancelled():
        task.result()
