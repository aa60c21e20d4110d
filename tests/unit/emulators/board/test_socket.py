"""One outlet: circuit, contactor, meter and car together."""

import os
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.board.codec import Sense
from emulators.board.contactor import ContactorTimes
from emulators.board.socket import Socket
from emulators.errors import BadConfiguration
from emulators.pilot.circuit import HIGH, LOW, PilotFaults, Signal, Source, pwm
from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle

EXAMPLES = 5_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 100
PWM_16_A = pwm(26_667)
Event = tuple[float, str, dict[str, object]]


class Bench:
    """A socket, a car beside it, and everything they reported."""

    def __init__(self, *, phases: int = 3, source: Source | None = None, **spec: object) -> None:
        self.events: list[Event] = []
        self.senses: list[Sense] = []
        times = ContactorTimes(close_s=0.05, open_s=0.03)
        self.socket = Socket(1, phases=phases, source=source, contactor_times=times, emit=self.emit)
        self.car = Vehicle(VehicleSpec(**{"max_a": 32.0, **spec}), self.emit)  # type: ignore[arg-type]

    def emit(self, at_s: float, kind: str, fields: dict[str, object]) -> None:
        assert fields["socket"] == 1
        self.events.append((at_s, kind, fields))

    def step(self, now_s: float) -> None:
        self.socket.step(now_s)
        self.senses += self.socket.take_senses()

    def run(self, until_s: float) -> None:
        """Step at every deadline up to `until_s`, as a port does."""
        while (due_s := self.socket.next_deadline_s()) is not None and due_s <= until_s:
            self.step(due_s)
        self.step(until_s)

    def of(self, kind: str, field: str) -> list[tuple[float, object]]:
        return [(at_s, fields[field]) for at_s, what, fields in self.events if what == kind]

    def states(self) -> list[tuple[float, object]]:
        return self.of("pilot", "state")

    def l1_a(self) -> list[tuple[float, float]]:
        return [(at_s, f["i_a"][0]) for at_s, kind, f in self.events if kind == "currents"]  # type: ignore[index]


def charging(**options: object) -> Bench:
    """Plugged at 1 s, PWM at 2 s, ready at 3 s, contactor commanded at 3.1 s and closed at 3.15 s."""
    bench = Bench(**options)  # type: ignore[arg-type]
    bench.socket.drive(HIGH, False, 0.0)
    bench.socket.plug(bench.car, 1.0)
    bench.socket.drive(PWM_16_A, False, 2.0)
    bench.run(3.1)
    bench.socket.drive(PWM_16_A, True, 3.1)
    return bench


def test_a_charge_from_plug_to_unplug() -> None:
    bench = charging()
    bench.run(10.0)
    bench.socket.drive(HIGH, True, 10.0)
    bench.run(11.5)
    bench.socket.drive(HIGH, False, 11.5)
    bench.run(15.0)
    bench.socket.unplug(15.0)
    assert bench.states() == [
        (0.0, "A1"),
        (1.0, "B1"),
        (2.0, "B2"),
        (3.0, "C2"),
        (10.0, "C1"),
        (11.0, "B1"),
        (15.0, "A1"),
    ]
    assert bench.of("contactor", "closed") == [(3.15, True), (11.53, False)]
    assert bench.l1_a() == [(3.15, 16.0), (11.0, 0.0)]
    assert bench.of("vehicle", "what") == [(1.0, "plugged"), (3.0, "ready"), (11.0, "stopped"), (15.0, "unplugged")]


def test_pilot_event_names_signal_offer_and_voltages() -> None:
    bench = charging()
    assert bench.events[-1] == (
        3.0,
        "pilot",
        {
            "socket": 1,
            "signal": "pwm",
            "duty_pct": 26.667,
            "offered_a": 16.0,
            "high_v": 5.995,
            "low_v": -12.0,
            "state": "C2",
        },
    )
    assert bench.events[0][2] | {"state": "A1"} == {
        "socket": 1,
        "signal": "high",
        "duty_pct": None,
        "offered_a": None,
        "high_v": 12.0,
        "low_v": 12.0,
        "state": "A1",
    }


