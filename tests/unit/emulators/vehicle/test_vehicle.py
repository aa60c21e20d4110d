"""A car on a pilot and a mains that the test works by hand."""

import math
import os

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration
from emulators.pilot.circuit import DEAD, HIGH, LOW, PilotLoad, Plateaus, Signal, pwm, state_of
from emulators.pilot.codec import SAE_J1772_2017, duty_for, read_duty
from emulators.vehicle.garage import cars, load
from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle

EXAMPLES = 5_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 100
B2 = Plateaus(8.98, -12.0)
C2 = Plateaus(5.99, -12.0)
C1 = Plateaus(5.99, 5.99)
F = Plateaus(-12.0, -12.0)
NO_CURRENT = (0.0, 0.0, 0.0)


class Bench:
    """A plugged car and what it reported."""

    def __init__(self, **spec: object) -> None:
        self.events: list[tuple[float, str]] = []
        self.car = Vehicle(VehicleSpec(**{"max_a": 32.0, **spec}), self.emit)  # type: ignore[arg-type]
        self.car.plug(0.0)

    def emit(self, at_s: float, kind: str, fields: dict[str, object]) -> None:
        assert kind == "vehicle"
        assert fields["socket"] == 1
        self.events.append((at_s, str(fields["what"])))

    def offer(self, offer_a: float, now_s: float) -> None:
        self.car.step(now_s)
        self.car.see_pilot(C2, pwm(duty_for(round(offer_a * 1000))), now_s)

    def level(self, plateaus: Plateaus, signal: Signal, now_s: float) -> None:
        self.car.step(now_s)
        self.car.see_pilot(plateaus, signal, now_s)

    def a(self, now_s: float) -> float:
        self.car.step(now_s)
        return self.car.currents_a(now_s)[0]


def charging(offer_a: float = 16.0, **spec: object) -> Bench:
    """A car that charges since 2 s: PWM at 0 s, ready at 1 s, mains at 2 s."""
    bench = Bench(**spec)
    bench.offer(offer_a, 0.0)
    bench.car.step(2.0)
    bench.car.see_mains(True, 2.0)
    return bench


def test_plug_and_unplug() -> None:
    bench = Bench()
    before = bench.car.connected
    with pytest.raises(BadConfiguration, match="socket 1 already"):
        bench.car.plug(1.0, 2)
    bench.car.unplug(3.0)
    bench.car.unplug(4.0)
    assert (before, bench.car.connected) == (True, False)
    assert bench.car.pilot_load is None
    assert bench.events == [(0.0, "plugged"), (3.0, "unplugged")]


def test_closes_s2_after_its_start_delay() -> None:
    bench = Bench(start_delay_s=2.5)
    bench.offer(16.0, 10.0)
    assert bench.car.next_deadline_s() == 12.5
    bench.car.step(12.499)
    load = bench.car.pilot_load
    assert load is not None
    assert load.r3_ohm is None
    bench.car.step(12.5)
    load = bench.car.pilot_load
    assert load is not None
    assert load.r3_ohm == 1300.0
    assert bench.events == [(0.0, "plugged"), (12.5, "ready")]


def test_events_bear_the_time_they_were_due_when_stepped_late() -> None:
    bench = Bench()
    bench.offer(16.0, 10.0)
    bench.car.step(500.0)
    assert bench.events[-1] == (11.0, "ready")


def test_draws_only_with_mains() -> None:
    bench = Bench()
    bench.offer(16.0, 0.0)
    assert bench.a(5.0) == 0.0
    bench.car.see_mains(True, 5.0)
    assert bench.car.currents_a(5.0) == (16.0, 16.0, 16.0)
    bench.car.see_mains(False, 6.0)
    assert bench.car.currents_a(6.0) == NO_CURRENT
    assert bench.car.next_deadline_s() is None


def test_follows_a_changed_offer_after_its_reaction_time() -> None:
    bench = charging(reaction_s=4.0)
    bench.offer(6.0, 10.0)
    assert bench.a(13.999) == 16.0
    assert bench.a(14.0) == 6.0


def test_follows_each_of_several_changes_in_turn() -> None:
    bench = charging(reaction_s=4.0)
    bench.offer(10.0, 10.0)
    bench.offer(20.0, 11.0)
    assert [bench.a(now_s) for now_s in (13.9, 14.0, 14.9, 15.0)] == [16.0, 10.0, 10.0, 20.0]


