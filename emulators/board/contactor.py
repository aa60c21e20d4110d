"""The contactor of one socket: it follows its command with a delay, unless it is welded."""

import msgspec

CLOSE_S = 0.100  # command to feedback, as station boards do (a reference design aims at 100 ms, accepts 300 ms)
OPEN_S = 0.030  # the station has 100 ms from the pilot's change, of which 50 ms from the command


class ContactorTimes(msgspec.Struct, frozen=True):
    """Delays in seconds from the command until the contacts have moved."""

    close_s: float = CLOSE_S
    open_s: float = OPEN_S


class Contactor:
    """`closed` is the state of the contacts and so the feedback. A welded contactor, once closed, stays closed."""

    def __init__(self, times: ContactorTimes) -> None:
        self.closed = False
        self._times = times
        self._commanded = False
        self._welded = False
        self._moves_s: float | None = None

    def command(self, close: bool, now_s: float) -> None:
        """Command the coil. Repeating a command does not restart its delay; reversing it in time cancels it."""
        if close != self._commanded:
            self._commanded = close
            self._plan(now_s)

    def weld(self, welded: bool, now_s: float) -> None:
        """Weld the contacts, or repair them: then they follow the command again."""
        if welded != self._welded:
            self._welded = welded
            self._plan(now_s)

    def next_deadline_s(self) -> float | None:
        """When the contacts move; None while they rest."""
        return self._moves_s

    def step(self, now_s: float) -> None:
        """Move the contacts if it is time."""
        if self._moves_s is not None and self._moves_s <= now_s:
            self._moves_s = None
            self.closed = self._commanded

    def _plan(self, now_s: float) -> None:
        stuck = self.closed and self._welded
        if self._commanded == self.closed or stuck:
            self._moves_s = None
        else:
            self._moves_s = now_s + (self._times.close_s if self._commanded else self._times.open_s)
