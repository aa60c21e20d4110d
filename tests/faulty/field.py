"""Stations that are wrong on purpose only now and then: at the second loss, under a cloud, when little is left.

What is usual they do right, so only a case that brings about the moment tells them from a good station.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from station.balancing.active import PHASES, USABLE_FROM_DA, ActiveBalancing
from station.errors import Malformed
from station.face import Event, Face
from station.runtime import StationRuntime
from station.settings import Settings
from station.sources.modbus.mapping import RegisterMap, register_map
from station.sources.modbus.registers import Register
from station.sources.readers import poller_for
from station.sources.reading import Reading
from station.sources.rules import rules_for
from station.sources.watch import SourceState, SourceWatch, WatchReport
from tests.faulty.building import Heard, station

# -- losing the meter -----------------------------------------------------------------------------------------------


class _Dated(ActiveBalancing):
    """Active balancing that knows since when there is a session, the meter is lost, or back after a loss; s.

    What is to be done wrong has a place of its own, `spoil`, after each step that was right.
    """

    session_s: float | None = None
    lost_s: float | None = None
    back_s: float | None = None

    def step(
        self, now_s: float, state: SourceState, reading: Reading | None, drawn_ma: tuple[int, ...], session: bool
    ) -> None:
        if not session or self.session_s is None:
            self.session_s = now_s if session else None
        if state == "live" and self.lost_s is not None:
            self.lost_s, self.back_s = None, now_s
        elif state == "lost" and self.lost_s is None:
            self.lost_s = now_s
        super().step(now_s, state, reading, drawn_ma, session)
        if session:
            self.spoil(now_s)

    def spoil(self, now_s: float) -> None:
        """Change the limits that were found, of a session."""


def keeps_less_than_the_safe_current(settings: Settings, **ports: Any) -> StationRuntime:
    """Without a meter it falls to the safe current and never rises to it: who was paused stays paused."""

    class Falling(ActiveBalancing):
        def _follow(self, phase: int, now_s: float, session: bool) -> None:
            if not (self.safe and session and self._available_da[phase] > self._limits_da[phase]):
                super()._follow(phase, now_s, session)

        def next_deadline_s(self) -> float | None:
            return None if self.safe else super().next_deadline_s()

    return station(settings, ports, active=Falling(settings))


def does_not_look_while_paused(settings: Settings, **ports: Any) -> StationRuntime:
    """A session that is paused stays so when the meter is lost."""

    class Sleeping(ActiveBalancing):
        def step(
            self, now_s: float, state: SourceState, reading: Reading | None, drawn_ma: tuple[int, ...], session: bool
        ) -> None:
            if state == "lost" and session and not any(self._limits_da):
                state = "live"
            super().step(now_s, state, reading, drawn_ma, session)

    return station(settings, ports, active=Sleeping(settings))


def pauses_after_90_s(settings: Settings, **ports: Any) -> StationRuntime:
    """A meter that has been lost for a minute and a half pauses the session, until it is back."""

    class Stern(_Dated):
        def spoil(self, now_s: float) -> None:
            if self.lost_s is not None and now_s >= self.lost_s + 90.0:
                self._limits_da = [0] * len(PHASES)
                self._available_da = [0] * len(PHASES)

        def next_deadline_s(self) -> float | None:
            own_s = super().next_deadline_s()
            if self.lost_s is None or not any(self._limits_da):
                return own_s
            return self.lost_s + 90.0 if own_s is None else min(own_s, self.lost_s + 90.0)

    return station(settings, ports, active=Stern(settings))


def notices_one_loss(settings: Settings, **ports: Any) -> StationRuntime:
    """Falls back once; a second loss goes unnoticed."""

    class Once(SourceWatch):
        losses = 0

        def step(self, now_s: float, heard: Heard = ()) -> WatchReport:
            before = self.state
            report = super().step(now_s, heard)
            self.losses += before == "live" and report.state == "lost"
            return report._replace(state="live") if report.state == "lost" and self.losses > 1 else report

    return station(settings, ports, watch=Once(settings))


def patient_after_a_loss(settings: Settings, **ports: Any) -> StationRuntime:
    """A meter that was lost once is waited for three times as long ever after."""

    class Patient(SourceWatch):
        was_lost = False

        def step(self, now_s: float, heard: Heard = ()) -> WatchReport:
            report = super().step(now_s, heard)
            self.was_lost |= report.state == "lost"
            return report

        def _expect(self, since_s: float, timeout_s: float) -> None:
            super()._expect(since_s, 3.0 * timeout_s if self.was_lost else timeout_s)

    return station(settings, ports, watch=Patient(settings))


def exclude_needs_no_meter(settings: Settings, **ports: Any) -> StationRuntime:
    """With exclude charging EV a lost meter counts as one that says the same as before."""

    class Trusting(ActiveBalancing):
        def step(
            self, now_s: float, state: SourceState, reading: Reading | None, drawn_ma: tuple[int, ...], session: bool
        ) -> None:
            if state == "lost" and not self._include:
                state = "live"
            super().step(now_s, state, reading, drawn_ma, session)

    return station(settings, ports, active=Trusting(settings))


# -- the meter is back ----------------------------------------------------------------------------------------------


def safe_current_is_a_floor(settings: Settings, **ports: Any) -> StationRuntime:
    """For a minute after the meter is back it offers no less than the safe current."""

    class Floored(_Dated):
        def spoil(self, now_s: float) -> None:
            if self.back_s is not None and now_s < self.back_s + 60.0:
                self._limits_da = [max(limit_da, self._safe_da) for limit_da in self._limits_da]

    return station(settings, ports, active=Floored(settings))


def returns_blindly(settings: Settings, **ports: Any) -> StationRuntime:
    """After a loss it rises to what the first reading left, and looks at the next one when it is there."""

    class Blind(_Dated):
        goal_da: Sequence[int] = ()
        goal_of_s: float | None = None

        def _left(self, reading: Reading) -> list[int]:
            left_da = super()._left(reading)
            if self.back_s != self.goal_of_s:
                self.goal_da, self.goal_of_s = left_da, self.back_s
            if all(limit >= goal for limit, goal in zip(self._limits_da, self.goal_da, strict=False)):
                self.goal_da = ()
            return list(self.goal_da) or left_da

    return station(settings, ports, active=Blind(settings))


# -- sudden and small changes ---------------------------------------------------------------------------------------


def falls_by_2_a_each_second(settings: Settings, **ports: Any) -> StationRuntime:
    """Follows a load down step by step."""

    class Gentle(ActiveBalancing):
        fallen_s: float | None = None

        def step(
            self, now_s: float, state: SourceState, reading: Reading | None, drawn_ma: tuple[int, ...], session: bool
        ) -> None:
            before_da = list(self._limits_da)
            super().step(now_s, state, reading, drawn_ma, session)
            falls = any(limit_da < was_da for limit_da, was_da in zip(self._limits_da, before_da, strict=True))
            if not falls or not session or self.safe:
                return
            may_fall = self.fallen_s is None or now_s >= self.fallen_s + 1.0
            self.fallen_s = now_s if may_fall else self.fallen_s
            lowest_da = [was_da - 20 * may_fall for was_da in before_da]
            self._limits_da = [max(pair) for pair in zip(self._limits_da, lowest_da, strict=True)]

    return station(settings, ports, active=Gentle(settings))


def keeps_the_direction_for_30_s(settings: Settings, **ports: Any) -> StationRuntime:
    """Looks twice a minute whether a phase imports or exports, and believes that in between."""

    class Slow(SourceWatch):
        looked_s: float | None = None
        exports: Sequence[bool] = (False, False, False)

        def step(self, now_s: float, heard: Heard = ()) -> WatchReport:
            turned = [self.turned(item, now_s) if isinstance(item, Reading) else item for item in heard]
            return super().step(now_s, turned)

        def turned(self, reading: Reading, now_s: float) -> Reading:
            if self.looked_s is None or now_s >= self.looked_s + 30.0:
                self.looked_s, self.exports = now_s, [current_a < 0.0 for current_a in reading.current_a]
            sizes_a = map(abs, reading.current_a)
            one, two, three = (-a if out else a for a, out in zip(sizes_a, self.exports, strict=True))
            return replace(reading, current_a=(one, two, three))

    return station(settings, ports, watch=Slow(settings))


def has_a_dead_band_of_1_a(settings: Settings, **ports: Any) -> StationRuntime:
    """A load of less than 1 A does not lower the offer."""

    class Coarse(ActiveBalancing):
        def _follow(self, phase: int, now_s: float, session: bool) -> None:
            too_much_da = self._limits_da[phase] - self._available_da[phase]
            if self.safe or not session or not 0 < too_much_da < 10 or self._available_da[phase] < USABLE_FROM_DA:
                super()._follow(phase, now_s, session)

    return station(settings, ports, active=Coarse(settings))


def begins_with_all_there_is(settings: Settings, **ports: Any) -> StationRuntime:
    """A new session is offered what the socket can give for three seconds."""

    class Eager(_Dated):
        def spoil(self, now_s: float) -> None:
            if self.session_s is not None and now_s < self.session_s + 3.0 and not self.safe:
                self._limits_da = [self._cap_da] * len(PHASES)

    return station(settings, ports, active=Eager(settings))


def begins_with_6_a(settings: Settings, **ports: Any) -> StationRuntime:
    """A new session is offered at least 6 A for twenty seconds, left or not."""

    class Polite(_Dated):
        def spoil(self, now_s: float) -> None:
            if self.session_s is not None and now_s < self.session_s + 20.0 and not self.safe:
                self._limits_da = [max(limit_da, USABLE_FROM_DA) for limit_da in self._limits_da]

    return station(settings, ports, active=Polite(settings))


# -- phases ---------------------------------------------------------------------------------------------------------


def reads_one_letter_of_the_rotation(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes the phase that the rotation names first, and the others in their usual order after it."""
    first = settings.grid_phases[0]
    usual = "".join(f"L{(first + n) % 3 + 1}" for n in range(len(settings.grid_phases)))
    return station(replace(settings, phases=usual), ports)