def test_digital_duty_offers_no_current() -> None:
    bench = charging()
    bench.socket.drive(pwm(5_000), True, 5.0)
    assert bench.events[-1][2]["offered_a"] is None


def test_currents_event_at_its_own_time_and_sense_at_the_next_sample() -> None:
    bench = charging()
    bench.step(3.15)
    assert bench.l1_a() == [(3.15, 16.0)]
    assert bench.senses[-1].contactor
    assert bench.senses[-1].i_ma == (0, 0, 0)
    assert bench.socket.next_deadline_s() == pytest.approx(3.2)
    bench.step(3.1999)
    assert bench.senses[-1].i_ma == (0, 0, 0)
    bench.step(3.2000001)
    assert bench.senses[-1].i_ma == (16_000, 16_000, 16_000)
    assert bench.socket.next_deadline_s() is None


def test_pilot_proximity_and_feedback_are_sensed_at_once() -> None:
    bench = charging(pp_ohm=680)
    bench.run(3.15)
    sensed = [(s.cp_high_mv, s.cp_low_mv, s.pp_ohm, s.contactor) for s in bench.senses]
    assert sensed == [
        (12_000, 12_000, 0, False),
        (8_979, 8_979, 680, False),
        (8_979, -12_000, 680, False),
        (5_995, -12_000, 680, False),
        (5_995, -12_000, 680, True),
    ]


def test_while_ramping_currents_are_reported_on_the_grid_and_at_the_end() -> None:
    bench = charging(ramp_a_per_s=10.0)
    bench.run(10.0)
    assert [at_s for at_s, _ in bench.l1_a()] == pytest.approx([3.2, 3.4, 3.6, 3.8, 4.0, 4.2, 4.4, 4.6, 4.75])
    assert [a for _, a in bench.l1_a()] == pytest.approx([0.5, 2.5, 4.5, 6.5, 8.5, 10.5, 12.5, 14.5, 16.0])
    sensed = [sense.i_ma[0] for sense in bench.senses if sense.i_ma[0]]
    assert sensed == [500, 2_500, 4_500, 6_500, 8_500, 10_500, 12_500, 14_500, 16_000]
    assert bench.socket.next_deadline_s() is None


def test_steps_between_the_sampling_instants_of_a_ramp_report_nothing() -> None:
    bench = charging(ramp_a_per_s=10.0)
    for tenth in range(32, 46):
        bench.run(tenth / 10 + 0.05)
    assert [at_s for at_s, _ in bench.l1_a()] == pytest.approx([3.2, 3.4, 3.6, 3.8, 4.0, 4.2, 4.4])


def test_currents_between_steps() -> None:
    bench = charging(ramp_a_per_s=10.0)
    bench.step(3.15)
    assert bench.socket.currents_a(3.65) == pytest.approx((5.0, 5.0, 5.0))
    assert Socket(1).currents_a(3.65) == (0.0, 0.0, 0.0)


def test_state_f_stops_the_car_and_hides_it() -> None:
    bench = charging()
    bench.run(10.0)
    bench.socket.drive(LOW, False, 10.0)
    bench.run(20.0)
    assert bench.states()[-1] == (10.0, "F")
    assert bench.l1_a()[-1] == (10.0, 0.0)
    assert bench.of("contactor", "closed")[-1] == (10.03, False)
    bench.socket.unplug(20.0)
    bench.socket.plug(Vehicle(VehicleSpec()), 21.0)
    assert bench.states()[-1] == (10.0, "F")
    assert [s.pp_ohm for s in (bench.senses + bench.socket.take_senses())[-2:]] == [0, 220]


