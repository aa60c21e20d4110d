"""Settings of functions that this station does not have yet: their rows and their defaults.

They are documented, so they are stored, checked and shown; but nothing uses them yet.
"""

from dataclasses import dataclass

from station.setting_row import Choices, SettingRow

# ALB-GEN-047, X-38: in the app the protocol Modbus RTU is found among the data sources.
METER, EMS, METER_AND_EMS = "Meter", "Energy Management System", "Meter + EMS monitoring"
RTU_AS_SOURCE = "Modbus RTU"
DATA_SOURCES: Choices = (
    (METER, ("Smart Meter",)),
    (EMS, ("EMS",)),
    (METER_AND_EMS, ()),
    (RTU_AS_SOURCE, ()),
)
ON_OFF: Choices = (("On", ()), ("Off", ()))
TRUE_FALSE: Choices = (("True", ()), ("False", ()))
# EMS-010, EMS-013, X-24
EMS_MODES: Choices = (("Off", ()), ("Socket", ()), ("SCN", ()))
# OCPP-015
SMART_CHARGING_MODES: Choices = (("None", ()), ("OCPP1.5+", ()))
# SCN-078: L1, L2, L3, L1L2L3, L1L3L2, L2L1L3, L2L3L1, L3L1L2, L3L2L1; not the order of Phase-Connected (PH-028).
ROTATIONS_BY_NUMBER = 9
MOST_SOCKETS = 128  # SCN-045


@dataclass(frozen=True, slots=True)
class PlannedSettings:
    """What is stored for later. Currents in A, times in s."""

    data_source: str = METER
    switch_phases: bool = False  # O-59
    p1_balancing: bool = False
    connector1_2_max_a: float = 32.0  # O-54
    connector2_2_max_a: float = 32.0  # O-54
    modbus_type: str = "ABB"
    smart_charging_mode: str = "None"
    ems_enabled: bool = False  # EMS-011
    ems_validity_s: float = 60.0  # EMS-012
    ems_mode: str = "Off"
    scn_enabled: bool = False
    scn_name: str = ""
    scn_phases_1: int = 4
    scn_phases_2: int = 0
    scn_socket_safe_a: float = 6.0  # SCN-073
    scn_total_safe_a: float = 0.0
    scn_total_static_a: float = 0.0
    scn_socket_count: int = 1
    scn_socket_id: int = 0  # SCN-070


