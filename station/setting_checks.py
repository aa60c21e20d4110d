"""Settings that do not go together. Each check says what is wrong with which keys, or "" when nothing is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from station.errors import SettingError
from station.meter_rows import RTU_CUSTOM, TCP_CUSTOM
from station.setting_planned import EMS, METER, METER_AND_EMS
from station.setting_rows import P1_PROTOCOL, RTU_PROTOCOL, TCP_PROTOCOL
from station.socket_rows import SAME_ORDER

if TYPE_CHECKING:
    from station.settings import Settings

Check = Callable[["Settings"], str]


def refuse_conflicts(settings: Settings) -> None:
    """Raises SettingError for the first check that finds something."""
    for check in CHECKS:
        if found := check(settings):
            raise SettingError(found)


def within_the_rating(settings: Settings) -> str:
    """ALB-TCP-034: no limit goes beyond what the station is built for."""
    limits = {
        "Station-MaxCurrent": (settings.station_max_a, settings.rated_a * settings.feeders),  # SLB-033
        "Connector1-MaxCurrent": (settings.connector1_max_a, settings.rated_a),
        **({"Connector2-MaxCurrent": (settings.connector2_max_a, settings.rated_a)} if settings.sockets > 1 else {}),
    }
    for key, (limit_a, most_a) in limits.items():
        if limit_a > most_a:
            return f"{key}: {limit_a:g} A is more than the station supports; allowed is up to {most_a:g} A"
    return ""


def one_feeder_per_socket(settings: Settings) -> str:
    """A second power cable is for a second socket; both cables bring one phase, or both three."""
    if settings.feeders > settings.sockets:
        return f"station.feeders: {settings.feeders} for {settings.sockets} socket; a socket has one power cable"
    if settings.phases_2 == SAME_ORDER:
        return ""
    if settings.feeders == 1:
        return f"station.phases_2: {settings.phases_2} without a second power cable; set station.feeders to 2"
    if (len(settings.phases_2) == len("L1")) != settings.one_phase:
        return f"station.phases_2: {settings.phases_2} beside Phase-Connected {settings.phases}; one phase, or three"
    return ""


def one_meter(settings: Settings) -> str:
    """ALB-P1-009, ALB-TCP-009, ALB-TIC-009: at most one meter per station."""
    chosen = {
        "p1.balancing": (settings.p1_balancing, P1_PROTOCOL),
        "MBTCPSmart-IsEnabled": (settings.mbtcp_enabled, TCP_PROTOCOL),
    }
    for key, (enabled, protocol) in chosen.items():
        if enabled and protocol != settings.protocol:
            return (
                f"{key}: True would be a second meter beside ALB-ProtocolSelection {settings.protocol!r}; "
                f"a station has one: set {key} to False, or the protocol to {protocol!r}"
            )
    return ""


def one_source(settings: Settings) -> str:
    """X-24, EMS-028: MbsSlaveTCPIP says the same as the data source; an EMS alone leaves no meter."""
    if settings.ems_enabled == (settings.data_source == METER):
        state = "On" if settings.ems_enabled else "Off"
        return (
            f"MbsSlaveTCPIP: {state} contradicts the data source {settings.data_source!r}; "
            f"it is Off with {METER!r} and On with {EMS!r} or {METER_AND_EMS!r}"
        )
    if settings.data_source == EMS and settings.mbtcp_enabled:
        return (
            f"MBTCPSmart-IsEnabled: True would be a second source beside {EMS!r}; set it to False, "
            f"or the data source to {METER_AND_EMS!r}"
        )
    return ""


def whole_mapping(settings: Settings) -> str:
    """A meter without a preset needs its registers: currents (ALB-TCP-019), on RTU powers too (ALB-RTU-019)."""
    on_rtu = settings.protocol == RTU_PROTOCOL and settings.mbrtu_preset == RTU_CUSTOM
    on_tcp = settings.protocol == TCP_PROTOCOL and settings.mbtcp_model == TCP_CUSTOM
    if not (on_rtu or on_tcp):
        return ""
    currents = [n for n in (1, 2, 3) if getattr(settings, f"modbus_current_{n}") is not None]
    powers = [n for n in (1, 2, 3) if getattr(settings, f"modbus_power_{n}") is not None]
    if currents not in ([1], [1, 2, 3]):
        return f"modbus.current_N: given for {_phases(currents)}; needed for phase 1, or for 1, 2 and 3"
    if powers != currents and (on_rtu or powers):
        return f"modbus.power_N: given for {_phases(powers)}; needed for the phases whose current is given"
    return ""


def _phases(numbers: list[int]) -> str:
    return f"phase {' and '.join(map(str, numbers))}" if numbers else "no phase"


CHECKS: tuple[Check, ...] = (within_the_rating, one_feeder_per_socket, one_meter, one_source, whole_mapping)
