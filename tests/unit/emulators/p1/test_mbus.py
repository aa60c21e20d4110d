"""The lines of sub-meters."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from emulators.errors import BadConfiguration, Malformed
from emulators.p1 import mbus
from emulators.p1.telegram import MbusReading
from emulators.p1.versions import VERSIONS, MbusLines


def lines_of(version: str) -> MbusLines:
    found = VERSIONS[version].mbus
    assert found is not None
    return found


LINES = lines_of("5.0.2")
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


# --- other versions -----------------------------------------------------------------------------------------------

WITH_VALVE = msgspec.structs.replace(GAS, valve=1)
BEFORE_4 = msgspec.structs.replace(WITH_VALVE, stamp="260114180000")
BELGIAN_WATER = msgspec.structs.replace(GAS, channel=2, device_type=7)
NEVER = msgspec.structs.replace(WITH_VALVE, stamp="632525252525S", reading_milli=None)
ID = "0-1:96.1.0(4731)\r\n"


@pytest.mark.parametrize(
    ("version", "readings", "text"),
    [
        (
            "2.2",
            (BEFORE_4,),
            f"0-1:24.1.0(3)\r\n{ID}0-1:24.3.0(260114180000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(02345.678)\r\n"
            "0-1:24.4.0(1)\r\n",
        ),
        (
            "3.0",
            (msgspec.structs.replace(BEFORE_4, device_type=4, reading_milli=1500, valve=None),),
            f"0-1:24.1.0(04)\r\n{ID}0-1:24.3.0(260114180000)(00)(60)(1)(0-1:24.2.1)(GJ)\r\n(000001.50)\r\n",
        ),
        (
            "3.0",
            (msgspec.structs.replace(BEFORE_4, reading_milli=0),),
            f"0-1:24.1.0(03)\r\n{ID}0-1:24.3.0(260114180000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(00000.000)\r\n"
            "0-1:24.4.0(1)\r\n",
        ),
        ("4.0", (WITH_VALVE,), f"0-1:24.1.0(003)\r\n{ID}0-1:24.2.1(260114180000W)(02345.678*m3)\r\n0-1:24.4.0(1)\r\n"),
        (
            "BE-50217",
            (WITH_VALVE, BELGIAN_WATER),
            "0-1:24.1.0(003)\r\n0-1:96.1.1(4731)\r\n0-1:24.4.0(1)\r\n0-1:24.2.3(260114180000W)(02345.678*m3)\r\n"
            "0-2:24.1.0(007)\r\n0-2:96.1.1(4731)\r\n0-2:24.2.1(260114180000W)(02345.678*m3)\r\n",
        ),
        ("LU", (NEVER,), f"0-1:24.1.0(003)\r\n{ID}0-1:24.2.1(632525252525S)(00000.000)\r\n0-1:24.4.0(1)\r\n"),
    ],
)
def test_the_lines_of_each_version(version: str, readings: tuple[MbusReading, ...], text: str) -> None:
    assert mbus.write(readings, lines_of(version)) == text
    assert re.fullmatch(mbus.PATTERN, text)
    assert mbus.read(text, lines_of(version)) == readings


@pytest.mark.parametrize(
    ("version", "reading", "message"),
    [
        ("5.0.2", WITH_VALVE, "no line for the valve"),
        ("2.2", WITH_VALVE, "time stamp is twelve digits, not"),
        ("2.2", msgspec.structs.replace(BEFORE_4, reading_milli=None), "no way to say"),
        ("4.0", msgspec.structs.replace(GAS, valve=10), "steps of 1 from 0 to 9"),
    ],
)
def test_what_a_version_cannot_say(version: str, reading: MbusReading, message: str) -> None:
    with pytest.raises(BadConfiguration, match=message):
        mbus.write((reading,), lines_of(version))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(00)(60)", "(00)(15)"),
        ("(0-1:24.2.1)", "(0-2:24.2.1)"),
        ("(m3)", "(GJ)"),
        ("\r\n(02345.678)", "(02345.678)"),
        ("(02345.678)", "(02345.678*m3)"),
        ("(02345.678)", "(2345.678)"),
        ("0-1:24.4.0(1)", "0-1:24.4.0(01)"),
    ],
)
def test_other_profiles_are_malformed(old: str, new: str) -> None:
    text = mbus.write((BEFORE_4,), lines_of("2.2"))
    assert text.count(old) == 1
    with pytest.raises(Malformed):
        mbus.read(text.replace(old, new), lines_of("2.2"))


def test_a_value_without_unit_is_none_only_when_it_is_zero() -> None:
    text = mbus.write((NEVER,), lines_of("LU"))
    with pytest.raises(Malformed, match="type 3 cannot read"):
        mbus.read(text.replace("(00000.000)", "(00000.001)"), lines_of("LU"))
