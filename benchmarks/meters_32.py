"""Virtual seconds per second of 32 meters of mixed kinds on one bench. `python -m benchmarks.meters_32` shows it.

All of them measure one house whose currents swing. Each is on a pseudo-terminal or a TCP connection of its own, at its
own cadence, P1 and TIC as they send and Modbus asked once a second, and each is read by a station's own reader over its
own port. All of this is in one process, in virtual time, as on a bench of the suites.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle, islice, pairwise
from math import inf
from statistics import median
from typing import NamedTuple

from emulators.site import Profile, Sine, Site
from rig.clock import Calendar, VirtualLoop, stopwatch
from rig.meters import KINDS, BenchMeter, MeterKind, Place, make
from rig.supervise import run_supervised
from rig.timeline import Timeline
from station.meter_link import Heard, MeterLink
from station.settings import Settings
from station.sources.reading import BadTelegram, Reading

METERS = 32
VIRTUAL_S = 300.0
REPEATS = 5
GOAL = 100
HOUSE = "house"
# Below 15 A, from where on a three-phase Linky in historique mode sends short frames.
SWINGING: Sequence[Profile] = (Sine(8.0, 6.0, 60.0), Sine(7.0, 6.0, 61.0), Sine(6.0, 5.0, 67.0))
STEADY_A = (11.3, 7.0, 2.45)
# A station that does not know the rate of a Linky tries one after the other, for 3 s each.
FOUND_S = 10.0
# So long before the end the house stops swinging: the slowest meter tells every 10 s, and is 0.1 s on the wire.
STEADY_FOR_S = 12.0
# A telegram, frame or answer is on the wire for less than this, or as long as its interval.
ON_WIRE_S = 0.2
_BALANCING = {"FeatureLicenseKey": "ALB", "Active-LoadBalancing": "On"}


class ReadMeter:
    """A meter, and the part of a station that reads it. `readings` and `bad` are what the reader made of it."""

    def __init__(self, meter: BenchMeter) -> None:
        self.kind = meter.kind
        self.readings: list[Reading] = []
        self.bad: list[BadTelegram] = []
        self.log: list[str] = []
        self._since_s = 0.0
        self._meter = meter
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        port = meter.port()
        tap = port.attach()
        self._link = MeterLink(
            Settings.from_mapping({**_BALANCING, **self.kind.settings}),
            self.kind.port,
            port.url,
            self,
            tap=lambda _name, way, data: tap(way, data),
        )

    async def start(self) -> None:
        """Open the station's port."""
        await self._link.start()
        self._schedule()

    async def stop(self) -> None:
        """Close it."""
        if self._timer is not None:
            self._timer.cancel()
        await self._link.stop()

    def listen_anew(self) -> None:
        """What was heard until now does not count: the station was still looking for the meter's rate."""
        self._since_s = self._loop.time()
        for heard in (self.readings, self.bad, self.log):
            heard.clear()

    def meter_heard(self, heard: Heard) -> None:
        """See station.meter_link.MeterListener."""
        for item in heard:
            if isinstance(item, Reading):
                self.readings.append(item)
            else:
                self.bad.append(item)
        self._schedule()

    def meter_log(self, text: str) -> None:
        """See station.meter_link.MeterListener."""
        self.log.append(text)

    def _schedule(self) -> None:
        due_s = self._link.next_deadline_s()
        if self._timer is not None:
            if self._timer.when() == due_s:
                return
            self._timer.cancel()
            self._timer = None
        if due_s is not None:
            self._timer = self._loop.call_at(due_s, self._due)

    def _due(self) -> None:
        self._timer = None
        self.meter_heard(self._link.step(self._loop.time()))

    def faults(self, until_s: float) -> list[str]:
        """What is wrong with what was read in so many seconds of a house that was steady at the end, if anything."""
        wrong = [*[bad.reason for bad in self.bad], *self.log, *self._off_beat(until_s)]
        true_a = STEADY_A if self.kind.phases == 3 else (STEADY_A[0], 0.0, 0.0)
        last_a = self.readings[-1].current_a if self.readings else (inf, inf, inf)
        if any(abs(read_a - a) > self.kind.error_a for read_a, a in zip(last_a, true_a, strict=True)):
            wrong.append(f"{last_a} A in the end, where {true_a} A flowed")
        return [f"{self.kind.title} on {self.kind.port}: {what}" for what in wrong]

    def _off_beat(self, until_s: float) -> list[str]:
        at_s = [reading.at_s - self._since_s for reading in self.readings]
        longest_s = self.kind.interval_s + ON_WIRE_S
        if not at_s or at_s[0] > longest_s or until_s - at_s[-1] > longest_s:
            return [f"readings at {[round(s, 3) for s in at_s[:1] + at_s[-1:]]} s, the first and the last"]
        gaps_s = {round(later - earlier, 4) for earlier, later in pairwise(at_s)}
        # A Linky sends frame after frame; how long they are is up to its tariff.
        slowest_s, fastest_s = self.kind.interval_s, 0.0 if self.kind.port == "tic" else self.kind.interval_s
        if len(gaps_s) > 1 or not all(fastest_s <= gap_s <= slowest_s for gap_s in gaps_s):
            return [f"{sorted(gaps_s)} s between readings, {self.kind.interval_s} s expected"]
        return []


