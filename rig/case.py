"""One case of a conformance suite: its loop, its timeline, its judge, its seed, and the benches it sets up."""

from __future__ import annotations

import asyncio
import itertools
import random
import weakref
from collections.abc import Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any

from rig.bench.bench import Bench
from rig.clauses import catalogue
from rig.clock import Calendar, VirtualLoop, WallLoop
from rig.errors import HarnessError, NotTestableHere
from rig.handles.base import Capability
from rig.judge import Judge
from rig.options import RunOptions
from rig.timeline import Timeline

# How long what a case left running may take to clean up (s of the run) before it is cancelled again, and how often.
CLEAN_UP_WITHIN_S = 10.0
_CANCEL_TRIES = 3


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
        meter: str | None = None,
        phases: int = 3,
        behind_meter: bool = True,
    ) -> Bench:
        """A bench to enter with `async with`; see `Bench` for what can be chosen."""
        return Bench(
            self.options.bench,
            loop=self.loop,
            timeline=self.timeline,
            calendar=self.calendar,
            rng=self.random,
            settings=settings or {},
            meter=meter,
            phases=phases,
            behind_meter=behind_meter,
            files=self.files,
        )

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
        """Run the case to its end on its own loop.

        An exception in a callback ends the case at once with HarnessError, whatever the case judges; one in a
        background task that nobody awaited does so as soon as it is noticed, at the latest at the end.
        """
        faults: list[BaseException] = []
        tasks: list[weakref.ref[asyncio.Task[Any]]] = []
        numbers = itertools.count(1)

        def on_exception(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            faults.append(context.get("exception") or HarnessError(str(context.get("message"))))
            main.cancel()

        def make_task(loop: asyncio.AbstractEventLoop, body: Any, **how: Any) -> asyncio.Task[Any]:
            # asyncio numbers tasks through the whole process; a stalled case names its own in its error.
            how["name"] = how.get("name") or f"task {next(numbers)}"
            task = asyncio.Task(body, loop=loop, **how)
            tasks.append(weakref.ref(task))
            return task

        self.loop.set_exception_handler(on_exception)
        self.loop.set_task_factory(make_task)
        asyncio.set_event_loop(self.loop)
        main = self.loop.create_task(body, name="the case")
        try:
            try:
                self.loop.run_until_complete(main)
            finally:
                self._drain()
                asyncio.set_event_loop(None)
                faults += _never_retrieved(task for ref in tasks if (task := ref()) not in (None, main))
        except (Exception, asyncio.CancelledError):
            if not faults:
                raise
        if faults:
            raise HarnessError(f"a background task failed: {faults[0]!r}") from faults[0]

    def _drain(self) -> None:
        """Cancel what the case left running, so that nothing outlives its loop."""
        tries = 0
        while left := asyncio.all_tasks(self.loop):
            if tries == _CANCEL_TRIES:
                names = ", ".join(sorted(task.get_name() for task in left))
                raise HarnessError(f"cancelled {tries} times and still running: {names}")
            tries += 1
            for task in left:
                task.cancel()
            self.loop.run_until_complete(asyncio.wait(left, timeout=CLEAN_UP_WITHIN_S))
        # One more turn, in which connections that were closed last are told so.
        self.loop.run_until_complete(asyncio.sleep(0))

    def close(self) -> None:
        """Release the loop."""
        self.loop.close()


def _never_retrieved(tasks: Iterable[asyncio.Task[Any]]) -> list[BaseException]:
    """What ended tasks in which nobody took an interest.

    asyncio tells of these only when it collects such a task as garbage, which may be after the case or never: so ask.
    """
    failed = [task for task in tasks if task.done() and not task.cancelled() and task._log_traceback]
    return [error for task in failed if (error := task.exception()) is not None]
