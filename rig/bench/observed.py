"""What can be seen of a station right now, kept up to date from the timeline, and waiting for it to change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rig.timeline import Event, Timeline

Predicate = Callable[[Event], bool]


def _any(_event: Event) -> bool:
    return True


class Observed:
    """The latest event of each kind, and awaiting the next one that fits. Times are the run's seconds."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._latest: dict[str, Event] = {}
        self.end = timeline.listen(self._note)

    def _note(self, event: Event) -> None:
        self._latest[event.kind] = event

    def latest(self, kind: str) -> Event | None:
        """The latest event of a kind, None before the first."""
        return self._latest.get(kind)

    def field(self, kind: str, name: str) -> object:
        """A field of the latest event of a kind, None before the first."""
        event = self._latest.get(kind)
        return None if event is None else event.data.get(name)

    @property
    def pilot_state(self) -> str:
        """The control pilot state by its voltages, "A1" … "F"; "" before the first sample."""
        return str(self.field("pilot", "state") or "")

    @property
    def offered_a(self) -> float:
        """What the pilot's duty cycle offers, A; 0 when no PWM is signalled."""
        offered = self.field("pilot", "offered_a")
        return float(offered) if isinstance(offered, int | float) else 0.0

    @property
    def drawn_a(self) -> tuple[float, float, float]:
        """What the car draws per phase, A."""
        drawn = self.field("currents", "i_a")
        return (drawn[0], drawn[1], drawn[2]) if isinstance(drawn, list | tuple) else (0.0, 0.0, 0.0)

    @property
    def contactor_closed(self) -> bool:
        """Whether the socket has mains."""
        return bool(self.field("contactor", "closed"))

    async def next(self, kind: str, fits: Predicate = _any, *, within_s: float) -> Event | None:
        """The first event of `kind` from now on that fits, or None when `within_s` has passed."""
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Event | None] = loop.create_future()

        def listener(event: Event) -> None:
            if event.kind == kind and not found.done() and fits(event):
                found.set_result(event)

        def give_up() -> None:
            if not found.done():
                found.set_result(None)

        end = self._timeline.listen(listener)
        timer = loop.call_later(within_s, give_up)
        try:
            return await found
        finally:
            timer.cancel()
            end()

    async def pilot(self, *states: str, within_s: float) -> Event | None:
        """The pilot event that entered one of `states`; the latest one if it is there already."""
        latest = self.latest("pilot")
        if latest is not None and latest.data.get("state") in states:
            return latest
        return await self.next("pilot", lambda event: event.data.get("state") in states, within_s=within_s)