def test_resumes_after_state_f() -> None:
    bench = charging(draw_fraction=1.05)
    bench.socket.drive(LOW, False, 100.0)
    bench.socket.drive(PWM_16_A, False, 400.0)
    bench.run(401.5)
    bench.socket.drive(PWM_16_A, True, 401.5)
    bench.run(500.0)
    assert bench.states()[-3:] == [(100.0, "F"), (400.0, "B2"), (401.0, "C2")]
    assert bench.l1_a()[-2:] == [(100.0, 0.0), (401.55, 16.8)]


def test_a_contactor_closed_too_early_waits_for_the_car() -> None:
    bench = Bench()
    bench.socket.drive(PWM_16_A, True, 0.0)
    bench.socket.plug(bench.car, 1.0)
    bench.run(5.0)
    assert bench.l1_a() == [(2.0, 16.0)]


@pytest.mark.parametrize(
    ("phases", "car_phases", "currents", "voltages"),
    [
        (3, 1, (16.0, 0.0, 0.0), (2_300, 2_300, 2_300)),
        (3, 2, (16.0, 16.0, 0.0), (2_300, 2_300, 2_300)),
        (1, 3, (16.0, 0.0, 0.0), (2_300, 0, 0)),
    ],
)
def test_phases(phases: int, car_phases: int, currents: object, voltages: object) -> None:
    bench = Bench(phases=phases)
    bench.car = Vehicle(VehicleSpec(phases=car_phases), bench.emit)
    bench.socket.drive(PWM_16_A, True, 0.0)
    bench.socket.plug(bench.car, 0.0)
    bench.run(5.0)
    assert bench.socket.currents_a(5.0) == currents
    assert bench.senses[-1].u_dv == voltages


def test_a_socket_has_one_or_three_phases() -> None:
    with pytest.raises(BadConfiguration, match="allowed: 1, 3"):
        Socket(1, phases=2)


def test_one_car_per_socket_and_one_socket_per_car() -> None:
    bench = charging()
    with pytest.raises(BadConfiguration, match="a car is plugged in already"):
        bench.socket.plug(Vehicle(VehicleSpec()), 5.0)
    with pytest.raises(BadConfiguration, match="socket 1 already"):
        Socket(2).plug(bench.car, 5.0)


def test_a_welded_contactor_feeds_on() -> None:
    bench = charging()
    bench.run(10.0)
    bench.socket.set_welded(True, 10.0)
    bench.socket.drive(PWM_16_A, False, 11.0)
    bench.run(20.0)
    assert bench.socket.contactor_closed
    assert bench.l1_a()[-1] == (3.15, 16.0)
    bench.socket.set_welded(False, 20.0)
    bench.run(30.0)
    assert bench.of("contactor", "closed")[-1] == (20.03, False)
    assert bench.l1_a()[-1] == (20.03, 0.0)


def test_the_outlet_is_live_behind_the_closed_contactor() -> None:
    socket = Socket(1, mains_v=(230.0, 229.4, 231.0))
    assert socket.outlet_v == (0.0, 0.0, 0.0)
    socket.drive(PWM_16_A, True, 1.0)
    socket.step(2.0)
    assert socket.outlet_v == (230.0, 229.4, 231.0)
    socket.set_mains_v((0.0, 207.0, 231.0), 3.0)
    assert socket.outlet_v == (0.0, 207.0, 231.0)
    socket.set_welded(True, 4.0)
    socket.drive(HIGH, False, 5.0)
    socket.step(6.0)
    assert socket.outlet_v == (0.0, 207.0, 231.0)
    socket.set_welded(False, 7.0)
    socket.step(8.0)
    assert socket.outlet_v == (0.0, 0.0, 0.0)


def test_voltage_dip_is_sensed_at_the_next_sample_and_an_outage_stops_the_current() -> None:
    bench = charging()
    bench.run(10.05)
    bench.socket.set_mains_v((207.0, 230.0, 230.0), 10.05)
    bench.step(10.1)
    assert bench.senses[-1].u_dv == (2_300, 2_300, 2_300)
    bench.step(10.21)
    assert bench.senses[-1].u_dv == (2_070, 2_300, 2_300)
    bench.socket.set_mains_v((0.0, 0.0, 0.0), 11.0)
    assert bench.l1_a()[-1] == (11.0, 0.0)


