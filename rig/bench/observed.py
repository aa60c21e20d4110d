"""What can be seen of a station right now, kept up to date from the timeline, and waiting for it to change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rig.timeline import Event, Timeline

Predicate = Callable[[Event], bool]


def _any(_event: Event) -> bool:
    return True


class Expectation:
    """An event that is listened for since this was made, so that nothing is missed between cause and waiting."""

    def __init__(self, timeline: Timeline, fits: Predicate) -> None:
        self._found: asyncio.Future[Event | None] = asyncio.get_running_loop().create_future()
        self._fits = fits
        self._leave = timeline.listen(self._hear)

    def _hear(self, event: Event) -> None:
        if not self._found.done() and self._fits(event):
            self._found.set_result(event)

    def _give_up(self) -> None:
        if not self._found.done():
            self._found.set_result(None)

    async def within(self, within_s: float) -> Event | None:
        """The event, or None when it has not come `within_s` from now. To be awaited once."""
        timer = asyncio.get_running_loop().call_later(within_s, self._give_up)
        try:
            return await self._found
        finally:
            timer.cancel()
            self._leave()


class Observed:
    """The latest event of each kind, and awaiting the next one that fits. Times are the run's seconds.

    With the number of a `socket`, events of other sockets are passed over: those with another `socket`, or another
    `connectorId` in a `status`. What has neither belongs to every socket.
    """

    def __init__(self, timeline: Timeline, socket: int | None = None) -> None:
        self._timeline = timeline
        self._socket = socket
        self._latest: dict[str, Event] = {}
        self.end = timeline.listen(self._note)

    def _note(self, event: Event) -> None:
        if self._concerns(event):
            self._latest[event.kind] = event

    def _concerns(self, event: Event) -> bool:
        if self._socket is None:
            return True
        socket = event.data.get("connectorId" if event.kind == "status" else "socket")
        return socket is None or socket == self._socket

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

    def expect(self, kind: str, fits: Predicate = _any) -> Expectation:
        """Listen from this moment on for the first event of `kind` that fits; await it by `Expectation.within`."""
        return self.expect_any(lambda event: event.kind == kind and fits(event))

    def expect_any(self, fits: Predicate) -> Expectation:
        """Listen from this moment on for the first event of any kind that fits."""
        return Expectation(self._timeline, lambda event: self._concerns(event) and fits(event))

    async def next(self, kind: str, fits: Predicate = _any, *, within_s: float) -> Event | None:
        """The first event of `kind` from now on that fits, or None when `within_s` has passed."""
        return await self.expect(kind, fits).within(within_s)

    async def pilot(self, *states: str, within_s: float) -> Event | None:
        """The pilot event that entered one of `states`; the latest one if it is there already."""
        latest = self.latest("pilot")
        if latest is not None and latest.data.get("state") in states:
            return latest
        return await self.next("pilot", lambda event: event.data.get("state") in states, within_s=within_s)
