"""What the faulty stations are built with: the reference station with some rooms replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from station.balancing.allocator import Claim, Limit, Share
from station.balancing.classifiers import Sample
from station.balancing.sharing import Sharing
from station.board.codec import Sense
from station.core import Inputs, Outputs, StationCore
from station.runtime import StationRuntime
from station.settings import Settings
from station.sources.reading import BadTelegram, Reading
from station.sources.watch import SourceWatch, WatchReport
from station.units import Triple

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


class SharingOtherwise(Sharing):
    """Shares as a good station does, of other claims, or with something else that comes out."""

    def step(
        self,
        now_s: float,
        plugged: Sequence[int],
        claims: Sequence[Claim],
        limits: Sequence[Limit],
        offers_da: Mapping[int, int],
        samples: Mapping[int, Sample],
        flowing_ma: Mapping[int, Triple],
    ) -> dict[int, Share]:
        """As Sharing; the two methods below say what is otherwise."""
        claims = self.claimed(claims)
        shares = super().step(now_s, plugged, claims, limits, offers_da, samples, flowing_ma)
        return self.changed(now_s, shares, [claim.socket for claim in claims], offers_da)

    def claimed(self, claims: Sequence[Claim]) -> Sequence[Claim]:
        """Which claims are put to it."""
        return claims

    def changed(
        self,
        now_s: float,
        shares: dict[int, Share],
        claiming: Sequence[int],
        offers_da: Mapping[int, int],
    ) -> dict[int, Share]:
        """What becomes of the shares, with who claimed and what is signalled."""
        return shares


def sensing_otherwise(settings: Settings, ports: dict[str, Any], change: Callable[[Sense], Sense]) -> StationRuntime:
    """A station that takes what the board senses for something else."""

    class Otherwise(StationCore):
        def step(self, inputs: Inputs, now_s: float) -> Outputs:
            sense = None if inputs.sense is None else change(inputs.sense)
            return super().step(replace(inputs, sense=sense), now_s)

    return StationRuntime(settings, core=Otherwise(settings), **ports)


def saying_otherwise(
    settings: Settings, ports: dict[str, Any], kind: str, change: Callable[[dict[str, object]], dict[str, object]]
) -> StationRuntime:
    """A station that reports one kind of its events with other fields, and does everything right."""
    told = ports["emit"]

    def emit(at_s: float, what: str, fields: dict[str, object]) -> None:
        told(at_s, what, change(fields) if what == kind else fields)

    return StationRuntime(settings, **{**ports, "emit": emit})
