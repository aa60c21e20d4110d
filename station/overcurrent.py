"""Over-current protection of one socket, OCP-001 to OCP-024. Pure, and exact: integers in mA throughout.

x is the current of the worst phase over the current the pilot signals (O-02). One timer per lower bound of a band,
all running at once; the first to expire pauses the session (O-04), with the pilot in state F, for 300 s, after which
charging resumes by itself, again and again (OCP-010 to OCP-012).
"""

from collections.abc import Sequence
from typing import NamedTuple

from station.settings import Settings


class Band(NamedTuple):
    """From `lower_pct` of the allowed current upwards, pause after `trip_after_s`."""

    lower_pct: int
    trip_after_s: float


# The bound is inside its band, OCP-005; 100 % too, as printed.
BANDS: tuple[Band, ...] = (
    Band(100, 1200.0),  # OCP-001
    Band(105, 100.0),  # OCP-002
    Band(112, 5.0),  # OCP-003
    Band(120, 2.0),  # OCP-004
)
NO_BAND_ABOVE_PCT = 150  # OCP-006: what happens from here on is the setting ocp.trip_s_ge_150

# Ratios are compared as measured * PER_UNIT >= allowed * bound, the bound in 1/PER_UNIT with the tolerance in it.
PER_UNIT = 100 * 100_000


class Tripped(NamedTuple):
    """The session is paused: what was allowed and what was drawn on the worst phase, in mA (OCP-019)."""

    at_s: float
    lower_pct: int
    allowed_ma: int
    actual_ma: int


class Resumed(NamedTuple):
    """The pause is over."""

    at_s: float


class _Timer:
    """Runs while x is at or above its bound, stands still below, starts afresh after `reset_s` below (O-04)."""

    __slots__ = ("below_until_s", "bound", "due_s", "lower_pct", "remaining_s", "reset_s", "trip_after_s")

    def __init__(self, band: Band, bound: int, reset_s: float) -> None:
        self.lower_pct = band.lower_pct
        self.trip_after_s = band.trip_after_s
        self.bound = bound
        self.reset_s = reset_s
        self.clear()

    def clear(self) -> None:
        self.due_s: float | None = None
        self.remaining_s = self.trip_after_s
        self.below_until_s = 0.0

    def run(self, now_s: float) -> None:
        if self.due_s is None:
            if now_s >= self.below_until_s:
                self.remaining_s = self.trip_after_s
            self.due_s = now_s + self.remaining_s

    def stop(self, now_s: float) -> None:
        if self.due_s is not None:
            self.remaining_s = self.due_s - now_s
            self.due_s = None
            self.below_until_s = now_s + self.reset_s


class _SignalledLimit:
    """The limit x is measured against: for `grace_s` after each decrease the higher one still counts (O-03).

    That is the highest limit signalled within the last `grace_s`, however many decreases there were.
    """

    __slots__ = ("_earlier", "_grace_s", "current_ma")

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self.clear()

    def clear(self) -> None:
        self.current_ma = 0
        self._earlier: list[tuple[int, float]] = []  # limit in mA, until when; higher limits end first

    def signal(self, now_s: float, limit_ma: int) -> None:
        before_ma, self.current_ma = self.current_ma, limit_ma
        if limit_ma < before_ma:
            while self._earlier and self._earlier[-1][0] <= before_ma:
                self._earlier.pop()
            self._earlier.append((before_ma, now_s + self._grace_s))

    def counting_ma(self) -> int:
        return max(self._earlier[0][0], self.current_ma) if self._earlier else self.current_ma

    def next_expiry_s(self) -> float | None:
        return self._earlier[0][1] if self._earlier else None

    def expire(self) -> None:
        del self._earlier[0]


class OverCurrent:
    """Watches the current of one socket and owns the pause. `paused` and `allowed_ma` hold as of the last step."""

    def __init__(self, settings: Settings, bands: Sequence[Band] = BANDS) -> None:
        self._pause_s = settings.ocp_pause_s
        self._max_retries = settings.ocp_max_retries
        scale = 100_000 + round(settings.ocp_meas_tolerance_pct * 1000)  # O-05
        self._timers = [
            _Timer(band, band.lower_pct * scale, settings.ocp_reset_s)
            for band in (*bands, Band(NO_BAND_ABOVE_PCT, settings.ocp_trip_s_ge_150))
        ]
        self._limit = _SignalledLimit(settings.ocp_grace_s)
        self._worst_ma = 0
        self._trips = 0
        self._resume_s: float | None = None
        self.paused = False

    @property
    def allowed_ma(self) -> int:
        """The current x is measured against now, in mA."""
        return self._limit.counting_ma()

    def step(
        self, now_s: float, measured_ma: tuple[int, int, int], signalled_ma: int, charging: bool
    ) -> Tripped | Resumed | None:
        """Take what is measured and signalled from `now_s` on, and say if the session pauses or resumes at `now_s`.

        Without `charging` (contactor open) nothing counts as drawn. While nothing is signalled (0 mA, state C1) there
        is no limit to exceed; the forced opening of the contactor deals with a vehicle that draws all the same.
        """
        if self.paused:
            return self._resume(now_s)
        self._catch_up(now_s)
        expired = [timer for timer in self._timers if timer.due_s is not None and timer.due_s <= now_s]
        if expired:
            return self._trip(now_s, max(timer.lower_pct for timer in expired))
        worst_ma = max(measured_ma) if charging else 0
        if worst_ma != self._worst_ma or signalled_ma != self._limit.current_ma:
            self._worst_ma = worst_ma
            self._limit.signal(now_s, signalled_ma)
            self._judge(now_s)
        return None

    def reset(self) -> None:
        """The session is over (unplugged): forget pause, timers and retries."""
        self._clear()
        self._trips = 0
        self._resume_s = None
        self.paused = False

    def next_deadline_s(self) -> float | None:
        """When step() has something to do if nothing changes before."""
        if self.paused:
            return self._resume_s
        deadlines = [timer.due_s for timer in self._timers if timer.due_s is not None]
        expiry_s = self._limit.next_expiry_s()
        if expiry_s is not None:
            deadlines.append(expiry_s)
        return min(deadlines, default=None)

    def _catch_up(self, now_s: float) -> None:
        """Let earlier limits end at their own time, also when the step comes late."""
        while (expiry_s := self._limit.next_expiry_s()) is not None and expiry_s <= now_s:
            self._limit.expire()
            self._judge(expiry_s)

    def _judge(self, now_s: float) -> None:
        drawn = self._worst_ma * PER_UNIT
        allowed_ma = self._limit.counting_ma()
        for timer in self._timers:
            if allowed_ma > 0 and drawn >= allowed_ma * timer.bound:
                timer.run(now_s)
            else:
                timer.stop(now_s)

    def _trip(self, now_s: float, lower_pct: int) -> Tripped:
        tripped = Tripped(now_s, lower_pct, self._limit.counting_ma(), self._worst_ma)
        self._clear()
        self._trips += 1
        retry = self._max_retries is None or self._trips <= self._max_retries
        self._resume_s = now_s + self._pause_s if retry else None
        self.paused = True
        return tripped

    def _resume(self, now_s: float) -> Resumed | None:
        if self._resume_s is None or now_s < self._resume_s:
            return None
        self.paused = False
        self._resume_s = None
        return Resumed(now_s)

    def _clear(self) -> None:
        self._worst_ma = 0
        self._limit.clear()
        for timer in self._timers:
            timer.clear()
