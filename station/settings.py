"""Settings of the station: frozen values, checked when they come in.

A setting goes by its back-office key, its name in the installer tool, or another spelling found in the documents;
names are compared in small letters with hyphens and blanks removed (O-56). The names and ranges stand in
`station.setting_rows`, the defaults here and, for what is not built yet, in `station.setting_planned`.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from station.errors import SettingError
from station.meter_rows import HIGH_TO_LOW, INPUT_REGISTERS, TCP_MASTER
from station.phases import Order, behind_socket, order
from station.setting_checks import refuse_conflicts
from station.setting_links import fill_in
from station.setting_planned import EMS, PlannedSettings
from station.setting_row import SettingRow
from station.setting_rows import (
    P1_MODE,
    P1_PROTOCOL,
    ROWS,
    RTU_PROTOCOL,
    SUSPEND_CLOSED,
    SUSPEND_OPENED,
    TCP_PROTOCOL,
    TIC_PROTOCOL,
)
from station.setting_values import LICENCES, PARSERS, licence_names, normal
from station.socket_rows import POWER_FACTOR, SAME_ORDER
from station.sources.modbus.registers import Register
from station.units import da_from_a

# The ports a meter can be on; which of them there is, and what it is called, follows from the protocol.
MeterPort = Literal["p1", "tic", "rtu", "tcp"]


@dataclass(frozen=True, slots=True)
class Settings(PlannedSettings):
    """What the station was configured with. Currents in A per phase, times in s; see the rows for clauses."""

    licence_key: str = ""
    rated_a: float = 32.0  # PH-026
    address: str | None = None
    station_max_a: float = 32.0
    connector1_max_a: float = 32.0
    connector2_max_a: float = 32.0
    phases: str = "L1L2L3"
    phases_2: str = SAME_ORDER
    sockets: int = 1
    feeders: int = 1
    static_balancing: bool = False
    unused_a: float = 3.0  # O-21
    unused_s: float = 180.0  # O-21
    chameleon_min_a: float = 14.0  # O-55
    probing_s: float = 60.0  # O-11
    classifier: str = POWER_FACTOR  # O-10
    alternating_s: float = 900.0  # ALT-011
    suspend_debounce_s: float = 0.1  # O-47
    active_balancing: bool = False  # CFG-011
    protocol: str = P1_PROTOCOL
    rj11_mode: str = P1_MODE
    meter_includes_charger: bool = True  # O-58
    meter_max_a: float = 25.0
    safe_a: float = 6.0
    ocp_meas_tolerance_pct: float = 0.0  # O-05: strict
    ocp_pause_s: float = 300.0  # OCP-010
    ocp_grace_s: float = 5.0  # O-03
    ocp_reset_s: float = 1.0  # O-04
    ocp_trip_s_ge_150: float = 2.0  # O-01
    ocp_max_retries: int | None = None  # O-08: unlimited
    p1_timeout_factor: float = 3.0  # O-22
    p1_timeout_floor_s: float = 10.0  # O-22
    p1_timeout_margin_s: float = 0.2
    p1_max_bad: int = 3  # O-23
    p1_reopen_s: float = 1.0
    tic_timeout_s: float = 10.0  # O-26
    tic_detect_s: float = 3.0
    mbtcp_enabled: bool = False  # ALB-TCP-021
    mbtcp_model: str = "Socomec"  # ALB-TCP-022
    mbtcp_connection: str = TCP_MASTER  # ALB-TCP-024
    mbtcp_ip: str = "192.168.0.5"  # ALB-TCP-025
    mbtcp_port: int = 502  # ALB-TCP-002
    mbtcp_unit: int = 5  # ALB-TCP-027
    mbrtu_preset: str = "Eastron SDM230"
    mbrtu_unit: int = 1  # ALB-RTU-008
    mbrtu_baud: str = "9600"  # O-29
    mbrtu_parity: str = "N"  # O-29
    mbrtu_stop_bits: int = 1  # O-29
    mbrtu_quiet_s: float = 0.06
    modbus_poll_s: float = 1.0  # O-29
    modbus_timeout_s: float = 1.0  # O-29
    modbus_warn_failures: int = 3  # O-29
    modbus_function: str = INPUT_REGISTERS  # ALB-RTU-009
    modbus_word_order: str = HIGH_TO_LOW  # ALB-TCP-020
    modbus_current_1: Register | None = None
    modbus_current_2: Register | None = None
    modbus_current_3: Register | None = None
    modbus_power_1: Register | None = None
    modbus_power_2: Register | None = None
    modbus_power_3: Register | None = None
    modbus_most_registers: int = 20
    meter_stale_s: float = 60.0  # O-31
    meter_error_s: float = 120.0  # O-31
    meter_reopen_s: float = 0.5
    alb_return_a_per_step: float = 1.0  # O-32
    alb_return_step_s: float = 5.0  # O-32
    m3_contactor_close_s: float = 0.0
    m3_c1_open_s: float = 6.0
    board_retry_s: float = 1.0
    boot_s: float = 20.0

    @classmethod
    def from_mapping(cls, given: Mapping[str, object]) -> "Settings":
        """Settings from names and values, values as text or as they stand in a TOML file; the rest by default.

        Raises SettingError, naming key, value and what is allowed, for an unknown or read-only key, a key given
        twice under two names, a value out of range, a setting of a feature that is not unlocked, or settings that
        do not go together.
        """
        rows = {find_row(key): value for key, value in canonical(given).items()}
        changes: dict[str, Any] = {row.field: PARSERS[row.kind](row, value) for row, value in rows.items()}
        settings = replace(cls(), **fill_in(changes))
        for row in rows:
            _check_licence(settings, row)
        refuse_conflicts(settings)
        return settings

    @property
    def unlocked(self) -> frozenset[str]:
        """Features the licence unlocks (UnlockedFeatures, CFG-002)."""
        return frozenset().union(*(LICENCES[name] for name in licence_names(self.licence_key)))

    @property
    def p1_selected(self) -> bool:
        """Whether the P1 port is read at all (ALB-P1-012, ALB-P1-013, ALB-P1-025)."""
        return self.meter_port == "p1"

    @property
    def meter_port(self) -> MeterPort | None:
        """The port on which a meter is read; None when nothing balances by a meter or the port is not enabled."""
        enabled = {
            P1_PROTOCOL: self.rj11_mode == P1_MODE,  # ALB-P1-012
            TCP_PROTOCOL: self.mbtcp_enabled and self.mbtcp_connection == TCP_MASTER,  # ALB-TCP-021, ALB-TCP-024
        }
        if not self.active_balancing or self.data_source == EMS or not enabled.get(self.protocol, True):
            return None
        return _METER_PORTS[self.protocol]

    @property
    def mbtcp_address(self) -> str:
        """Where the Modbus TCP/IP meter is, as it is written in the log."""
        return f"{self.mbtcp_ip}:{self.mbtcp_port}"

    @property
    def grid_phases(self) -> tuple[int, ...]:
        """Index (0 for L1) of the grid phase behind the station's own L1, and L2 and L3 where it has them."""
        return tuple(int(digit) - 1 for digit in self.phases.split("L")[1:])

    @property
    def behind(self) -> tuple[Order, ...]:
        """The grid phases behind L1, L2 and L3 of each socket, socket 1 first (PH-001, PH-008)."""
        second = self.phases if self.phases_2 == SAME_ORDER else self.phases_2
        feeders = (self.phases, second)[: self.sockets]
        return tuple(
            behind_socket(order(feeder), socket, self.sockets) for socket, feeder in enumerate(feeders, start=1)
        )

    @property
    def one_phase(self) -> bool:
        """Whether the station is connected to one phase only."""
        return len(self.grid_phases) == 1

    @property
    def connectors_da(self) -> tuple[int, ...]:
        """The limit of each socket, in dA, socket 1 first. Without load balancing each has half of all (O-69)."""
        limits_a = (self.connector1_max_a, self.connector2_max_a)[: self.sockets]
        most_da = self.station_da if self.shares else self.station_da // self.sockets
        return tuple(min(da_from_a(limit_a), most_da) for limit_a in limits_a)

    @property
    def station_da(self) -> int:
        """What the station may take per phase, in dA."""
        return da_from_a(self.station_max_a)

    @property
    def shares(self) -> bool:
        """Whether one socket may have what the other does not use (SLB-001, SLB-003, SLB-023, X-34).

        On one power cable a station of 32 A always shares, licence or not; the other features share too.
        """
        always = self.feeders == 1 and self.station_max_a >= self.rated_a
        return self.sockets == 1 or self.static_balancing or self.active_balancing or always

    @property
    def suspends_when(self) -> bool | None:
        """Whether charging is suspended when the external circuit is closed, or open (SCM-012); None: never."""
        return {SUSPEND_CLOSED: True, SUSPEND_OPENED: False}.get(self.rj11_mode)

    @property
    def cap_da(self) -> int:
        """The most that can flow in one phase of the station, in dA."""
        return min(self.station_da, sum(self.connectors_da))


