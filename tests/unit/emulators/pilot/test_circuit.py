"""The circuit against voltages worked out by hand, and the state that follows from them."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration
from emulators.pilot.circuit import (
    DEAD,
    HIGH,
    LOW,
    R3_CHARGING_OHM,
    R3_VENTILATED_OHM,
    PilotFaults,
    PilotLoad,
    Plateaus,
    Signal,
    Source,
    measure,
    pwm,
    seen_by_car,
    state_of,
)

EXAMPLES = 20_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 300
NOMINAL = Source()
LOWEST = Source(11.4, -11.4, 1_030.0)
HIGHEST = Source(12.6, -12.6, 970.0)
PWM = pwm(26_667)
B = PilotLoad()
C = PilotLoad(r3_ohm=R3_CHARGING_OHM)
D = PilotLoad(r3_ohm=R3_VENTILATED_OHM)


@pytest.mark.parametrize(
    ("source", "load", "high_v"),
    [
        (NOMINAL, B, 8.98),
        (LOWEST, B, 8.48),
        (HIGHEST, B, 9.49),
        (NOMINAL, PilotLoad(1_870.0), 8.06),
        (LOWEST, PilotLoad(1_870.0), 7.60),
        (NOMINAL, PilotLoad(4_610.0), 9.99),
        (HIGHEST, PilotLoad(4_610.0), 10.53),
        (NOMINAL, C, 5.99),
        (LOWEST, C, 5.63),
        (HIGHEST, C, 6.37),
        (LOWEST, PilotLoad(r3_ohm=909.0), 4.96),
        (HIGHEST, PilotLoad(r3_ohm=1_723.0), 6.91),
        (NOMINAL, D, 2.93),
        (LOWEST, D, 2.76),
        (HIGHEST, D, 3.11),
    ],
)
def test_plateaus_while_pwm_runs(source: Source, load: PilotLoad, high_v: float) -> None:
    plateaus = measure(source, PWM, load)
    assert plateaus.high_v == pytest.approx(high_v, abs=0.006)
    assert plateaus.low_v == source.low_v  # the diode blocks


@pytest.mark.parametrize("source", [LOWEST, NOMINAL, HIGHEST])
@pytest.mark.parametrize(("load", "letter"), [(None, "A"), (B, "B"), (C, "C"), (D, "D")], ids=["none", "b", "c", "d"])
def test_states_within_the_generator_tolerance(source: Source, load: PilotLoad | None, letter: str) -> None:
    assert state_of(measure(source, PWM, load), PWM) == letter + "2"
    assert state_of(measure(source, HIGH, load), HIGH) == letter + "1"
    assert state_of(measure(source, LOW, load), LOW) == "F"


def test_a_constant_level_has_equal_plateaus() -> None:
    for signal in (HIGH, LOW):
        plateaus = measure(NOMINAL, signal, C)
        assert plateaus.high_v == plateaus.low_v


def test_at_minus_12_v_a_car_is_invisible() -> None:
    assert measure(NOMINAL, LOW, C) == measure(NOMINAL, LOW, None) == Plateaus(-12.0, -12.0)


@pytest.mark.parametrize(
    ("high_v", "state"),
    [
        (11.0, "A2"),
        (10.999, "B2"),
        (7.5, "B2"),
        (7.499, "C2"),
        (4.5, "C2"),
        (4.499, "D2"),
        (1.5, "D2"),
        (1.499, "E"),
        (-1.5, "E"),
        (-1.501, "F"),
    ],
)
def test_edges_of_the_states(high_v: float, state: str) -> None:
    assert state_of(Plateaus(high_v, -12.0), PWM) == state


def test_shorted_diode_shows_in_the_low_plateau() -> None:
    plateaus = measure(NOMINAL, PWM, C, PilotFaults(diode_shorted=True))
    assert plateaus.high_v == -plateaus.low_v == pytest.approx(12 * 881.68 / 1881.68, abs=0.001)
    assert measure(NOMINAL, LOW, B, PilotFaults(diode_shorted=True)).low_v == pytest.approx(-8.79, abs=0.01)


def test_shorted_diode_without_a_car_changes_nothing() -> None:
    assert measure(NOMINAL, PWM, None, PilotFaults(diode_shorted=True)) == Plateaus(12.0, -12.0)


@pytest.mark.parametrize("signal", [PWM, HIGH, LOW])
@pytest.mark.parametrize("load", [None, C])
def test_short_to_pe_is_state_e(signal: Signal, load: PilotLoad | None) -> None:
    plateaus = measure(NOMINAL, signal, load, PilotFaults(shorted_to_pe=True))
    assert plateaus == DEAD
    assert state_of(plateaus, signal) == "E"


def test_short_behind_the_diode_leaves_the_negative_half_wave() -> None:
    plateaus = measure(NOMINAL, PWM, C, PilotFaults(shorted_behind_diode=True))
    assert plateaus == Plateaus(0.7, -12.0)
    assert state_of(plateaus, PWM) == "E"


def test_open_pilot_hides_car_and_station_from_each_other() -> None:
    faults = PilotFaults(open=True)
    at_station = measure(NOMINAL, PWM, C, faults)
    assert state_of(at_station, PWM) == "A2"
    assert seen_by_car(at_station, faults) == DEAD
    assert seen_by_car(at_station, PilotFaults()) == at_station


def test_lost_earth_is_an_empty_socket_to_the_station_and_state_e_to_the_car() -> None:
    faults = PilotFaults(earth_lost=True)
    at_station = measure(NOMINAL, PWM, C, faults)
    assert state_of(at_station, PWM) == "A2"
    assert state_of(seen_by_car(at_station, faults), PWM) == "E"


def test_burnt_out_diode_hides_the_car_that_still_sees_its_pilot() -> None:
    faults = PilotFaults(diode_open=True)
    at_station = measure(NOMINAL, PWM, C, faults)
    assert at_station == measure(NOMINAL, PWM, None)
    assert seen_by_car(at_station, faults) == at_station
    bridged = PilotFaults(diode_open=True, diode_shorted=True)
    assert measure(NOMINAL, PWM, C, bridged) == measure(NOMINAL, PWM, C, PilotFaults(diode_shorted=True))


def test_a_generator_without_supply_is_state_e() -> None:
    assert state_of(measure(Source(0.0, 0.0), PWM, C), PWM) == "E"


@pytest.mark.parametrize(
    ("r2_ohm", "state"), [(1_869.0, "B2"), (4_611.0, "B2"), (14_000.0, "A2"), (1_400.0, "C2"), (400.0, "D2")]
)
def test_wrong_resistors_are_judged_by_their_voltage(r2_ohm: float, state: str) -> None:
    assert state_of(measure(NOMINAL, PWM, C, PilotFaults(resistor_ohm=r2_ohm)), PWM) == state


def test_what_a_generator_makes_of_what_it_is_told() -> None:
    source = Source(frequency_hz=995.0, duty_error_mpct=-500)
    assert Source().emits(PWM) == PWM
    assert source.emits(PWM) == Signal("pwm", 26_167, 995.0)
    assert (source.emits(HIGH), source.emits(LOW)) == (HIGH, LOW)
    assert source.emits(pwm(1)).duty_mpct == 1
    assert Source(duty_error_mpct=500).emits(pwm(99_999)).duty_mpct == 99_999


def test_wrong_resistor_stands_in_for_the_car() -> None:
    plateaus = measure(NOMINAL, PWM, C, PilotFaults(resistor_ohm=2_740.0))
    assert plateaus == measure(NOMINAL, PWM, B)


@pytest.mark.parametrize("duty_mpct", [0, 100_000, -1])
def test_constant_levels_are_not_pwm(duty_mpct: int) -> None:
    with pytest.raises(BadConfiguration, match="is not PWM"):
        pwm(duty_mpct)


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(
    high_v=st.floats(11.4, 12.6),
    low_v=st.floats(-12.6, -11.4),
    r1_ohm=st.floats(970, 1_030),
    r2_ohm=st.floats(1, 1e6),
    r3_ohm=st.none() | st.floats(1, 1e6),
    shorted=st.booleans(),
)
def test_plateaus_stay_between_the_rails(
    high_v: float, low_v: float, r1_ohm: float, r2_ohm: float, r3_ohm: float | None, shorted: bool
) -> None:
    source = Source(high_v, low_v, r1_ohm)
    load = PilotLoad(r2_ohm, r3_ohm)
    plateaus = measure(source, PWM, load, PilotFaults(diode_shorted=shorted))
    assert 0 < plateaus.high_v < high_v
    assert low_v <= plateaus.low_v < 0
    assert (plateaus.low_v == low_v) != shorted
    if r3_ohm is not None:
        assert plateaus.high_v <= measure(source, PWM, PilotLoad(r2_ohm), PilotFaults(diode_shorted=shorted)).high_v
