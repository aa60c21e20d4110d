"""Settings of functions that are not there yet: stored and checked like any other, and used by nothing."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

import station
from station.errors import SettingError
from station.setting_planned import PLANNED_ROWS, PlannedSettings
from station.settings import Settings

SCN = {"FeatureLicenseKey": "SCN"}
# Who stores, checks, links or shows settings.
OFFICE = re.compile(r"settings|setting_\w+|meter_rows")


def test_one_row_per_field() -> None:
    assert [row.field for row in PLANNED_ROWS] == [field.name for field in fields(PlannedSettings)]


def test_nothing_uses_them() -> None:
    rooms = [path for path in Path(station.__file__).parent.rglob("*.py") if not OFFICE.fullmatch(path.stem)]
    assert len(rooms) > 20
    code = "\n".join(path.read_text("utf-8") for path in rooms)
    assert not [row.field for row in PLANNED_ROWS if re.search(rf"settings\.{row.field}\b", code)]


@pytest.mark.parametrize("row", PLANNED_ROWS, ids=lambda row: row.key)
def test_a_row_says_so(row: object) -> None:
    meaning = getattr(row, "meaning", "")
    assert any(words in meaning for words in ("nothing uses it", "without effect", "has one socket", "not listened to",
                                              "name of 2018"))  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Chameleon-MinCurrent", 5.9),
        ("SCN-NetworkName", "FW020112"),
        ("SCN-NetworkName", "fw"),
        ("SCN-NetworkName", "A-B"),
        ("SCN-NetworkName", 5),
        ("SCN-PhaseMapping-1", 0),
        ("SCN-PhaseMapping-2", 10),
        ("SCN-SocketCount", 129),
        ("SCN-SocketID", 129),
        ("SCN-AlternatingPeriod", 59),
        ("SCN-AlternatingPeriod", 36001),
        ("MbsSlaveTCPIPMode", "On"),
        ("SmartCharging-Mode", "OCPP2.0"),
    ],
)
def test_checked_all_the_same(key: str, value: object) -> None:
    with pytest.raises(SettingError, match=rf"^{re.escape(key)}: {re.escape(repr(value))} is not allowed; allowed is"):
        Settings.from_mapping({**SCN, key: value})


def test_a_network_name_may_be_taken_away() -> None:
    assert Settings.from_mapping({**SCN, "SCN-NetworkName": ""}).scn_name == ""


def test_with_an_ems_as_the_source_no_meter_is_read() -> None:
    given = {"FeatureLicenseKey": "ALB", "Active-LoadBalancing": "On"}
    assert Settings.from_mapping(given).meter_port == "p1"
    assert Settings.from_mapping({**given, "Data Source": "EMS"}).meter_port is None
    assert Settings.from_mapping({**given, "Data Source": "Meter + EMS monitoring"}).meter_port == "p1"