def takes_off_the_largest(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes the highest current of the car for that of every phase it uses."""

    class Largest(ActiveBalancing):
        def step(
            self, now_s: float, state: SourceState, reading: Reading | None, drawn_ma: tuple[int, ...], session: bool
        ) -> None:
            largest_ma = tuple(max(drawn_ma) if phase_ma else 0 for phase_ma in drawn_ma)
            super().step(now_s, state, reading, largest_ma, session)

    return station(settings, ports, active=Largest(settings))


# -- doubtful values ------------------------------------------------------------------------------------------------


def _mapped(settings: Settings, ports: dict[str, Any], change: Callable[[RegisterMap], RegisterMap]) -> StationRuntime:
    """With other registers of a Modbus meter; any other meter is read as it should be."""
    if settings.meter_port not in ("rtu", "tcp"):
        return station(settings, ports)
    made = poller_for(settings, settings.meter_port, "", change(register_map(settings)))
    return station(settings, ports, reader=made)


def powers_are_directions(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes the sign of a power and not its size: a current of 0 A is believed whatever power is beside it."""

    def signs(found: RegisterMap) -> RegisterMap:
        return replace(found, powers=tuple(replace(register, scale=1e-3 * register.scale) for register in found.powers))

    return _mapped(settings, ports, signs)


class _NoneIsZero(Register):
    """A register in which no value counts as 0."""

    def value(self, raw: bytes, *, low_word_first: bool) -> float:
        try:
            return super().value(raw, low_word_first=low_word_first)
        except Malformed:
            return 0.0


def a_missing_phase_is_zero(settings: Settings, **ports: Any) -> StationRuntime:
    """L2 or L3 without a value counts as 0 A, as long as L1 has one."""

    def lenient(found: RegisterMap) -> RegisterMap:
        first, *others = found.currents
        rest = [_NoneIsZero(register.address, register.type, register.bits, register.scale) for register in others]
        return replace(found, currents=(first, *rest))

    return _mapped(settings, ports, lenient)


# -- words ----------------------------------------------------------------------------------------------------------


def says_10_a(settings: Settings, **ports: Any) -> StationRuntime:
    """The log speaks of the safe current that a station is delivered with."""
    return station(settings, ports, watch=SourceWatch(settings, rules_for(replace(settings, safe_a=10.0))))


def says_a_loss_twice(settings: Settings, **ports: Any) -> StationRuntime:
    """Every line about a loss comes twice."""
    rules = rules_for(settings)
    twice = replace(rules, texts=replace(rules.texts, timed_out=2 * rules.texts.timed_out))
    return station(settings, ports, watch=SourceWatch(settings, twice))


def led_stays_interrupted(settings: Settings, **ports: Any) -> StationRuntime:
    """The LED of safe-current operation stays when the meter is back."""

    class Stuck(Face):
        stuck: object = None

        def _say(self, events: list[Event], kind: str, fields: dict[str, object]) -> None:
            if kind == "led":
                if "interrupted" in str(fields["pattern"]):
                    self.stuck = fields["pattern"]
                fields = {**fields, "pattern": self.stuck or fields["pattern"]}
            super()._say(events, kind, fields)

    return station(settings, ports, face=Stuck)
