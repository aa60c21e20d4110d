"""The documents' own examples of settings: their screenshots and their step lists."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from rig.case import Case
from rig.kit.settings import ALB, ALB_ON, SCN, Given, SettingsCase
from rig.paths import fixtures


def screenshots() -> list[Path]:
    return sorted((fixtures() / "settings").glob("screenshot-*.toml"))


def screenshot(path: Path) -> object:
    clause = tomllib.loads(path.read_text("utf-8"))["clause"]
    return pytest.param(path, id=path.stem, marks=pytest.mark.clause(clause))


@pytest.mark.parametrize("path", [screenshot(path) for path in screenshots()])
async def test_screenshot(rig: Case, path: Path) -> None:
    """What a screenshot shows can be set under the names it has there, and is what the back office then shows"""
    case = SettingsCase(rig)
    printed = tomllib.loads(path.read_text("utf-8"))
    # In 2018 active load balancing had no switch of its own.
    before = ALB if "Active Load Balancing" in printed["settings"] else ALB_ON
    case.takes(printed["clause"], printed["title"], {**before, **printed["settings"]}, printed["shown"])
    case.refuses(printed["clause"], "the same without a licence", printed["settings"])


SLB: Given = {"FeatureLicenseKey": "SLB"}


@pytest.mark.clause("CFG-049", "CFG-050")
async def test_standard_load_balancing(rig: Case) -> None:
    """Standard load balancing by the installer's names and by the back-office keys: the same settings"""
    case = SettingsCase(rig)
    shown = {"Static-LoadBalancing": "On", "Station-MaxCurrent": "16.0", "Connector1-MaxCurrent": "16.0"}
    in_the_tool = {"Standard Load Balancing": True, "Station maximum current": 16, "Socket 1 maximum current": 16}
    case.takes("CFG-049", "in the installer's tool", {**SLB, **in_the_tool}, shown)
    case.takes(
        "CFG-050", "through the back office",
        {**SLB, "Static-LoadBalancing": "ON", "Station-MaxCurrent": "16.0", "Connector1-MaxCurrent": "16.0",
         "Connector2-MaxCurrent": "16.0"},
        {**shown, "Connector2-MaxCurrent": "16.0"},
    )  # fmt: skip


@pytest.mark.clause("CFG-051")
async def test_active_load_balancing(rig: Case) -> None:
    """The steps for active load balancing in the installer's tool set the back-office keys of the same things"""
    case = SettingsCase(rig)
    for source, protocol, slave in (
        ("Meter", "DSMR4.x/SMR5.0 (P1)", "Off"),
        ("Meter", "Modbus TCP/IP", "Off"),
        ("Energy Management System", "DSMR4.x/SMR5.0 (P1)", "On"),
    ):
        steps = {
            **ALB,
            "Active Load Balancing": True,
            "Data Source": source,
            "Received Measurements": "Exclude charging EV",
            "Protocol Selection": protocol,
            "Maximum smart meter current (A)": 40,
            "Safe current (A)": 10,
            "Phase rotation": "L2L3L1",
        }
        shown = {
            "Active-LoadBalancing": "On",
            "MbsSlaveTCPIP": slave,
            "SmartMeterIncludesCharger": "False",
            "ALB-ProtocolSelection": protocol,
            "SmartMeter-MaxCurrent": "40.0",
            "Safe-MaxCurrent": "10.0",
            "Phase-Connected": "L2L3L1",
        }
        case.takes("CFG-051", f"{source}, {protocol}", steps, shown)


@pytest.mark.clause("CFG-054")
async def test_a_station_in_a_network(rig: Case) -> None:
    """The screens for a station in a network: installation, connector, and its safe current"""
    case = SettingsCase(rig)
    case.takes(
        "CFG-054", "in the installer's tool",
        {**SCN, "Station maximum current": 20, "Max current (A)": 16, "Socket Safe Current": 7},
        {"Station-MaxCurrent": "20.0", "Connector1-MaxCurrent": "16.0", "SCN-SocketSafeCurrent": "7.0"},
    )  # fmt: skip
