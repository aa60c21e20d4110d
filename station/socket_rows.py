"""Rows of the table of settings for stations with sockets to share among: sharing, probing, alternating, suspending."""

from station.setting_planned import ON_OFF
from station.setting_row import Choices, SettingRow

# PH-028: a one-phase station names its phase, a three-phase station the order of its feeder.
ROTATIONS: Choices = tuple(
    (name, ()) for name in ("L1", "L2", "L3", "L1L2L3", "L1L3L2", "L2L3L1", "L2L1L3", "L3L1L2", "L3L2L1")
)
# Of the second power cable: as that of the first.
SAME_ORDER = "as Phase-Connected"
# O-10
POWER_FACTOR, STEP_DOWN = "power-factor", "stepdown"
CLASSIFIERS: Choices = ((POWER_FACTOR, ()), (STEP_DOWN, ()))

SOCKET_ROWS: tuple[SettingRow, ...] = (
    SettingRow(
        "sockets", "station.sockets", "count", "SLB-001 PH-003",
        "sockets the station has; it is built so, socket 1 on the left",
        low=1, high=2,
    ),
    SettingRow(
        "feeders", "station.feeders", "count", "PH-008 SLB-032 SLB-033",
        "power cables to a station with two sockets; with two each socket has its own",
        low=1, high=2,
    ),
    SettingRow(
        "phases_2", "station.phases_2", "choice", "PH-010 PH-023 PH-028",
        "as Phase-Connected, for the second power cable",
        choices=((SAME_ORDER, ()), *ROTATIONS),
    ),
    SettingRow(
        "connector2_max_a", "Connector2-MaxCurrent", "number", "CFG-006 V-09",
        "most current per phase socket 2 gives, where there is one",
        installer="Connector 2 max current", aliases=("Socket 2 maximum current", "Connettor2-MaxCurrent"),
        unit="A", low=6.0, high=80.0,
    ),
    SettingRow(
        "static_balancing", "Static-LoadBalancing", "switch", "CFG-010 CFG-038 SLB-002 SLB-003 X-34",
        "two sockets share the station's current, and not half for each; always so at 32 A on one cable",
        installer="Standard Load Balancing", aliases=("Static Load Balancing",), choices=ON_OFF, feature="SLB",
    ),
    SettingRow(
        "unused_a", "slb.unused_a", "number", "SLB-007 O-21 X-52",
        "current that a car must leave unused for it to go to the other socket; strictly more than this",
        unit="A", low=0.5, high=32.0,
    ),
    SettingRow(
        "unused_s", "slb.unused_s", "number", "SLB-007 O-21 X-52",
        "how long it must leave it unused",
        unit="s", low=1.0, high=3600.0,
    ),
    SettingRow(
        "chameleon_min_a", "Chameleon-MinCurrent", "number", "CFG-008 PRB-016 PRB-018 O-55 X-33 V-10",
        "current at which a new car is probed",
        installer="Chameleon min current (A)", aliases=("OD_sysMinimumChameleonCurrent", "Chameleon min current"),
        unit="A", low=6.0, high=32.0,
    ),
    SettingRow(
        "probing_s", "probing.duration_s", "number", "PRB-006 O-11",
        "how long a new car is probed; with 0 it is not, and taken for one that charges from 6 A",
        unit="s", low=0.0, high=600.0,
    ),
    SettingRow(
        "classifier", "probing.classifier", "choice", "PRB-010 O-10",
        "how a car that needs 14 A is told: by its power factor while it is probed, or by whether it stops at less",
        choices=CLASSIFIERS,
    ),
    SettingRow(
        "alternating_s", "SCN-AlternatingPeriod", "number", "CFG-021 SCN-076 ALT-011 ALT-016 X-30 V-18",
        "how long cars that alternate charge at a time",
        installer="Alternatingperiod (s)",
        aliases=(
            "Alternatingperiod", "Alternating period (s)", "Alternation period",
            "Altering period", "Altering period (s)",
        ),
        unit="s", low=60.0, high=36_000.0, feature="SLB",
    ),
    SettingRow(
        "suspend_debounce_s", "suspend.debounce_s", "number", "SCM-016 O-47",
        "how long the external circuit must be as it is for that to count",
        unit="s", low=0.0, high=60.0,
    ),
)  # fmt: skip