PLANNED_ROWS: tuple[SettingRow, ...] = (
    SettingRow(
        "data_source", "alb.data_source", "choice", "ALB-GEN-047 O-45 CFG-019 ALB-RTU-023",
        "what decides how much the station may take; goes together with MbsSlaveTCPIP; an EMS is not listened to yet",
        installer="Data Source", aliases=("Source type",), choices=DATA_SOURCES, feature="ALB",
    ),
    SettingRow(
        "switch_phases", "alb.switch_phases", "switch", "ALB-GEN-046 ALB-TIC-006 O-59",
        "the station may change between one and three phases; nothing uses it yet",
        installer="Allow 1- and 3-phased charging",
        aliases=("Allow 1- and 3-phase(d) charging", "Allow 1- and 3-phases charging"),
        choices=TRUE_FALSE, feature="ALB",
    ),
    SettingRow(
        "p1_balancing", "p1.balancing", "switch", "ALB-TCP-035 ALB-P1-009",
        "name of 2018 for choosing the P1 meter; today ALB-ProtocolSelection says so",
        installer="P1 Load Balancing", choices=TRUE_FALSE, feature="ALB",
    ),
    SettingRow(
        "connector1_2_max_a", "Connector1.2-MaxCurrent", "number", "CFG-005 O-54",
        "not explained; stored, without effect",
        installer="Connector 1.2 Max current", unit="A", low=6.0, high=80.0,
    ),
    SettingRow(
        "connector2_2_max_a", "Connector2.2-MaxCurrent", "number", "CFG-007 O-54",
        "not explained; stored, without effect",
        installer="Connector 2.2 Max current", unit="A", low=6.0, high=80.0,
    ),
    SettingRow(
        "modbus_type", "socket1.modbus_type", "choice", "ALB-TCP-035",
        "the meter inside socket 1; nothing uses it",
        installer="Modbus Type", choices=(("ABB", ()),),
    ),
    SettingRow(
        "smart_charging_mode", "SmartCharging-Mode", "choice", "CFG-031 OCPP-015 V-07",
        "which messages of the back office limit the current; nothing uses it yet",
        installer="OCPP15 SC type", choices=SMART_CHARGING_MODES,
    ),
    SettingRow(
        "ems_enabled", "MbsSlaveTCPIP", "switch", "CFG-019 EMS-011 X-24",
        "an energy management system may write limits; goes together with the data source; nothing uses it yet",
        choices=ON_OFF, feature="ALB",
    ),
    SettingRow(
        "ems_validity_s", "MbsSlaveTCPIPValidityTime", "number", "CFG-034 EMS-008 EMS-012 O-42 V-05",
        "how long a limit of the energy management system holds; nothing uses it yet",
        installer="Validity time (s)", aliases=("MbsSlaveTCPValidityTime", "Validity time"),
        unit="s", low=5.0, high=3600.0, feature="ALB",
    ),
    SettingRow(
        "ems_mode", "MbsSlaveTCPIPMode", "choice", "CFG-035 EMS-010 EMS-013 X-24 V-06",
        "what the energy management system limits: each socket, or the whole network; nothing uses it yet",
        installer="TCP/IP EMS Mode", aliases=("MbsSlaveTCPMode",), choices=EMS_MODES, feature="ALB",
    ),
    SettingRow(
        "scn_enabled", "SCN-IsEnabled", "switch", "CFG-022 SCN-069",
        "the station is part of a smart charging network; nothing uses it yet",
        choices=TRUE_FALSE, feature="SCN",
    ),
    SettingRow(
        "scn_name", "SCN-NetworkName", "network-name", "CFG-023 SCN-048 O-39",
        "name of that network, the same on all its stations; nothing uses it yet",
        installer="Smart Charging Network", feature="SCN",
    ),
    SettingRow(
        "scn_phases_1", "SCN-PhaseMapping-1", "count", "CFG-024 SCN-078",
        "number of the phase rotation of socket 1: 1 to 3 for L1 to L3, 4 for L1L2L3; nothing uses it yet",
        installer="PhaseMapping Socket 1", low=1, high=ROTATIONS_BY_NUMBER, feature="SCN",
    ),
    SettingRow(
        "scn_phases_2", "SCN-PhaseMapping-2", "count", "CFG-025 SCN-079",
        "the same of socket 2, 0 when there is none; nothing uses it yet",
        installer="PhaseMapping Socket 2", low=0, high=ROTATIONS_BY_NUMBER, feature="SCN",
    ),
    SettingRow(
        "scn_socket_safe_a", "SCN-SocketSafeCurrent", "number", "CFG-026 SCN-073 SCN-074 X-32 V-13",
        "limit of a socket while the network is not heard; nothing uses it yet",
        installer="Socket Safecurrent", aliases=("Socket Safecurrent (A)", "SocketSafeCurrent"),
        unit="A", low=0.0, high=80.0, feature="SCN",
    ),
    SettingRow(
        "scn_total_safe_a", "SCN-TotalSafeCurrent", "number", "CFG-027 SCN-062 X-23 V-13",
        "limit of the whole network while its meter is not heard; nothing uses it yet",
        installer="Total safecurrent (A)", aliases=("Total safecurrent", "TotalSafeCurrent"),
        unit="A", low=0.0, high=10_000.0, feature="SCN",
    ),
    SettingRow(
        "scn_total_static_a", "SCN-TotalStaticCurrent", "number", "CFG-030 SCN-060 SCN-072",
        "limit of the whole network; nothing uses it yet",
        installer="Total Max. current (A)", aliases=("Total current", "Total Max. current", "Total current (A)"),
        unit="A", low=0.0, high=10_000.0, feature="SCN",
    ),
    SettingRow(
        "scn_socket_count", "SCN-SocketCount", "count", "CFG-028 SCN-045 SCN-077 V-17",
        "sockets in the whole network; nothing uses it yet",
        installer="Number of sockets", aliases=("Socket count",), low=1, high=MOST_SOCKETS, feature="SCN",
    ),
    SettingRow(
        "scn_socket_id", "SCN-SocketID", "count", "CFG-029 SCN-070 X-22 O-40",
        "number of socket 1 in the network, from 0; nothing uses it yet",
        installer="Socket ID", low=0, high=MOST_SOCKETS, feature="SCN",
    ),
)  # fmt: skip