def test_knows_the_offer_of_the_moment_when_it_starts_to_draw() -> None:
    bench = Bench(reaction_s=4.0)
    bench.offer(16.0, 0.0)
    bench.offer(10.0, 5.0)
    bench.car.see_mains(True, 5.0)
    assert bench.car.currents_a(5.0) == (10.0, 10.0, 10.0)


def test_ramps_without_ticking() -> None:
    bench = charging(ramp_a_per_s=2.0)
    assert bench.car.next_deadline_s() == 10.0
    ramping = [bench.car.ramping]
    assert bench.car.currents_a(6.0) == (8.0, 8.0, 8.0)
    bench.car.step(10.0)
    assert [*ramping, bench.car.ramping] == [True, False]
    assert bench.car.currents_a(10.0) == (16.0, 16.0, 16.0)
    assert bench.car.next_deadline_s() is None


@pytest.mark.parametrize("fraction", [1.0, 1.0499, 1.05, 1.119, 1.12, 1.2, 1.5])
def test_draws_exactly_the_fraction(fraction: float) -> None:
    assert charging(draw_fraction=fraction).a(3.0) == round(16_000 * fraction) / 1000


def test_below_its_minimum_it_stays_ready_and_draws_nothing() -> None:
    bench = charging(min_a=8.0, reaction_s=1.0)
    bench.offer(7.9, 10.0)
    assert bench.a(11.0) == 0.0
    bench.offer(8.0, 20.0)
    assert bench.a(21.0) == 8.0
    assert bench.events == [(0.0, "plugged"), (1.0, "ready")]


def test_without_pwm_it_stops_after_its_reaction_time() -> None:
    bench = charging(reaction_s=3.0)
    bench.level(C1, HIGH, 10.0)
    assert bench.a(12.999) == 16.0
    assert bench.a(13.0) == 0.0
    assert bench.events[-1] == (13.0, "stopped")


@pytest.mark.parametrize("duty_mpct", [5_000, 7_500, 98_000])
def test_duty_that_is_no_current_is_no_permission(duty_mpct: int) -> None:
    bench = charging(reaction_s=3.0)
    bench.level(C2, pwm(duty_mpct), 10.0)
    bench.car.step(20.0)
    assert bench.events[-1] == (13.0, "stopped")


def test_pwm_that_returns_in_time_is_not_a_stop() -> None:
    bench = charging(reaction_s=3.0)
    bench.level(C1, HIGH, 10.0)
    bench.offer(10.0, 11.0)
    assert bench.a(13.5) == 16.0
    assert bench.a(14.0) == 10.0
    assert bench.events[-1] == (1.0, "ready")


@pytest.mark.parametrize(("plateaus", "signal"), [(F, LOW), (DEAD, HIGH), (DEAD, pwm(26_667)), (DEAD, LOW)])
def test_state_e_and_f_stop_it_at_once(plateaus: Plateaus, signal: Signal) -> None:
    bench = charging(reaction_s=3.0)
    bench.level(plateaus, signal, 10.0)
    assert bench.car.currents_a(10.0) == NO_CURRENT
    assert bench.events[-1] == (10.0, "stopped")
    assert bench.car.next_deadline_s() is None


def test_starts_again_after_state_f() -> None:
    bench = charging(reaction_s=3.0)
    bench.level(F, LOW, 10.0)
    bench.offer(10.0, 310.0)
    bench.car.step(400.0)
    assert bench.events[-1] == (311.0, "ready")
    assert bench.car.currents_a(400.0) == (10.0, 10.0, 10.0)


def test_pilot_lost_while_it_waits_to_start() -> None:
    bench = Bench()
    bench.offer(16.0, 0.0)
    bench.level(F, LOW, 0.5)
    bench.car.step(10.0)
    assert bench.events == [(0.0, "plugged")]


