"""Energy registers."""

from __future__ import annotations

import pytest

from emulators.errors import BadConfiguration
from emulators.site import Site
from emulators.tic.contracts import BASE, OFF_PEAK, TEMPO, Contract
from emulators.tic.electrical import Electrical
from emulators.tic.registers import Registers


def counted(registers: Registers, site: Site, until_s: float, index: int = 1, contract: Contract = BASE) -> None:
    for now_s in (0.0, until_s):
        reading = site.read(now_s)
        registers.count(reading, now_s, Electrical.of(reading, 3), index, contract.tariffs[index - 1])


def test_import_counts_in_the_index_of_now() -> None:
    site = Site()
    site.add_load("house", 10.0, 10.0, 10.0)
    registers = Registers(OFF_PEAK, (1000, 2000), 0, ())
    counted(registers, site, 3600.0, 2, OFF_PEAK)
    said = registers.quantities()
    assert [said[f"index_wh.{n}"] for n in range(1, 11)] == [1000, 8900, *[0] * 8]
    assert [said[f"distributor_wh.{n}"] for n in range(1, 5)] == [1000, 8900, 0, 0]
    assert (said["import_wh"], said["export_wh"]) == (9900, 0)
    assert [said[f"reactive_varh.{n}"] for n in range(1, 5)] == [0, 0, 0, 0]


def test_distributor_indexes_gather_those_of_the_supplier() -> None:
    said = Registers(TEMPO, (1, 2, 30, 40, 500, 600), 7, (1, 2, 3, 4)).quantities()
    assert [said[f"distributor_wh.{n}"] for n in range(1, 5)] == [531, 642, 0, 0]
    assert said["import_wh"] == 1173
    assert said["export_wh"] == 7
    assert [said[f"reactive_varh.{n}"] for n in range(1, 5)] == [1, 2, 3, 4]


@pytest.mark.parametrize(("pv_a", "quadrant"), [(0.0, 1), (30.0, 2)])
def test_reactive_energy_by_quadrant(pv_a: float, quadrant: int) -> None:
    site = Site()
    site.add_load("motor", 10.0, power_factor=0.8)
    site.add_pv("roof", pv_a)
    registers = Registers(BASE, (), 0, ())
    counted(registers, site, 1800.0)
    said = registers.quantities()
    varh = [said[f"reactive_varh.{n}"] for n in range(1, 5)]
    assert varh == [690 if n == quadrant else 0 for n in range(1, 5)]
    assert (said["export_wh"] == 0) == (quadrant == 1)


def test_registers_turn_over() -> None:
    site = Site()
    site.add_load("house", 10.0)
    registers = Registers(BASE, (999_999_999,), 0, ())
    counted(registers, site, 3600.0)
    assert registers.quantities()["import_wh"] == 2299


@pytest.mark.parametrize(("index_wh", "reactive_varh"), [((0,) * 11, ()), ((), (0,) * 5)])
def test_more_registers_than_there_are(index_wh: tuple[int, ...], reactive_varh: tuple[int, ...]) -> None:
    with pytest.raises(BadConfiguration, match="there are 10 indexes and 4 quadrants"):
        Registers(BASE, index_wh, 0, reactive_varh)
