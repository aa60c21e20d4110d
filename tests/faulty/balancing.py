"""Stations that are wrong on purpose in what they make of a meter's readings, whatever meter it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from station.balancing import active, phase_order
from station.balancing.active import ActiveBalancing
from station.face import Event, Face
from station.runtime import StationRuntime
from station.settings import Settings
from station.sources.reading import Reading
from station.sources.watch import SourceState, SourceWatch, WatchReport
from tests.faulty.building import Heard, reading_otherwise, station, with_currents


def ignores_the_sign(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes an exporting phase for an importing one."""
    unsigned = with_currents(lambda l1_a, l2_a, l3_a: (abs(l1_a), abs(l2_a), abs(l3_a)))
    return station(settings, ports, watch=reading_otherwise(settings, unsigned))


def turns_the_sign_round(settings: Settings, **ports: Any) -> StationRuntime:
    """An import is an export and the other way round, as with current transformers clipped on backwards."""
    turned = with_currents(lambda l1_a, l2_a, l3_a: (-l1_a, -l2_a, -l3_a))
    return station(settings, ports, watch=reading_otherwise(settings, turned))


def swaps_l2_and_l3(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes the meter's second phase for its third."""
    swapped = with_currents(lambda l1_a, l2_a, l3_a: (l1_a, l3_a, l2_a))
    return station(settings, ports, watch=reading_otherwise(settings, swapped))


def looks_at_l1_only(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes the current of L1 for that of every phase."""
    first = with_currents(lambda l1_a, _l2_a, _l3_a: (l1_a, l1_a, l1_a))
    return station(settings, ports, watch=reading_otherwise(settings, first))


def nets_the_phases(settings: Settings, **ports: Any) -> StationRuntime:
    """Shares the sum of all phases out evenly, as if export on one could be used on another."""

    def even(reading: Reading) -> Reading:
        mean_a = sum(reading.current_a) / reading.phases
        return replace(reading, current_a=(mean_a, mean_a, mean_a))

    return station(settings, ports, watch=reading_otherwise(settings, even))


def ignores_the_rotation(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes its first terminal for L1 of the grid, whatever the phase rotation says."""
    straight = "L1L2L3" if len(settings.grid_phases) > 1 else "L1"
    return station(replace(settings, phases=straight), ports)


def never_mentions_the_phase_order(settings: Settings, **ports: Any) -> StationRuntime:
    """Does not compare the car's phase with the meter's."""

    class Blind(ActiveBalancing):
        def step(
            self, now_s: float, state: SourceState, reading: Reading | None, drawn_ma: tuple[int, ...], session: bool
        ) -> None:
            super().step(now_s, state, reading, drawn_ma, session)
            self.mismatch = None

    return station(settings, ports, active=Blind(settings))


def suspects_the_phase_order(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes the phase on which the house changed most for the one that the meter shows the car on."""

    class Suspicious(ActiveBalancing):
        before_a: Sequence[float] = (0.0, 0.0, 0.0)

        def step(
            self, now_s: float, state: SourceState, reading: Reading | None, drawn_ma: tuple[int, ...], session: bool
        ) -> None:
            super().step(now_s, state, reading, drawn_ma, session)
            if reading is not None:
                changes = [abs(now - then) for now, then in zip(reading.current_a, self.before_a, strict=True)]
                self.before_a = reading.current_a
                if changes[1] > phase_order.TELLING_A:
                    self.mismatch = phase_order.Mismatch(0, 1)

    return station(settings, ports, active=Suspicious(settings))


def shows_old_currents(settings: Settings, **ports: Any) -> StationRuntime:
    """Live monitoring shows the first reading for ever."""

    class Stuck(Face):
        first: object = None

        def _say(self, events: list[Event], kind: str, fields: dict[str, object]) -> None:
            if kind == "monitor":
                self.first = self.first or fields["meter_a"]
                fields = {**fields, "meter_a": self.first, "duty_pct": None}
            super()._say(events, kind, fields)

    return station(settings, ports, face=Stuck)


def looks_once_in_ten_readings(settings: Settings, **ports: Any) -> StationRuntime:
    """Acts on every tenth reading only."""

    class Rare(ActiveBalancing):
        count = 0

        def step(
            self, now_s: float, state: SourceState, reading: Reading | None, drawn_ma: tuple[int, ...], session: bool
        ) -> None:
            self.count += reading is not None
            seen = reading if self.count % 10 == 1 else None
            super().step(now_s, state, seen, drawn_ma, session)

    return station(settings, ports, active=Rare(settings))


def answers_its_own_decrease(settings: Settings, **ports: Any) -> StationRuntime:
    """Subtracts what the socket draws when a reading arrives, though its figures are older."""

    def fresh(reading: Reading) -> Reading:
        return replace(reading, oldest_s=-active.SOCKET_METER_LATE_S, newest_s=active.SOCKET_METER_LATE_S)

    return station(settings, ports, watch=reading_otherwise(settings, fresh))


def keeps_what_a_load_took(settings: Settings, **ports: Any) -> StationRuntime:
    """Follows a load down and never up again."""

    class Falling(ActiveBalancing):
        def _follow(self, phase: int, now_s: float, session: bool) -> None:
            if not session or self._available_da[phase] <= self._limits_da[phase]:
                super()._follow(phase, now_s, session)

        def next_deadline_s(self) -> float | None:
            return None

    return station(settings, ports, active=Falling(settings))


def lifts_the_maximum_to_the_safe_current(settings: Settings, **ports: Any) -> StationRuntime:
    """Without a meter it offers the safe current, above the maximum of its socket if need be."""
    lifted = replace(settings, connector1_max_a=settings.station_max_a)
    if settings.safe_a > settings.connector1_max_a or settings.safe_a > settings.station_max_a:
        lifted = replace(settings, connector1_max_a=settings.safe_a, station_max_a=settings.safe_a)
        return station(lifted, ports)
    return station(settings, ports)


def full_current_for_a_new_car(settings: Settings, **ports: Any) -> StationRuntime:
    """A car that is plugged in while the meter is lost gets what its socket can give."""

    class Generous(ActiveBalancing):
        lost_with_a_session = False

        def step(
            self, now_s: float, state: SourceState, reading: Reading | None, drawn_ma: tuple[int, ...], session: bool
        ) -> None:
            if state == "live" or (session and not self.safe):
                self.lost_with_a_session = session
            self.lost_with_a_session &= session
            super().step(now_s, state, reading, drawn_ma, session)
            if self.safe and session and not self.lost_with_a_session:
                self._limits_da = [self._cap_da] * 3

    return station(settings, ports, active=Generous(settings))


def goes_back_to_the_old_value(settings: Settings, **ports: Any) -> StationRuntime:
    """With the first reading after a loss it offers what it offered before the loss."""

    class Remembering(ActiveBalancing):
        before: Sequence[int] = (0, 0, 0)

        def step(
            self, now_s: float, state: SourceState, reading: Reading | None, drawn_ma: tuple[int, ...], session: bool
        ) -> None:
            was_safe, kept = self.safe, list(self._limits_da)
            super().step(now_s, state, reading, drawn_ma, session)
            if not self.safe and was_safe and any(self.before):
                self._limits_da = list(self.before)
            elif self.safe and not was_safe:
                self.before = kept

    return station(settings, ports, active=Remembering(settings))


def restored_by_a_bad_one(settings: Settings, **ports: Any) -> StationRuntime:
    """After a loss anything that comes from the meter ends the safe mode, readable or not."""

    class Easy(SourceWatch):
        last: Reading | None = None

        def step(self, now_s: float, heard: Heard = ()) -> WatchReport:
            for index, item in enumerate(heard):
                if isinstance(item, Reading):
                    self.last = item
                elif self.state == "lost" and self.last is not None and item.kind == "crc":
                    heard = [*heard[:index], replace(self.last, at_s=now_s), *heard[index + 1 :]]
            return super().step(now_s, heard)

    return station(settings, ports, watch=Easy(settings))


def thinks_the_car_is_on_the_meter(settings: Settings, **ports: Any) -> StationRuntime:
    """Calculates as if the meter saw the station, whatever is set."""
    return station(settings, ports, active=ActiveBalancing(replace(settings, meter_includes_charger=True)))


def six_where_less_is_left(settings: Settings, **ports: Any) -> StationRuntime:
    """Where more than 0 A and less than 6 A are left it offers 6 A."""

    class Clamping(ActiveBalancing):
        def _available(self, meter_a: float, drawn_ma: int) -> int:
            available_da = super()._available(meter_a, drawn_ma)
            return 60 if 0 < available_da < 60 else available_da

    return station(settings, ports, active=Clamping(settings))


def exclude_ignores_export(settings: Settings, **ports: Any) -> StationRuntime:
    """With exclude charging EV an exporting phase counts as zero."""

    class NoExport(ActiveBalancing):
        def _available(self, meter_a: float, drawn_ma: int) -> int:
            return super()._available(meter_a if self._include else max(0.0, meter_a), drawn_ma)

    return station(settings, ports, active=NoExport(settings))


def returns_in_one_jump(settings: Settings, **ports: Any) -> StationRuntime:
    """No gradual return when the meter is back."""
    return station(replace(settings, alb_return_a_per_step=80.0), ports)


def reacts_after_3_s(settings: Settings, **ports: Any) -> StationRuntime:
    """Acts on what the meter said three seconds ago."""

    class Late(ActiveBalancing):
        def step(
            self, now_s: float, state: SourceState, reading: Reading | None, drawn_ma: tuple[int, ...], session: bool
        ) -> None:
            self.held = getattr(self, "held", [])
            if reading is not None:
                self.held.append((now_s + 3.0, reading, drawn_ma))
            due = [entry for entry in self.held if entry[0] <= now_s]
            self.held = [entry for entry in self.held if entry[0] > now_s]
            late, then_ma = (due[-1][1], due[-1][2]) if due else (None, drawn_ma)
            super().step(now_s, state, late, then_ma, session)

        def next_deadline_s(self) -> float | None:
            due_s = [entry[0] for entry in getattr(self, "held", [])]
            own_s = super().next_deadline_s()
            return min([*due_s, own_s if own_s is not None else math.inf], default=None)

    return station(settings, ports, active=Late(settings))


def ignores_the_safe_current(settings: Settings, **ports: Any) -> StationRuntime:
    """Keeps 16 A without a meter, whatever the safe current is."""
    return station(settings, ports, active=ActiveBalancing(replace(settings, safe_a=16.0)))
