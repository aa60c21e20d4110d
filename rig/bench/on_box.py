"""A car played by an EV simulator box: it does to a real socket what the emulated car would, through VISA.

The box is looked at every `poll_s`, and whenever the car does something by itself. What it reads the car sees, and what
the car then does the box is told. On a bench without a board link it is also all that is seen of the socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

from emulators.board.socket import PerPhase
from emulators.errors import BadConfiguration
from emulators.pilot.circuit import NO_FAULTS, PilotFaults
from emulators.vehicle.vehicle import Vehicle
from rig.bench.file import EvBox
from rig.bench.played import AS_NEW, NO_LOAD, Eye, check_playable, played, tell
from rig.bench.seen_by_box import LIVE_V, SeenByBox
from rig.clock import VirtualLoop, WallLoop
from rig.instruments.ev_simulator import BOXES, Looked
from rig.timeline import Timeline

if TYPE_CHECKING:
    from rig.bench.instruments import BenchEvBox


class OnBox:
    """See CarSide. `entry` is the box in the bench file, at socket `number`.

    `board_a` is what the bench's board knows to flow there. Without a board what the box reads goes on the timeline.
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
        self._commands = BOXES[entry.dialect]
        self._poll_s = entry.poll_s
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
        check_playable(vehicle.spec, self._commands)
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

    def poke(self) -> None:
        """See CarSide."""
        self._poked.set()

    # -- playing -------------------------------------------------------------------------------------------------

    def start(self, box: BenchEvBox, off: AsyncExitStack) -> None:
        """Play on that box, which is as new, until `off` is closed. What the box raises ends the case."""
        task = asyncio.create_task(self._play(box), name=f"the car on the EV box at socket {self._number}")
        off.push_async_callback(_end, task)

    async def _play(self, box: BenchEvBox) -> None:
        while True:
            self._poked.clear()
            self._take(await box.look())
            if await self._told(box):
                continue  # look at once at what has come of it
            await self._until_next()

    def _take(self, looked: Looked) -> None:
        """What the box reads, for the car and for the timeline."""
        now_s = self._loop.time()
        self._measured_a = looked.amps
        self._eye.read(looked.pilot)
        vehicle = self._vehicle
        if vehicle is not None:
            vehicle.step(now_s)
            vehicle.see_pilot(self._eye.plateaus, self._eye.signal, now_s)
            live = sum(volt >= LIVE_V for volt in looked.volts)
            vehicle.see_mains(live > 0, now_s, live)
            vehicle.advance(now_s)
        if self._seen is not None:
            self._seen.take(self._eye.signal, self._eye.plateaus, looked, now_s)

    async def _told(self, box: BenchEvBox) -> bool:
        """Let the box be what the car is now; whether more than its load changed.

        Between a car and the next one there is none, be it for a moment.
        """
        vehicle, self._pulled = None if self._pulled else self._vehicle, False
        wanted = played(vehicle, self._loop.time(), self._faults)
        before, self._set_to = self._set_to, wanted
        if wanted == before:
            return False
        await tell(box, before, wanted)
        return wanted._replace(load_a=before.load_a, power_factors=before.power_factors) != before

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
        poll_s = self._loop.time() + self._poll_s
        return poll_s if own_s is None else min(poll_s, own_s)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
