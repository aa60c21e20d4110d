"""Every documented parameter: one setting under all its names, listed once by its back-office key."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from rig.case import Case
from rig.kit.settings import ALB, ALB_ON, SCN, Given, SettingsCase


@dataclass(frozen=True, slots=True)
class Parameter:
    """A row of the table of parameters. `names` are those of the installer's tools and the spellings found.

    `given` is a value other than the default, and `shown` how the back office shows it. `default` is None where the
    documents state none.
    """

    clause: str
    key: str
    names: tuple[str, ...]
    given: str
    shown: str = ""
    default: str | None = None
    needs: Given = field(default_factory=dict)


PARAMETERS = (
    Parameter("CFG-001", "FeatureLicenseKey", ("License Key",), "ALB"),
    Parameter("CFG-003", "Station-MaxCurrent", ("Station maximum current", "Station-Max-Current"), "20.0"),
    Parameter(
        "CFG-004", "Connector1-MaxCurrent",
        ("Connector 1 max current", "Socket 1 maximum current", "Connector1-Max-Current", "Connet-tor1-MaxCurrent"),
        "16.0",
    ),
    Parameter("CFG-005", "Connector1.2-MaxCurrent", ("Connector 1.2 Max current",), "16.0"),
    Parameter(
        "CFG-006", "Connector2-MaxCurrent",
        ("Connector 2 max current", "Connector2-Max-Current", "Connet-tor2-MaxCurrent"),
        "16.0",
    ),
    Parameter("CFG-007", "Connector2.2-MaxCurrent", ("Connector 2.2 Max current",), "16.0"),
    Parameter(
        "CFG-008", "Chameleon-MinCurrent",
        ("OD_sysMinimumChameleonCurrent", "Chameleon min current (A)", "Chameleon min current"),
        "13.5",
    ),
    Parameter("CFG-009", "Phase-Connected", ("Phase rotation",), "L3L1L2"),
    Parameter(
        "CFG-010", "Static-LoadBalancing", ("Standard Load Balancing",), "ON", "On",
        needs={"FeatureLicenseKey": "SLB"},
    ),
    Parameter("CFG-011", "Active-LoadBalancing", ("Active Load Balancing",), "On", default="Off", needs=ALB),
    Parameter("CFG-012", "ALB-ProtocolSelection", ("Protocol Selection",), "Modbus RTU", needs=ALB),
    Parameter(
        "CFG-013", "RJ11-Mode",
        (
            "DirectExternalSuspendSignal", "RJ11-Mode / DirectExternalSuspendSignal",
            "RJ11-Mode/ DirectExternalSuspendSignal",
        ),
        "Suspend when an external circuit is opened",
    ),
    Parameter(
        "CFG-014", "MBTCPSmart-ConnectionType",
        ("MBTCPSmart-Connection-Type", "MBTCPSSmart-ConnectionType", "MODBUSTCP ConnectionType"),
        "UDP master", default="TCP master", needs=ALB,
    ),
    Parameter(
        "CFG-015", "MBTCPSmart-IPAddress",
        ("IP address", "MBTCPSSmart-IPAddress", "MODBUSTCP IP Address", "ModbusTCP IP"),
        "192.168.100.200", default="192.168.000.005", needs=ALB,
    ),
    Parameter(
        "CFG-016", "MBTCPSmart-IsEnabled", ("MBTCPSSmart-IsEnabled", "ModbusTCP balancing"), "True",
        default="False", needs=ALB,
    ),
    Parameter(
        "CFG-017", "MBTCPSmart-SlaveUnitID",
        ("Slave address", "MBTCPSSmart-SlaveUnitID", "MODBUSTCP Slave Address", "ModbusTCP Slave"),
        "7", default="5", needs=ALB,
    ),
    Parameter(
        "CFG-018", "MBTCPSmart-SlaveMeterModel",
        ("TCP/IP Meter Mode", "MBTCP-Smart-SlaveMeter-Model", "MBTCPSSmart-SlaveMeterModel", "MODBUSTCP Mode"),
        "None", default="Socomec", needs=ALB,
    ),
    Parameter("CFG-019", "MbsSlaveTCPIP", (), "On", default="Off", needs=ALB),
    Parameter(
        "CFG-020", "Safe-MaxCurrent", ("Safe current (A)", "Active Load Balancing Safe current"), "7.5", needs=ALB
    ),
    Parameter(
        "CFG-021", "SCN-AlternatingPeriod",
        ("Alternatingperiod (s)", "Alternatingperiod", "Alternation period", "Altering period"),
        "600.0", default="900.0", needs=SCN,
    ),
    Parameter("CFG-022", "SCN-IsEnabled", (), "True", needs=SCN),
    Parameter("CFG-023", "SCN-NetworkName", ("Smart Charging Network",), "FW02011", needs=SCN),
    Parameter("CFG-024", "SCN-PhaseMapping-1", ("PhaseMapping Socket 1",), "8", needs=SCN),
    Parameter("CFG-025", "SCN-PhaseMapping-2", ("PhaseMapping Socket 2",), "7", needs=SCN),
    Parameter(
        "CFG-026", "SCN-SocketSafeCurrent", ("Socket Safecurrent", "Socket Safe Current", "SocketSafeCurrent"), "7.0",
        default="6.0", needs=SCN,
    ),
    Parameter(
        "CFG-027", "SCN-TotalSafeCurrent", ("Total safecurrent (A)", "TotalSafeCurrent"), "50.0", needs=SCN
    ),
    Parameter("CFG-028", "SCN-SocketCount", ("Number of sockets", "Socket count"), "11", needs=SCN),
    Parameter("CFG-029", "SCN-SocketID", ("Socket ID",), "3", needs=SCN),
    Parameter(
        "CFG-030", "SCN-TotalStaticCurrent", ("Total current", "Total Max. current (A)"), "100.0", needs=SCN
    ),
    Parameter("CFG-031", "SmartCharging-Mode", ("OCPP15 SC type", "SmartChargingMode"), "OCPP1.5+"),
    Parameter(
        "CFG-032", "SmartMeter-MaxCurrent", ("Maximum smart meter current (A)", "SmartMeter-Max-Current"), "64.0",
        needs=ALB,
    ),
    Parameter("CFG-033", "SmartMeterIncludesCharger", ("Received measurements",), "False", needs=ALB),
    Parameter(
        "CFG-034", "MbsSlaveTCPIPValidityTime",
        ("Validity time (s)", "MbsSlaveTCPValidity-Time", "MbsSlaveTCPIPValidity-Time"),
        "120.0", default="60.0", needs=ALB,
    ),
    Parameter("CFG-035", "MbsSlaveTCPIPMode", ("TCP/IP EMS Mode", "MbsSlaveTCPMode"), "Socket", needs=ALB),
    Parameter(
        "CFG-036", "SmartMeter-MaxCurrent", ("Installation-MaxCurrent", "Installation Maximum Current"), "50.0",
        needs=ALB,
    ),
    Parameter(
        "CFG-037", "Safe-MaxCurrent", ("Load Balancing Safe Current (A)", "Load Balancing Safe Current"), "12.0",
        needs=ALB,
    ),
)  # fmt: skip


def spelled(name: str) -> str:
    """Hyphens at the end of a line came into some names by copying (O-56)."""
    return name.casefold().replace("-", "").replace(" ", "")


@pytest.mark.parametrize(
    "parameter",
    [pytest.param(row, id=f"{row.clause}-{row.key}", marks=pytest.mark.clause(row.clause)) for row in PARAMETERS],
)
async def test_parameter(rig: Case, parameter: Parameter) -> None:
    """A parameter by its back-office key, its name in the tools and every spelling: one setting, listed once

    A value given under any of the names is shown under the back-office key. The list of keys has that key once and none
    of the other names. Where the documents state a default, that is what a station shows that nobody has set.
    """
    case = SettingsCase(rig)
    for name in (parameter.key, *parameter.names):
        case.takes(
            parameter.clause,
            f"set as {name!r}",
            {**parameter.needs, name: parameter.given},
            {parameter.key: parameter.shown or parameter.given},
        )
    names = {spelled(name) for name in (parameter.key, *parameter.names)}
    listed = [key for key in case.face.listed() if spelled(key) in names]
    rig.judge.holds(
        parameter.clause,
        "list of keys",
        holds=listed == [parameter.key],
        seen=", ".join(listed) or "not listed",
        promised=f"{parameter.key}, once",
    )
    if parameter.default is not None:
        case.takes(parameter.clause, "default", {}, {parameter.key: parameter.default})


@pytest.mark.clause("CFG-019", "CFG-016", "CFG-013")
async def test_names_that_two_keys_share(rig: Case) -> None:
    """Data Source and Received Measurements: the tools' names for what the back office splits (X-24, X-25)"""
    case = SettingsCase(rig)
    for source, state in (("Meter", "Off"), ("Energy Management System", "On")):
        case.takes("CFG-019", f"Data Source {source}", {**ALB_ON, "Data Source": source}, {"MbsSlaveTCPIP": state})
    by_tcp = {**ALB_ON, "Data Source": "Meter", "Protocol Selection": "Modbus TCP/IP"}
    case.takes("CFG-016", "Data Source and Protocol Selection", by_tcp, {"MBTCPSmart-IsEnabled": "True"})
    by_p1 = {**ALB_ON, "Data Source": "Meter", "Protocol Selection": "DSMR4.x/SMR5.0 (P1)"}
    case.takes("CFG-016", "the same with another protocol", by_p1, {"MBTCPSmart-IsEnabled": "False"})
    case.takes(
        "CFG-013",
        "Received Measurements",
        {**ALB_ON, "Received Measurements": "Exclude charging EV"},
        {"RJ11-Mode": "DSMR P1", "SmartMeterIncludesCharger": "False"},
    )