def mixed(count: int) -> list[MeterKind]:
    """As many meters, of every kind in turn."""
    return list(islice(cycle(KINDS.values()), count))


@asynccontextmanager
async def bench(loop: VirtualLoop, site: Site, kinds: Sequence[MeterKind]) -> AsyncIterator[list[ReadMeter]]:
    """Meters of these kinds at one site, switched on and read."""
    timeline, calendar, rng = Timeline(), Calendar(), random.Random(1)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.sleep, 0)  # one more turn of the loop, in which asyncio closes connections
        read = []
        for kind in kinds:
            where = "tcp::0" if kind.port == "tcp" else "pty"
            place = Place(loop, timeline, calendar, rng, site.read, where, requested=True)
            meter = make(kind, place)
            await meter.open()
            stack.push_async_callback(meter.close)
            read.append(ReadMeter(meter))
            stack.push_async_callback(read[-1].stop)
            await read[-1].start()
        yield read


class Took(NamedTuple):
    """Real seconds, and those of the processor."""

    wall_s: float
    cpu_s: float


def run(kinds: Sequence[MeterKind], for_s: float) -> tuple[list[ReadMeter], Took]:
    """What was read in so many virtual seconds, and how long that took, without switching on and off."""
    loop = VirtualLoop()
    site = Site()
    site.add_load(HOUSE, *SWINGING)
    result: list[ReadMeter] = []
    took = Took(0.0, 0.0)

    async def body() -> None:
        nonlocal took
        async with bench(loop, site, kinds) as meters:
            await asyncio.sleep(FOUND_S)
            for meter in meters:
                meter.listen_anew()
            wall_s, cpu_s = stopwatch(), time.process_time()
            await asyncio.sleep(for_s - STEADY_FOR_S)
            site.set_load(HOUSE, *STEADY_A)
            await asyncio.sleep(STEADY_FOR_S)
            took = Took(wall_s(), time.process_time() - cpu_s)
            result.extend(meters)

    try:
        run_supervised(loop, body())
    finally:
        loop.close()
    return result, took


def main() -> None:
    kinds = mixed(METERS)
    took: list[Took] = []
    for _ in range(REPEATS):
        meters, last = run(kinds, VIRTUAL_S)
        faults = [fault for meter in meters for fault in meter.faults(VIRTUAL_S)]
        if faults:
            raise SystemExit("\n".join(faults))
        took.append(last)
    per_s = sum(len(meter.readings) for meter in meters) / VIRTUAL_S
    rates = [VIRTUAL_S / one.wall_s for one in took]
    by_cpu = median(VIRTUAL_S / one.cpu_s for one in took)
    print(
        f"{METERS} meters of {len({kind.id for kind in kinds})} kinds, {per_s:.1f} readings per virtual second: "
        f"{median(rates):.0f} virtual seconds per second (median of {REPEATS} x {VIRTUAL_S:g} s, "
        f"{min(rates):.0f} to {max(rates):.0f}; goal {GOAL}), {by_cpu:.0f} per second of processor time"
    )


if __name__ == "__main__":
    main()
