"""What a bench and the suites need of a meter, whichever kind it is."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Literal

from emulators.site import GridReading
from rig.clock import Calendar, VirtualLoop, WallLoop
from rig.errors import HarnessError
from rig.handles.base import Port
from rig.meters.kinds import MeterKind
from rig.timeline import Event, Timeline

METER = "meter"
"""The source of what the emulated meter tells, on the timeline."""

Break = Callable[[], Callable[[], None]]
"""Begins something that goes wrong; what it returns ends that."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a meter stands: the bench's loop, timeline and calendar, and the port that the bench file names.

    `read` is what flows at the meter's terminals. `where` is "pty", a device or a URL of the cable towards the station,
    or the address to listen on. `request_line` is the modem line on which a P1 Data Request arrives; `requested`:
    without one, the request is always active.
    `capture` is the file that the line writes, None for none.
    """

    loop: VirtualLoop | WallLoop
    timeline: Timeline
    calendar: Calendar
    rng: Random
    read: Callable[[float], GridReading]
    where: str
    request_line: Literal["CTS", "DSR"] | None = None
    requested: bool = False
    capture: Path | None = None


class BenchMeter(ABC):
    """A meter, its cable, and the port of the station at the other end. `rig.meters.make` makes one of a kind.

    `name` is the name of its line. The timeline shows what it composes (`telegram` or `request`, by the source
    "meter", with the currents `i_a` it was composed of) and what arrives at the station (`frame`, direction a>b).
    """

    def __init__(self, kind: MeterKind, place: Place) -> None:
        self.kind = kind
        self.name = kind.port
        self._place = place
        self._watching: asyncio.Task[None] | None = None

    def _watch(self, end: Coroutine[Any, Any, None]) -> None:
        """`end` returns when the port is closed; an error that it raises ends the run.

        Otherwise a meter that failed would only fall silent, and what the station does then be taken for a finding.
        """
        self._watching = self._place.loop.create_task(end, name=f"{self.name}: the meter's port")
        self._watching.add_done_callback(_raise_failure)

    # -- for the bench -------------------------------------------------------------------------------------------

    @abstractmethod
    async def open(self) -> None:
        """Lay the cable and switch the meter on. Raises HarnessError with nothing left open."""

    @abstractmethod
    async def close(self) -> None:
        """Switch it off and take the cable away; safe to call twice."""

    @property
    def station_settings(self) -> Mapping[str, object]:
        """What a station that the rig sets is told of where the meter is; others know that from their owner."""
        return {}

    @abstractmethod
    def port(self) -> Port:
        """The station's end, once open."""

    @abstractmethod
    def wake(self) -> None:
        """Let it see at once what was changed on it or on the site."""

    def request(self, active: bool) -> None:  # noqa: B027 - the others need not know
        """The station's Data Request pin. Only P1 has one."""

    # -- for the suites ------------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def breaks(self) -> Mapping[str, Break]:
        """What can go wrong with it or with its cable, by name."""

    @contextmanager
    def broken(self, what: str) -> Iterator[None]:
        """For the time of a `with` block something is wrong with it: one of `breaks`."""
        if what not in self.breaks:
            raise HarnessError(f"a {self.kind.title} cannot be {what!r}; it can be {', '.join(self.breaks)}")
        mend = self.breaks[what]()
        self._tell(what, on=True)
        try:
            yield
        finally:
            mend()
            self._tell(what, on=False)

    def _tell(self, what: str, *, on: bool) -> None:
        place = self._place
        place.timeline.record(place.loop.time(), METER, "break", {"what": what, "on": on})

    def composed(self, event: Event) -> bool:
        """Whether an event says that the meter composed something, a telegram or an answer with values."""
        return event.source == METER and (event.kind == "telegram" or event.data.get("answer") == "ok")

    def arrived(self, event: Event) -> bool:
        """Whether an event says that something of the meter arrived at the station."""
        return event.kind == "frame" and event.source == self.name and event.data["dir"] == "a>b"


def _raise_failure(ended: asyncio.Task[None]) -> None:
    if not ended.cancelled():
        ended.result()
