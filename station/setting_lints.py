"""What the documents advise against without forbidding it. Each lint gives a line that begins with a key, or ""."""

import ipaddress
from collections.abc import Callable, Collection

from station.meter_rows import TCP_MASTER
from station.setting_planned import MOST_SOCKETS
from station.setting_rows import P1_MODE, P1_PROTOCOL, TCP_PROTOCOL
from station.settings import Settings

# ALB-GEN-051, X-35, SLB-034: some cars do not charge with less.
ADVISED_LEAST_A = 14.0
# SCN-074, X-32, X-33: charging stops below this, and so it may at it.
LEAST_A = 6.0
# SCN-087, O-70: one car that needs 14 A beside one that needs 6 A.
ADVISED_NETWORK_A = 20.0
LAST_UNIT_ON_TCP = 255  # O-57

# Told the settings, and which fields were given.
Lint = Callable[[Settings, Collection[str]], str]


def warnings(settings: Settings, given: Collection[str]) -> list[str]:
    """The advice on settings that are taken; `given` are the fields that somebody set."""
    return [found for lint in LINTS if (found := lint(settings, given))]


def enough_for_any_car(settings: Settings, _given: Collection[str]) -> str:
    """ALB-GEN-051, X-35, SLB-034, SCN-043: 14 A should be available."""
    available_a = {
        "Station-MaxCurrent": settings.station_max_a,
        "Connector1-MaxCurrent": settings.connector1_max_a,
        **({"SmartMeter-MaxCurrent": settings.meter_max_a} if settings.active_balancing else {}),
    }
    key = min(available_a, key=lambda key: available_a[key])
    if available_a[key] >= ADVISED_LEAST_A:
        return ""
    return f"{key}: {available_a[key]:g} A is not enough for cars that need {ADVISED_LEAST_A:g} A to charge"


def safe_current(settings: Settings, _given: Collection[str]) -> str:
    """X-32, carried over from the network's safe current: at 6 A a car may stop; below, the station pauses (O-33)."""
    if not settings.active_balancing or settings.safe_a > LEAST_A:
        return ""
    return f"Safe-MaxCurrent: {settings.safe_a:g} A; more than {LEAST_A:g} A is advised, so that cars go on charging"


def socket_safe_current(settings: Settings, _given: Collection[str]) -> str:
    """SCN-074, X-32."""
    if not settings.scn_enabled or settings.scn_socket_safe_a > LEAST_A:
        return ""
    return f"SCN-SocketSafeCurrent: {settings.scn_socket_safe_a:g} A; more than {LEAST_A:g} A is advised"


def probing_current(settings: Settings, _given: Collection[str]) -> str:
    """PRB-013, PRB-014; more than 6 A is asked for anyway (PRB-016, X-33)."""
    if settings.chameleon_min_a >= ADVISED_LEAST_A:
        return ""
    return (
        f"Chameleon-MinCurrent: {settings.chameleon_min_a:g} A does not show which cars need {ADVISED_LEAST_A:g} A; "
        f"{ADVISED_LEAST_A:g} A or more is advised"
    )


def balancing_before_the_meter(settings: Settings, given: Collection[str]) -> str:
    """ALB-P1-014, EMS-030: active load balancing comes first, then the meter."""
    meter = [key for field, key in _SOURCE_KEYS.items() if field in given]
    if "rj11_mode" in given and settings.rj11_mode == P1_MODE:
        meter.append("RJ11-Mode")
    if settings.active_balancing or not meter:
        return ""
    return f"{meter[0]}: has no effect until Active-LoadBalancing is On; configure that first"


_SOURCE_KEYS = {
    "protocol": "ALB-ProtocolSelection",
    "mbtcp_enabled": "MBTCPSmart-IsEnabled",
    "ems_enabled": "MbsSlaveTCPIP",
    "data_source": "alb.data_source",
}


def suspended_p1(settings: Settings, _given: Collection[str]) -> str:
    """ALB-P1-012, ALB-P1-025, SCM-011: the RJ11 port has one use."""
    if not settings.active_balancing or settings.protocol != P1_PROTOCOL or settings.rj11_mode == P1_MODE:
        return ""
    return f"RJ11-Mode: {settings.rj11_mode!r} excludes the P1 meter, which is not read; set it to {P1_MODE!r}"


def meter_that_is_not_asked(settings: Settings, _given: Collection[str]) -> str:
    """ALB-TCP-021, ALB-TCP-024."""
    if not settings.active_balancing or settings.protocol != TCP_PROTOCOL or settings.meter_port == "tcp":
        return ""
    if not settings.mbtcp_enabled:
        return "MBTCPSmart-IsEnabled: the meter is not asked until this is True"
    return f"MBTCPSmart-ConnectionType: the meter is not asked with {settings.mbtcp_connection!r}; use {TCP_MASTER!r}"


def unit_that_cannot_be_asked(settings: Settings, _given: Collection[str]) -> str:
    """ALB-TCP-027, O-57: a frame has one byte for it."""
    if settings.mbtcp_unit <= LAST_UNIT_ON_TCP:
        return ""
    return f"MBTCPSmart-SlaveUnitID: {settings.mbtcp_unit} cannot be sent; up to {LAST_UNIT_ON_TCP} can"


def same_network(settings: Settings, _given: Collection[str]) -> str:
    """ALB-TCP-008: meter and station on the same local network."""
    if settings.address is None or settings.meter_port != "tcp":
        return ""
    network = ipaddress.IPv4Interface(settings.address).network
    if ipaddress.IPv4Address(settings.mbtcp_ip) in network:
        return ""
    return f"MBTCPSmart-IPAddress: {settings.mbtcp_ip} is not on the station's network {network}"


def one_meter_per_network(settings: Settings, _given: Collection[str]) -> str:
    """ALB-TCP-057, ALB-TCP-009, X-14."""
    if not settings.scn_enabled or settings.meter_port is None:
        return ""
    return "SCN-IsEnabled: only one station of the network should have the meter"


def network_total(settings: Settings, _given: Collection[str]) -> str:
    """O-70."""
    total_a = settings.scn_total_static_a
    if not settings.scn_enabled or settings.scn_socket_count < 2 or total_a >= ADVISED_NETWORK_A:
        return ""
    return f"SCN-TotalStaticCurrent: {total_a:g} A; {ADVISED_NETWORK_A:g} A or more is advised for two sockets"


def last_socket_id(settings: Settings, _given: Collection[str]) -> str:
    """SCN-070, X-22: 128 sockets counted from 0 end at 127."""
    if settings.scn_socket_id < MOST_SOCKETS:
        return ""
    return f"SCN-SocketID: {settings.scn_socket_id}; counted from 0, {MOST_SOCKETS} sockets end at {MOST_SOCKETS - 1}"


def maximum_of_each_socket(settings: Settings, given: Collection[str]) -> str:
    """SLB-024: the maximum of the station is set together with those of its sockets."""
    if settings.sockets == 1 or "station_max_a" not in given:
        return ""
    missing = [key for field, key in _SOCKET_KEYS.items() if field not in given]
    return f"{missing[0]}: set it together with Station-MaxCurrent" if missing else ""


_SOCKET_KEYS = {"connector1_max_a": "Connector1-MaxCurrent", "connector2_max_a": "Connector2-MaxCurrent"}

LINTS: tuple[Lint, ...] = (
    enough_for_any_car, safe_current, socket_safe_current, probing_current, balancing_before_the_meter, suspended_p1,
    meter_that_is_not_asked, unit_that_cannot_be_asked, same_network, one_meter_per_network, network_total,
    last_socket_id, maximum_of_each_socket,
)  # fmt: skip
