"""Stations that are wrong on purpose at the control pilot, or in what display, LED and monitoring say of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from station.board.codec import Sense
from station.mode3 import Mode3, Permission, State
from station.outlet import Outlet
from station.pilot import MINIMUM_MA, Vehicle
from station.runtime import StationRuntime
from station.settings import Settings
from tests.faulty.building import saying_otherwise, sensing_otherwise, station

# -- duty cycle -----------------------------------------------------------------------------------------------------


def duty_one_point_high(settings: Settings, **ports: Any) -> StationRuntime:
    """Every duty cycle is one percentage point too high."""

    class High(Mode3):
        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            state = super().step(now_s, vehicle, permission, offer_ma)
            self.pilot = self.pilot if isinstance(self.pilot, str) else self.pilot + 1_000
            return state

    return station(settings, ports, mode3=High)


def one_formula_for_all(settings: Settings, **ports: Any) -> StationRuntime:
    """Says currents above 51 A by the formula for those below, up to 97 %."""

    class Low(Mode3):
        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            state = super().step(now_s, vehicle, permission, offer_ma)
            self.pilot = min(offer_ma * 5 // 3, 97_000) if isinstance(self.pilot, int) else self.pilot
            return state

    return station(settings, ports, mode3=Low)


def gives_5_a(settings: Settings, **ports: Any) -> StationRuntime:
    """Signals 5 A to a car where it should pause."""

    class Five(Mode3):
        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            starved = permission is Permission.NONE and vehicle in (Vehicle.B, Vehicle.C)
            state = super().step(now_s, vehicle, Permission.OFFER if starved else permission, max(offer_ma, MINIMUM_MA))
            self.pilot = 8_333 if starved else self.pilot
            return state

    return station(settings, ports, mode3=Five)


# -- contactor ------------------------------------------------------------------------------------------------------


def contactor_4_s_late(settings: Settings, **ports: Any) -> StationRuntime:
    """Power comes 4 s after the car has asked for it."""
    return station(replace(settings, m3_contactor_close_s=4.0), ports)


def closes_in_state_b(settings: Settings, **ports: Any) -> StationRuntime:
    """There is power as soon as an offer is out."""

    class Eager(Mode3):
        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            state = super().step(now_s, vehicle, permission, offer_ma)
            self.contactor = self.contactor or state == "B2"
            return state

    return station(settings, ports, mode3=Eager)


class _Slow(Mode3):
    """Opens the contactor half a second late in some states."""

    slow_in: tuple[State, ...] = ()
    left_s: float | None = None

    def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
        was_closed = self.contactor
        state = super().step(now_s, vehicle, permission, offer_ma)
        if state not in self.slow_in or not was_closed:
            self.left_s = None
            return state
        self.left_s = now_s if self.left_s is None else self.left_s
        self.contactor = now_s < self.left_s + 0.5
        return state

    def next_deadline_s(self) -> float | None:
        return super().next_deadline_s() if self.left_s is None else self.left_s + 0.5


def stays_closed_in_b(settings: Settings, **ports: Any) -> StationRuntime:
    """There is power for another half second when the car has stopped."""

    class Slow(_Slow):
        slow_in = ("B1", "B2")

    return station(settings, ports, mode3=Slow)


def stays_closed_in_a(settings: Settings, **ports: Any) -> StationRuntime:
    """There is power for another half second when the plug has been pulled."""

    class Slow(_Slow):
        slow_in = ("A1",)

    return station(settings, ports, mode3=Slow)


def stays_closed_in_e(settings: Settings, **ports: Any) -> StationRuntime:
    """There is power for another half second when the pilot is shorted, without its diode, or in state D."""

    class Slow(_Slow):
        slow_in = ("E", "D1")

    return station(settings, ports, mode3=Slow)


def closes_when_the_car_has_gone(settings: Settings, **ports: Any) -> StationRuntime:
    """What it has been asked for it does half a second later, for a second, plug or no plug."""

    class Stubborn(Mode3):
        due_s: float | None = None

        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            before = self.state
            state = super().step(now_s, vehicle, permission, offer_ma)
            if state == "C2" and before != "C2":
                self.due_s = now_s + 0.5
            if self.due_s is not None and now_s >= self.due_s + 1.0:
                self.due_s = None
            if self.due_s is not None:
                self.contactor = now_s >= self.due_s
            return state

        def next_deadline_s(self) -> float | None:
            if self.due_s is None:
                return super().next_deadline_s()
            return self.due_s if not self.contactor else self.due_s + 1.0

    return station(settings, ports, mode3=Stubborn)


def never_opens_in_c1(settings: Settings, **ports: Any) -> StationRuntime:
    """A car that ignores the pause draws on for ever."""
    return station(replace(settings, m3_c1_open_s=1e6), ports)


def opens_in_c1_at_once(settings: Settings, **ports: Any) -> StationRuntime:
    """A car has no time to stop by itself: the contactor opens under load when the offer goes."""
    return station(replace(settings, m3_c1_open_s=0.0), ports)


# -- states ---------------------------------------------------------------------------------------------------------


def charges_in_d(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes a car that wants ventilation for any other."""

    class Airy(Mode3):
        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            return super().step(now_s, Vehicle.C if vehicle is Vehicle.D else vehicle, permission, offer_ma)

    return station(settings, ports, mode3=Airy)