def test_controls_take_effect_at_the_next_step() -> None:
    bench = charging()
    bench.car.set_draw_fraction(1.2)
    assert bench.car.currents_a(9.0) == (16.0, 16.0, 16.0)
    deadline_s = bench.car.next_deadline_s()
    assert deadline_s is not None
    assert deadline_s <= 9.0
    assert bench.a(9.0) == 19.2
    assert bench.car.next_deadline_s() is None
    bench.car.set_fixed_draw(40.0)
    assert bench.a(10.0) == 40.0
    bench.car.set_fixed_draw(15.2, 16.8, 0.0)
    bench.car.step(10.5)
    assert bench.car.currents_a(10.5) == (15.2, 16.8, 0.0)
    bench.car.set_fixed_draw(None)
    bench.car.set_max(12.5)
    assert bench.a(11.0) == 12.5


def test_stop_and_resume() -> None:
    bench = charging()
    bench.car.stop()
    assert bench.a(10.0) == 0.0
    bench.offer(10.0, 12.0)
    bench.car.step(20.0)
    bench.car.resume()
    assert bench.a(30.0) == 0.0
    assert bench.a(31.0) == 10.0
    assert bench.events[2:] == [(10.0, "stopped"), (31.0, "ready")]


def test_full_battery_ends_the_charge_for_good() -> None:
    bench = charging(phases=1, battery_kwh=1.0, soc_pct=50.0)
    full_s = bench.car.next_deadline_s()
    assert full_s == pytest.approx(2 + 0.5 * 3_600_000 / 230 / 16)
    bench.car.step(10_000.0)
    assert bench.events[-1] == (full_s, "full")
    assert bench.car.soc_pct(10_000.0) == 100.0
    bench.offer(10.0, 10_001.0)
    bench.car.resume()
    bench.car.step(20_000.0)
    assert bench.events[-1] == (full_s, "full")


def test_reads_duty_by_its_own_table() -> None:
    bench = Bench(duty_table=SAE_J1772_2017)
    bench.level(B2, pwm(9_000), 0.0)
    assert bench.car.next_deadline_s() is None
    bench = Bench()
    bench.level(B2, pwm(9_000), 0.0)
    assert bench.car.next_deadline_s() == 1.0


def test_unplugging_under_load_ends_the_current() -> None:
    bench = charging()
    bench.car.unplug(10.0)
    assert bench.car.currents_a(10.0) == NO_CURRENT
    assert [what for _, what in bench.events] == ["plugged", "ready", "stopped", "unplugged"]


def test_a_lower_offer_may_take_longer_than_a_higher_one() -> None:
    bench = charging(10.0, reaction_s=1.0, decrease_reaction_s=30.0)
    bench.offer(20.0, 10.0)
    bench.offer(16.0, 10.5)  # lower than what it is about to draw
    assert [bench.a(10.9), bench.a(11.0)] == [10.0, 20.0]
    bench.offer(18.0, 20.0)  # still lower than what it draws
    assert [bench.a(now_s) for now_s in (40.4, 40.5, 49.9, 50.0)] == [20.0, 16.0, 16.0, 18.0]


def test_a_rise_makes_the_fall_before_it_void() -> None:
    bench = charging(16.0, reaction_s=1.0, decrease_reaction_s=30.0)
    bench.offer(6.0, 10.0)
    bench.offer(16.0, 20.0)
    assert [bench.a(now_s) for now_s in (21.0, 40.0, 100.0)] == [16.0] * 3


def test_the_loss_of_pwm_may_take_longer() -> None:
    bench = charging(reaction_s=1.0, stop_reaction_s=4.0)
    bench.level(C1, HIGH, 10.0)
    assert [bench.a(13.999), bench.a(14.0)] == [16.0, 0.0]


def test_a_car_that_keeps_drawing_knows_its_last_offer() -> None:
    bench = charging(reaction_s=3.0, stop_reaction_s=math.inf)
    bench.offer(6.0, 10.0)
    bench.level(C1, HIGH, 11.0)
    assert bench.car.next_deadline_s() == 13.0
    bench.car.see_mains(False, 12.0)
    bench.car.see_mains(True, 12.5)
    assert bench.a(12.5) == 6.0
    assert bench.car.next_deadline_s() is None


def test_below_its_minimum_a_car_may_stop() -> None:
    bench = charging(min_a=8.0, below_min="stop", reaction_s=2.0)
    bench.offer(7.9, 10.0)
    assert [bench.a(11.9), bench.a(12.0)] == [16.0, 0.0]
    bench.offer(7.9, 20.0)
    assert bench.car.next_deadline_s() is None
    bench.offer(8.0, 30.0)
    bench.offer(6.0, 30.5)
    assert bench.a(40.0) == 0.0
    bench.offer(8.0, 50.0)
    assert bench.a(51.0) == 8.0
    assert bench.events == [(0.0, "plugged"), (1.0, "ready"), (12.0, "stopped"), (51.0, "ready")]


