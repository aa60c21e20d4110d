"""The watch over one meter: is it heard, and which reading may be used. Pure; one instance per source.

Waiting until the first valid reading, live while readings keep coming, lost after a time-out or too many bad
telegrams in a row. How long and how many differs by source and stands in its `WatchRules`: no two sources share a
timer. A meter that repeats itself, date and all, is not heard. One that shows no date and no longer measures cannot be
told from a steady one.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from station.messages import LogLine
from station.settings import Settings
from station.sources.reading import BadTelegram, Reading
from station.sources.rules import WatchRules, rules_for

SourceState = Literal["waiting", "live", "lost"]


class WatchReport(NamedTuple):
    """`reading` is a new valid one to work with, None when there is none; `logs` what there is to say about it."""

    state: SourceState
    reading: Reading | None
    logs: tuple[LogLine, ...]


class SourceWatch:
    """Supervises the meter the settings select, or one with `rules` of its own. `state` holds as of the last step."""

    def __init__(self, settings: Settings, rules: WatchRules | None = None) -> None:
        self._rules = rules or rules_for(settings)
        self._bad_in_a_row = 0
        self._said: LogLine | None = None  # of the bad ones since the last valid one
        self._warned = False
        self._meter = self._rules.meter
        self._due_s: float | None = None
        self._error_s: float | None = None
        self.state: SourceState = "waiting"

    def step(self, now_s: float, heard: Sequence[Reading | BadTelegram] = ()) -> WatchReport:
        """Take what the reader heard by `now_s` and say what the source is worth now.

        The first call starts the clock of a meter that never speaks. An unsupported version and a repetition are no
        data at all, neither good nor bad (ALB-P1-002).
        """
        if self._due_s is None:
            self._expect(now_s, self._rules.first_timeout_s)
        if not heard and not self._is_due(now_s):
            return WatchReport(self.state, None, ())
        logs: list[LogLine] = []
        reading: Reading | None = None
        for item in heard:
            self._meter = item.meter or self._meter
            if isinstance(item, Reading):
                reading = self._valid(item, now_s, logs) or reading
            else:
                self._bad(item, logs)
        self._judge(now_s, reading, logs)
        return WatchReport(self.state, reading if self.state == "live" else None, tuple(logs))

    def next_deadline_s(self) -> float | None:
        """When the meter counts as lost, or its loss as an error; None when it already does."""
        return self._error_s if self.state == "lost" else self._due_s

    def _is_due(self, now_s: float) -> bool:
        due_s = self.next_deadline_s()
        return due_s is not None and now_s >= due_s

    def _expect(self, since_s: float, timeout_s: float) -> None:
        self._due_s = since_s + timeout_s
        if self._rules.error_after_s is not None:
            self._error_s = since_s + self._rules.error_after_s

    def _valid(self, reading: Reading, now_s: float, logs: list[LogLine]) -> Reading | None:
        timeout_s = self._rules.timeout_s(reading.interval_s)
        if reading.at_s + timeout_s <= now_s:
            return None  # handed over too late: a stale value is not a live one
        self._expect(reading.at_s, timeout_s)
        self._bad_in_a_row = 0
        self._said = None
        if self._warned and self.state != "lost":
            logs.append(self._rules.texts.back(self._meter))
        self._warned = False
        return reading

    def _bad(self, telegram: BadTelegram, logs: list[LogLine]) -> None:
        if telegram.kind == "repeated":
            return
        unsupported = telegram.kind == "unsupported"
        self._bad_in_a_row += not unsupported
        if not unsupported and self._bad_in_a_row < self._rules.say_from:
            return
        self._warn(logs)
        line = self._rules.texts.bad(telegram)
        if line != self._said or (self._rules.say_every and not unsupported):
            self._said = line
            logs.append(line)

    def _warn(self, logs: list[LogLine]) -> None:
        if not self._warned and (warning := self._rules.texts.warning) is not None:
            self._warned = True
            logs.append(warning)

    def _judge(self, now_s: float, reading: Reading | None, logs: list[LogLine]) -> None:
        before = self.state
        timed_out = self._due_s is not None and now_s >= self._due_s
        if timed_out or (self._rules.max_bad is not None and self._bad_in_a_row >= self._rules.max_bad):
            self.state = "lost"
        elif reading is not None:
            self.state = "live"
        if self.state == "lost" and before != "lost":
            self._warn(logs)
            logs += self._rules.texts.timed_out if timed_out else self._rules.texts.too_many_bad
        elif self.state == "live" and before == "lost":
            logs.append(self._rules.texts.back(self._meter))
        if self.state == "lost" and self._error_s is not None and now_s >= self._error_s:
            self._error_s = None
            if self._rules.texts.error is not None:
                logs.append(self._rules.texts.error(self._meter))
