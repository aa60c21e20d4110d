"""Each kind of meter gets the class of its port, and what makes no sense is said before anything is opened."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rig.errors import ConfigurationError
from rig.kit import balancing
from rig.meters import KINDS, BenchMeter, MeterKind, breaks_of
from rig.meters.serial import P1Meter, RtuMeter, TicMeter
from rig.meters.tcp import TcpMeter
from tests.unit.rig.meters.conftest import Yard, descriptors

CLASSES: dict[str, type[BenchMeter]] = {"p1": P1Meter, "tic": TicMeter, "rtu": RtuMeter, "tcp": TcpMeter}


@balancing.meters()
def test_the_class_of_its_port(yard: Yard, meter: MeterKind) -> None:
    before = descriptors()
    made = yard.meter(meter, "tcp::0" if meter.port == "tcp" else "pty")
    assert type(made) is CLASSES[meter.port]
    assert (made.kind, made.name) == (meter, meter.port)
    assert descriptors() == before


@pytest.mark.parametrize(
    ("meter", "where", "message"),
    [
        (KINDS["e27"], "192.168.0.4:502", r"Modbus TCP address '192\.168\.0\.4:502': use tcp:host:port"),
        (KINDS["sdm72d"], "ttyUSB0", "'ttyUSB0' is no port"),
        (replace(KINDS["sdm72d"], model="sdm73"), "pty", "sdm73"),
        (replace(KINDS["sdm72ct-set"], given={"ct_ratio": -1}), "pty", "ct_ratio"),
        (replace(KINDS["e27"], given={"colour": 1}), "tcp::0", "colour"),
    ],
)
def test_what_makes_no_sense_is_the_users(yard: Yard, meter: MeterKind, where: str, message: str) -> None:
    before = descriptors()
    with pytest.raises(ConfigurationError, match=message):
        yard.meter(meter, where)
    assert descriptors() == before


@balancing.meters()
def test_what_can_be_wrong_is_known_without_a_bench(yard: Yard, meter: MeterKind) -> None:
    made = yard.meter(meter, "tcp::0" if meter.port == "tcp" else "pty")
    assert breaks_of(meter) == tuple(made.breaks)
