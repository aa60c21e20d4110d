"""Stations that are wrong on purpose, each in one room, for the proof that the suites reject them.

A bench file names one as `factory = "tests/faulty/stations.py:trips_at_110_s"`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from fastcrc import crc16

from station.balancing.active import ActiveBalancing
from station.core import StationCore
from station.mode3 import Mode3, Permission, State
from station.overcurrent import BANDS, OverCurrent, Resumed, Tripped
from station.pilot import Vehicle
from station.runtime import StationRuntime
from station.setting_rows import P1_MODE, P1_PROTOCOL
from station.settings import Settings
from station.sources.p1.reader import P1Reader
from station.sources.reading import BadTelegram, Reading
from station.sources.watch import SourceState, SourceWatch, WatchReport

Triple = tuple[int, int, int]
Change = Tripped | Resumed | None
Heard = Sequence[Reading | BadTelegram]


def _station(settings: Settings, ports: dict[str, Any], **rooms: Any) -> StationRuntime:
    """The reference station with some rooms replaced; `reader` belongs to the runtime, the others to the core."""
    reader = rooms.pop("reader", None)
    return StationRuntime(settings, core=StationCore(settings, **rooms), reader=reader, **ports)


# -- over-current -----------------------------------------------------------------------------------------------


def trips_at_110_s(settings: Settings, **ports: Any) -> StationRuntime:
    """The second band takes 110 s instead of 100 s."""
    bands = [band._replace(trip_after_s=110.0) if band.lower_pct == 105 else band for band in BANDS]
    return _station(settings, ports, overcurrent=OverCurrent(settings, bands))


def trips_at_99_s(settings: Settings, **ports: Any) -> StationRuntime:
    """The second band takes 99 s instead of 100 s."""
    bands = [band._replace(trip_after_s=99.0) if band.lower_pct == 105 else band for band in BANDS]
    return _station(settings, ports, overcurrent=OverCurrent(settings, bands))


def lower_bound_excluded(settings: Settings, **ports: Any) -> StationRuntime:
    """A bound belongs to the band below it instead of the one above."""

    class Excluding(OverCurrent):
        def step(self, now_s: float, measured_ma: Triple, signalled_ma: int, charging: bool) -> Change:
            one_less = tuple(max(0, ma - 1) for ma in measured_ma)
            return super().step(now_s, one_less, signalled_ma, charging)  # type: ignore[arg-type]

    return _station(settings, ports, overcurrent=Excluding(settings))


def trips_below_the_limit(settings: Settings, **ports: Any) -> StationRuntime:
    """The mildest band begins at 99 %."""
    bands = [band._replace(lower_pct=99) if band.lower_pct == 100 else band for band in BANDS]
    return _station(settings, ports, overcurrent=OverCurrent(settings, bands))


def slow_beyond_150_percent(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes the end of the table at its word: from 150 % on its last row does not apply, and the 5 s band does."""

    class ByTheTable(OverCurrent):
        def step(self, now_s: float, measured_ma: Triple, signalled_ma: int, charging: bool) -> Change:
            seen_ma = tuple(ma if ma * 100 < 150 * signalled_ma else signalled_ma * 119 // 100 for ma in measured_ma)
            return super().step(now_s, seen_ma, signalled_ma, charging)  # type: ignore[arg-type]

    return _station(settings, ports, overcurrent=ByTheTable(settings))


def watches_l1_only(settings: Settings, **ports: Any) -> StationRuntime:
    """Over-current on L2 or L3 is not seen."""

    class L1Only(OverCurrent):
        def step(self, now_s: float, measured_ma: Triple, signalled_ma: int, charging: bool) -> Change:
            return super().step(now_s, (measured_ma[0], 0, 0), signalled_ma, charging)

    return _station(settings, ports, overcurrent=L1Only(settings))


def fast_bands_on_l1_only(settings: Settings, **ports: Any) -> StationRuntime:
    """The fast path of the 2 s and 5 s bands samples L1 only."""

    class FastOnL1(OverCurrent):
        def step(self, now_s: float, measured_ma: Triple, signalled_ma: int, charging: bool) -> Change:
            slow_ma = min(max(measured_ma), signalled_ma * 1119 // 1000)
            return super().step(now_s, (measured_ma[0], slow_ma, 0), signalled_ma, charging)

    return _station(settings, ports, overcurrent=FastOnL1(settings))


def reports_l1(settings: Settings, **ports: Any) -> StationRuntime:
    """The message names the current of L1 instead of that of the worst phase."""

    class L1InText(OverCurrent):
        l1_ma = 0

        def step(self, now_s: float, measured_ma: Triple, signalled_ma: int, charging: bool) -> Change:
            self.l1_ma = measured_ma[0] or self.l1_ma
            change = super().step(now_s, measured_ma, signalled_ma, charging)
            return change._replace(actual_ma=self.l1_ma) if isinstance(change, Tripped) else change

    return _station(settings, ports, overcurrent=L1InText(settings))


def compares_with_the_configured_limit(settings: Settings, **ports: Any) -> StationRuntime:
    """Measures the draw against the connector's setting instead of what the pilot signals."""
    configured_ma = settings.cap_da * 100

    class Configured(OverCurrent):
        def step(self, now_s: float, measured_ma: Triple, signalled_ma: int, charging: bool) -> Change:
            return super().step(now_s, measured_ma, configured_ma if signalled_ma else 0, charging)

    return _station(settings, ports, overcurrent=Configured(settings))


def any_change_resets(settings: Settings, **ports: Any) -> StationRuntime:
    """Every change of the current starts all times again."""

    class Restless(OverCurrent):
        last_ma = 0

        def step(self, now_s: float, measured_ma: Triple, signalled_ma: int, charging: bool) -> Change:
            if max(measured_ma) != self.last_ma and not self.paused:
                self.last_ma = max(measured_ma)
                super().step(now_s, (0, 0, 0), signalled_ma, charging)
                for timer in self._timers:
                    timer.clear()
            return super().step(now_s, measured_ma, signalled_ma, charging)

    return _station(settings, ports, overcurrent=Restless(settings))


def keeps_the_contactor_closed(settings: Settings, **ports: Any) -> StationRuntime:
    """Signals state F and leaves the socket live."""

    class Live(Mode3):
        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            closed = self.contactor
            state = super().step(now_s, vehicle, permission, offer_ma)
            self.contactor = closed if state == "F" else self.contactor
            return state

    return _station(settings, ports, mode3=Live(settings))


def no_grace(settings: Settings, **ports: Any) -> StationRuntime:
    """A lowered limit counts at once."""
    return _station(replace(settings, ocp_grace_s=0.0), ports)


def endless_grace(settings: Settings, **ports: Any) -> StationRuntime:
    """A lowered limit counts after a minute."""
    return _station(replace(settings, ocp_grace_s=60.0), ports)


def any_dip_resets(settings: Settings, **ports: Any) -> StationRuntime:
    """A single sample below the band starts its time again."""
    return _station(replace(settings, ocp_reset_s=0.0), ports)


def nothing_resets(settings: Settings, **ports: Any) -> StationRuntime:
    """An interruption only halts the time, however long it is."""
    return _station(replace(settings, ocp_reset_s=1e9), ports)


def never_resumes(settings: Settings, **ports: Any) -> StationRuntime:
    """One pause, for ever."""
    return _station(replace(settings, ocp_max_retries=0), ports)


def gives_up_after_ten(settings: Settings, **ports: Any) -> StationRuntime:
    """Locks out after the tenth resume."""
    return _station(replace(settings, ocp_max_retries=10), ports)


def resumes_after_290_s(settings: Settings, **ports: Any) -> StationRuntime:
    """The pause is ten seconds short."""
    return _station(replace(settings, ocp_pause_s=290.0), ports)


def pauses_in_c1(settings: Settings, **ports: Any) -> StationRuntime:
    """The over-current pause only withdraws the offer, so the pilot goes to C1 or B1 instead of F."""

    class Gentle(Mode3):
        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            milder = Permission.NONE if permission is Permission.FAULT else permission
            return super().step(now_s, vehicle, milder, offer_ma)

    return _station(settings, ports, mode3=Gentle(settings))


def says_nothing(settings: Settings, **ports: Any) -> StationRuntime:
    """Does everything right and reports none of it: no display, LED, back office or log."""
    return StationRuntime(settings, **{**ports, "emit": lambda _at_s, _kind, _fields: None})


# -- the meter --------------------------------------------------------------------------------------------------


def falls_back_at_once(settings: Settings, **ports: Any) -> StationRuntime:
    """The first telegram that is late by a fifth of a second counts as a loss."""
    return _station(replace(settings, p1_timeout_factor=1.0, p1_timeout_floor_s=1.0), ports)


def falls_back_5_s_late(settings: Settings, **ports: Any) -> StationRuntime:
    """The time-out is five seconds too long."""
    return _station(replace(settings, p1_timeout_margin_s=5.0), ports)


def never_falls_back(settings: Settings, **ports: Any) -> StationRuntime:
    """Once heard, always believed."""

    class Trusting(SourceWatch):
        def step(self, now_s: float, heard: Heard = ()) -> WatchReport:
            report = super().step(now_s, heard)
            return report._replace(state="live" if report.state == "lost" else report.state)

    return _station(settings, ports, watch=Trusting(settings))


def one_bad_telegram_is_a_loss(settings: Settings, **ports: Any) -> StationRuntime:
    """Falls back at the first bad CRC."""
    return _station(replace(settings, p1_max_bad=1), ports)


def ignores_the_crc(settings: Settings, **ports: Any) -> StationRuntime:
    """Acts on whatever a damaged telegram says."""

    class Careless(P1Reader):
        def receive(self, data: bytes, now_s: float) -> list[Reading | BadTelegram]:
            start, end = data.find(b"/"), data.rfind(b"!")
            if 0 <= start < end:
                body = data[start : end + 1]
                data = data[:start] + body + b"%04X\r\n" % crc16.arc(body)
            return super().receive(data, now_s)

    return _station(settings, ports, reader=Careless())


def believes_old_meters(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes a telegram of a version below 4.0 for a sign of life of the meter."""

    class Believing(SourceWatch):
        last: Reading | None = None

        def step(self, now_s: float, heard: Heard = ()) -> WatchReport:
            for index, item in enumerate(heard):
                if isinstance(item, Reading):
                    self.last = item
                elif item.kind == "unsupported" and self.last is not None:
                    heard = [*heard[:index], replace(self.last, at_s=now_s), *heard[index + 1 :]]
            return super().step(now_s, heard)

    return _station(settings, ports, watch=Believing(settings))


def ignores_the_sign(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes an exporting phase for an importing one."""
    return _station(settings, ports, reader=_altered(abs))


def thinks_the_car_is_on_the_meter(settings: Settings, **ports: Any) -> StationRuntime:
    """Calculates as if the meter saw the station, whatever is set."""
    return _station(settings, ports, active=ActiveBalancing(replace(settings, meter_includes_charger=True)))


def six_where_less_is_left(settings: Settings, **ports: Any) -> StationRuntime:
    """Where more than 0 A and less than 6 A are left it offers 6 A."""

    class Clamping(ActiveBalancing):
        def _available(self, meter_a: float, drawn_ma: int) -> int:
            available_da = super()._available(meter_a, drawn_ma)
            return 60 if 0 < available_da < 60 else available_da

    return _station(settings, ports, active=Clamping(settings))


def exclude_ignores_export(settings: Settings, **ports: Any) -> StationRuntime:
    """With exclude charging EV an exporting phase counts as zero."""

    class NoExport(ActiveBalancing):
        def _available(self, meter_a: float, drawn_ma: int) -> int:
            return super()._available(meter_a if self._include else max(0.0, meter_a), drawn_ma)

    return _station(settings, ports, active=NoExport(settings))


def no_one_phase_meters(settings: Settings, **ports: Any) -> StationRuntime:
    """Telegrams of one-phase meters are thrown away."""

    class ThreePhase(P1Reader):
        def receive(self, data: bytes, now_s: float) -> list[Reading | BadTelegram]:
            return [item for item in super().receive(data, now_s) if not isinstance(item, Reading) or item.phases == 3]

    return _station(settings, ports, reader=ThreePhase())


def returns_in_one_jump(settings: Settings, **ports: Any) -> StationRuntime:
    """No gradual return when the meter is back."""
    return _station(replace(settings, alb_return_a_per_step=80.0), ports)


def reacts_after_3_s(settings: Settings, **ports: Any) -> StationRuntime:
    """Acts on what the meter said three seconds ago."""

    class Late(ActiveBalancing):
        def step(
            self, now_s: float, state: SourceState, reading: Reading | None, drawn_ma: Sequence[int], session: bool
        ) -> None:
            self.held = getattr(self, "held", [])
            if reading is not None:
                self.held.append((now_s + 3.0, reading, tuple(drawn_ma)))
            due = [entry for entry in self.held if entry[0] <= now_s]
            self.held = [entry for entry in self.held if entry[0] > now_s]
            late, then_ma = (due[-1][1], due[-1][2]) if due else (None, drawn_ma)
            super().step(now_s, state, late, then_ma, session)

        def next_deadline_s(self) -> float | None:
            due_s = [entry[0] for entry in getattr(self, "held", [])]
            own_s = super().next_deadline_s()
            return min([*due_s, own_s if own_s is not None else math.inf], default=None)

    return _station(settings, ports, active=Late(settings))


def ignores_the_safe_current(settings: Settings, **ports: Any) -> StationRuntime:
    """Keeps 16 A without a meter, whatever the safe current is."""
    return _station(settings, ports, active=ActiveBalancing(replace(settings, safe_a=16.0)))


def reads_p1_in_any_mode(settings: Settings, **ports: Any) -> StationRuntime:
    """Reads telegrams although the port or the protocol is set to something else."""
    return _station(replace(settings, rj11_mode=P1_MODE, protocol=P1_PROTOCOL), ports)


def _altered(change: Callable[[float], float]) -> P1Reader:
    class Altered(P1Reader):
        def receive(self, data: bytes, now_s: float) -> list[Reading | BadTelegram]:
            heard = super().receive(data, now_s)
            return [self.alter(item) if isinstance(item, Reading) else item for item in heard]

        def alter(self, reading: Reading) -> Reading:
            l1_a, l2_a, l3_a = reading.current_a
            return replace(reading, current_a=(change(l1_a), change(l2_a), change(l3_a)))

    return Altered()
