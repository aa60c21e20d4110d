"""Settings as back office and installer meet them."""

from collections.abc import Mapping
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.errors import SettingError
from station.setting_desk import SettingsDesk
from station.setting_row import SettingRow
from station.setting_rows import ROWS
from station.settings import Settings

ALB = {"FeatureLicenseKey": "ALB"}
RTU = {**ALB, "ALB-ProtocolSelection": "Modbus RTU"}
TCP = {**ALB, "ALB-ProtocolSelection": "Modbus TCP/IP"}
DESK = SettingsDesk()


def shown(settings: Mapping[str, object], *keys: str) -> list[str]:
    values = DESK.shown(settings)
    return [values[key] for key in keys]


def test_refusals() -> None:
    assert DESK.refusal({}) == ""
    assert DESK.refusal({"Station-MaxCurrent": 20}) == ""
    assert DESK.refusal({"Station-MaxCurrent": 5}).startswith("Station-MaxCurrent: 5 is not allowed")
    assert DESK.refusal({"xyzzy": 5}) == "'xyzzy': unknown setting"


def test_nothing_is_kept() -> None:
    DESK.shown({"Station-MaxCurrent": 20})
    assert shown({}, "Station-MaxCurrent") == ["32.0"]


def test_every_setting_is_listed_and_shown_once() -> None:
    assert len(DESK.listed()) == len(set(DESK.listed())) == len(ROWS)
    assert list(DESK.shown({})) == DESK.listed()


def test_what_is_shown_is_taken_and_shown_again() -> None:
    """Every default can be written back as it is shown."""
    values = {key: text for key, text in DESK.shown({}).items() if key != "UnlockedFeatures"}
    assert DESK.shown(values) == DESK.shown({})


def test_settings_that_are_refused_are_not_shown() -> None:
    with pytest.raises(SettingError, match="Station-MaxCurrent"):
        DESK.shown({"Station-MaxCurrent": 5})
    with pytest.raises(SettingError, match="Station-MaxCurrent"):
        DESK.warnings({"Station-MaxCurrent": 5})


@pytest.mark.parametrize(
    ("settings", "key", "text"),
    [
        ({}, "Station-MaxCurrent", "32.0"),  # CFG-039
        ({}, "mbrtu.quiet_s", "0.06"),
        ({}, "MBTCPSmart-SlaveUnitID", "5"),
        ({}, "MBTCPSmart-IPAddress", "192.168.000.005"),  # ALB-TCP-025
        ({**ALB, "IP address": "10.20.30.4"}, "MBTCPSmart-IPAddress", "010.020.030.004"),
        ({}, "Active-LoadBalancing", "Off"),  # CFG-011
        ({**ALB, "Active-LoadBalancing": "true"}, "Active-LoadBalancing", "On"),
        ({}, "SmartMeterIncludesCharger", "True"),
        ({**ALB, "Received Measurements": "exclude charging EV"}, "SmartMeterIncludesCharger", "False"),
        ({}, "ocp.max_retries", "unlimited"),
        ({"ocp.max_retries": 3}, "ocp.max_retries", "3"),
        ({}, "UnlockedFeatures", ""),
        (ALB, "UnlockedFeatures", "SLB, ALB"),
        ({"net.address": "10.0.0.4/8"}, "net.address", "10.0.0.4/8"),
        ({}, "net.address", ""),
        ({**ALB, "modbus.current_1": "0x5B0C unsigned 32 x0.01"}, "modbus.current_1", "23308 unsigned 32 x0.01"),
    ],
)
def test_how_values_are_written(settings: dict[str, object], key: str, text: str) -> None:
    assert shown(settings, key) == [text]


def test_switches_are_written_in_english() -> None:  # CFG-038
    switches = [row.key for row in ROWS if row.kind == "switch"]
    assert switches
    assert all(DESK.shown({})[key] in ("On", "Off", "True", "False") for key in switches)
    assert all([choice for choice, _ in row.choices] in (["On", "Off"], ["True", "False"])
               for row in ROWS if row.kind == "switch")  # fmt: skip


class TestPresets:  # ALB-RTU-011
    def test_one_phase(self) -> None:
        keys = [f"modbus.{quantity}_{n}" for quantity in ("current", "power") for n in (1, 2, 3)]
        assert shown({**RTU, "mbrtu.preset": "SDM120CT"}, *keys) == [
            "6 float 32 x100", "", "", "12 float 32 x100", "", "",
        ]  # fmt: skip

    def test_of_the_meter_that_is_selected(self) -> None:
        assert shown(TCP, "modbus.current_3", "modbus.function") == [
            "50532 unsigned 32 x0.001", "Holding registers (FC 03)",
        ]  # fmt: skip
        assert shown({}, "modbus.current_1", "modbus.function") == ["", "Input registers (FC 04)"]

    def test_what_was_entered_by_hand(self) -> None:
        custom = {**TCP, "MBTCPSmart-SlaveMeterModel": "None", "modbus.current_1": "6 float 32",
                  "modbus.word_order": "Low to High"}  # fmt: skip
        assert shown(custom, "modbus.current_1", "modbus.current_2", "modbus.word_order") == [
            "6 float 32 x1", "", "Low to High",
        ]  # fmt: skip


def test_one_phase_shows_one_phase() -> None:  # ALB-RTU-021
    three, one = DESK.shown(RTU), DESK.shown({**RTU, "Phase-Connected": "L2"})
    assert three.keys() - one.keys() == {f"modbus.{quantity}_{n}" for quantity in ("current", "power") for n in (2, 3)}


def test_warnings_know_which_settings_were_given() -> None:
    assert DESK.warnings({}) == []
    assert DESK.warnings({"RJ11-Mode": "DSMR P1"}) == [
        "RJ11-Mode: has no effect until Active-LoadBalancing is On; configure that first"
    ]


def test_every_field_is_shown() -> None:
    assert {row.field for row in ROWS if row.field} == {field.name for field in fields(Settings)}


@given(st.lists(st.integers(0, 255), min_size=4, max_size=4), st.lists(st.integers(1, 3), min_size=4, max_size=4))
def test_zeros_before_an_octet_are_padding(octets: list[int], widths: list[int]) -> None:  # ALB-TCP-025
    written = ".".join(f"{octet:0{width}d}" for octet, width in zip(octets, widths, strict=True))
    padded = ".".join(f"{octet:03d}" for octet in octets)
    assert shown({**ALB, "MBTCPSmart-IPAddress": written}, "MBTCPSmart-IPAddress") == [padded]


@given(st.sampled_from([row for row in ROWS if row.field]), st.data())
def test_a_name_may_be_written_with_hyphens_blanks_and_capitals(row: SettingRow, data: st.DataObject) -> None:  # O-56
    name = data.draw(st.sampled_from([name for name in (row.key, row.installer, *row.aliases) if name]))
    marks = data.draw(st.lists(st.sampled_from(["", "-", " "]), min_size=len(name), max_size=len(name)))
    spelled = "".join(letter.swapcase() + mark for letter, mark in zip(name, marks, strict=True))
    value = DESK.shown({})[row.key]
    assert DESK.shown({spelled: value}) == DESK.shown({})