@pytest.mark.parametrize(
    ("faults", "state", "low_mv", "draws"),
    [
        (PilotFaults(shorted_to_pe=True), "E", 0, False),
        (PilotFaults(shorted_behind_diode=True), "E", -12_000, False),
        (PilotFaults(open=True), "A2", -12_000, False),
        (PilotFaults(earth_lost=True), "A2", -12_000, False),
        (PilotFaults(diode_open=True), "A2", -12_000, True),
        (PilotFaults(diode_shorted=True), "C2", -5_623, True),
        (PilotFaults(resistor_ohm=2_740.0), "B2", -12_000, True),
    ],
)
def test_pilot_faults_while_charging(faults: PilotFaults, state: str, low_mv: int, draws: bool) -> None:
    bench = charging()
    bench.run(10.0)
    bench.socket.set_pilot_faults(faults, 10.0)
    bench.run(20.0)
    assert bench.states()[-1] == (10.0, state)
    assert bench.senses[-1].cp_low_mv == low_mv
    assert (bench.socket.currents_a(20.0)[0] > 0) == draws


def test_generator_out_of_tolerance_is_sensed() -> None:
    bench = charging(source=Source(high_v=11.0, low_v=-10.5))
    assert (bench.senses[-1].cp_high_mv, bench.senses[-1].cp_low_mv) == (5_526, -10_500)


def test_what_a_defective_generator_makes_is_what_the_car_reads() -> None:
    bench = charging(source=Source(duty_error_mpct=-1_000))
    bench.run(10.0)
    assert bench.of("pilot", "duty_pct")[-1] == (3.0, 25.667)
    assert bench.of("pilot", "offered_a")[-1] == (3.0, 15.4)
    assert bench.l1_a() == [(3.15, 15.4)]


def test_a_car_does_not_take_pwm_of_another_frequency() -> None:
    bench = charging(source=Source(frequency_hz=1_030.0))
    bench.run(10.0)
    assert bench.states()[-1] == (2.0, "B2")


def test_active_power_shows_the_power_factor() -> None:
    bench = charging(min_a=14.0, filter_a=5.985, power_factor=((8.0, 0.95),))
    bench.run(10.0)
    sense = bench.senses[-1]
    assert (sense.i_ma, sense.p_w) == ((16_000,) * 3, (3_496,) * 3)
    assert 3_496 / (16 * 230) == 0.95
    bench.socket.drive(pwm(10_000), True, 10.0)
    bench.run(20.0)
    sense = bench.senses[-1]
    assert (sense.i_ma, sense.p_w) == ((5_985,) * 3, (0, 0, 0))


def test_an_oscilloscope_sees_the_pilot_of_the_moment() -> None:
    bench = charging()
    for signal, high_v, low_v in ((PWM_16_A, 5.995, -12.0), (HIGH, 5.995, 5.995), (LOW, -12.0, -12.0)):
        bench.socket.drive(signal, False, 5.0)
        volts = bench.socket.waveform_v(5.0, sample_rate_hz=1e6, count=2_000)
        assert [volts[1_200], volts[1_900]] == pytest.approx([high_v, low_v], abs=1e-3)
    assert len(volts) == 2_000
    assert volts == bench.socket.waveform_v(7.0, sample_rate_hz=1e6, count=2_000)
    with pytest.raises(BadConfiguration, match="above 0"):
        bench.socket.waveform_v(5.0, sample_rate_hz=0.0, count=1)


def test_sockets_jitter_each_for_itself() -> None:
    first, second = (Socket(number, source=Source(jitter_s=1e-6)) for number in (1, 2))
    for socket in (first, second):
        socket.drive(PWM_16_A, False, 0.0)
    one, other = (socket.waveform_v(0.0, sample_rate_hz=5e6, count=10_000) for socket in (first, second))
    assert one == first.waveform_v(0.0, sample_rate_hz=5e6, count=10_000) != other


