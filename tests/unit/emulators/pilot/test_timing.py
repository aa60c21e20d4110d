"""Times of the control pilot against facts/control_pilot.md."""

from emulators.pilot import timing
from emulators.pilot.circuit import HIGH, LOW


def test_times_of_the_station() -> None:
    # section 3: items 4, 2.1 / 2.2 / 8.1, 10.2 and "state F after fault"; section 2: PWM update interval
    assert (timing.CONTACTOR_ON_S, timing.CONTACTOR_OFF_S) == (3.0, 0.1)
    assert (timing.C1_FORCED_OPEN_S, timing.C1_FORCED_OPEN_LATEST_S) == (6.0, 7.0)
    assert (timing.PWM_UPDATE_S, timing.STATE_F_S) == (5.0, 0.3)


def test_times_of_the_car() -> None:
    # section 3: EV current reduction, items 1.1 / 1.2, BCB toggle
    assert (timing.CAR_FOLLOWS_S, timing.SIMPLIFIED_A, timing.BCB_PULSE_S) == (5.0, 10.0, (0.2, 0.4))


def test_wake_up() -> None:
    # section 4: legacy wake-up (T_STEP_EF 4000 ms, X1 750 ms, again after 30 s), T_STEP_X1, T_REPLUG;
    # SmartEVSE takes the pilot off for 3 to 5 s
    assert [(step.signal, step.for_s) for step in timing.WAKE_UP] == [(LOW, 4.0), (HIGH, 0.75)]
    assert (timing.WAKE_RETRY_S, timing.X1_PAUSE_S, timing.REPLUG_S, timing.WAKE_PULSE_LEAST_S) == (30.0, 3.0, 4.0, 3.0)