def forgets_state_f(settings: Settings, **ports: Any) -> StationRuntime:
    """The pilot is at -12 V for five seconds of an over-current pause, then at +12 V without an offer."""

    class Forgetful(Mode3):
        since_s: float | None = None

        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            if permission is not Permission.FAULT:
                self.since_s = None
            else:
                self.since_s = now_s if self.since_s is None else self.since_s
                permission = permission if now_s < self.since_s + 5.0 else Permission.NONE
            return super().step(now_s, vehicle, permission, offer_ma)

        def next_deadline_s(self) -> float | None:
            own_s = super().next_deadline_s()
            return own_s if self.since_s is None or self.state != "F" else self.since_s + 5.0

    return station(settings, ports, mode3=Forgetful)


def pauses_in_f(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes the pilot to -12 V where there is no current left for a car."""

    class Harsh(Mode3):
        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            charging = self.state == "C2" and vehicle is Vehicle.C
            paused = self.state == "F"
            starved = permission is Permission.NONE and (charging or paused)
            return super().step(now_s, vehicle, Permission.FAULT if starved else permission, offer_ma)

    return station(settings, ports, mode3=Harsh)


def ends_a_session_after_10_min(settings: Settings, **ports: Any) -> StationRuntime:
    """A pause of more than ten minutes is the end of the session, until the plug is pulled."""

    class Impatient(Mode3):
        since_s: float | None = None
        ended = False

        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            if permission is Permission.NONE and vehicle in (Vehicle.B, Vehicle.C):
                self.since_s = now_s if self.since_s is None else self.since_s
            elif self.since_s is not None:
                self.ended = now_s > self.since_s + 600.0
                self.since_s = None
            self.ended = self.ended and vehicle is not Vehicle.A
            return super().step(now_s, vehicle, Permission.NONE if self.ended else permission, offer_ma)

    return station(settings, ports, mode3=Impatient)


def takes_a_shorted_diode_for_a_car(settings: Settings, **ports: Any) -> StationRuntime:
    """Does not look at the negative half-wave."""
    return sensing_otherwise(
        settings, ports, lambda seen: seen if seen.cp_low_mv == seen.cp_high_mv else seen._replace(cp_low_mv=-12_000)
    )


def narrow_window_of_c(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes a car for ready from 5.5 to 6.4 V only."""
    edges = (*range(5_000, 5_500), *range(6_400, 7_000))
    return sensing_otherwise(settings, ports, lambda seen: _at(seen, 9_000) if seen.cp_high_mv in edges else seen)


def wide_window_of_c(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes a car for ready from 1 to 8 V, whatever resistor stands in for it."""
    window = range(1_000, 8_000)
    return sensing_otherwise(settings, ports, lambda seen: _at(seen, 6_000) if seen.cp_high_mv in window else seen)


def _at(seen: Sense, high_mv: int) -> Sense:
    """The same with another positive level, which is the only one while it is constant."""
    low_mv = high_mv if seen.cp_low_mv == seen.cp_high_mv else seen.cp_low_mv
    return seen._replace(cp_high_mv=high_mv, cp_low_mv=low_mv)


# -- cable ----------------------------------------------------------------------------------------------------------


def ignores_the_cable(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes every cable for the largest."""
    return sensing_otherwise(settings, ports, lambda seen: seen._replace(pp_ohm=100 if seen.pp_ohm else 0))


def remembers_the_first_cable(settings: Settings, **ports: Any) -> StationRuntime:
    """Looks at the cable of the first session only."""
    first: list[int] = []

    def remembered(seen: Sense) -> Sense:
        if seen.pp_ohm and not first:
            first.append(seen.pp_ohm)
        return seen._replace(pp_ohm=first[0]) if seen.pp_ohm else seen

    return sensing_otherwise(settings, ports, remembered)


def nominal_cables_only(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes a resistor that is not within 10 % of one of the four for no cable."""

    def strict(seen: Sense) -> Sense:
        known = any(0.9 * ohm <= seen.pp_ohm <= 1.1 * ohm for ohm in (100, 220, 680, 1_500))
        return seen if known else seen._replace(pp_ohm=0)

    return sensing_otherwise(settings, ports, strict)


def any_resistor_is_a_cable(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes a resistor that no cable has for the nearest cable."""

    def lenient(seen: Sense) -> Sense:
        return seen._replace(pp_ohm=min(max(seen.pp_ohm, 100), 1_500)) if seen.pp_ohm else seen

    return sensing_otherwise(settings, ports, lenient)


# -- cars -----------------------------------------------------------------------------------------------------------


def a_test_plug_may_draw_on(settings: Settings, **ports: Any) -> StationRuntime:
    """A load that does not follow a lower offer has a minute for it."""
    return station(replace(settings, ocp_grace_s=60.0), ports)


def gives_up_a_car_that_takes_less(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes a car that draws no more than 16 A for one that is not there any more."""

    def gone(seen: Sense) -> Sense:
        return _at(seen, 12_000) if 0 < max(seen.current_ma) <= 16_000 else seen

    return sensing_otherwise(settings, ports, gone)


# -- live monitoring ------------------------------------------------------------------------------------------------


def monitors_two_points_low(settings: Settings, **ports: Any) -> StationRuntime:
    """Shows a duty cycle that is two percentage points below what the pilot has."""

    def low(fields: dict[str, object]) -> dict[str, object]:
        duty_pct = fields["duty_pct"]
        return fields if not isinstance(duty_pct, float) else {**fields, "duty_pct": duty_pct - 2.0}

    return saying_otherwise(settings, ports, "monitor", low)


def monitors_the_last_duty(settings: Settings, **ports: Any) -> StationRuntime:
    """Goes on showing the last duty cycle when there is no PWM any more."""
    last: list[object] = [None]

    def kept(fields: dict[str, object]) -> dict[str, object]:
        last[0] = last[0] if fields["duty_pct"] is None else fields["duty_pct"]
        return {**fields, "duty_pct": last[0]}

    return saying_otherwise(settings, ports, "monitor", kept)


# -- LED ------------------------------------------------------------------------------------------------------------


def _wrong_led(settings: Settings, ports: dict[str, Any], right: str, wrong: str) -> StationRuntime:
    """The LED of one situation is that of none, or of another."""

    def mistaken(fields: dict[str, object]) -> dict[str, object]:
        return {**fields, "pattern": wrong} if fields["pattern"] == right else fields

    return saying_otherwise(settings, ports, "led", mistaken)


def led_wrong_while_charging(settings: Settings, **ports: Any) -> StationRuntime:
    """Green while charging."""
    return _wrong_led(settings, ports, "dark blue steady", "green steady")


def led_wrong_while_reducing(settings: Settings, **ports: Any) -> StationRuntime:
    """Steady while the car is asked for less."""
    return _wrong_led(settings, ports, "dark blue flashing", "dark blue steady")


def led_wrong_while_paused(settings: Settings, **ports: Any) -> StationRuntime:
    """Dark blue during a pause."""
    return _wrong_led(settings, ports, "light blue flashing", "dark blue flashing")


def led_wrong_after_an_over_current(settings: Settings, **ports: Any) -> StationRuntime:
    """Only red after an over-current."""
    return _wrong_led(settings, ports, "red/blue alternating", "red flashing")


def led_wrong_at_the_safe_current(settings: Settings, **ports: Any) -> StationRuntime:
    """The loss of the meter does not show."""
    return _wrong_led(settings, ports, "dark blue interrupted", "dark blue steady")


def led_goes_on_flashing(settings: Settings, **ports: Any) -> StationRuntime:
    """Flashes dark blue for the rest of the session when the car has been asked for less once."""
    asked: list[bool] = []

    def stuck(fields: dict[str, object]) -> dict[str, object]:
        if fields["pattern"] == "dark blue flashing":
            asked.append(True)
        steady = fields["pattern"] == "dark blue steady"
        return {**fields, "pattern": "dark blue flashing"} if asked and steady else fields

    return saying_otherwise(settings, ports, "led", stuck)


# -- display --------------------------------------------------------------------------------------------------------

_WAITING = "Chargepoint ready, waiting for power"


def _other_text(settings: Settings, ports: dict[str, Any], pattern: str, text: str) -> StationRuntime:
    """Another text in place of what fits."""
    return saying_otherwise(
        settings, ports, "display", lambda fields: {**fields, "text": re.sub(pattern, text, str(fields["text"]))}
    )


def waits_without_a_word(settings: Settings, **ports: Any) -> StationRuntime:
    """The text of waiting is another one."""
    return _other_text(settings, ports, _WAITING, "Chargepoint ready")


def shows_the_maximum(settings: Settings, **ports: Any) -> StationRuntime:
    """Shows the most power there could be as what is charged with."""
    return _other_text(settings, ports, r"[\d.]+ of ([\d.]+) kW", r"\1 of \1 kW")


def shows_another_maximum(settings: Settings, **ports: Any) -> StationRuntime:
    """Shows more than the socket can give as the most there could be."""
    return _other_text(settings, ports, r"of [\d.]+ kW", "of 44.1 kW")


def shows_one_phase(settings: Settings, **ports: Any) -> StationRuntime:
    """Counts the power of one phase of three."""

    def third(fields: dict[str, object]) -> dict[str, object]:
        found = re.match(r"([\d.]+)( of .*)", str(fields["text"]))
        return fields if found is None else {"text": f"{float(found[1]) / 3:.1f}{found[2]}"}

    return saying_otherwise(settings, ports, "display", third)


def goes_on_waiting(settings: Settings, **ports: Any) -> StationRuntime:
    """The text of waiting stays when there is power again."""
    waited: list[bool] = []

    def stuck(fields: dict[str, object]) -> dict[str, object]:
        if fields["text"] == _WAITING:
            waited.append(True)
        return {**fields, "text": _WAITING} if waited else fields

    return saying_otherwise(settings, ports, "display", stuck)


# -- interruptions --------------------------------------------------------------------------------------------------


def ends_the_session_in_a_dip(settings: Settings, **ports: Any) -> StationRuntime:
    """Once the mains were gone a car gets nothing more until it is plugged in again."""

    class Offended(Outlet):
        dipped = False

        def observe(self, sense: Sense) -> None:
            super().observe(sense)
            self.dipped = sense.pp_ohm != 0 and (self.dipped or sense.voltage_dv[0] == 0)
            self.session &= not self.dipped

    return station(settings, ports, outlet=Offended)


def wants_a_pause_between_cars(settings: Settings, **ports: Any) -> StationRuntime:
    """Gives nothing to a car that is plugged in within two words of the board after the last one left."""

    class Slow(Outlet):
        words_without_a_car = 2

        def observe(self, sense: Sense) -> None:
            super().observe(sense)
            if sense.pp_ohm == 0:
                self.words_without_a_car += 1
            elif self.words_without_a_car < 2:
                self.session = False
            elif self.state == "C2":
                self.words_without_a_car = 0

    return station(settings, ports, outlet=Slow)
