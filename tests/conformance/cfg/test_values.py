"""What can be written to a setting: every documented value in every spelling, and nothing beyond."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from rig.case import Case
from rig.kit.settings import ALB, ALB_ON, SCN, Given, SettingsCase
from rig.meters import KINDS

P1, TIC = "DSMR4.x/SMR5.0 (P1)", "TIC protocol"
RTU, TCP = "Modbus RTU", "Modbus TCP/IP"
# A good many polls (O-29).
WATCHED_S = 20.0
NUMBERS_OF_ROTATIONS: Mapping[object, str] = {str(number): str(number) for number in range(1, 10)}
ROTATIONS = ("L1", "L2", "L3", "L1L2L3", "L1L3L2", "L2L3L1", "L2L1L3", "L3L1L2", "L3L2L1")


@dataclass(frozen=True, slots=True)
class Values:
    """What `key` takes, each value with how it is then shown, and what it refuses. `default` None: none is stated."""

    what: str
    clauses: tuple[str, ...]
    key: str
    taken: Mapping[object, str]
    refused: tuple[object, ...] = ()
    default: str | None = None
    needs: Given = field(default_factory=dict)


VALUES = (
    Values(
        "include or exclude", ("ALB-GEN-013",), "SmartMeterIncludesCharger",
        {"True": "True", "False": "False", True: "True", False: "False"},
        ("Vrai", "Onwaar", "maybe"), needs=ALB,
    ),
    Values(
        "protocols", ("ALB-P1-013",), "ALB-ProtocolSelection",
        {P1: P1, "DSMR4.x/SMR5.0": P1, "DSMR4.x/SMR5.o (P1)": P1, "DSMR4.x/SMRS.0 (P1)": P1, TCP: TCP},
        ("DSMR2.2 (P1)", ""), needs=ALB,
    ),
    Values("TIC in the tools", ("ALB-TIC-002",), "ALB-ProtocolSelection", {"TIC/Linky": TIC}, ("Linky 2",), needs=ALB),
    Values(
        "TIC in the back office", ("ALB-TIC-003",), "ALB-ProtocolSelection", {TIC: TIC, "Protocole TIC": TIC},
        ("TIC protocole",), needs=ALB,
    ),
    Values("RTU in the app", ("ALB-RTU-027",), "ALB-ProtocolSelection", {"Modbus RS485": RTU, "bus RS485": RTU},
           ("Modbus RS232",), needs=ALB),
    Values("RTU in the back office", ("ALB-RTU-028",), "ALB-ProtocolSelection", {RTU: RTU}, ("Modbus ASCII",),
           needs=ALB),
    Values("TCP in the app", ("ALB-TCP-054",), "ALB-ProtocolSelection", {"TCP/IP meter": TCP, TCP: TCP},
           ("UDP/IP meter",), needs=ALB),
    Values(
        "Modbus TCP enabled", ("ALB-TCP-021",), "MBTCPSmart-IsEnabled",
        {"True": "True", "False": "False"}, ("Enabled",), default="False", needs=ALB,
    ),
    Values(
        "meter model", ("ALB-TCP-022", "ALB-TCP-023"), "MBTCPSmart-SlaveMeterModel",
        {"None": "None", "Socomec": "Socomec"},
        ("ABB", "Eastron", "Any"), default="Socomec", needs=ALB,
    ),
    Values(
        "connection type", ("ALB-TCP-024",), "MBTCPSmart-ConnectionType",
        {"TCP master": "TCP master", "RTU master": "RTU master", "UDP master": "UDP master"},
        ("TCP slave", "master"), default="TCP master", needs=ALB,
    ),
    Values("RTU master", ("ALB-RTU-031",), "MBTCPSmart-ConnectionType", {"RTU master": "RTU master"}, ("RTU slave",),
           needs=ALB),
    Values(
        "unit id", ("ALB-TCP-027",), "MBTCPSmart-SlaveUnitID",
        {"0": "0", "1": "1", "247": "247", "255": "255", 65535: "65535"},
        ("-1", "65536", 70000, "five", "5.5"), default="5", needs=ALB,
    ),
    Values(
        "rotations by name", ("PH-028",), "Phase-Connected", {name: name for name in ROTATIONS},
        ("L1L2", "L1L1L2", "L4", "4"),
    ),
    Values(
        "on and off, in English", ("CFG-038",), "Active-LoadBalancing",
        {"On": "On", "ON": "On", "on": "On", "Off": "Off", "OFF": "Off", True: "On"},
        ("Aan", "Uit", "Activé", "Désactivé", "Vrai", "Faux"), needs=ALB,
    ),
    Values("true and false, in English", ("CFG-038",), "SmartMeterIncludesCharger",
           {"TRUE": "True", "true": "True", "FALSE": "False"}, ("Waar", "Vrai"), needs=ALB),
    Values("floats", ("CFG-039",), "Station-MaxCurrent", {"20.0": "20.0", "20": "20.0", 20: "20.0", "16.5": "16.5"},
           ("20,0", "20.0 A", "twenty")),
    Values("EMS on and off", ("EMS-011",), "MbsSlaveTCPIP", {"On": "On", "ON": "On", "Off": "Off"}, ("Socket",),
           default="Off", needs=ALB),
    Values("EMS validity", ("EMS-012",), "MbsSlaveTCPIPValidityTime", {"60": "60.0", "120": "120.0"}, ("0", "soon"),
           default="60.0", needs=ALB),
    Values("EMS mode", ("EMS-010", "EMS-013"), "MbsSlaveTCPIPMode", {"Off": "Off", "Socket": "Socket", "SCN": "SCN"},
           ("On", "Station"), needs=ALB),
    Values("smart charging mode", ("OCPP-015",), "SmartCharging-Mode", {"None": "None", "OCPP1.5+": "OCPP1.5+"},
           ("OCPP2.0.1",)),
    Values(
        "network name", ("SCN-048",), "SCN-NetworkName", {"A": "A", "FW02011": "FW02011", "0000000": "0000000"},
        ("FW020112", "fw02011", "FW-0201", "FW 2011", "ÄB"), needs=SCN,
    ),
    Values("network on", ("SCN-069",), "SCN-IsEnabled", {"True": "True", "False": "False"}, ("yes",), needs=SCN),
    Values("socket id", ("SCN-070",), "SCN-SocketID", {"0": "0", "1": "1", "127": "127"}, ("-1", "129"), default="0",
           needs=SCN),
    Values("network total", ("SCN-072",), "SCN-TotalStaticCurrent", {"100.0": "100.0"}, ("-1", "much"), needs=SCN),
    Values("socket safe current", ("SCN-073",), "SCN-SocketSafeCurrent", {"6": "6.0", "7.5": "7.5"}, ("-1",),
           default="6.0", needs=SCN),
    Values(
        "alternating period", ("SCN-076",), "SCN-AlternatingPeriod",
        {"60": "60.0", "900": "900.0", "36000": "36000.0"}, ("59", "36001", "0"), default="900.0", needs=SCN,
    ),
    Values("sockets", ("SCN-077",), "SCN-SocketCount", {"2": "2", "128": "128"}, ("0", "129"), needs=SCN),
    Values("phases of socket 1", ("SCN-078",), "SCN-PhaseMapping-1", NUMBERS_OF_ROTATIONS, ("0", "10", "L1"),
           needs=SCN),
    Values("phases of socket 2", ("SCN-079",), "SCN-PhaseMapping-2", {"0": "0", **NUMBERS_OF_ROTATIONS}, ("10", "-1"),
           needs=SCN),
    Values("probing current", ("PRB-018",), "Chameleon-MinCurrent", {"14.0": "14.0", "6.5": "6.5"}, ("5.9", "33")),
)  # fmt: skip


@pytest.mark.parametrize(
    "values", [pytest.param(row, id=row.what, marks=pytest.mark.clause(*row.clauses)) for row in VALUES]
)
async def test_values(rig: Case, values: Values) -> None:
    """The values of a setting: each documented one is taken and shown, the next beyond them is refused"""
    case = SettingsCase(rig)
    for clause in values.clauses:
        for given, shown in values.taken.items():
            case.takes(clause, f"{values.key} = {given!r}", {**values.needs, values.key: given}, {values.key: shown})
        for given in values.refused:
            case.refuses(clause, f"{values.key} = {given!r}", {**values.needs, values.key: given})
        if values.default is not None:
            case.takes(clause, "default", {}, {values.key: values.default})


@pytest.mark.parametrize(("unit", "sent"), [(255, True), (256, False), (65535, False)])
@pytest.mark.clause("ALB-TCP-027")
async def test_units_on_the_wire(rig: Case, unit: int, sent: bool) -> None:
    """A frame has one byte for the unit: with 255 the meter is asked, with more than that nothing is sent (O-57)"""
    meter = KINDS["e27"]
    async with rig.bench({**ALB_ON, **meter.settings, "MBTCPSmart-SlaveUnitID": unit}, meter=meter) as bench:
        rig.need(bench.capabilities, "settings")
        await rig.until(rig.now_s() + WATCHED_S)
        frames = len(rig.timeline.of("frame"))
        rig.judge.holds(
            "ALB-TCP-027",
            f"frames with unit {unit} in {WATCHED_S:g} s",
            holds=(frames > 0) == sent,
            seen=f"{frames} frames",
            promised="requests" if sent else "none",
        )


def octets(address: str) -> tuple[int, ...]:
    """An address as four numbers, whatever zeros they are written with."""
    return tuple(int(octet, 10) for octet in address.split("."))


@pytest.mark.parametrize(
    "given",
    ["192.168.000.005", "192.168.0.5", "010.020.030.040", "192.168.008.009", "010.000.000.077"],
)
@pytest.mark.clause("ALB-TCP-025")
async def test_zeros_before_an_octet(rig: Case, given: str) -> None:
    """The default address is written with zeros; they are padding and make no octal numbers"""
    case = SettingsCase(rig)
    key = "MBTCPSmart-IPAddress"
    case.takes("ALB-TCP-025", given, {**ALB, key: given}, {})
    default = case.face.shown({})[key]
    rig.judge.holds(
        "ALB-TCP-025",
        "default",
        holds=octets(default) == (192, 168, 0, 5),
        seen=default,
        promised="192.168.000.005",
    )
    if not case.face.refusal({**ALB, key: given}):
        shown = case.face.shown({**ALB, key: given})[key]
        rig.judge.holds(
            "ALB-TCP-025",
            "address shown",
            holds=octets(shown) == octets(given),
            seen=shown,
            promised=".".join(map(str, octets(given))),
        )


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("fe80::1", id="link-local"),
        pytest.param("::1", id="loopback"),
        pytest.param("::ffff:192.168.0.4", id="mapped"),
        pytest.param("2001:db8:0:0:0:0:0:4", id="in full"),
        pytest.param("[fe80::1]", id="in brackets"),
    ],
)
@pytest.mark.clause("ALB-TCP-007")
async def test_no_ipv6(rig: Case, given: str) -> None:
    """The meter's address is an IPv4 address: an IPv6 address is refused, in every notation"""
    case = SettingsCase(rig)
    case.refuses("ALB-TCP-007", given, {**ALB, "MBTCPSmart-IPAddress": given})
    case.takes("ALB-TCP-007", "an IPv4 address", {**ALB, "MBTCPSmart-IPAddress": "192.168.0.4"}, {})