_METER_PORTS: Mapping[str, MeterPort] = {
    P1_PROTOCOL: "p1",
    TIC_PROTOCOL: "tic",
    RTU_PROTOCOL: "rtu",
    TCP_PROTOCOL: "tcp",
}


def find_row(name: str) -> SettingRow:
    """The row a name stands for. Raises SettingError, with the nearest name, when there is none."""
    row = _BY_NAME.get(normal(name))
    if row is None:
        near = difflib.get_close_matches(normal(name), _BY_NAME, n=1)
        hint = f"; did you mean {_BY_NAME[near[0]].key!r}?" if near else ""
        raise SettingError(f"{name!r}: unknown setting{hint}")
    return row


def canonical(given: Mapping[str, object]) -> dict[str, object]:
    """The same values under their back-office keys. Raises SettingError for an unknown or doubled name."""
    named: dict[str, object] = {}
    for name, value in given.items():
        key = find_row(name).key
        if key in named:
            raise SettingError(f"{key}: given twice, the second time as {name!r}")
        named[key] = value
    return named


_BY_NAME: Mapping[str, SettingRow] = {
    normal(name): row for row in ROWS for name in (row.key, row.installer, *row.aliases) if name
}


def _check_licence(settings: Settings, row: SettingRow) -> None:
    changed = getattr(settings, row.field) != getattr(_DEFAULTS, row.field)
    if row.feature and changed and row.feature not in settings.unlocked:
        raise SettingError(
            f"{row.key}: belongs to {row.feature}, which FeatureLicenseKey {settings.licence_key!r} does not unlock; "
            f"set FeatureLicenseKey to {row.feature!r}"
        )


_DEFAULTS = Settings()
