"""Stations that are wrong on purpose in their over-current protection, each in one room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from station.mode3 import Mode3, Permission, State
from station.overcurrent import BANDS, OverCurrent, Resumed, Tripped
from station.pilot import Vehicle
from station.runtime import StationRuntime
from station.settings import Settings
from station.units import Triple
from tests.faulty.building import station

Change = Tripped | Resumed | None


def trips_at_110_s(settings: Settings, **ports: Any) -> StationRuntime:
    """The second band takes 110 s instead of 100 s."""
    bands = [band._replace(trip_after_s=110.0) if band.lower_pct == 105 else band for band in BANDS]
    return station(settings, ports, overcurrent=lambda made_for: OverCurrent(made_for, bands))


def trips_at_99_s(settings: Settings, **ports: Any) -> StationRuntime:
    """The second band takes 99 s instead of 100 s."""
    bands = [band._replace(trip_after_s=99.0) if band.lower_pct == 105 else band for band in BANDS]
    return station(settings, ports, overcurrent=lambda made_for: OverCurrent(made_for, bands))


def lower_bound_excluded(settings: Settings, **ports: Any) -> StationRuntime:
    """A bound belongs to the band below it instead of the one above."""

    class Excluding(OverCurrent):
        def step(self, now_s: float, measured_ma: Triple, signalled_ma: int, charging: bool) -> Change:
            one_less = tuple(max(0, ma - 1) for ma in measured_ma)
            return super().step(now_s, one_less, signalled_ma, charging)  # type: ignore[arg-type]

    return station(settings, ports, overcurrent=Excluding)


def trips_below_the_limit(settings: Settings, **ports: Any) -> StationRuntime:
    """The mildest band begins at 99 %."""
    bands = [band._replace(lower_pct=99) if band.lower_pct == 100 else band for band in BANDS]
    return station(settings, ports, overcurrent=lambda made_for: OverCurrent(made_for, bands))


def slow_beyond_150_percent(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes the end of the table at its word: from 150 % on its last row does not apply, and the 5 s band does."""

    class ByTheTable(OverCurrent):
        def step(self, now_s: float, measured_ma: Triple, signalled_ma: int, charging: bool) -> Change:
            seen_ma = tuple(ma if ma * 100 < 150 * signalled_ma else signalled_ma * 119 // 100 for ma in measured_ma)
            return super().step(now_s, seen_ma, signalled_ma, charging)  # type: ignore[arg-type]

    return station(settings, ports, overcurrent=ByTheTable)


def watches_l1_only(settings: Settings, **ports: Any) -> StationRuntime:
    """Over-current on L2 or L3 is not seen."""

    class L1Only(OverCurrent):
        def step(self, now_s: float, measured_ma: Triple, signalled_ma: int, charging: bool) -> Change:
            return super().step(now_s, (measured_ma[0], 0, 0), signalled_ma, charging)

    return station(settings, ports, overcurrent=L1Only)


def fast_bands_on_l1_only(settings: Settings, **ports: Any) -> StationRuntime:
    """The fast path of the 2 s and 5 s bands samples L1 only."""

    class FastOnL1(OverCurrent):
        def step(self, now_s: float, measured_ma: Triple, signalled_ma: int, charging: bool) -> Change:
            slow_ma = min(max(measured_ma), signalled_ma * 1119 // 1000)
            return super().step(now_s, (measured_ma[0], slow_ma, 0), signalled_ma, charging)

    return station(settings, ports, overcurrent=FastOnL1)


def reports_l1(settings: Settings, **ports: Any) -> StationRuntime:
    """The message names the current of L1 instead of that of the worst phase."""

    class L1InText(OverCurrent):
        l1_ma = 0

        def step(self, now_s: float, measured_ma: Triple, signalled_ma: int, charging: bool) -> Change:
            self.l1_ma = measured_ma[0] or self.l1_ma
            change = super().step(now_s, measured_ma, signalled_ma, charging)
            return change._replace(actual_ma=self.l1_ma) if isinstance(change, Tripped) else change

    return station(settings, ports, overcurrent=L1InText)


def compares_with_the_configured_limit(settings: Settings, **ports: Any) -> StationRuntime:
    """Measures the draw against the connector's setting instead of what the pilot signals."""
    configured_ma = settings.cap_da * 100

    class Configured(OverCurrent):
        def step(self, now_s: float, measured_ma: Triple, signalled_ma: int, charging: bool) -> Change:
            return super().step(now_s, measured_ma, configured_ma if signalled_ma else 0, charging)

    return station(settings, ports, overcurrent=Configured)


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

    return station(settings, ports, overcurrent=Restless)


def keeps_the_contactor_closed(settings: Settings, **ports: Any) -> StationRuntime:
    """Signals state F and leaves the socket live."""

    class Live(Mode3):
        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            closed = self.contactor
            state = super().step(now_s, vehicle, permission, offer_ma)
            self.contactor = closed if state == "F" else self.contactor
            return state

    return station(settings, ports, mode3=Live)


def no_grace(settings: Settings, **ports: Any) -> StationRuntime:
    """A lowered limit counts at once."""
    return station(replace(settings, ocp_grace_s=0.0), ports)


def endless_grace(settings: Settings, **ports: Any) -> StationRuntime:
    """A lowered limit counts after a minute."""
    return station(replace(settings, ocp_grace_s=60.0), ports)


def any_dip_resets(settings: Settings, **ports: Any) -> StationRuntime:
    """A single sample below the band starts its time again."""
    return station(replace(settings, ocp_reset_s=0.0), ports)


def nothing_resets(settings: Settings, **ports: Any) -> StationRuntime:
    """An interruption only halts the time, however long it is."""
    return station(replace(settings, ocp_reset_s=1e9), ports)


def never_resumes(settings: Settings, **ports: Any) -> StationRuntime:
    """One pause, for ever."""
    return station(replace(settings, ocp_max_retries=0), ports)


def gives_up_after_ten(settings: Settings, **ports: Any) -> StationRuntime:
    """Locks out after the tenth resume."""
    return station(replace(settings, ocp_max_retries=10), ports)


def resumes_after_290_s(settings: Settings, **ports: Any) -> StationRuntime:
    """The pause is ten seconds short."""
    return station(replace(settings, ocp_pause_s=290.0), ports)


def pauses_in_c1(settings: Settings, **ports: Any) -> StationRuntime:
    """The over-current pause only withdraws the offer, so the pilot goes to C1 or B1 instead of F."""

    class Gentle(Mode3):
        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            milder = Permission.NONE if permission is Permission.FAULT else permission
            return super().step(now_s, vehicle, milder, offer_ma)

    return station(settings, ports, mode3=Gentle)


def says_nothing(settings: Settings, **ports: Any) -> StationRuntime:
    """Does everything right and reports none of it: no display, LED, back office or log."""
    return StationRuntime(settings, **{**ports, "emit": lambda _at_s, _kind, _fields: None})
