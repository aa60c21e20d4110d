"""Which figure stands for the current of a phase, given what the telegram has."""

from dataclasses import replace

import pytest

from station.errors import Malformed
from station.sources.p1.codec import P1Telegram, PerPhase
from station.sources.p1.currents import currents_a

NONE: PerPhase = (None, None, None)
EMPTY = P1Telegram("50", None, None, None, NONE, NONE, NONE, NONE, (True, True, True))
ONE_PHASE = replace(EMPTY, has_phase=(True, False, False))


def l1(
    import_kw: float | None = None,
    export_kw: float | None = None,
    voltage_v: float | None = None,
    current_a: float | None = None,
) -> float:
    """Current of L1 on a one-phase meter with these lines and no totals."""
    telegram = replace(
        ONE_PHASE,
        phase_import_kw=(import_kw, None, None),
        phase_export_kw=(export_kw, None, None),
        voltage_v=(voltage_v, None, None),
        current_a=(current_a, None, None),
    )
    (current, *others), phases = currents_a(telegram)
    assert (others, phases) == ([0.0, 0.0], 1)
    return current


def test_example_c_signed_currents_from_power_and_voltage() -> None:
    telegram = replace(
        EMPTY,
        phase_import_kw=(0.0, 0.310, 0.0),
        phase_export_kw=(2.415, 0.0, 1.020),
        voltage_v=(238.4, 231.0, 236.9),
        current_a=(10.0, 1.0, 4.0),
    )
    current, phases = currents_a(telegram)
    assert current == pytest.approx((-10.13, 1.34, -4.31), abs=0.005)
    assert phases == 3


def test_power_and_voltage_outrank_the_current_line() -> None:
    assert l1(0.047, 0.0, 232.9, 0.27) == pytest.approx(0.2018, abs=1e-4)
    assert l1(0.0, 0.322, 226.0, 1.0) == pytest.approx(-1.4248, abs=1e-4)


def test_both_directions_at_once_net_out() -> None:
    assert l1(1.111, 4.444, 230.0) == pytest.approx(-14.4913, abs=1e-4)


def test_missing_export_line_is_no_export() -> None:
    assert l1(2.3, None, 230.0, 10.0) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("import_kw", "export_kw", "current_a", "expected_a"),
    [
        (1.150, 0.0, 5.0, 5.0),
        (2.332, 0.0, 10.0, 10.139),  # the power says more
        (0.209, 0.0, 2.0, 2.0),  # the line says more
        (0.130, 0.0, 0.0, 0.565),  # 0 A with power is normal
        (0.0, 2.300, 11.0, -10.0),  # of two exports the smaller
        (0.0, 2.530, 10.0, -10.0),
        (0.0, 0.100, 0.0, 0.0),
        (0.0, 0.0, 0.0, 0.0),
        (0.0, 0.0, 1.0, 1.0),
        (0.230, 0.0, None, 1.0),
        (0.0, 0.230, None, -1.0),
    ],
)
def test_without_voltage_the_figure_that_leaves_less_for_charging(
    import_kw: float, export_kw: float, current_a: float | None, expected_a: float
) -> None:
    assert l1(import_kw, export_kw, None, current_a) == pytest.approx(expected_a, abs=0.001)


def test_without_power_the_current_line_counts_as_import() -> None:
    # Belgian version 50213
    assert l1(None, None, 231.0, 6.0) == 6.0
    assert l1(None, 1.0, 231.0, 6.0) == 6.0


def test_grid_without_neutral_shows_no_power_on_a_phase_with_current() -> None:
    telegram = replace(
        EMPTY,
        phase_import_kw=(0.230, 0.0, 2.300),
        phase_export_kw=(0.0, 0.0, 0.0),
        voltage_v=(230.0, 0.0, 230.0),
        current_a=(1.05, 12.73, 11.87),
    )
    current, _phases = currents_a(telegram)
    assert current == pytest.approx((1.0, 12.73, 10.0))


@pytest.mark.parametrize(
    ("voltage_v", "current_a", "expected_a"),
    [(230.0, 1.0, 0.0), (230.0, 1.99, 0.0), (230.0, 2.0, 2.0), (0.0, 0.4, 0.4), (0.9, 0.0, 0.0), (1.0, 0.0, 0.0)],
)
def test_zero_power_with_current(voltage_v: float, current_a: float, expected_a: float) -> None:
    assert l1(0.0, 0.0, voltage_v, current_a) == expected_a


def test_a_sign_on_the_current_line_does_not_outrank_the_power() -> None:
    assert l1(0.0, 2.3, 230.0, -10.2) == -10.0
    assert l1(2.3, 0.0, None, -10.0) == 10.0
    assert l1(0.0, 2.3, None, -11.0) == -10.0
    assert l1(0.0, 0.0, 230.0, -2.0) == 2.0  # unexplained: too careful rather than blind
    assert l1(None, None, 230.0, -6.0) == -6.0


@pytest.mark.parametrize("voltage_v", [0.0, 0.9])
@pytest.mark.parametrize("power_kw", [0.001, 2.3])
def test_power_at_no_voltage_is_refused_not_divided(voltage_v: float, power_kw: float) -> None:
    with pytest.raises(Malformed, match=f"L1: {voltage_v} V with"):
        l1(power_kw, 0.0, voltage_v, 10.0)
    with pytest.raises(Malformed, match=f"L1: {voltage_v} V with"):
        l1(0.0, power_kw, voltage_v, 10.0)


def test_no_power_no_voltage_and_no_current_line_is_refused() -> None:
    with pytest.raises(Malformed, match=r"L1: 0\.0 V"):
        l1(0.0, 0.0, 0.0, None)


def test_one_phase_meter_with_total_power_only() -> None:
    assert currents_a(replace(ONE_PHASE, import_kw=1.150, export_kw=0.0)) == ((5.0, 0.0, 0.0), 1)
    assert currents_a(replace(ONE_PHASE, import_kw=0.0, export_kw=0.460)) == ((-2.0, 0.0, 0.0), 1)


def test_one_phase_meter_with_totals_and_voltage_and_current() -> None:
    telegram = replace(
        ONE_PHASE, import_kw=0.0, export_kw=2.4, voltage_v=(240.0, None, None), current_a=(10.3, None, None)
    )
    assert currents_a(telegram) == ((-10.0, 0.0, 0.0), 1)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_three_phase_meter_lacking_one_phase_of_values_is_refused(missing: int) -> None:
    amps: list[float | None] = [1.0, 2.0, 3.0]
    amps[missing] = None
    telegram = replace(EMPTY, import_kw=1.0, export_kw=0.0, current_a=(amps[0], amps[1], amps[2]))
    with pytest.raises(Malformed, match=f"L{missing + 1}: neither import power nor current"):
        currents_a(telegram)


@pytest.mark.parametrize(
    ("has_phase", "named"),
    [
        ((False, False, False), "no phase at all"),
        ((False, True, True), "L2 and L3"),
        ((True, True, False), "L1 and L2"),
        ((True, False, True), "L1 and L3"),
    ],
)
def test_neither_one_nor_three_phases_is_refused(has_phase: tuple[bool, bool, bool], named: str) -> None:
    telegram = replace(EMPTY, import_kw=1.0, export_kw=0.0, current_a=(1.0, 1.0, 1.0), has_phase=has_phase)
    with pytest.raises(Malformed, match=named):
        currents_a(telegram)