@pytest.mark.parametrize(("frequency_hz", "starts"), [(979.9, False), (980.0, True), (1_020.0, True), (1_020.1, False)])
def test_pwm_has_1_khz(frequency_hz: float, starts: bool) -> None:
    # facts/control_pilot.md, section 2: accepted from 980 to 1020 Hz
    bench = Bench()
    bench.level(B2, Signal("pwm", 26_667, frequency_hz), 0.0)
    assert (bench.car.next_deadline_s() == 1.0) == starts


def test_toggles_while_it_is_offered_something() -> None:
    bench = Bench(toggle_s=(0.25, 0.5))
    bench.offer(16.0, 0.0)
    bench.car.step(2.0)
    assert bench.events[1:] == [(1.0, "ready"), (1.25, "stopped"), (1.75, "ready"), (2.0, "stopped")]
    bench.level(C1, HIGH, 2.1)
    assert bench.car.next_deadline_s() is None
    bench.offer(16.0, 5.0)
    bench.level(C1, HIGH, 6.1)  # S2 is closed until 6.25 s, and stays open then
    bench.car.step(6.25)
    assert bench.events[-2:] == [(6.0, "ready"), (6.25, "stopped")]
    assert bench.car.next_deadline_s() is None
    bench.offer(16.0, 10.0)
    bench.car.step(11.0)
    bench.car.stop()
    bench.car.step(11.1)
    assert bench.events[-2:] == [(11.0, "ready"), (11.1, "stopped")]
    assert bench.car.next_deadline_s() is None


def test_sleep_begins_with_the_pause_and_ends_with_what_wakes_it() -> None:
    bench = Bench(sleep_after_s=100.0, wakes_by="toggle", wake_pulse_s=3.0, wake_s=10.0)
    bench.offer(16.0, 99.0)
    bench.level(C1, HIGH, 110.0)
    bench.level(F, LOW, 150.0)  # the pause goes on
    assert bench.car.next_deadline_s() == 210.0
    bench.car.step(210.0)
    assert bench.car.asleep
    bench.level(DEAD, HIGH, 220.0)  # from F to E, still without a pilot
    bench.level(B2, HIGH, 221.0)
    assert bench.events[-2:] == [(210.0, "asleep"), (221.0, "awake")]
    bench.offer(16.0, 225.0)  # not up before 231 s
    bench.car.step(500.0)
    assert bench.events[-1] == (232.0, "ready")


@pytest.mark.parametrize(("back_s", "asleep"), [(22.999, True), (23.0, False)])
def test_too_short_a_pulse_does_not_wake(back_s: float, asleep: bool) -> None:
    bench = Bench(sleep_after_s=10.0, wakes_by="toggle", wake_pulse_s=3.0)
    bench.level(F, LOW, 20.0)
    bench.offer(16.0, back_s)
    assert bench.car.asleep == asleep
    assert (bench.car.next_deadline_s() is None) == asleep


def test_a_pulse_counts_from_when_the_car_was_plugged_in() -> None:
    bench = Bench(sleep_after_s=1.0, wakes_by="toggle", wake_pulse_s=3.0)
    bench.car.unplug(20.0)
    bench.car.plug(30.0)
    bench.level(F, LOW, 30.0)
    bench.offer(16.0, 32.0)
    assert bench.car.asleep


def test_a_car_that_was_woken_in_a_pause_falls_asleep_again() -> None:
    bench = Bench(sleep_after_s=10.0, wakes_by="toggle", wake_pulse_s=3.0)
    bench.level(F, LOW, 20.0)
    bench.level(B2, HIGH, 24.0)
    bench.car.step(34.0)
    assert bench.events == [(0.0, "plugged"), (10.0, "asleep"), (24.0, "awake"), (34.0, "asleep")]


def test_some_cars_are_woken_by_their_plug_only() -> None:
    bench = Bench(sleep_after_s=10.0, wakes_by="plug")
    bench.level(F, LOW, 20.0)
    bench.offer(16.0, 100.0)
    assert bench.car.asleep
    bench.car.unplug(110.0)
    bench.car.plug(120.0)
    bench.offer(16.0, 121.0)
    bench.car.step(122.0)
    assert bench.events[-1] == (122.0, "ready")


