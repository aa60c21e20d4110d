"""The meters of the package: what the sources say of each, spot by spot."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from emulators.modbus.description import Description, load, models
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.pdu import Read, Registers, decode_answer, encode_request
from emulators.modbus.quantities import QUANTITIES
from emulators.modbus.rtu import SerialFormat, encode
from emulators.site import Site


def words(model: str, function: int, address: int, count: int, house: Any) -> bytes | None:
    """What a meter has there; None where it refuses."""
    meter = ModbusMeter(load(model), house.read, import_kwh=12_345.67, export_kwh=89.0)
    answer = decode_answer(meter.request(encode_request(Read(function, address, count)), 0.0))
    return answer.data if isinstance(answer, Registers) else None


@pytest.mark.parametrize("model", models())
def test_every_description_makes_a_meter_on_every_connection(model: str) -> None:
    for phases in (1, 3):
        site = Site(phases=phases)
        site.add_load("house", 10.0)
        meter = ModbusMeter(load(model), site.read)
        shown = meter.display(0.0)
        assert set(shown) <= set(QUANTITIES)
        assert shown.get("power_w", shown.get("power_l1_w")) in (2300.0, 23.0)


def test_the_frame_of_the_protocol_sheet() -> None:
    site = Site(voltage_v=(230.2, 0.0, 0.0))
    meter = ModbusMeter(load("sdm230"), site.read)
    assert encode(1, meter.request(bytes.fromhex("04 00 00 00 02"), 0.0))[:7] == bytes.fromhex("01 04 04 43 66 33 33")


def test_what_the_first_sdm72d_does_not_have(house: Any) -> None:
    for address in (0x00, 0x06, 0x08, 0x0A, 0x0C):
        assert words("sdm72d-v1", 4, address, 2, house) is None
        assert words("sdm72d", 4, address, 2, house) is not None


@pytest.mark.parametrize("model", ["sdm230", "sdm120ct"])
def test_what_a_one_phase_meter_does_not_have_reads_zero(model: str, house: Any) -> None:
    for address in (0x02, 0x04, 0x08, 0x0A, 0x0E, 0x10, 0x34):
        assert words(model, 4, address, 2, house) == bytes(4)
    assert words(model, 4, 0x0500, 2, house) is None


@pytest.mark.parametrize(
    ("model", "line", "unit"),
    [
        ("sdm230", "9600 8N1", 1),
        ("sdm72d", "9600 8N1", 1),
        ("sdm120ct", "9600 8N1", 1),
        ("sdm72ct", "9600 8N1", 1),
        ("em340", "9600 8N1", 1),
        ("iem3155", "19200 8E1", 1),
        ("e27", "9600 8N1", 5),
    ],
)
def test_how_they_leave_the_factory(model: str, line: str, unit: int) -> None:
    description = load(model)
    baud, char_format = line.split()
    assert SerialFormat(description.rtu.baud, description.rtu.char_format) == SerialFormat(int(baud), char_format)
    assert description.unit == unit


def test_the_identification_of_the_e27(house: Any) -> None:
    assert words("e27", 3, 50000, 4, house) == bytes.fromhex("0053 004f 0043 004f")
    assert words("e27", 3, 50004, 1, house) == b"\0\x64", "a Countis"
    assert words("e27", 3, 50042, 8, house) == b"SOCOMEC".ljust(16, b"\0")
    extended = words("e27", 3, 50058, 8, house)
    assert extended is not None
    assert extended.decode("ascii").lower().startswith("countis e27")
    assert words("e27", 3, 50000, 66, house) is not None, "the block in one request"


def test_the_main_values_of_the_e27_in_one_request(house: Any) -> None:
    block = words("e27", 3, 50512, 62, house)
    assert block is not None
    values = struct.unpack(">31i", block)
    assert values[0] == 0
    assert values[4:7] == (23100, 22950, 23025)
    assert values[7] == 50_000
    assert values[8:11] == (10_000, 4_500, 6_750)
    assert values[12] == round(sum(house.reading.power_w) / 10)
    assert values[16:19] == (231, 103, -155)
    energies = words("e27", 3, 50770, 8, house)
    assert energies is not None
    assert struct.unpack(">4I", energies) == (12_346, 0, 0, 89)
    assert words("e27", 3, 50946, 2, house) == struct.pack(">I", 1_234_567)
    assert words("e27", 3, 51315, 1, house) == b"\0\0"


def test_functions_of_the_meters() -> None:
    functions = {model: load(model).functions for model in models()}
    assert all(functions[model] == (3, 4, 8, 16) for model in models() if model.startswith("sdm"))
    assert 4 not in functions["e27"]
    assert {3, 4} <= set(functions["em340"])


def test_signs_of_currents() -> None:
    signed = {model for model in models() if any("signed_current" in row.quantity for row in load(model).registers)}
    assert signed == {"em340", "eem-350"}


def test_blocks_that_readers_are_known_to_ask_for(house: Any) -> None:
    """SmartEVSE and OpenEMS read from the first to the last register that they want, holes included."""
    assert words("abb-b23", 3, 0x5B0C, 16, house) is not None
    assert words("iem3155", 3, 0x0BB7, 60, house) is not None
    assert words("eem-ma370", 3, 0x8006, 57, house) is not None
    assert words("em340", 4, 0x0000, 50, house) is not None
    for model in ("sdm230", "sdm120ct"):
        assert words(model, 4, 0x0000, 80, house) is not None
    for model in ("sdm72d", "sdm72ct"):
        assert words(model, 4, 0x0000, 76, house) is not None
        assert words(model, 4, 0x0156, 56, house) is not None


def test_low_word_first(house: Any) -> None:
    assert words("em340", 4, 0x000C, 2, house) == bytes.fromhex("2710 0000")
    assert words("em340", 3, 0x0010, 2, house) == struct.pack(">HH", (-6750) & 0xFFFF, 0xFFFF)
    assert words("eem-ma370", 3, 0x8006, 2, house) == struct.pack(">f", 231.0)[2:] + struct.pack(">f", 231.0)[:2]


def test_power_in_kilowatt(house: Any) -> None:
    assert words("iem3155", 3, 0x0BED, 2, house) == struct.pack(">f", 2.31)
    assert words("iem3155", 3, 0x0C83, 4, house) == struct.pack(">q", 12_345_670)


def test_descriptions_are_values() -> None:
    assert isinstance(load("e27"), Description)
    assert load("e27") == load("e27")
