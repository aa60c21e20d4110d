"""Suspend charging mode: an external circuit says that nobody may charge for the time being. Pure.

A relay in the distribution cabinet, or the potential-free contact of an energy meter of the grid operator (SCM-002,
SCM-003). Which way round it works is a setting (SCM-012). The circuit counts once it has been the same for a while
(O-47); what it is when the station starts counts at once.
"""

from station.settings import Settings


class Suspend:
    """`active` holds as of the last step."""

    def __init__(self, settings: Settings) -> None:
        self._when = settings.suspends_when
        self._debounce_s = settings.suspend_debounce_s
        self._closed: bool | None = None  # while nothing was heard of it, nothing is suspended
        self._since_s = 0.0
        self.active = False

    def step(self, now_s: float, closed: bool | None) -> bool:
        """Take how the circuit is from `now_s` on, None for as before, and say whether charging is suspended."""
        if self._when is None:
            return False
        self._settle(now_s)
        if closed is not None and closed != self._closed:
            first = self._closed is None
            self._closed = closed
            self._since_s = now_s - self._debounce_s if first else now_s
            self._settle(now_s)
        return self.active

    def next_deadline_s(self) -> float | None:
        """When a change begins to count."""
        changing = self._closed is not None and (self._closed == self._when) != self.active
        return self._since_s + self._debounce_s if changing else None

    def _settle(self, now_s: float) -> None:
        due_s = self.next_deadline_s()
        if due_s is not None and now_s >= due_s:
            self.active = not self.active