# PH-026: a socket gives at most 32 A, and this station has one.
SUPPORTED_A = 32.0


@pytest.mark.parametrize("key", ["Station-MaxCurrent", "Connector1-MaxCurrent"])
@pytest.mark.clause("ALB-TCP-034")
async def test_not_more_than_the_station_supports(rig: Case, key: str) -> None:
    """The highest current that can be set is the one the station is built for, and not a tenth more"""
    case = SettingsCase(rig)
    case.takes("ALB-TCP-034", f"{SUPPORTED_A:g} A", {key: SUPPORTED_A}, {key: str(SUPPORTED_A)})
    for beyond_a in (SUPPORTED_A + 0.1, 63.0, 80.0, 1000.0):
        case.refuses("ALB-TCP-034", f"{beyond_a:g} A", {key: beyond_a})


@pytest.mark.clause("ALB-TCP-033")
async def test_names_of_2018(rig: Case) -> None:
    """The names of the information document of 2018 set what is called otherwise today"""
    case = SettingsCase(rig)
    for name, value, key, shown in (
        ("Station-MaxCurrent", 16, "Station-MaxCurrent", "16.0"),
        ("Installation-MaxCurrent", 40, "SmartMeter-MaxCurrent", "40.0"),
        ("ModbusTCP balancing enabled", True, "MBTCPSmart-IsEnabled", "True"),
        ("MODBUSTCP Mode", "Socomec", "MBTCPSmart-SlaveMeterModel", "Socomec"),
        ("MODBUSTCP ConnectionType", "MODBUS_master_TCP", "MBTCPSmart-ConnectionType", "TCP master"),
        ("ModbusTCP ConnectionType", "Modbus_master_TCP", "MBTCPSmart-ConnectionType", "TCP master"),
        ("MODBUSTCP IP Address", "192.168.100.104", "MBTCPSmart-IPAddress", "192.168.100.104"),
        ("ModbusTCP IP", "192.168.100.104", "MBTCPSmart-IPAddress", "192.168.100.104"),
        ("MODBUSTCP Slave Address", 6, "MBTCPSmart-SlaveUnitID", "6"),
        ("ModbusTCP Slave", 6, "MBTCPSmart-SlaveUnitID", "6"),
        ("Load Balancing Safe Current (A)", 12, "Safe-MaxCurrent", "12.0"),
    ):
        case.takes("ALB-TCP-033", name, {**ALB_ON, name: value}, {key: shown})