def test_a_control_of_the_car_takes_effect_when_stepped() -> None:
    bench = charging()
    bench.run(10.0)
    bench.car.set_draw_fraction(1.05)
    assert bench.l1_a()[-1] == (3.15, 16.0)
    bench.step(12.0)
    assert bench.l1_a()[-1] == (12.0, 16.8)


def test_repeated_drives_say_nothing() -> None:
    bench = charging()
    bench.run(10.0)
    events, senses = len(bench.events), len(bench.senses)
    for k in range(10):
        bench.socket.drive(PWM_16_A, True, 10.0 + k)
    bench.run(30.0)
    assert (len(bench.events), len(bench.senses)) == (events, senses)
    assert bench.socket.next_deadline_s() is None


signals = st.sampled_from([HIGH, LOW, pwm(10_000), PWM_16_A, pwm(53_333), pwm(5_000)])
actions = st.one_of(
    st.tuples(st.just("drive"), signals, st.booleans()),
    st.tuples(st.just("drive"), st.just(PWM_16_A), st.just(True)),
    st.tuples(
        st.sampled_from(["plug", "plug", "unplug", "over", "normal", "uneven", "even", "stop", "resume"]),
        st.none(),
        st.none(),
    ),
)
plans = st.lists(st.tuples(st.sampled_from([0.0, 0.013, 0.2, 1.1, 3.0, 20.0]), actions), max_size=30)


def act(bench: Bench, what: str, signal: Signal | None, close: bool | None, now_s: float) -> None:
    if what == "drive" and signal is not None:
        bench.socket.drive(signal, close is True, now_s)
    elif what == "plug" and bench.socket.vehicle is None:
        bench.socket.plug(bench.car, now_s)
    elif what == "unplug":
        bench.socket.unplug(now_s)
    elif what in ("over", "normal"):
        bench.car.set_draw_fraction(1.2 if what == "over" else 1.0)
    elif what == "uneven":
        bench.car.set_fixed_draw(13.0, 20.0, 0.0)
    elif what == "even":
        bench.car.set_fixed_draw(None)
    elif what in ("stop", "resume"):
        getattr(bench.car, what)()
    bench.step(now_s)


def check_invariants(bench: Bench, now_s: float) -> None:
    currents_a = bench.socket.currents_a(now_s)
    if not bench.socket.contactor_closed or not bench.socket.state.startswith("C"):
        assert currents_a == (0.0, 0.0, 0.0)
    reported = [f["i_a"] for _, kind, f in bench.events if kind == "currents"]
    if not bench.car.ramping:
        assert list(currents_a) == (reported[-1] if reported else [0.0, 0.0, 0.0])
    for before, after in pairwise(bench.senses):
        assert before != after
    times_s = [at_s for at_s, _, _ in bench.events]
    assert times_s == sorted(times_s)
    deadline_s = bench.socket.next_deadline_s()
    assert deadline_s is None or deadline_s > now_s - 1e-9


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(plan=plans, ramp_a_per_s=st.sampled_from([2.0, float("inf")]), reaction_s=st.sampled_from([0.0, 1.5]))
def test_whatever_happens(
    plan: list[tuple[float, tuple[str, Signal | None, bool | None]]], ramp_a_per_s: float, reaction_s: float
) -> None:
    punctual, late = (Bench(ramp_a_per_s=ramp_a_per_s, reaction_s=reaction_s) for _ in range(2))
    now_s = 0.0
    for wait_s, (what, signal, close) in plan:
        now_s += wait_s
        punctual.run(now_s)
        for bench in (punctual, late):
            act(bench, what, signal, close, now_s)
            check_invariants(bench, now_s)
    for bench in (punctual, late):
        bench.run(now_s + 100.0)
        check_invariants(bench, now_s + 100.0)
        assert bench.socket.next_deadline_s() is None
        assert bench.senses[-1:] in ([], [bench.socket.sense()])
    assert punctual.events == late.events
    assert punctual.senses == late.senses
