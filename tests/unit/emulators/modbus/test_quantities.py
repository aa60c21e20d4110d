"""What registers hold follows from what the site measured."""

from __future__ import annotations

import math

import pytest

from emulators.modbus.energy import Energy
from emulators.modbus.quantities import QUANTITIES, Measured
from emulators.site import Site


def measured(
    *current_a: float, power_factor: float = 1.0, phases: int = 3, meter: int = 3, ratio: float = 1.0
) -> Measured:
    site = Site(phases=phases, voltage_v=(230.0, 231.0, 229.0))
    imported = [max(0.0, current) for current in current_a]
    exported = [max(0.0, -current) for current in current_a]
    site.add_load("house", *imported, power_factor=power_factor)
    site.add_pv("pv", *exported)
    return Measured(site.read(0.0), Energy(), meter, ratio)


def value(name: str, of: Measured) -> float:
    return QUANTITIES[name](of)


def test_currents_powers_and_voltages_are_the_sites() -> None:
    now = measured(10.0, 5.0, -2.0)
    assert [value(f"current_l{phase}_a", now) for phase in (1, 2, 3)] == [10.0, 5.0, 2.0]
    assert [value(f"signed_current_l{phase}_a", now) for phase in (1, 2, 3)] == [10.0, 5.0, -2.0]
    assert [value(f"power_l{phase}_w", now) for phase in (1, 2, 3)] == [2300.0, 1155.0, -458.0]
    assert [value(f"voltage_l{phase}_v", now) for phase in (1, 2, 3)] == [230.0, 231.0, 229.0]
    assert value("power_w", now) == 2300.0 + 1155.0 - 458.0
    assert (value("import_power_w", now), value("export_power_w", now)) == (2997.0, 0.0)
    assert (value("current_sum_a", now), value("current_mean_a", now)) == (17.0, 17.0 / 3)
    assert value("voltage_mean_v", now) == 230.0
    assert value("frequency_hz", now) == 50.0


def test_export() -> None:
    now = measured(-6.0, -6.0, -6.0)
    assert value("power_w", now) == -6.0 * 690.0
    assert (value("import_power_w", now), value("export_power_w", now)) == (0.0, 4140.0)
    assert (value("power_factor", now), value("cos_phi", now)) == (-1.0, 1.0)
    assert value("phase_angle_l1_deg", now) == 180.0


def test_reactive_power_lags() -> None:
    now = measured(10.0, 10.0, 10.0, power_factor=0.8)
    assert value("apparent_l1_va", now) == pytest.approx(2300.0)
    assert value("power_l1_w", now) == pytest.approx(1840.0)
    assert value("reactive_l1_var", now) == pytest.approx(1380.0)
    assert value("power_factor_l2", now) == pytest.approx(0.8)
    assert value("phase_angle_l3_deg", now) == pytest.approx(math.degrees(math.acos(0.8)))
    assert value("apparent_va", now) == pytest.approx(6900.0)
    assert value("reactive_var", now) == pytest.approx(4140.0)


def test_between_phases_and_in_the_neutral() -> None:
    assert value("voltage_l1_l2_v", measured(0.0)) == pytest.approx(399.24, abs=0.01)
    assert value("current_neutral_a", measured(10.0, 10.0, 10.0)) == pytest.approx(0.0, abs=1e-9)
    assert value("current_neutral_a", measured(10.0)) == pytest.approx(10.0)
    assert value("current_neutral_a", measured(10.0, 10.0)) == pytest.approx(10.0)
    assert value("current_neutral_a", measured(10.0, 10.0, power_factor=0.5)) == pytest.approx(10.0)
    assert value("current_neutral_a", measured(10.0, 0.0, -10.0)) == pytest.approx(math.sqrt(3) * 10.0)


def test_nothing_flows() -> None:
    now = measured(0.0)
    assert (value("power_factor_l1", now), value("cos_phi", now), value("phase_angle_l1_deg", now)) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize(("phases", "meter"), [(1, 1), (1, 3), (3, 1)])
def test_phases_that_the_meter_or_the_connection_lacks_are_zero(phases: int, meter: int) -> None:
    now = measured(*(10.0, 7.0, 7.0)[:phases], phases=phases, meter=meter)
    assert now.phases == 1
    for quantity in ("voltage_{}_v", "current_{}_a", "power_{}_w", "apparent_{}_va", "reactive_{}_var"):
        assert value(quantity.format("l2"), now) == value(quantity.format("l3"), now) == 0.0
    assert value("power_w", now) == 2300.0
    assert value("voltage_l1_l2_v", now) == value("voltage_l3_l1_v", now) == 0.0
    assert (value("voltage_mean_v", now), value("current_mean_a", now)) == (230.0, 10.0)
    assert value("current_neutral_a", now) == pytest.approx(10.0)


def test_transformers_change_currents_and_powers_only() -> None:
    now = measured(16.0, power_factor=0.9, ratio=0.01)
    assert value("current_l1_a", now) == pytest.approx(0.16)
    assert value("power_l1_w", now) == pytest.approx(33.12)
    assert value("apparent_l1_va", now) == pytest.approx(36.8)
    assert value("voltage_l1_v", now) == 230.0
    assert value("power_factor_l1", now) == pytest.approx(0.9)


def test_every_quantity_is_a_number_on_every_connection() -> None:
    for now in (measured(0.0), measured(-3.0, phases=1), measured(1.0, -2.0, 3.0, power_factor=0.7)):
        for name, quantity in QUANTITIES.items():
            assert math.isfinite(quantity(now)), name
