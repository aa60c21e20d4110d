"""One case of a conformance suite: its loop, its timeline, its judge, its seed, and the benches it sets up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from rig.bench.bench import Bench
from rig.bench.phases import STRAIGHT
from rig.clauses import catalogue
from rig.clock import Calendar, VirtualLoop, WallLoop
from rig.errors import NotTestableHere
from rig.handles.base import Capability
from rig.judge import Judge
from rig.meters import MeterKind
from rig.options import RunOptions
from rig.supervise import run_supervised
from rig.timeline import Timeline


def case_name(path: Path, function: str) -> str:
    """A case's name in reports: `ocp/bands/trips_at_its_time[105.0%]` for that test in `…/ocp/test_bands.py`."""
    return f"{path.parent.name}/{path.stem.removeprefix('test_')}/{function.removeprefix('test_')}"


class Case:
    """What a conformance case gets as `rig`. Times are seconds of the run, from 0."""

    def __init__(self, name: str, options: RunOptions, files: Path | None = None) -> None:
        self.name = name
        self.options = options
        self.calendar = Calendar()
        self.timeline = Timeline()
        self.judge = Judge(name, catalogue.load().clause, options.bench.measuring.uncertainty_s)
        # Seeding with a string is stable across processes and Python versions, so every case has its own reproducible
        # randomness whatever ran before it.
        self.random = random.Random(f"{options.seed}/{name}")
        self.files = files
        self.loop: VirtualLoop | WallLoop = options.clock.make_loop()

    def bench(
        self,
        settings: Mapping[str, object] | None = None,
        *,
        meter: MeterKind | None = None,
        phases: int | None = None,
        behind_meter: bool = True,
        feeder: str = STRAIGHT,
        terminals: str = STRAIGHT,
        sockets: int = 1,
        feeders: int = 1,
        feeder_2: str | None = None,
        probing: bool = False,
        station_on: bool = True,
        watched: bool = True,
    ) -> Bench:
        """A bench to enter with `async with`; see `Bench` for what can be chosen.

        Unless not `watched`, what always has to hold is judged at every moment of it too.
        """
        # They know what a case is.
        from rig.invariants import invariants

        def watch(bench: Bench) -> AbstractContextManager[object]:
            return invariants(self, bench, broken_only=True) if watched and station_on else nullcontext()

        bench = Bench(
            self.options.bench,
            loop=self.loop,
            timeline=self.timeline,
            calendar=self.calendar,
            rng=self.random,
            settings=settings or {},
            meter=meter,
            phases=phases,
            behind_meter=behind_meter,
            feeder=feeder,
            terminals=terminals,
            sockets=sockets,
            feeders=feeders,
            feeder_2=feeder_2,
            probing=probing,
            station_on=station_on,
            files=self.files,
            watch=watch,
        )
        self.judge.sight = bench
        return bench

    def need(self, have: frozenset[Capability], *capabilities: Capability) -> None:
        """Raise NotTestableHere when the station on this bench cannot be observed or driven in these ways."""
        missing = [capability for capability in capabilities if capability not in have]
        if missing:
            raise NotTestableHere(f"this bench has no {' and no '.join(missing)} of the station")

    def now_s(self) -> float:
        """The run's time."""
        return self.loop.time()

    async def until(self, at_s: float) -> None:
        """Wait until the run's time is `at_s`; returns at once when it has passed."""
        await asyncio.sleep(max(0.0, at_s - self.loop.time()))

    def run(self, body: Coroutine[Any, Any, None]) -> None:
        """Run the case to its end on its own loop. Exceptions in background tasks and callbacks become HarnessError."""
        run_supervised(self.loop, body)

    def close(self) -> None:
        """Release the loop."""
        self.loop.close()
