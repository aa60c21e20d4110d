"""A car on a pilot and a mains that the test works by hand."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration
from emulators.pilot.circuit import DEAD, HIGH, LOW, Plateaus, Signal, pwm
from emulators.pilot.codec import SAE_J1772_2017, duty_for
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
