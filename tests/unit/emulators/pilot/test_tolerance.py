"""What parts may measure, against the table of facts; and that whatever is within tolerance lands in its state."""

import os
from random import Random

import pytest

from emulators.pilot import tolerance
from emulators.pilot.circuit import HIGH, measure, pwm, state_of
from emulators.pilot.tolerance import HIGHEST, LOWEST, Tolerance, any_load, any_source, plus_minus

COUNT = 20_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 500
PWM = pwm(26_667)


@pytest.mark.parametrize(
    ("found", "least", "most"),
    [
        # facts/control_pilot.md, section 1
        (tolerance.HIGH_V, 11.4, 12.6),
        (tolerance.LOW_V, -12.6, -11.4),
        (tolerance.R1, 970, 1_030),
        (tolerance.DIODE_V, 0.55, 0.85),
        (tolerance.ACCEPTED_R2_OHM, 1_870, 4_610),
        (tolerance.ACCEPTED_R3_OHM, 909, 1_723),
        # section 2
        (tolerance.GENERATED_HZ, 995, 1_005),
        (tolerance.ACCEPTED_HZ, 980, 1_020),
        (tolerance.DUTY_ERROR_MPCT, -500, 500),  # 5 us of 1 ms
    ],
)
def test_figures_of_the_facts(found: Tolerance, least: float, most: float) -> None:
    assert [found.least, found.most] == pytest.approx([least, most])
    assert found.holds(found.nominal)


def test_ends_belong_to_it() -> None:
    tenth = plus_minus(-10.0, 0.1)
    assert [tenth.holds(value) for value in (-11.01, -11.0, -9.0, -8.99)] == [False, True, True, False]


def test_the_extreme_generators() -> None:
    assert [LOWEST.high_v, LOWEST.low_v, LOWEST.r1_ohm] == pytest.approx([11.4, -11.4, 1_030])
    assert [HIGHEST.high_v, HIGHEST.low_v, HIGHEST.r1_ohm] == pytest.approx([12.6, -12.6, 970])


def test_a_seed_is_a_circuit() -> None:
    first, again, other = (any_source(Random(seed), jitter_s=1e-6) for seed in (1, 1, 2))
    assert first == again != other
    assert first.jitter_s == 1e-6
    assert any_load(Random(3), s2_closed=True) == any_load(Random(3), s2_closed=True)


def test_everything_within_tolerance_is_read_as_what_it_is() -> None:
    rng = Random(1)
    for _ in range(COUNT):
        source = any_source(rng)
        assert tolerance.HIGH_V.holds(source.high_v)
        assert tolerance.R1.holds(source.r1_ohm)
        assert tolerance.GENERATED_HZ.holds(source.frequency_hz)
        b, c = any_load(rng, s2_closed=False), any_load(rng, s2_closed=True)
        assert tolerance.R2.holds(b.r2_ohm)
        assert c.r3_ohm is not None
        assert tolerance.R3_CHARGING.holds(c.r3_ohm)
        states = [state_of(measure(source, signal, load), signal) for signal in (PWM, HIGH) for load in (None, b, c)]
        assert states == ["A2", "B2", "C2", "A1", "B1", "C1"]
        assert measure(source, PWM, c).low_v == source.low_v
