"""The charger: ramps, phases, and the moment the battery is full."""

import pytest

from emulators.vehicle.charger import Charger
from emulators.vehicle.spec import VehicleSpec


def live(mains_phases: int = 3, **spec: float) -> Charger:
    charger = Charger(VehicleSpec(**spec))  # type: ignore[arg-type]
    charger.set_live_phases(mains_phases, 0.0)
    return charger


def test_rises_and_falls_at_its_own_rates() -> None:
    charger = live(ramp_a_per_s=2.0, ramp_down_a_per_s=5.0)
    charger.aim((16_000, 16_000, 16_000), 1.0)
    assert charger.ramp_end_s == 9.0
    assert charger.currents_ma(5.0) == (8_000, 8_000, 8_000)
    charger.aim((3_000, 3_000, 3_000), 5.0)
    assert charger.currents_ma(5.5) == (5_500, 5_500, 5_500)
    assert charger.ramp_end_s == 6.0


def test_aiming_again_at_the_same_target_keeps_the_ramp() -> None:
    charger = live(ramp_a_per_s=2.0)
    charger.aim((16_000, 16_000, 16_000), 0.0)
    charger.aim((16_000, 16_000, 16_000), 4.0)
    assert charger.ramp_end_s == 8.0


def test_a_step_does_not_ramp() -> None:
    charger = live()
    charger.aim((16_000, 16_000, 16_000), 1.0)
    assert charger.ramp_end_s is None
    assert charger.currents_ma(1.0) == (16_000, 16_000, 16_000)


def test_a_ramp_ends_when_stepped_at_its_end_and_not_before() -> None:
    charger = live(ramp_a_per_s=2.0)
    charger.aim((16_000, 16_000, 16_000), 0.0)
    charger.step(7.999)
    assert charger.ramp_end_s == 8.0
    charger.step(8.0)
    assert charger.ramp_end_s is None


def test_cut_is_immediate() -> None:
    charger = live(ramp_a_per_s=1.0, ramp_down_a_per_s=1.0)
    charger.aim((16_000, 16_000, 16_000), 0.0)
    charger.cut(10.0)
    assert charger.currents_ma(10.0) == (0, 0, 0)
    assert charger.ramp_end_s is None


@pytest.mark.parametrize(
    ("car_phases", "mains_phases", "currents"),
    [
        (1, 3, (6_000, 0, 0)),
        (2, 3, (6_000, 6_000, 0)),
        (3, 3, (6_000, 6_000, 6_000)),
        (3, 1, (6_000, 0, 0)),
        (3, 0, (0, 0, 0)),
    ],
)
def test_phases(car_phases: int, mains_phases: int, currents: tuple[int, int, int]) -> None:
    charger = live(mains_phases, phases=car_phases)
    charger.aim((6_000, 6_000, 6_000), 0.0)
    assert charger.currents_ma(0.0) == currents


def test_full_is_predicted_through_the_ramp() -> None:
    charger = live(phases=1, ramp_a_per_s=1.0, battery_kwh=1.0, soc_pct=0.0)
    charger.aim((16_000, 16_000, 16_000), 0.0)
    # 1 kWh at 230 V is 15652.17 A·s; the ramp of 16 s carries 128 A·s of it
    assert charger.full_s == pytest.approx(16 + (3_600_000 / 230 - 128) / 16)
    assert charger.soc_pct(16.0) == pytest.approx(128 * 230 / 36_000)


def test_full_is_predicted_within_a_ramp() -> None:
    charger = live(phases=1, ramp_a_per_s=0.001, battery_kwh=1.0, soc_pct=0.0)
    charger.aim((16_000, 16_000, 16_000), 0.0)
    # r t^2 / 2 = q
    assert charger.full_s == pytest.approx((2 * 3_600_000 / 230 / 0.001) ** 0.5)


def test_never_full_at_no_current() -> None:
    charger = live(ramp_down_a_per_s=1.0, battery_kwh=1.0, soc_pct=0.0)
    charger.aim((16_000, 16_000, 16_000), 0.0)
    charger.aim((0, 0, 0), 1.0)
    assert charger.full_s is None
    charger.cut(2.0)
    assert charger.full_s is None


def test_each_phase_has_a_current_of_its_own() -> None:
    charger = live(ramp_a_per_s=2.0)
    charger.aim((16_000, 8_000, 0), 0.0)
    assert charger.ramp_end_s == 8.0
    assert charger.currents_ma(4.0) == (8_000, 8_000, 0)
    assert charger.currents_ma(6.0) == (12_000, 8_000, 0)
    charger.step(8.0)
    assert charger.currents_ma(8.0) == (16_000, 8_000, 0)


def test_full_is_predicted_again_when_phases_change() -> None:
    charger = live(3, battery_kwh=1.0, soc_pct=0.0)
    charger.aim((16_000, 16_000, 16_000), 0.0)
    charger.set_live_phases(1, 100.0)
    charger.aim((16_000, 16_000, 16_000), 100.0)
    assert charger.full_s == pytest.approx(100 + (3_600_000 / 230 - 3 * 16 * 100) / 16)


def test_without_a_capacity_it_is_never_full() -> None:
    charger = live()
    charger.aim((16_000, 16_000, 16_000), 0.0)
    assert charger.full_s is None
    assert charger.soc_pct(1e9) is None
    charger.fill(1e9)
    assert not charger.full


def test_active_and_reactive_current() -> None:
    charger = Charger(VehicleSpec(max_a=32.0, filter_a=3.0))
    charger.set_live_phases(3, 0.0)
    charger.aim((5_000, 3_000, 0), 0.0)
    assert charger.active_ma(0.0) == (4_000, 0, 0)
    assert charger.reactive_ma(0.0) == (-3_000, -3_000, 0)


def test_the_battery_takes_active_current_only() -> None:
    charger = Charger(VehicleSpec(phases=1, filter_a=3.0, ramp_a_per_s=1.0, battery_kwh=1.0, soc_pct=0.0))
    charger.set_live_phases(1, 0.0)
    charger.aim((5_000, 5_000, 5_000), 0.0)
    # 4 A of 5 A are active, on the ramp of 5 s too
    assert charger.full_s == pytest.approx(5 + (3_600_000 / 230 - 0.8 * 12.5) / 4)
    assert charger.soc_pct(5.0) == pytest.approx(0.8 * 12.5 * 230 / 36_000)
    charger.aim((3_000, 3_000, 3_000), 5.0)
    assert charger.full_s is None
