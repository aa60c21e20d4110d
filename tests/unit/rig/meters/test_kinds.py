"""The table of meters: every row fits its emulator, the station's settings and the clauses it names."""

from __future__ import annotations

from typing import get_args

import pytest

from emulators.modbus import load, models
from emulators.p1.versions import VERSIONS
from emulators.tic.modes import MODES
from rig.clauses import catalogue
from rig.clauses.timings import timing
from rig.errors import ConfigurationError
from rig.kit import balancing
from rig.meters import KINDS, MeterKind, PortName, kind
from rig.meters.kinds import custom, three
from station.settings import Settings


def test_they_go_by_their_ids() -> None:
    assert {name: found.id for name, found in KINDS.items()} == {name: name for name in KINDS}
    assert kind("dsmr5") is KINDS["dsmr5"]
    assert str(KINDS["dsmr5"]) == "dsmr5"
    assert len({found.title for found in KINDS.values()}) == len(KINDS)


def test_an_unknown_one_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"unknown meter 'sdm72'; did you mean .*sdm72"):
        kind("sdm72")


def test_every_port_has_meters_and_they_that_are_asked_are_told_apart() -> None:
    assert {found.port for found in KINDS.values()} == set(get_args(PortName))
    assert {found.port for found in KINDS.values() if found.polled} == {"rtu", "tcp"}


@balancing.meters()
def test_the_emulator_has_it(meter: MeterKind) -> None:
    if meter.port == "p1":
        assert VERSIONS[meter.model].interval_s == meter.interval_s
    elif meter.port == "tic":
        assert meter.model in MODES
    else:
        assert meter.model in models()
        assert load(meter.model).phases == meter.phases


@balancing.meters()
def test_its_settings_select_it_in_the_station(meter: MeterKind) -> None:
    settings = Settings.from_mapping({**meter.settings, "FeatureLicenseKey": "ALB", "Active-LoadBalancing": "On"})
    assert settings.meter_port == meter.port


@balancing.meters()
def test_the_rows_of_its_loss_are_there(meter: MeterKind) -> None:
    assert timing(meter.loss).value_s > 0.0
    clause = meter.loss.split(".", maxsplit=1)[0]
    assert catalogue.load().clause(clause).id == clause
    assert balancing.LOSS_CLAUSE[meter.port] == clause


@balancing.meters()
def test_figures_are_of_the_right_kind(meter: MeterKind) -> None:
    assert 0.0 < meter.error_a <= 0.5
    assert meter.export_error_a is None or meter.error_a <= meter.export_error_a <= 0.5
    assert meter.phases in (1, 3)
    assert 1.0 <= meter.interval_s <= 10.0


def test_registers_one_after_the_other() -> None:
    assert three(0x5B0C, "unsigned 32 x0.01") == (
        "0x5B0C unsigned 32 x0.01",
        "0x5B0E unsigned 32 x0.01",
        "0x5B10 unsigned 32 x0.01",
    )


def test_a_custom_mapping_in_the_station_s_words() -> None:
    assert custom(("0x0001 signed 16",), ("0x0002 signed 16", "0x0003 signed 16"), low_first=True) == {
        "modbus.function": "Holding registers (FC 03)",
        "modbus.word_order": "Low to High",
        "modbus.current_1": "0x0001 signed 16",
        "modbus.power_1": "0x0002 signed 16",
        "modbus.power_2": "0x0003 signed 16",
    }
    usual = custom(("0x0001 signed 16",), (), function="Input registers (FC 04)")
    assert usual["modbus.word_order"] == "High to Low"
    assert usual["modbus.function"] == "Input registers (FC 04)"
