"""Settings that do not go together."""

import pytest

from station.errors import SettingError
from station.setting_checks import one_meter, one_source, refuse_conflicts, whole_mapping, within_the_rating
from station.setting_planned import EMS, METER_AND_EMS
from station.setting_rows import P1_PROTOCOL, RTU_PROTOCOL, TCP_PROTOCOL, TIC_PROTOCOL
from station.settings import Settings
from station.sources.modbus.registers import Register


def test_the_defaults_go_together() -> None:
    refuse_conflicts(Settings())


def test_what_a_check_finds_is_refused() -> None:
    with pytest.raises(SettingError, match=r"^Station-MaxCurrent: 40 A is more than the station supports"):
        refuse_conflicts(Settings(station_max_a=40.0))


class TestRating:  # ALB-TCP-034
    @pytest.mark.parametrize("rated_a", [16.0, 32.0, 80.0])
    def test_up_to_it(self, rated_a: float) -> None:
        assert within_the_rating(Settings(rated_a=rated_a, station_max_a=rated_a, connector1_max_a=rated_a)) == ""

    def test_beyond_it(self) -> None:
        assert within_the_rating(Settings(station_max_a=32.1)) == (
            "Station-MaxCurrent: 32.1 A is more than the station supports; allowed is up to 32 A"
        )
        assert within_the_rating(Settings(rated_a=16.0, station_max_a=16.0)).startswith("Connector1-MaxCurrent: 32 A")


class TestOneMeter:  # ALB-P1-009, ALB-TCP-009
    @pytest.mark.parametrize("protocol", [P1_PROTOCOL, RTU_PROTOCOL, TIC_PROTOCOL])
    def test_modbus_tcp_beside_another(self, protocol: str) -> None:
        assert one_meter(Settings(mbtcp_enabled=True, protocol=protocol)) == (
            f"MBTCPSmart-IsEnabled: True would be a second meter beside ALB-ProtocolSelection {protocol!r}; a station "
            "has one: set MBTCPSmart-IsEnabled to False, or the protocol to 'Modbus TCP/IP'"
        )

    @pytest.mark.parametrize("protocol", [TCP_PROTOCOL, RTU_PROTOCOL, TIC_PROTOCOL])
    def test_p1_beside_another(self, protocol: str) -> None:
        assert one_meter(Settings(p1_balancing=True, protocol=protocol)).startswith("p1.balancing: True would be")

    @pytest.mark.parametrize(
        "settings",
        [
            Settings(mbtcp_enabled=True, protocol=TCP_PROTOCOL),
            Settings(p1_balancing=True),
            Settings(protocol=TCP_PROTOCOL),
        ],
    )
    def test_one(self, settings: Settings) -> None:
        assert one_meter(settings) == ""


class TestOneSource:  # X-24, EMS-028
    @pytest.mark.parametrize(
        ("settings", "begins"),
        [
            (Settings(ems_enabled=True), "MbsSlaveTCPIP: On contradicts the data source 'Meter'"),
            (Settings(data_source=EMS), "MbsSlaveTCPIP: Off contradicts the data source 'Energy Management System'"),
            (Settings(data_source=METER_AND_EMS), "MbsSlaveTCPIP: Off contradicts"),
            (
                Settings(data_source=EMS, ems_enabled=True, mbtcp_enabled=True, protocol=TCP_PROTOCOL),
                "MBTCPSmart-IsEnabled: True would be a second source",
            ),
        ],
    )
    def test_two(self, settings: Settings, begins: str) -> None:
        assert one_source(settings).startswith(begins)

    @pytest.mark.parametrize(
        "settings",
        [
            Settings(data_source=EMS, ems_enabled=True),
            Settings(data_source=METER_AND_EMS, ems_enabled=True, mbtcp_enabled=True, protocol=TCP_PROTOCOL),
        ],
    )
    def test_one(self, settings: Settings) -> None:
        assert one_source(settings) == ""


class TestMapping:  # ALB-TCP-019, ALB-RTU-019
    CURRENTS = {f"modbus_current_{n}": Register(6 + 2 * n) for n in (1, 2, 3)}  # noqa: RUF012
    POWERS = {f"modbus_power_{n}": Register(12 + 2 * n) for n in (1, 2, 3)}  # noqa: RUF012

    @pytest.mark.parametrize(
        ("given", "found"),
        [
            ({}, "modbus.current_N: given for no phase; needed for phase 1, or for 1, 2 and 3"),
            ({"modbus_current_2": Register(8)}, "modbus.current_N: given for phase 2; needed"),
            (CURRENTS, ""),
            ({**CURRENTS, **POWERS}, ""),
            ({**CURRENTS, "modbus_power_1": Register(12)}, "modbus.power_N: given for phase 1; needed for the phases"),
        ],
    )
    def test_on_tcp(self, given: dict[str, Register], found: str) -> None:
        settings = Settings(protocol=TCP_PROTOCOL, mbtcp_model="None", **given)  # type: ignore[arg-type]
        assert whole_mapping(settings).startswith(found)
        assert bool(whole_mapping(settings)) == bool(found)

    def test_on_rtu_powers_are_needed(self) -> None:
        settings = Settings(protocol=RTU_PROTOCOL, mbrtu_preset="Custom", **self.CURRENTS)  # type: ignore[arg-type]
        assert whole_mapping(settings) == (
            "modbus.power_N: given for no phase; needed for the phases whose current is given"
        )

    def test_nobody_needs_it_with_a_preset(self) -> None:
        assert whole_mapping(Settings(protocol=RTU_PROTOCOL)) == ""
        assert whole_mapping(Settings(protocol=P1_PROTOCOL, mbtcp_model="None", mbrtu_preset="Custom")) == ""
