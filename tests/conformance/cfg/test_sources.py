"""Which meter the station listens to, or which energy management system: one of them, said in several ways."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.kit.settings import ALB, ALB_ON, SCN, Given, SettingsCase

P1, TIC = "DSMR4.x/SMR5.0 (P1)", "TIC protocol"
RTU, TCP = "Modbus RTU", "Modbus TCP/IP"
SUSPEND = "Suspend when an external circuit is closed"


@pytest.mark.clause("ALB-GEN-047")
async def test_data_sources(rig: Case) -> None:
    """The data source is a meter, an energy management system, or a meter that the system may look at"""
    case = SettingsCase(rig)
    key = "alb.data_source"
    for name, shown, slave in (
        ("Meter", "Meter", "Off"),
        ("Smart Meter", "Meter", "Off"),
        ("Energy Management System", "Energy Management System", "On"),
        ("Meter + EMS monitoring", "Meter + EMS monitoring", "On"),
    ):
        case.takes("ALB-GEN-047", name, {**ALB_ON, "Data Source": name}, {key: shown, "MbsSlaveTCPIP": slave})
    for name in ("Sun", "Meter + EMS control", "On"):
        case.refuses("ALB-GEN-047", name, {**ALB_ON, "Data Source": name})


@pytest.mark.clause("ALB-RTU-023")
async def test_rtu_as_a_data_source(rig: Case) -> None:
    """The app calls Modbus RTU a data source: that is a meter with the protocol Modbus RTU (X-38)"""
    case = SettingsCase(rig)
    shown = {"alb.data_source": "Meter", "ALB-ProtocolSelection": RTU, "MbsSlaveTCPIP": "Off"}
    case.takes("ALB-RTU-023", "as data source", {**ALB_ON, "Data Source": RTU}, shown)
    case.takes("ALB-RTU-023", "as both", {**ALB_ON, "Data Source": RTU, "Protocol Selection": RTU}, shown)
    case.refuses("ALB-RTU-023", "with another protocol", {**ALB_ON, "Data Source": RTU, "Protocol Selection": TCP})


SECOND: tuple[tuple[str, str, Given], ...] = (
    ("ALB-P1-009", "P1 and Modbus TCP", {"ALB-ProtocolSelection": P1, "MBTCPSmart-IsEnabled": "True"}),
    ("ALB-P1-009", "P1 and Modbus TCP, as in 2018", {"P1 Load Balancing": True, "ModbusTCP balancing": True}),
    ("ALB-P1-009", "P1 and Modbus RTU", {"P1 Load Balancing": True, "ALB-ProtocolSelection": RTU}),
    ("ALB-P1-009", "P1 and TIC", {"P1 Load Balancing": True, "ALB-ProtocolSelection": TIC}),
    ("ALB-TCP-009", "Modbus TCP and P1", {"MBTCPSmart-IsEnabled": "True", "ALB-ProtocolSelection": P1}),
    ("ALB-TCP-009", "Modbus TCP and RTU", {"MBTCPSmart-IsEnabled": "True", "ALB-ProtocolSelection": RTU}),
    ("ALB-TCP-009", "Modbus TCP and TIC", {"MBTCPSmart-IsEnabled": "True", "ALB-ProtocolSelection": TIC}),
    (
        "ALB-TCP-009", "Modbus TCP and an EMS",
        {"MBTCPSmart-IsEnabled": "True", "Data Source": "Energy Management System"},
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("clause", "given"),
    [pytest.param(clause, given, id=what, marks=pytest.mark.clause(clause)) for clause, what, given in SECOND],
)
async def test_one_meter(rig: Case, clause: str, given: Given) -> None:
    """A station has one meter: a second one is refused, and each alone is taken"""
    case = SettingsCase(rig)
    case.refuses(clause, "two of them", {**ALB_ON, **given})
    for key, value in given.items():
        case.takes(clause, f"{key} alone", {**ALB_ON, key: value}, {})


@pytest.mark.clause("ALB-P1-025", "ALB-P1-009", "SCM-011")
async def test_p1_or_suspend(rig: Case) -> None:
    """The RJ11 port reads a P1 meter or is the suspend input: both cannot be asked for, and one that shuts the other
    out is said"""
    case = SettingsCase(rig)
    for clause in ("ALB-P1-025", "SCM-011"):
        case.refuses(
            clause,
            "both, under the two names of the setting",
            {**ALB_ON, "RJ11-Mode": "DSMR P1", "DirectExternalSuspendSignal": SUSPEND},
        )
        case.advises(
            clause, "a P1 meter and a suspend input",
            {**ALB_ON, "ALB-ProtocolSelection": P1, "RJ11-Mode": SUSPEND}, "RJ11-Mode",
        )  # fmt: skip
        case.is_content(
            clause, "a suspend input and a meter on TCP/IP",
            {**ALB_ON, "RJ11-Mode": SUSPEND, "ALB-ProtocolSelection": TCP, "MBTCPSmart-IsEnabled": True}, "RJ11-Mode",
        )  # fmt: skip
    case.refuses("ALB-P1-009", "P1 twice", {**ALB_ON, "ALB-ProtocolSelection": P1, "Protocol Selection": TIC})


@pytest.mark.parametrize(
    ("what", "given"),
    [
        pytest.param("RJ11-Mode", {"RJ11-Mode": "DSMR P1"}, id="RJ11-Mode"),
        pytest.param("ALB-ProtocolSelection", {"ALB-ProtocolSelection": P1}, id="ALB-ProtocolSelection"),
    ],
)
@pytest.mark.clause("ALB-P1-014")
async def test_balancing_comes_first(rig: Case, what: str, given: Given) -> None:
    """A P1 meter that is configured before active load balancing is on does not go unsaid"""
    case = SettingsCase(rig)
    case.advises("ALB-P1-014", f"{what} without balancing", {**ALB, **given}, "Active-LoadBalancing")
    case.is_content("ALB-P1-014", f"{what} with balancing", {**ALB_ON, **given}, "Active-LoadBalancing")


@pytest.mark.clause("ALB-TIC-006")
async def test_p1_and_tic_by_the_same_steps(rig: Case) -> None:
    """The steps for a P1 and a TIC meter are the same, but for the protocol"""
    case = SettingsCase(rig)
    steps: Given = {
        **ALB,
        "Active Load Balancing": True,
        "Data source": "Smart Meter",
        "Received Measurements": "exclude Charging EV",
        "Maximum smart energy meter current": 35,
        "Active Load Balancing Safe current": 9,
        "Phase mapping": "L3L1L2",
        "Allow 1- and 3-phases charging": False,
    }
    shown = {
        "Active-LoadBalancing": "On",
        "SmartMeterIncludesCharger": "False",
        "SmartMeter-MaxCurrent": "35.0",
        "Safe-MaxCurrent": "9.0",
        "Phase-Connected": "L3L1L2",
    }
    for name, protocol in (("DSMR4.x/SMR5.o (P1)", P1), ("TIC/Linky", TIC)):
        given = {**steps, "Protocol selection": name}
        case.takes("ALB-TIC-006", name, given, {**shown, "ALB-ProtocolSelection": protocol})


@pytest.mark.clause("CFG-059")
async def test_a_network_without_a_meter(rig: Case) -> None:
    """A smart charging network needs no active load balancing: its total safe current is its total current"""
    case = SettingsCase(rig)
    given = {**SCN, "SCN-IsEnabled": True, "SCN-TotalStaticCurrent": 50, "SCN-TotalSafeCurrent": 50}
    case.takes(
        "CFG-059", "without a meter", given,
        {"SCN-IsEnabled": "True", "Active-LoadBalancing": "Off", "SCN-TotalStaticCurrent": "50.0",
         "SCN-TotalSafeCurrent": "50.0"},
    )  # fmt: skip
