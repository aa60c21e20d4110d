"""What the faulty stations are built with: the reference station with some rooms replaced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from station.core import StationCore
from station.runtime import StationRuntime
from station.settings import Settings
from station.sources.reading import BadTelegram, Reading
from station.sources.watch import SourceWatch, WatchReport

Triple = tuple[int, int, int]
Heard = Sequence[Reading | BadTelegram]


def station(settings: Settings, ports: dict[str, Any], **rooms: Any) -> StationRuntime:
    """The reference station with some rooms replaced; `reader` belongs to the runtime, the others to the core."""
    reader = rooms.pop("reader", None)
    return StationRuntime(settings, core=StationCore(settings, **rooms), reader=reader, **ports)


def reading_otherwise(settings: Settings, change: Callable[[Reading], Reading]) -> SourceWatch:
    """A watch that takes every reading for another one, whatever meter it comes from."""

    class Otherwise(SourceWatch):
        def step(self, now_s: float, heard: Heard = ()) -> WatchReport:
            return super().step(now_s, [change(item) if isinstance(item, Reading) else item for item in heard])

    return Otherwise(settings)


def with_currents(change: Callable[[float, float, float], tuple[float, float, float]]) -> Callable[[Reading], Reading]:
    """Another reading: the same, with other currents per phase."""
    return lambda reading: replace(reading, current_a=change(*reading.current_a))