def test_a_car_that_keeps_s2_closed_opens_it_when_it_falls_asleep() -> None:
    bench = charging(stop_reaction_s=math.inf, sleep_after_s=10.0)
    bench.level(C1, HIGH, 20.0)
    assert bench.a(29.9) == 16.0
    assert bench.a(30.0) == 0.0
    assert bench.events[-2:] == [(30.0, "stopped"), (30.0, "asleep")]


def test_a_simplified_pilot_is_in_c_at_once_and_stays_there() -> None:
    bench = Bench(simplified=True)
    assert bench.car.pilot_load == PilotLoad(r3_ohm=1_300.0)
    bench.level(C1, HIGH, 0.0)
    bench.car.see_mains(True, 0.5)
    assert [bench.a(0.9), bench.a(1.0)] == [0.0, 10.0]
    bench.level(F, LOW, 5.0)
    assert bench.a(5.0) == 0.0
    assert bench.car.pilot_load == PilotLoad(r3_ohm=1_300.0)


def test_active_and_reactive_current() -> None:
    bench = charging(14.0, min_a=14.0, filter_a=5.985, power_factor=((8.0, 0.95),), phases=2)
    assert bench.a(3.0) == 14.0
    assert (bench.car.active_ma(3.0), bench.car.reactive_ma(3.0)) == ((13_300, 13_300, 0), (-4_371, -4_371, 0))
    bench.offer(13.0, 10.0)
    assert bench.a(11.0) == 5.985
    assert (bench.car.active_ma(11.0), bench.car.reactive_ma(11.0)) == ((0, 0, 0), (-5_985, -5_985, 0))


actions = st.one_of(
    st.tuples(st.just("offer"), st.sampled_from([6.0, 10.0, 16.0, 32.0])),
    st.tuples(st.sampled_from(["high", "low", "on", "off", "stop", "resume", "fixed", "free"]), st.just(0.0)),
)


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(
    plan=st.lists(st.tuples(st.floats(0, 5), actions), max_size=25),
    reaction_s=st.sampled_from([0.0, 1.0, 4.0]),
    ramp_a_per_s=st.sampled_from([0.5, 3.0, float("inf")]),
    grain=st.integers(1, 9),
)
def test_stepping_often_or_late_makes_no_difference(
    plan: list[tuple[float, tuple[str, float]]], reaction_s: float, ramp_a_per_s: float, grain: int
) -> None:
    spec = {"reaction_s": reaction_s, "ramp_a_per_s": ramp_a_per_s, "ramp_down_a_per_s": 4.0}
    often, late = Bench(**spec), Bench(**spec)
    now_s = 0.0
    for wait_s, (what, value) in plan:
        for part in range(grain):
            often.car.step(now_s + wait_s * part / grain)
        now_s += wait_s
        for bench in (often, late):
            act(bench, what, value, now_s)
        assert often.car.currents_a(now_s) == late.car.currents_a(now_s)
        assert often.car.next_deadline_s() == late.car.next_deadline_s()
    assert often.events == late.events


def act(bench: Bench, what: str, value: float, now_s: float) -> None:
    match what:
        case "offer":
            bench.offer(value, now_s)
        case "high":
            bench.level(C1, HIGH, now_s)
        case "low":
            bench.level(F, LOW, now_s)
        case "on" | "off":
            bench.car.step(now_s)
            bench.car.see_mains(what == "on", now_s)
        case "stop":
            bench.car.stop()
        case "resume":
            bench.car.resume()
        case "fixed":
            bench.car.set_fixed_draw(13.0)
        case "free":
            bench.car.set_fixed_draw(None)
    bench.car.step(now_s)


# -- any life of any car -----------------------------------------------------------------------------------------


