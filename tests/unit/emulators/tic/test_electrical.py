"""One reading as a meter shows it."""

from __future__ import annotations

import pytest

from emulators.site import GridReading, Site
from emulators.tic.electrical import Electrical
from emulators.tic.rounding import nearest


def reading(*current_a: float, voltage_v: tuple[float, ...] = (230.0, 230.0, 230.0), share: float = 1.0) -> GridReading:
    three = (*current_a, 0.0, 0.0)[:3]
    volts = (voltage_v[0], voltage_v[1], voltage_v[2])
    return GridReading(
        phases=len(current_a),
        current_a=(three[0], three[1], three[2]),
        voltage_v=volts,
        power_w=tuple(a * v * share for a, v in zip(three, volts, strict=True)),  # type: ignore[arg-type]
        import_kwh=0.0,
        export_kwh=0.0,
    )


@pytest.mark.parametrize(
    ("va", "v", "shown_a"), [(3576, 227, 16), (133, 238, 1), (115, 242, 0), (50, 227, 0), (211, 237, 1), (623, 241, 3)]
)
def test_currents_as_meters_in_the_field_round_them(va: int, v: int, shown_a: int) -> None:
    shown = Electrical.of(reading(va / v, voltage_v=(float(v), 0.0, 0.0)), 1)
    assert shown.current_a == [shown_a]
    assert shown.phase_import_va == [va]
    assert shown.voltage_v == [v]


@pytest.mark.parametrize(("value", "rounded"), [(0.0, 0), (0.49, 0), (0.5, 1), (1.5, 2), (2.5, 3), (2.499, 2)])
def test_halves_go_up(value: float, rounded: int) -> None:
    assert nearest(value) == rounded


def test_import_of_one_phase() -> None:
    shown = Electrical.of(reading(32.0, voltage_v=(233.0, 0.0, 0.0)), 1)
    assert (shown.import_va, shown.export_va, shown.exports) == (7456, 0, False)
    said = shown.quantities(subscribed_a=45)
    assert said["import_10va"] == 7460
    assert said["current_a.1"] == 32
    assert said["excess_a.1"] is None
    assert shown.quantities(subscribed_a=32)["excess_a.1"] is None
    assert shown.quantities(subscribed_a=31)["excess_a.1"] == 32


def test_export_has_a_current_and_no_power() -> None:
    shown = Electrical.of(reading(-12.6), 1)
    assert (shown.current_a, shown.phase_import_va) == ([13], [0])
    assert (shown.import_va, shown.export_va, shown.exports) == (0, 2898, True)
    assert shown.quantities(45)["import_10va"] == 0


def test_the_total_is_the_sum_of_the_phases_with_sign() -> None:
    # As a meter in the field showed it: 208 VA of 399, 115 and -306.
    shown = Electrical.of(reading(399 / 230, 115 / 230, -306 / 230), 3)
    assert shown.phase_import_va == [399, 115, 0]
    assert shown.current_a == [2, 1, 1]
    assert (shown.import_va, shown.export_va) == (208, 0)
    # Example E4 of the protocol facts.
    volts = (236.0, 232.0, 235.0)
    shown = Electrical.of(reading(-2100 / 236, 437 / 232, -1180 / 235, voltage_v=volts), 3)
    assert (shown.current_a, shown.phase_import_va) == ([9, 2, 5], [0, 437, 0])
    assert (shown.import_va, shown.export_va) == (0, 2843)


def test_totals_and_phases_are_rounded_separately() -> None:
    shown = Electrical.of(reading(50.4 / 230, 211.4 / 230, 623.4 / 230), 3)
    assert shown.phase_import_va == [50, 211, 623]
    assert shown.import_va == 885


def test_a_meter_on_one_phase_sees_that_phase() -> None:
    shown = Electrical.of(reading(5.0, 6.0, -40.0), 1)
    assert (shown.current_a, shown.import_va, shown.exports) == ([5], 1150, False)


def test_reactive_power_follows_from_the_power_factor() -> None:
    shown = Electrical.of(reading(10.0, 10.0, share=0.8), 3)
    assert shown.reactive_var == pytest.approx(2 * 2300 * 0.6)
    assert Electrical.of(reading(10.0), 1).reactive_var == 0.0


def test_voltages_out_of_bounds() -> None:
    assert not Electrical.of(reading(1.0, 1.0, 1.0, voltage_v=(253.0, 200.0, 230.0)), 3).over_voltage
    assert Electrical.of(reading(1.0, 1.0, 1.0, voltage_v=(230.0, 253.1, 230.0)), 3).over_voltage
    assert Electrical.of(reading(1.0, 1.0, 1.0), 3).missing_phases == 0
    assert Electrical.of(reading(1.0, 0.0, 1.0, voltage_v=(230.0, 0.0, 230.0)), 3).missing_phases == 0b0100
    assert Electrical.of(reading(0.0, 0.0, 0.0, voltage_v=(0.0, 0.0, 0.0)), 3).missing_phases == 0b1110


def test_no_negative_zero_and_no_direction_without_power() -> None:
    site = Site(phases=1)
    site.add_load("house", 3.0)
    site.add_pv("roof", 3.0)
    shown = Electrical.of(site.read(0.0), 1)
    assert (shown.current_a, shown.import_va, shown.export_va, shown.exports) == ([0], 0, 0, False)
