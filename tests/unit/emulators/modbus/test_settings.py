"""Settings: what a meter lets others write, and when it counts."""

from __future__ import annotations

import struct

import pytest

from emulators.errors import BadConfiguration
from emulators.modbus.description import Description, load, parse
from emulators.modbus.pdu import ILLEGAL_ADDRESS, ILLEGAL_VALUE
from emulators.modbus.rtu import SerialFormat
from emulators.modbus.settings import Change, Settings, resets_energy

SDM72D = load("sdm72d")
SDM120CT = load("sdm120ct")
UNIT, BAUD, FORMAT, SYSTEM, UNLOCK, PASSWORD, RESET = 0x14, 0x1C, 0x12, 0x0A, 0x0E, 0x18, 0xF010
CT_PRIMARY = 0x32


def number(value: float) -> bytes:
    return struct.pack(">f", value)


def reads(settings: Settings, at: int, now_s: float = 0.0) -> float:
    found: float = struct.unpack(">f", dict(settings.words(now_s))[at])[0]
    return found


def test_the_factorys_settings() -> None:
    settings = Settings(SDM72D, {})
    assert (settings.unit, settings.line) == (1, SerialFormat(9600, "8N1"))
    assert [reads(settings, at) for at in (UNIT, BAUD, FORMAT, SYSTEM, PASSWORD)] == [1, 2, 0, 3, 1000]


def test_address_and_baud_rate_count_at_once() -> None:
    settings = Settings(SDM72D, {})
    assert settings.write(UNIT, number(7), 0.0) == [Change("unit", 7, 7)]
    assert settings.write(BAUD, number(3), 0.0) == [Change("baud", 3, 19200)]
    assert (settings.unit, settings.line.baud) == (7, 19200)
    assert (reads(settings, UNIT), reads(settings, BAUD)) == (7, 3)


def test_the_parity_counts_after_a_restart() -> None:
    settings = Settings(SDM72D, {})
    assert settings.write(FORMAT, number(1), 0.0) == [Change("char_format", 1, "8E1")]
    assert reads(settings, FORMAT) == 1
    assert settings.line.char_format == "8N1"
    settings.restart()
    assert settings.line.char_format == "8E1"


@pytest.mark.parametrize("value", [0, 248, 1.5, -1, float("nan"), float("inf")])
def test_addresses_that_no_meter_has(value: float) -> None:
    settings = Settings(SDM72D, {})
    assert settings.write(UNIT, number(value), 0.0) == ILLEGAL_VALUE
    assert settings.unit == 1


@pytest.mark.parametrize("value", [5, 2.5, -1, float("nan"), float("inf")])
def test_codes_that_no_meter_has(value: float) -> None:
    settings = Settings(SDM72D, {})
    assert settings.write(BAUD, number(value), 0.0) == ILLEGAL_VALUE
    assert settings.line.baud == 9600


@pytest.mark.parametrize(("at", "data"), [(0x10, 4), (UNIT, 2), (UNIT + 1, 4), (UNIT, 6)])
def test_registers_that_are_no_settings(at: int, data: int) -> None:
    assert Settings(SDM72D, {}).write(at, bytes(data), 0.0) in (ILLEGAL_ADDRESS, ILLEGAL_VALUE)


def test_one_setting_a_request() -> None:
    settings = Settings(SDM72D, {})
    assert settings.write(UNIT, number(7) + number(0), 0.0) == ILLEGAL_VALUE
    assert settings.unit == 1


def test_locked_settings_want_the_password_first() -> None:
    settings = Settings(SDM72D, {})
    assert settings.write(SYSTEM, number(1), 0.0) == SDM72D.refused_exception
    assert settings.write(UNLOCK, number(1234), 0.0) == ILLEGAL_VALUE
    assert reads(settings, UNLOCK) == 0
    assert settings.write(UNLOCK, number(1000), 0.0) == [Change("unlock", 1000, 1000)]
    assert reads(settings, UNLOCK, 1.0) == 1
    assert settings.write(SYSTEM, number(1), 1.0) == [Change("system_type", 1, "1P2W")]
    assert settings.write(PASSWORD, number(4711), 2.0) == [Change("password", 4711, 4711)]
    assert settings.write(UNLOCK, number(1000), 3.0) == ILLEGAL_VALUE
    assert settings.write(UNLOCK, number(4711), 3.0) == [Change("unlock", 4711, 4711)]
    assert reads(settings, UNLOCK, 62.9) == 1
    assert reads(settings, UNLOCK, 63.0) == 0
    assert settings.write(SYSTEM, number(3), 63.0) == SDM72D.refused_exception