class Life:
    """A car, the pilot and mains it sees, and every offer it was made."""

    def __init__(self, spec: VehicleSpec) -> None:
        self.spec = spec
        self.events: list[tuple[float, object]] = []
        self.car = Vehicle(spec, self.emit)
        self.signal = HIGH
        self.plateaus = C1
        self.mains = 0
        self.offers: list[tuple[float, int]] = [(0.0, 0)]

    def emit(self, at_s: float, kind: str, fields: dict[str, object]) -> None:
        assert fields["what"] != "ready" or self.offers[-1][1]  # nobody is ready for nothing
        self.events.append((at_s, fields["what"]))

    def act(self, what: str, value: object, now_s: float) -> None:
        self.car.step(now_s)
        if what == "plug":
            if self.car.connected:
                self.car.unplug(now_s)
            else:
                self.car.plug(now_s)
        elif what == "mains":
            assert isinstance(value, int)
            self.mains = value
        else:
            assert isinstance(value, Signal)
            self.signal = value
            self.plateaus = {"dead": DEAD, "low": F, "high": C1, "pwm": C2}[what]
        if self.car.connected:
            self.car.see_pilot(self.plateaus, self.signal, now_s)
            self.car.step(now_s)
            self.car.see_mains(self.mains > 0, now_s, self.mains)
        self.offers.append((now_s, self.offer_ma(self.offers[-1][1])))

    def offer_ma(self, before_ma: int) -> int:
        """What the pilot offers by its duty cycle; nothing counts as before for a car that does not mind."""
        if not self.car.connected or self.lost:
            return 0
        if self.spec.simplified:
            return 10_000
        duty_mpct = self.signal.duty_mpct
        ma = None if duty_mpct is None else read_duty(duty_mpct, self.spec.duty_table).ma
        if ma is None:
            return before_ma if self.spec.stop_reaction_s == math.inf else 0
        return ma

    @property
    def lost(self) -> bool:
        return state_of(self.plateaus, self.signal) in ("E", "F")

    @property
    def late_s(self) -> float:
        """How long a current may be above the offer of the moment.

        PWM that returns before the car has stopped is a changed offer of that time, so both reactions can add up.
        """
        spec = self.spec
        stop_s, lower_s = (
            spec.reaction_s if each is None else each for each in (spec.stop_reaction_s, spec.decrease_reaction_s)
        )
        follow_s = max(spec.reaction_s, lower_s)
        return follow_s + (stop_s if stop_s < math.inf else 0.0) + spec.max_a / spec.ramp_down_a_per_s

    def check(self, now_s: float) -> None:
        spec, car = self.spec, self.car
        currents_ma = car.currents_ma(now_s)
        if not car.connected or not self.mains or self.lost:
            assert currents_ma == (0, 0, 0)
        live = min(spec.phases, self.mains)
        assert currents_ma[live:] == (0, 0, 0)[live:]
        assert max(currents_ma) <= spec.max_a * 1000
        if spec.decrease_reaction_s != math.inf:
            since_s = now_s - self.late_s - 1e-6
            old = [number for number, (at_s, _) in enumerate(self.offers) if at_s <= since_s]
            offered_ma = max(ma for _, ma in self.offers[old[-1] if old else 0 :])
            assert max(currents_ma) <= offered_ma
        for ma, active_ma, reactive_ma in zip(currents_ma, car.active_ma(now_s), car.reactive_ma(now_s), strict=True):
            assert math.hypot(active_ma, reactive_ma) == pytest.approx(ma, abs=0.6)
        deadline_s = car.next_deadline_s()
        assert deadline_s is None or now_s < deadline_s < math.inf


signals = st.one_of(
    st.sampled_from([6_000, 7_900, 8_000, 10_000, 13_900, 14_000, 16_000, 32_000]).map(
        lambda ma: ("pwm", pwm(duty_for(ma)))
    ),
    st.sampled_from(
        [("high", HIGH), ("low", LOW), ("dead", HIGH), ("dead", pwm(26_667)), ("pwm", pwm(5_000)), ("pwm", pwm(98_000))]
    ),
)
moves = st.one_of(
    signals,
    signals,
    st.sampled_from([0, 1, 3, 3]).map(lambda phases: ("mains", phases)),
    st.just(("plug", None)),
)
reactions = st.none() | st.sampled_from([0.0, 5.0, 30.0, math.inf])
made_up = st.builds(
    VehicleSpec,
    phases=st.just(3),
    two_phases_below_a=st.sampled_from([None, 8.0]),
    min_a=st.sampled_from([6.0, 8.0, 14.0]),
    max_a=st.sampled_from([14.0, 16.0, 32.0]),
    below_min=st.sampled_from(["wait", "stop"]),
    reaction_s=st.sampled_from([0.0, 1.0, 5.0]),
    decrease_reaction_s=reactions,
    stop_reaction_s=reactions,
    ramp_a_per_s=st.sampled_from([0.6, 5.0, math.inf]),
    ramp_down_a_per_s=st.sampled_from([4.0, math.inf]),
    draw_fraction=st.sampled_from([0.97, 1.0]),
    filter_a=st.sampled_from([0.0, 5.985]),
    power_factor=st.sampled_from([(), ((6.0, 0.07), (7.0, 0.45), (8.0, 0.95))]),
    toggle_s=st.none() | st.just((0.3, 1.0)),
    sleep_after_s=st.sampled_from([None, 0.0, 20.0]),
    wakes_by=st.sampled_from(["offer", "toggle", "plug"]),
    wake_s=st.sampled_from([0.0, 2.0]),
    simplified=st.booleans(),
    battery_kwh=st.sampled_from([None, 0.05]),
)
LONGEST_S = 400.0


