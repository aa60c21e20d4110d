"""A meter on a bench with the reference station, in virtual time."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from emulators.site import Site
from rig.bench import Bench
from rig.bench.file import BenchFile, Lines
from rig.clock import Calendar, VirtualLoop
from rig.kit import balancing
from rig.meters import BenchMeter, MeterKind, Place, make
from rig.supervise import run_supervised
from rig.timeline import Event, Timeline

# What a station shows of its meter is rounded to 0.1 A.
SHOWN_A = 0.05


class Yard:
    """A loop, a timeline, and what is set up there."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.timeline = Timeline()
        self.site = Site()

    def bench(self, kind: MeterKind, lines: Lines | None = None, files: Path | None = None) -> Bench:
        """The meter with a station that reads it."""
        file = BenchFile() if lines is None else BenchFile(lines=lines)
        settings = balancing.settings(kind, meter_max_a=25.0)
        where: dict[str, Any] = {"loop": self.loop, "timeline": self.timeline, "calendar": Calendar()}
        return Bench(file, rng=random.Random(1), settings=settings, meter=kind, files=files, **where)

    def meter(self, kind: MeterKind, where: str = "pty", **place: Any) -> BenchMeter:
        """The meter alone, at a site of its own."""
        return make(kind, Place(self.loop, self.timeline, Calendar(), random.Random(1), self.site.read, where, **place))

    def run(self, body: Callable[[], Awaitable[None]]) -> None:
        async def wrapped() -> None:
            await body()
            await asyncio.sleep(0)

        run_supervised(self.loop, wrapped())

    def arrived(self, meter: BenchMeter, since_s: float = 0.0) -> list[Event]:
        """What arrived of the meter at the station."""
        return [event for event in self.timeline.events if event.at_s > since_s and meter.arrived(event)]

    def text(self) -> bytes:
        return b"".join(self.timeline.lines())


def shown_a(bench: Bench) -> list[float] | None:
    """What the station shows of its meter, per phase; None while it does not hear it."""
    shown = bench.observed.field("monitor", "meter_a")
    assert shown is None or isinstance(shown, list)
    return shown


def reads(bench: Bench, true_a: Sequence[float], *, exporting: bool = False) -> bool:
    """Whether the station reads these currents, as well as the meter can tell them."""
    kind = bench.meter.kind
    error_a = kind.export_error_a if exporting else kind.error_a
    assert error_a is not None
    expected = [*true_a[: kind.phases], *[0.0] * (3 - kind.phases)]
    shown = shown_a(bench)
    return shown is not None and shown == pytest.approx(expected, abs=error_a + SHOWN_A)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


@pytest.fixture
def yard() -> Iterator[Yard]:
    yard = Yard()
    yield yard
    yard.loop.close()