@pytest.mark.clause("CFG-002")
async def test_unlocked_features_are_read_only(rig: Case) -> None:
    """The list of unlocked features is shown once and cannot be written under either name"""
    case = SettingsCase(rig)
    for name in ("UnlockedFeatures", "License Key features"):
        case.refuses("CFG-002", f"writing {name!r}", {name: "ALB"})
    listed = [key for key in case.face.listed() if spelled(key) in {"unlockedfeatures", "licensekeyfeatures"}]
    rig.judge.holds(
        "CFG-002", "list of keys", holds=listed == ["UnlockedFeatures"], seen=", ".join(listed), promised="once"
    )
    features = case.face.shown(ALB)["UnlockedFeatures"]
    rig.judge.holds("CFG-002", "list of features", holds="ALB" in features, seen=features, promised="names ALB")


@pytest.mark.clause("CFG-092", "CFG-052")
async def test_the_whole_set(rig: Case) -> None:
    """All back-office settings of active load balancing are there, and app and installer's tool set the same ones"""
    case = SettingsCase(rig)
    by_back_office: Given = {
        **ALB,
        "Active-LoadBalancing": "On",
        "SmartCharging-Mode": "None",
        "Station-MaxCurrent": "20.0",
        "Connector1-Max-Current": "16.0",
        "Connector2-Max-Current": "16.0",
        "SmartMeter-Max-Current": "25.0",
        "SmartMeterIncludesCharger": "False",
        "Safe-MaxCurrent": "8.0",
        "Phase-Connected": "L2L3L1",
    }
    shown = {
        "Active-LoadBalancing": "On",
        "SmartCharging-Mode": "None",
        "Station-MaxCurrent": "20.0",
        "Connector1-MaxCurrent": "16.0",
        "Connector2-MaxCurrent": "16.0",
        "SmartMeter-MaxCurrent": "25.0",
        "SmartMeterIncludesCharger": "False",
        "Safe-MaxCurrent": "8.0",
        "Phase-Connected": "L2L3L1",
    }
    case.takes("CFG-052", "set through the back office", by_back_office, shown)
    missing = [key for key in shown if key not in case.face.listed()]
    rig.judge.holds("CFG-052", "keys listed", holds=not missing, seen=f"missing: {missing}", promised="all of them")
    both = {**ALB, "Active Load Balancing": True, "Received Measurements": "exclude Charging EV"}
    in_the_tool: Given = {
        "Data Source": "Meter",
        "Protocol selection": "Modbus RTU",
        "Maximum smart meter current (A)": 25,
        "Safe current (A)": 8,
        "Phase rotation": "L2L3L1",
    }
    in_the_app: Given = {
        "Data source": "Smart Meter",
        "Protocol selection": "Modbus RS485",
        "Maximum smart energy meter current": 25,
        "Active Load Balancing Safe current": 8,
        "Phase mapping": "L2L3L1",
    }
    same = ("Active-LoadBalancing", "SmartMeterIncludesCharger", "SmartMeter-MaxCurrent", "Safe-MaxCurrent",
            "Phase-Connected")  # fmt: skip
    promised = {**{key: shown[key] for key in same}, "ALB-ProtocolSelection": "Modbus RTU"}
    for tool, given in (("installer's tool", in_the_tool), ("app", in_the_app)):
        case.takes("CFG-092", f"set in the {tool}", {**both, **given}, promised)
