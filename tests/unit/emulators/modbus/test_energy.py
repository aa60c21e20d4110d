"""Energy registers: the site's count, or the meter's own where it sees less."""

from __future__ import annotations

import pytest

from emulators.modbus.energy import Energy
from emulators.modbus.quantities import Measured
from emulators.site import Site, Steps

HOUR_S = 3600.0


def counted(site: Site, phases: int, *times_s: float, ratio: float = 1.0, energy: Energy | None = None) -> Energy:
    energy = energy or Energy()
    for now_s in times_s:
        reading = site.read(now_s)
        energy.count(reading, phases, ratio, now_s)
        seen = Measured(reading, energy, phases, ratio)
        energy.hold(seen.power_w, seen.reactive_var)
    return energy


def house() -> Site:
    """10 A, 4 A and -1 A for an hour, then PV on L1 turns it round."""
    site = Site()
    site.add_load("house", 10.0, 4.0)
    site.add_pv("pv", Steps(((HOUR_S, 30.0),)), 0.0, 1.0)
    return site


def test_a_meter_of_the_whole_connection_counts_what_the_site_counts() -> None:
    site = house()
    energy = counted(site, 3, 0.0, HOUR_S, 2 * HOUR_S)
    end = site.read(2 * HOUR_S)
    assert (energy.import_kwh, energy.export_kwh) == pytest.approx((end.import_kwh, end.export_kwh))
    assert energy.import_kwh == pytest.approx(13 * 0.23)
    assert energy.export_kwh == pytest.approx(17 * 0.23)
    assert energy.phase_import_kwh == pytest.approx([2.3, 1.84, 0.0])
    assert energy.phase_export_kwh == pytest.approx([4.6, 0.0, 0.46])


def test_it_takes_over_what_the_site_counted_between_its_readings() -> None:
    site = house()
    energy = counted(site, 3, 0.0)
    for minute in range(1, 121):
        site.read(minute * 60.0)
    counted(site, 3, 2 * HOUR_S, energy=energy)
    assert energy.export_kwh == pytest.approx(17 * 0.23)


def test_a_meter_on_one_phase_counts_that_phase() -> None:
    energy = counted(house(), 1, 0.0, HOUR_S, 2 * HOUR_S)
    assert (energy.import_kwh, energy.export_kwh) == pytest.approx((2.3, 4.6))


def test_a_one_phase_connection_is_whole_for_every_meter() -> None:
    for phases in (1, 3):
        site = Site(phases=1)
        site.add_load("house", 10.0)
        assert counted(site, phases, 0.0, HOUR_S).import_kwh == pytest.approx(2.3)


def test_transformers_scale_what_is_counted_from_then_on() -> None:
    site = house()
    energy = counted(site, 3, 0.0, HOUR_S / 2, ratio=0.01)
    assert energy.import_kwh == pytest.approx(0.01 * 13 * 0.115)
    counted(site, 3, HOUR_S, ratio=1.0, energy=energy)
    assert energy.import_kwh == pytest.approx(1.01 * 13 * 0.115)


def test_reactive_energy() -> None:
    site = Site()
    site.add_load("motor", 10.0, 10.0, 10.0, power_factor=0.8)
    assert counted(site, 3, 0.0, HOUR_S).import_kvarh == pytest.approx(4.14)


def test_registers_begin_where_they_are_told_and_some_can_be_reset() -> None:
    energy = counted(house(), 3, 0.0, HOUR_S, energy=Energy(1000.0, 200.0))
    assert energy.import_kwh == pytest.approx(1002.99)
    assert energy.resettable() == pytest.approx((1002.99, 200.0))
    energy.reset()
    assert energy.resettable() == (0.0, 0.0)
    assert energy.import_kwh == pytest.approx(1002.99)