def soon(spec: VehicleSpec) -> VehicleSpec:
    """The same car, but it falls asleep within the longest wait."""
    return spec if spec.sleep_after_s is None else msgspec.structs.replace(spec, sleep_after_s=LONGEST_S / 2)


shipped = st.sampled_from([soon(load(name).spec) for name in cars()])
waits = st.sampled_from([0.0, 0.1, 0.7, 1.0, 3.0, 5.0, 31.0, LONGEST_S])
BEGINNINGS: list[list[tuple[float, tuple[str, object]]]] = [
    [],
    [(0.0, ("plug", None)), (0.0, ("pwm", pwm(duty_for(16_000)))), (1.0, ("mains", 3))],
]


@settings(derandomize=True, max_examples=3 * EXAMPLES, deadline=None)
@given(
    spec=st.one_of(shipped, made_up),
    beginning=st.sampled_from(BEGINNINGS),
    plan=st.lists(st.tuples(waits, moves), max_size=15),
    grain=st.integers(1, 5),
)
def test_any_life_of_any_car(
    spec: VehicleSpec,
    beginning: list[tuple[float, tuple[str, object]]],
    plan: list[tuple[float, tuple[str, object]]],
    grain: int,
) -> None:
    """Stepped at deadlines, more often or late: the same. Never without mains, above its maximum or the offer."""
    punctual, often, late = Life(spec), Life(spec), Life(spec)
    now_s = 0.0
    for wait_s, (what, value) in [*beginning, *plan, (100.0, ("mains", 0))]:
        for part in range(1, grain + 1):
            often.car.step(now_s + wait_s * part / grain)
            often.check(now_s + wait_s * part / grain)
        now_s += wait_s
        steps = 0
        while (due_s := punctual.car.next_deadline_s()) is not None and due_s <= now_s:
            punctual.car.step(due_s)
            punctual.check(due_s)
            steps += 1
            assert steps < 100_000
        for life in (punctual, often, late):
            life.act(what, value, now_s)
            life.check(now_s)
        assert punctual.car.currents_ma(now_s) == often.car.currents_ma(now_s) == late.car.currents_ma(now_s)
        assert punctual.car.next_deadline_s() == often.car.next_deadline_s() == late.car.next_deadline_s()
        assert punctual.car.pilot_load == often.car.pilot_load == late.car.pilot_load
    assert punctual.events == often.events == late.events


def test_falls_asleep_when_told_so_and_is_woken_as_its_kind_is() -> None:
    bench = charging(wakes_by="offer")
    assert bench.car.willing
    bench.car.fall_asleep()
    assert bench.car.next_deadline_s() is not None
    assert bench.a(10.0) == 0.0
    assert bench.events[-2:] == [(10.0, "stopped"), (10.0, "asleep")]
    assert (bench.car.asleep, bench.car.willing) == (True, False)
    bench.level(B2, HIGH, 20.0)
    bench.offer(16.0, 30.0)
    assert bench.events[-1] == (30.0, "awake")
    assert bench.car.willing


def test_is_willing_until_it_is_stopped_by_hand_or_full() -> None:
    bench = charging()
    bench.car.stop()
    bench.car.step(3.0)
    assert not bench.car.willing
    assert not Vehicle(load("full").spec).willing
