"""Energy in, state of charge out."""

import pytest

from emulators.vehicle.battery import Battery


def test_three_phases_of_16_a_for_an_hour() -> None:
    battery = Battery(11.04, 0.0)  # 3 x 16 A x 230 V is 11.04 kW
    battery.charge(3 * 16_000 * 1_800.0)
    assert battery.soc_pct == pytest.approx(50.0)
    assert battery.missing_mas == pytest.approx(3 * 16_000 * 1_800.0)
    battery.charge(3 * 16_000 * 1_801.0)
    assert battery.soc_pct == 100.0
    assert battery.full


def test_fill_leaves_no_rounding_behind() -> None:
    battery = Battery(50.0, 99.9)
    before = battery.full
    battery.fill()
    assert (before, battery.full) == (False, True)
    assert battery.missing_mas == 0.0
