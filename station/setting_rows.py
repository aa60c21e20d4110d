"""The table of settings: every name a setting goes by, its unit, range and clause. Data only.

Keys of the documents keep their back-office spelling; keys in small letters with a point (`ocp.pause_s`) are our own
and stand for what the documents leave open (O-nn). Defaults stand in `station.settings.Settings`, field by field.
"""

from station.meter_rows import METER_ROWS
from station.setting_planned import ON_OFF, PLANNED_ROWS
from station.setting_row import Choices, SettingRow
from station.socket_rows import ROTATIONS, SOCKET_ROWS

P1_PROTOCOL = "DSMR4.x/SMR5.0 (P1)"
P1_MODE = "DSMR P1"
TIC_PROTOCOL = "TIC protocol"
RTU_PROTOCOL = "Modbus RTU"
TCP_PROTOCOL = "Modbus TCP/IP"
# V-14, V-19
PROTOCOLS: Choices = (
    (
        P1_PROTOCOL,
        ("DSMR4.x/SMR5.0", "DSMR4.x/SMR5.o (P1)", "DSMR4.x/SMR5.o", "DSMR4.x/SMRS.0 (P1)", "DSMR4.x/SMRS.0"),
    ),
    (TCP_PROTOCOL, ("TCP/IP meter",)),
    (RTU_PROTOCOL, ("Modbus RS485", "bus RS485")),
    (TIC_PROTOCOL, ("TIC/Linky", "Protocole TIC")),
)
# ALB-GEN-009, ALB-GEN-010
RECEIVED: Choices = (("True", ("Include charging EV",)), ("False", ("Exclude charging EV",)))
# SCM-012
SUSPEND_CLOSED = "Suspend when an external circuit is closed"
SUSPEND_OPENED = "Suspend when an external circuit is opened"
RJ11_MODES: Choices = ((P1_MODE, ()), (SUSPEND_CLOSED, ()), (SUSPEND_OPENED, ()))
ROWS: tuple[SettingRow, ...] = (
    SettingRow(
        "licence_key", "FeatureLicenseKey", "licence", "CFG-001",
        "features unlocked; our own format: their names joined by '+', SLB, ALB or SCN",
        installer="License Key",
    ),
    SettingRow(
        "", "UnlockedFeatures", "read-only", "CFG-002",
        "follows from FeatureLicenseKey: ALB includes SLB, SCN includes SLB and ALB (CFG-040, CFG-041)",
        installer="License Key features",
    ),
    SettingRow(
        "rated_a", "station.rated_a", "number", "ALB-TCP-034 PH-026",
        "most current per phase the station is built for; no setting goes beyond it",
        unit="A", low=6.0, high=80.0,
    ),
    SettingRow(
        "address", "net.address", "interface", "ALB-TCP-008",
        "the station's own address on the local network, such as 192.168.0.10/24; empty when it is given one there",
    ),
    SettingRow(
        "station_max_a", "Station-MaxCurrent", "number", "CFG-003",
        "most current per phase the station takes",
        installer="Station maximum current", unit="A", low=6.0, high=80.0,
    ),
    SettingRow(
        "connector1_max_a", "Connector1-MaxCurrent", "number", "CFG-004",
        "most current per phase socket 1 gives",
        installer="Connector 1 max current",
        aliases=("Socket 1 maximum current", "Connettor1-MaxCurrent", "Max current (A)", "Maximum current (A)"),
        unit="A", low=6.0, high=80.0,
    ),
    SettingRow(
        "phases", "Phase-Connected", "choice", "CFG-009 PH-028",
        "grid phases behind the station's L1, L2, L3, in that order",
        installer="Phase rotation", aliases=("Phase mapping",), choices=ROTATIONS,
    ),
    SettingRow(
        "active_balancing", "Active-LoadBalancing", "switch", "CFG-011",
        "the meter decides how much the station may take",
        installer="Active Load Balancing", choices=ON_OFF, feature="ALB",
    ),
    SettingRow(
        "protocol", "ALB-ProtocolSelection", "choice", "CFG-012 ALB-P1-013",
        "which meter is listened to",
        installer="Protocol Selection", choices=PROTOCOLS, feature="ALB",
    ),
    SettingRow(
        "rj11_mode", "RJ11-Mode", "choice", "CFG-013 ALB-P1-012 X-25",
        "what the RJ11 port is for; a suspend value disables P1",
        aliases=("DirectExternalSuspendSignal", "RJ11-Mode / DirectExternalSuspendSignal"), choices=RJ11_MODES,
    ),
    SettingRow(
        "meter_includes_charger", "SmartMeterIncludesCharger", "switch", "CFG-033 ALB-GEN-013 O-58",
        "the meter sees the station too",
        installer="Received measurements", choices=RECEIVED, feature="ALB",
    ),
    SettingRow(
        "meter_max_a", "SmartMeter-MaxCurrent", "number", "CFG-032 ALB-GEN-008",
        "current limit of the installation per phase",
        installer="Maximum smart meter current (A)",
        aliases=(
            "Installation-MaxCurrent", "Installation Maximum Current", "Maximum smart meter current",
            "Maximum smart energy meter current (A)", "Maximum smart energy meter current",
        ),
        unit="A", low=1.0, high=1000.0, feature="ALB",
    ),
    SettingRow(
        "safe_a", "Safe-MaxCurrent", "number", "CFG-020 ALB-GEN-014 X-23",
        "limit while the meter is not heard; below 6 A means pause (O-33)",
        installer="Safe current (A)",
        aliases=(
            "Safe current", "Load Balancing Safe Current (A)", "Load Balancing Safe Current",
            "Active Load Balancing Safe current",
        ),
        unit="A", low=0.0, high=80.0, feature="ALB",
    ),
    SettingRow(
        "ocp_meas_tolerance_pct", "ocp.meas_tolerance_pct", "number", "O-05 X-01",
        "the allowed current counts as this much higher; 0 is strict, 1 is the advice for the field",
        unit="%", low=0.0, high=5.0,
    ),
    SettingRow(
        "ocp_pause_s", "ocp.pause_s", "number", "OCP-010 O-07",
        "how long the pilot stays in state F after an over-current",
        unit="s", low=1.0, high=86400.0,
    ),
    SettingRow(
        "ocp_grace_s", "ocp.grace_s", "number", "O-03",
        "how long a higher limit still counts after it was lowered",
        unit="s", low=0.0, high=60.0,
    ),
    SettingRow(
        "ocp_reset_s", "ocp.reset_s", "number", "O-04",
        "how long the current must be below a bound for its timer to start afresh",
        unit="s", low=0.0, high=60.0,
    ),
    SettingRow(
        "ocp_trip_s_ge_150", "ocp.trip_s_ge_150", "number", "O-01 OCP-006",
        "trip time at 150 % and more; never slower than the band below it",
        unit="s", low=0.0, high=2.0,
    ),
    SettingRow(
        "ocp_max_retries", "ocp.max_retries", "count-or-unlimited", "O-08 OCP-012",
        "how often a session is resumed; 'unlimited' as documented",
        low=0, high=1000,
    ),
    *METER_ROWS,
    *SOCKET_ROWS,
    *PLANNED_ROWS,
    SettingRow(
        "alb_return_a_per_step", "alb.return_a_per_step", "number", "O-32 O-52",
        "most by which the limit of active load balancing rises at a time",
        unit="A", low=0.1, high=80.0,
    ),
    SettingRow(
        "alb_return_step_s", "alb.return_step_s", "number", "O-32 O-52",
        "least time between a change of that limit and its next rise",
        unit="s", low=0.0, high=3600.0,
    ),
    SettingRow(
        "m3_contactor_close_s", "m3.contactor_close_s", "number", "IEC 61851-1 table A.6, 4",
        "from C2 to closing the contactor; the standard allows 3 s",
        unit="s", low=0.0, high=3.0,
    ),
    SettingRow(
        "m3_c1_open_s", "m3.c1_open_s", "number", "IEC 61851-1 table A.6, 10.2",
        "how long a vehicle may keep drawing in C1 until the contactor opens under load",
        unit="s", low=6.0, high=7.0,
    ),
    SettingRow(
        "boot_s", "station.boot_s", "number", "CFG-053",
        "how long a reboot takes; changed settings hold from then on (ALB-GEN-016)",
        unit="s", low=1.0, high=60.0,
    ),
    SettingRow(
        "board_retry_s", "board.retry_s", "number", "",
        "how long to wait before connecting to the board again",
        unit="s", low=0.1, high=3600.0,
    ),
)  # fmt: skip
