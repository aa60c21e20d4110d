"""The watch over one meter: is it heard, and which reading may be used. Pure; one instance per source.

Waiting until the first valid reading, live while readings keep coming, lost after a time-out or too many bad
telegrams in a row. The time-out follows the cadence the meter promised in its last reading (O-22, O-23).
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from station import messages
from station.messages import LogLine
from station.settings import Settings
from station.sources.reading import BadTelegram, Reading

SourceState = Literal["waiting", "live", "lost"]

# Before the first telegram the cadence is unknown; the slowest meter must have its chance (DSMR 4: 10 s).
SLOWEST_INTERVAL_S = 10.0


class WatchReport(NamedTuple):
    """`reading` is a new valid one to work with, None when there is none; `logs` what there is to say about it."""

    state: SourceState
    reading: Reading | None
    logs: tuple[LogLine, ...]


class SourceWatch:
    """Supervises the P1 meter. `state` holds as of the last step."""

    def __init__(self, settings: Settings) -> None:
        self._factor = settings.p1_timeout_factor
        self._floor_s = settings.p1_timeout_floor_s
        self._margin_s = settings.p1_timeout_margin_s
        self._max_bad = settings.p1_max_bad
        self._safe_mode = messages.safe_mode(settings.safe_a)
        self._bad_in_a_row = 0
        self._unsupported_said = False
        self._due_s: float | None = None
        self.state: SourceState = "waiting"

    def step(self, now_s: float, heard: Sequence[Reading | BadTelegram] = ()) -> WatchReport:
        """Take what the reader heard by `now_s` and say what the source is worth now.

        The first call starts the clock of a meter that never speaks. Every bad telegram is logged (ALB-P1-017);
        an unsupported version is no data at all, neither good nor bad (ALB-P1-002).
        """
        if self._due_s is None:
            self._due_s = now_s + self._timeout_s(SLOWEST_INTERVAL_S)
        if not heard and (self.state == "lost" or now_s < self._due_s):
            return WatchReport(self.state, None, ())
        logs: list[LogLine] = []
        reading: Reading | None = None
        for item in heard:
            if isinstance(item, Reading):
                reading = self._valid(item, now_s) or reading
            else:
                logs += self._bad(item)
        logs += self._judge(now_s, reading)
        return WatchReport(self.state, reading if self.state == "live" else None, tuple(logs))

    def next_deadline_s(self) -> float | None:
        """When the meter counts as lost if nothing valid comes; None when it already does."""
        return None if self.state == "lost" else self._due_s

    def _timeout_s(self, interval_s: float) -> float:
        return max(self._factor * interval_s, self._floor_s) + self._margin_s

    def _valid(self, reading: Reading, now_s: float) -> Reading | None:
        due_s = reading.at_s + self._timeout_s(reading.interval_s)
        if due_s <= now_s:
            return None  # handed over too late: a stale value is not a live one
        self._due_s = due_s
        self._bad_in_a_row = 0
        self._unsupported_said = False
        return reading

    def _bad(self, telegram: BadTelegram) -> list[LogLine]:
        if telegram.kind != "unsupported":
            self._bad_in_a_row += 1
            return [messages.P1_CRC_ERROR]
        if self._unsupported_said:
            return []
        self._unsupported_said = True
        return [messages.p1_unsupported(telegram.reason)]

    def _judge(self, now_s: float, reading: Reading | None) -> list[LogLine]:
        before = self.state
        timed_out = self._due_s is not None and now_s >= self._due_s
        if timed_out or self._bad_in_a_row >= self._max_bad:
            self.state = "lost"
        elif reading is not None:
            self.state = "live"
        if self.state == before:
            return []
        if self.state == "lost":
            return [messages.P1_TIMEOUT, self._safe_mode] if timed_out else [self._safe_mode]
        return [messages.P1_RESTORED] if before == "lost" else []