def test_a_restart_locks() -> None:
    settings = Settings(SDM72D, {})
    settings.write(UNLOCK, number(1000), 0.0)
    settings.restart()
    assert settings.write(SYSTEM, number(1), 1.0) == SDM72D.refused_exception


def test_a_transformer_is_set_once() -> None:
    settings = Settings(SDM120CT, {})
    assert settings["ct_primary_a"] == 5
    assert settings.write(CT_PRIMARY, number(2001), 0.0) == ILLEGAL_VALUE
    assert settings.write(CT_PRIMARY, number(500), 0.0) == [Change("ct_primary_a", 500, 500)]
    assert settings["ct_primary_a"] == 500
    assert settings.write(CT_PRIMARY, number(5), 0.0) == SDM120CT.refused_exception
    settings.restart()
    assert settings.write(CT_PRIMARY, number(500), 0.0) == SDM120CT.refused_exception
    assert settings["ct_primary_a"] == 500


def test_what_the_installer_set_before_counts_as_set() -> None:
    assert Settings(SDM120CT, {"ct_primary_a": 500}).write(CT_PRIMARY, number(5), 0.0) == SDM120CT.refused_exception
    assert Settings(SDM120CT, {"ct_primary_a": 5}).write(CT_PRIMARY, number(500), 0.0) != SDM120CT.refused_exception


def test_resets_are_written_and_never_read() -> None:
    settings = Settings(SDM72D, {})
    changes = settings.write(RESET, b"\0\3", 0.0)
    assert isinstance(changes, list)
    assert [resets_energy(change) for change in changes] == [True]
    assert dict(settings.words(0.0))[RESET] == b"\0\0"
    changes = settings.write(RESET, b"\0\0", 0.0)
    assert isinstance(changes, list)
    assert not any(resets_energy(change) for change in changes)
    assert settings.write(RESET, b"\0\1", 0.0) == ILLEGAL_VALUE


def several() -> Description:
    return parse(
        """
        name = "Test"
        transport = "rtu"
        registers = []
        settings = [
          { at = 1, name = "a", range = [0, 9] },
          { at = 2, name = "b", range = [0, 9] },
          { at = 3, name = "c", read_only = true },
          { at = 4, name = "d", type = "int32" },
        ]
        [defaults]
        type = "uint16"
        word_order = "low_first"
        """,
        "test",
    )


def test_all_or_nothing() -> None:
    settings = Settings(several(), {})
    assert settings.write(1, b"\0\5\0\6", 0.0) == [Change("a", 5, 5), Change("b", 6, 6)]
    assert settings.write(1, b"\0\7\0\xff", 0.0) == ILLEGAL_VALUE
    assert settings.write(1, b"\0\7\0\7\0\7", 0.0) == ILLEGAL_ADDRESS
    assert dict(settings.words(0.0)) == {1: b"\0\5", 2: b"\0\6", 3: b"\0\0", 4: bytes(4)}
    assert settings.write(4, bytes.fromhex("fffe ffff"), 0.0) == [Change("d", -2, -2)]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"ct_primary": 500}, "Eastron SDM120CT has no setting 'ct_primary'; there is .*ct_primary_a"),
        ({"ct_primary_a": 5000}, "setting ct_primary_a does not take 5000"),
        ({"ct_primary_a": "500"}, "setting ct_primary_a has no code for '500'"),
        ({"baud": 115200}, "setting baud has no code for 115200"),
    ],
)
def test_settings_that_cannot_be_given(given: dict[str, float | str], why: str) -> None:
    with pytest.raises(BadConfiguration, match=why):
        Settings(SDM120CT, given)


def test_codes_are_given_by_their_meaning() -> None:
    settings = Settings(SDM120CT, {"baud": 2400, "char_format": "8E1"})
    assert settings.line == SerialFormat(2400, "8E1")
