"""Advice: at the boundary where it begins, and silence just beside it."""

import pytest

from station.setting_lints import LINTS, warnings
from station.setting_planned import EMS
from station.setting_rows import TCP_PROTOCOL
from station.settings import Settings

SUSPEND = "Suspend when an external circuit is closed"
ON = {"active_balancing": True, "safe_a": 7.0}
TCP = {**ON, "protocol": TCP_PROTOCOL, "mbtcp_enabled": True}
NETWORK = {"scn_enabled": True, "scn_socket_safe_a": 7.0, "scn_total_static_a": 100.0}


def advice(**fields: object) -> list[str]:
    return warnings(Settings(**fields), list(fields))  # type: ignore[arg-type]


def test_nobody_needs_advice_on_the_defaults() -> None:
    assert warnings(Settings(), []) == []


@pytest.mark.parametrize(
    ("doubtful", "sound", "found"),
    [
        (  # ALB-GEN-051
            {"station_max_a": 13.9},
            {"station_max_a": 14.0},
            "Station-MaxCurrent: 13.9 A is not enough for cars that need 14 A to charge",
        ),
        (
            {"connector1_max_a": 10.0, "station_max_a": 12.0},
            {"connector1_max_a": 14.0},
            "Connector1-MaxCurrent: 10 A is",
        ),
        ({**ON, "meter_max_a": 13.0}, {"meter_max_a": 13.0}, "SmartMeter-MaxCurrent: 13 A is not enough"),
        ({**ON, "safe_a": 6.0}, {**ON, "safe_a": 6.1}, "Safe-MaxCurrent: 6 A; more than 6 A is advised"),
        ({**ON, "safe_a": 0.0}, {"safe_a": 0.0}, "Safe-MaxCurrent: 0 A; more than 6 A is advised"),
        (  # SCN-074
            {**NETWORK, "scn_socket_safe_a": 6.0},
            {"scn_socket_safe_a": 6.0},
            "SCN-SocketSafeCurrent: 6 A; more than 6 A is advised",
        ),
        ({"chameleon_min_a": 13.9}, {"chameleon_min_a": 14.0}, "Chameleon-MinCurrent: 13.9 A does not show"),  # PRB-013
        (  # ALB-P1-012, ALB-P1-025
            {**ON, "rj11_mode": SUSPEND},
            {"rj11_mode": SUSPEND},
            f"RJ11-Mode: {SUSPEND!r} excludes the P1 meter, which is not read; set it to 'DSMR P1'",
        ),
        ({**ON, "rj11_mode": SUSPEND}, {**TCP, "rj11_mode": SUSPEND}, "RJ11-Mode: "),
        (  # ALB-TCP-021
            {**ON, "protocol": TCP_PROTOCOL},
            TCP,
            "MBTCPSmart-IsEnabled: the meter is not asked until this is True",
        ),
        (  # ALB-TCP-024
            {**TCP, "mbtcp_connection": "UDP master"},
            {**ON, "mbtcp_connection": "UDP master"},
            "MBTCPSmart-ConnectionType: the meter is not asked with 'UDP master'; use 'TCP master'",
        ),
        (  # ALB-TCP-027
            {"mbtcp_unit": 256},
            {"mbtcp_unit": 255},
            "MBTCPSmart-SlaveUnitID: 256 cannot be sent; up to 255 can",
        ),
        (  # ALB-TCP-008
            {**TCP, "address": "192.168.1.10/24"},
            {**TCP, "address": "192.168.0.10/24"},
            "MBTCPSmart-IPAddress: 192.168.0.5 is not on the station's network 192.168.1.0/24",
        ),
        ({**TCP, "address": "10.0.0.1/8"}, {**TCP, "address": None}, "MBTCPSmart-IPAddress: "),
        ({**TCP, "address": "10.0.0.1/8"}, {**ON, "address": "10.0.0.1/8"}, "MBTCPSmart-IPAddress: "),
        ({**TCP, **NETWORK}, NETWORK, "SCN-IsEnabled: only one station of the network should have the meter"),
        (  # O-70
            {**NETWORK, "scn_socket_count": 2, "scn_total_static_a": 19.9},
            {**NETWORK, "scn_socket_count": 2, "scn_total_static_a": 20.0},
            "SCN-TotalStaticCurrent: 19.9 A; 20 A or more is advised for two sockets",
        ),
        (
            {**NETWORK, "scn_socket_count": 2, "scn_total_static_a": 18.0},
            {**NETWORK, "scn_socket_count": 1, "scn_total_static_a": 18.0},
            "SCN-TotalStaticCurrent: 18 A",
        ),
        (
            {"scn_socket_id": 128},
            {"scn_socket_id": 127},
            "SCN-SocketID: 128; counted from 0, 128 sockets end at 127",
        ),
        (  # SLB-024
            {"sockets": 2, "station_max_a": 25.0, "connector1_max_a": 16.0},
            {"sockets": 2, "station_max_a": 25.0, "connector1_max_a": 16.0, "connector2_max_a": 16.0},
            "Connector2-MaxCurrent: set it together with Station-MaxCurrent",
        ),
        ({"sockets": 2, "station_max_a": 25.0}, {"station_max_a": 25.0}, "Connector1-MaxCurrent: set it together"),
    ],
)
def test_advice(doubtful: dict[str, object], sound: dict[str, object], found: str) -> None:
    (said,) = advice(**doubtful)
    assert said.startswith(found)
    key = found.partition(":")[0]
    assert not [text for text in advice(**sound) if text.startswith(key)]


class TestBalancingComesFirst:  # ALB-P1-014, EMS-030
    @pytest.mark.parametrize(
        ("given", "key"),
        [
            ({"protocol": TCP_PROTOCOL}, "ALB-ProtocolSelection"),
            ({"rj11_mode": "DSMR P1"}, "RJ11-Mode"),
            ({"mbtcp_enabled": True, "protocol": TCP_PROTOCOL}, "ALB-ProtocolSelection"),
            ({"ems_enabled": True, "data_source": EMS}, "MbsSlaveTCPIP"),
            ({"data_source": EMS}, "alb.data_source"),
        ],
    )
    def test_said(self, given: dict[str, object], key: str) -> None:
        assert advice(**given) == [f"{key}: has no effect until Active-LoadBalancing is On; configure that first"]
        assert not [text for text in advice(**{**given, **ON}) if "until Active-LoadBalancing" in text]

    def test_only_of_what_somebody_set(self) -> None:
        assert warnings(Settings(protocol=TCP_PROTOCOL), []) == []

    def test_the_suspend_input_needs_no_balancing(self) -> None:
        assert advice(rj11_mode=SUSPEND) == []


def test_every_lint_names_its_clause() -> None:
    for lint in LINTS:
        assert lint.__doc__
        assert any(area in lint.__doc__ for area in ("ALB-", "SCN-", "PRB-", "SLB-", "X-", "O-")), lint.__name__
