"""The lines of sub-meters."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from emulators.errors import BadConfiguration, Malformed
from emulators.p1 import mbus
from emulators.p1.telegram import MbusReading
from emulators.p1.versions import DSMR_5_0_2

LINES = DSMR_5_0_2.mbus
GAS = MbusReading(channel=1, device_type=3, equipment_id="G1", stamp="260114180000W", reading_milli=2_345_678)
GAS_TEXT = "0-1:24.1.0(003)\r\n0-1:96.1.0(4731)\r\n0-1:24.2.1(260114180000W)(02345.678*m3)\r\n"


@pytest.mark.parametrize(
    ("device_type", "reading_milli", "printed"),
    [(2, 1500, "00001.500*kWh"), (3, 1500, "00001.500*m3"), (4, 1500, "000001.50*GJ"), (7, 1500, "00001.500*m3")],
)
def test_each_type_prints_its_unit(device_type: int, reading_milli: int, printed: str) -> None:
    reading = msgspec.structs.replace(GAS, channel=4, device_type=device_type, reading_milli=reading_milli)
    text = mbus.write((reading,), LINES)
    assert text == (f"0-4:24.1.0({device_type:03})\r\n0-4:96.1.0(4731)\r\n0-4:24.2.1(260114180000W)({printed})\r\n")
    assert mbus.read(text, LINES) == (reading,)


def test_no_sub_meters_are_no_lines() -> None:
    assert mbus.read("", LINES) == ()


def test_the_order_is_kept() -> None:
    other = msgspec.structs.replace(GAS, channel=2)
    text = mbus.write((other, GAS), LINES)
    assert text.startswith("0-2:")
    assert mbus.read(text, LINES) == (other, GAS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([{"channel": 0}], "channels are"),
        ([{"channel": 5}], "channels are"),
        ([{}, {}], "every M-Bus channel holds one"),
        ([{"device_type": 9}], "device types are"),
        ([{"reading_milli": -1}], "counts steps of 1"),
        ([{"device_type": 4, "reading_milli": 1}], "counts steps of 10"),
        ([{"stamp": "260114180000"}], "twelve digits"),
        ([{"equipment_id": "x" * 49}], "holds 48 characters"),
    ],
)
def test_impossible_sub_meters_are_refused(changes: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(BadConfiguration, match=message):
        mbus.write(tuple(msgspec.structs.replace(GAS, **change) for change in changes), LINES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GAS_TEXT + GAS_TEXT, "no new sub-meter"),
        (GAS_TEXT.replace("0-1:96", "0-2:96"), "no new sub-meter"),
        (GAS_TEXT.replace("003", "009"), "device types are"),
        (GAS_TEXT.replace("003", "004"), "type 4 cannot read"),
        (GAS_TEXT.replace("*m3", ""), "type 3 cannot read"),
        (GAS_TEXT.replace("24.2.1", "24.2.3"), "no new sub-meter"),
    ],
)
def test_other_lines_are_malformed(text: str, message: str) -> None:
    assert text != GAS_TEXT
    with pytest.raises(Malformed, match=message):
        mbus.read(text, LINES)
