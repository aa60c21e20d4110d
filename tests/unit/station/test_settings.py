"""Settings by all their names, their ranges, and the licence."""

import math
from dataclasses import fields

import pytest

from station.errors import SettingError
from station.setting_rows import P1_PROTOCOL, ROWS
from station.setting_values import LICENCES
from station.settings import Settings, canonical, find_row

ALB = {"FeatureLicenseKey": "ALB"}


def refused(given: dict[str, object]) -> str:
    with pytest.raises(SettingError) as caught:
        Settings.from_mapping(given)
    return str(caught.value)


def test_nothing_given_is_the_defaults() -> None:
    assert Settings.from_mapping({}) == Settings()


def test_documented_and_chosen_defaults() -> None:
    settings = Settings()
    assert settings.active_balancing is False  # CFG-011
    assert settings.meter_includes_charger is True  # O-58
    assert settings.ocp_meas_tolerance_pct == 0  # O-05, strict
    assert (settings.ocp_pause_s, settings.ocp_grace_s, settings.ocp_reset_s) == (300, 5, 1)
    assert (settings.ocp_trip_s_ge_150, settings.ocp_max_retries) == (2, None)
    assert (settings.p1_timeout_factor, settings.p1_timeout_floor_s, settings.p1_max_bad) == (3, 10, 3)
    assert (settings.alb_return_a_per_step, settings.alb_return_step_s) == (1, 5)


def test_every_field_has_one_row_and_every_row_a_field() -> None:
    rows = [row.field for row in ROWS if row.kind != "read-only"]
    assert sorted(rows) == sorted(field.name for field in fields(Settings))


def test_every_row_says_what_it_means_and_where_it_is_from() -> None:
    for row in ROWS:
        assert row.meaning
        assert row.clause or row.key == "board.retry_s"


def test_defaults_are_within_their_own_ranges() -> None:
    for row in ROWS:
        if row.kind in ("number", "count"):
            assert row.low <= getattr(Settings(), row.field) <= row.high, row.key


def test_no_name_stands_for_two_settings() -> None:
    names = [
        name.casefold().replace("-", "").replace(" ", "")
        for row in ROWS
        for name in {row.key, row.installer, *row.aliases}
        if name
    ]
    unique = {(name, find_row(name).key) for name in names}
    assert len(unique) == len(set(names))


@pytest.mark.parametrize(
    "name",
    ["Station-MaxCurrent", "Station-Max-Current", "StationMaxCurrent", "station-maxcurrent", "Station maximum current"],
)
def test_one_setting_by_its_names_and_spellings(name: str) -> None:  # O-56
    assert Settings.from_mapping({name: "20.0"}).station_max_a == 20.0


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Connector1-Max-Current", "connector1_max_a"),
        ("Connet-tor1-MaxCurrent", "connector1_max_a"),
        ("Socket 1 maximum current", "connector1_max_a"),
        ("SmartMeter-Max-Current", "meter_max_a"),
        ("Installation-MaxCurrent", "meter_max_a"),
        ("Maximum smart meter current (A)", "meter_max_a"),
        ("Load Balancing Safe Current", "safe_a"),
        ("Safe current (A)", "safe_a"),
    ],
)
def test_spellings_of_the_documents(name: str, field: str) -> None:
    assert getattr(Settings.from_mapping({**ALB, name: 10}), field) == 10.0


@pytest.mark.parametrize("value", [P1_PROTOCOL, "DSMR4.x/SMR5.0", "DSMR4.x/SMRS.0 (P1)", "dsmr4.x/smr5.o (p1)"])
def test_spellings_of_the_protocol(value: str) -> None:  # V-14
    given = {**ALB, "ALB-ProtocolSelection": value, "Active-LoadBalancing": "ON"}
    assert Settings.from_mapping(given).p1_selected


@pytest.mark.parametrize(
    "change",
    [
        {"Active-LoadBalancing": "Off"},
        {"ALB-ProtocolSelection": "Modbus RTU"},
        {"RJ11-Mode": "Suspend when an external circuit is closed"},  # ALB-P1-012, ALB-P1-025
        {"DirectExternalSuspendSignal": "Suspend when an external circuit is opened"},
    ],
)
def test_p1_is_read_only_when_everything_points_at_it(change: dict[str, object]) -> None:
    given: dict[str, object] = {**ALB, "Active-LoadBalancing": "On"}
    assert Settings.from_mapping(given).p1_selected
    assert not Settings.from_mapping(given | change).p1_selected


@pytest.mark.parametrize(("value", "state"), [("On", True), ("ON", True), ("true", True), (True, True), ("off", False)])
def test_switches(value: object, state: bool) -> None:  # CFG-038
    assert Settings.from_mapping({**ALB, "SmartMeterIncludesCharger": value}).meter_includes_charger is state


@pytest.mark.parametrize("value", ["Aan", "Vrai", "1", 1, None, ""])
def test_switches_know_english_only(value: object) -> None:
    message = refused({**ALB, "Active-LoadBalancing": value})
    assert message == f"Active-LoadBalancing: {value!r} is not allowed; allowed is On, Off, True or False"


@pytest.mark.parametrize(("value", "state"), [("Include charging EV", True), ("exclude Charging EV", False)])
def test_a_switch_with_words_of_its_own(value: str, state: bool) -> None:  # ALB-GEN-009, ALB-GEN-010
    assert Settings.from_mapping({**ALB, "Received measurements": value}).meter_includes_charger is state
    assert refused({**ALB, "Received measurements": "include"}).endswith(
        "allowed is On, Off, True or False or 'Include charging EV' or 'Exclude charging EV'"
    )


@pytest.mark.parametrize("value", [5.9, 80.1, "5.9", "-1", "abc", "16,0", "", None, True, math.nan, "nan", "inf", [16]])
def test_a_current_out_of_range_names_key_value_and_range(value: object) -> None:
    message = refused({"Station-MaxCurrent": value})
    assert message == f"Station-MaxCurrent: {value!r} is not allowed; allowed is a number from 6 to 80 A"


@pytest.mark.parametrize("value", [6, 6.0, "6", "32.0", " 20.0 "])
def test_a_current_in_range(value: object) -> None:
    assert Settings.from_mapping({"Station-MaxCurrent": value}).station_max_a == float(str(value))


def test_not_more_than_the_station_supports() -> None:  # ALB-TCP-034
    assert refused({"Station-MaxCurrent": 32.1}).startswith("Station-MaxCurrent: 32.1 A is more than")
    assert Settings.from_mapping({"station.rated_a": 80, "Station-MaxCurrent": 80}).station_max_a == 80.0


@pytest.mark.parametrize("value", ["0", "1.5", 1.0, "-1", "", "unlimited", True, "9" * 5000, "³"])
def test_a_count_that_is_none(value: object) -> None:
    assert "allowed is a whole number from 1 to 1000" in refused({"p1.max_bad": value})


def test_retries_may_be_unlimited() -> None:
    assert Settings.from_mapping({"ocp.max_retries": "Unlimited"}).ocp_max_retries is None
    assert Settings.from_mapping({"ocp.max_retries": "0"}).ocp_max_retries == 0
    assert refused({"ocp.max_retries": "many"}).endswith("or 'unlimited'")


def test_an_unknown_choice_lists_what_there_is() -> None:
    message = refused({"Phase-Connected": "L4"})
    assert message.startswith("Phase-Connected: 'L4' is not allowed; allowed is 'L1', 'L2'")


def test_an_unknown_key_gets_the_nearest_one() -> None:
    assert (
        refused({"Station-MaxCurent": 16}) == "'Station-MaxCurent': unknown setting; did you mean 'Station-MaxCurrent'?"
    )
    assert refused({"xyzzy": 16}) == "'xyzzy': unknown setting"


def test_one_setting_under_two_names_is_refused() -> None:
    message = refused({"Station-MaxCurrent": 16, "Station maximum current": 16})
    assert message == "Station-MaxCurrent: given twice, the second time as 'Station maximum current'"


def test_canonical_names() -> None:
    assert canonical({"station max current": 1} | {"Safe current (A)": 2}) == {
        "Station-MaxCurrent": 1,
        "Safe-MaxCurrent": 2,
    }


def test_unlocked_features_cannot_be_written() -> None:  # CFG-002
    assert refused({"UnlockedFeatures": "ALB"}).startswith("UnlockedFeatures: read-only")


@pytest.mark.parametrize(
    ("key", "features"),
    [("", set()), ("SLB", {"SLB"}), ("alb", {"SLB", "ALB"}), ("SLB + ALB", {"SLB", "ALB"}), ("SCN", set(LICENCES))],
)
def test_what_a_licence_unlocks(key: str, features: set[str]) -> None:  # CFG-040, CFG-041
    assert Settings.from_mapping({"FeatureLicenseKey": key}).unlocked == features


@pytest.mark.parametrize("key", ["XYZ", "ALB+", 5])
def test_a_licence_of_another_kind(key: object) -> None:
    assert "SLB, ALB, SCN joined by '+'" in refused({"FeatureLicenseKey": key})


@pytest.mark.parametrize(
    "locked",
    [{"Active-LoadBalancing": "On"}, {"Safe-MaxCurrent": 7}, {"SmartMeter-MaxCurrent": 64}],
)
def test_active_balancing_needs_its_licence(locked: dict[str, object]) -> None:  # ALB-GEN-017
    message = refused(locked)
    assert message.startswith(next(iter(locked)) + ": belongs to ALB")
    assert "set FeatureLicenseKey to 'ALB'" in message
    assert refused({**locked, "FeatureLicenseKey": "SLB"})
    assert Settings.from_mapping({**locked, "FeatureLicenseKey": "SCN"})


def test_repeating_a_default_needs_no_licence() -> None:
    assert Settings.from_mapping({"Active-LoadBalancing": "Off"}) == Settings()


@pytest.mark.parametrize(
    ("rotation", "phases"), [("L1L2L3", (0, 1, 2)), ("L3L1L2", (2, 0, 1)), ("L2", (1,)), ("l1l3l2", (0, 2, 1))]
)
def test_rotation_is_an_order_of_grid_phases(rotation: str, phases: tuple[int, ...]) -> None:
    assert Settings.from_mapping({"Phase-Connected": rotation}).grid_phases == phases


def test_the_cap_is_the_lower_of_station_and_connector() -> None:
    assert Settings(station_max_a=20.0, connector1_max_a=16.05).cap_da == 160
    assert Settings(station_max_a=13.0, connector1_max_a=16.0).cap_da == 130


METERED = {**ALB, "Active-LoadBalancing": "On"}


class TestMeters:
    @pytest.mark.parametrize(
        ("given", "port"),
        [
            ({}, "p1"),
            ({"ALB-ProtocolSelection": "TIC/Linky"}, "tic"),  # ALB-TIC-002
            ({"ALB-ProtocolSelection": "Protocole TIC"}, "tic"),  # ALB-TIC-003
            ({"ALB-ProtocolSelection": "Modbus RTU"}, "rtu"),  # ALB-RTU-028
            ({"ALB-ProtocolSelection": "Modbus RS485"}, "rtu"),  # ALB-RTU-027
            ({"ALB-ProtocolSelection": "TCP/IP meter", "MBTCPSmart-IsEnabled": "True"}, "tcp"),  # ALB-TCP-054
            ({"ALB-ProtocolSelection": "Modbus TCP/IP"}, None),  # ALB-TCP-021: not enabled by default
            (
                {
                    "ALB-ProtocolSelection": "Modbus TCP/IP",
                    "MBTCPSmart-IsEnabled": "True",
                    "MBTCPSmart-ConnectionType": "UDP master",
                },
                None,
            ),
            ({"RJ11-Mode": "Suspend when an external circuit is opened"}, None),
            # O-27: the RJ11 port is not the TIC port
            (
                {"RJ11-Mode": "Suspend when an external circuit is opened", "ALB-ProtocolSelection": "TIC protocol"},
                "tic",
            ),
            ({"Active-LoadBalancing": "Off", "ALB-ProtocolSelection": "TIC protocol"}, None),
        ],
    )
    def test_the_port_that_is_read(self, given: dict[str, object], port: str | None) -> None:
        settings = Settings.from_mapping({**METERED, **given})
        assert settings.meter_port == port
        assert settings.p1_selected is (port == "p1")

    def test_documented_and_chosen_defaults(self) -> None:
        settings = Settings()
        assert settings.mbtcp_enabled is False  # ALB-TCP-021
        assert settings.mbtcp_model == "Socomec"  # ALB-TCP-022
        assert settings.mbtcp_connection == "TCP master"  # ALB-TCP-024
        assert settings.mbtcp_address == "192.168.0.5:502"  # ALB-TCP-025, ALB-TCP-002
        assert settings.mbtcp_unit == 5  # ALB-TCP-027
        assert settings.mbrtu_unit == 1  # ALB-RTU-008
        assert (settings.mbrtu_baud, settings.mbrtu_parity, settings.mbrtu_stop_bits) == ("9600", "N", 1)  # O-29
        assert (settings.modbus_poll_s, settings.modbus_timeout_s, settings.modbus_warn_failures) == (1, 1, 3)  # O-29
        assert (settings.meter_stale_s, settings.meter_error_s) == (60, 120)  # O-31
        assert settings.tic_timeout_s == 10  # O-26

    @pytest.mark.parametrize(
        ("name", "field", "given", "value"),
        [
            ("MBTCPSSmart-IsEnabled", "mbtcp_enabled", "True", True),  # V-01
            ("ModbusTCP balancing", "mbtcp_enabled", "On", True),  # V-04
            ("MBTCP-Smart-SlaveMeter-Model", "mbtcp_model", "none", "None"),  # V-02, with its mapping below
            ("TCP/IP Meter Mode", "mbtcp_model", "Socomec E27", "Socomec"),
            ("MBTCPSmart-Connection-Type", "mbtcp_connection", "RTU master", "RTU master"),  # V-03
            ("ModbusTCP ConnectionType", "mbtcp_connection", "MODBUS_master_TCP", "TCP master"),  # V-04
            ("ModbusTCP IP Address", "mbtcp_ip", "192.168.000.004", "192.168.0.4"),
            ("IP address", "mbtcp_ip", "010.020.030.040", "10.20.30.40"),  # ALB-TCP-025: decimal, not octal
            ("Slave address", "mbtcp_unit", "65535", 65535),
            ("Server Address", "mbtcp_unit", 0, 0),
            ("mbrtu.baud", "mbrtu_baud", 2400, "2400"),
            ("mbrtu.parity", "mbrtu_parity", "Even", "E"),
            ("modbus.function", "modbus_function", 3, "Holding registers (FC 03)"),
            ("modbus.word_order", "modbus_word_order", "low to high", "Low to High"),
        ],
    )
    def test_names_and_spellings(self, name: str, field: str, given: object, value: object) -> None:
        assert getattr(Settings.from_mapping({**METERED, name: given}), field) == value

    @pytest.mark.parametrize(
        "value", ["", "192.168.0", "192.168.0.256", "192.168.0.1.1", "fe80::1", "::ffff:192.168.0.4", "meter", 5, None]
    )
    def test_addresses_that_are_not_ipv4(self, value: object) -> None:  # ALB-TCP-007
        message = refused({**METERED, "MBTCPSmart-IPAddress": value})
        assert message == (
            f"MBTCPSmart-IPAddress: {value!r} is not allowed; allowed is an IPv4 address, such as 192.168.000.005"
        )

    def test_a_register_that_is_none(self) -> None:
        message = refused({**METERED, "modbus.current_2": "6 float"})
        assert message.startswith("modbus.current_2: '6 float' is no register; expected is ADDRESS")
        assert Settings.from_mapping({**METERED, "modbus.current_2": ""}).modbus_current_2 is None

    def test_keys_of_the_documents_need_the_licence(self) -> None:  # ALB-GEN-017
        assert "which FeatureLicenseKey '' does not unlock" in refused({"MBTCPSmart-IsEnabled": "True"})


class TestOwnAddress:  # ALB-TCP-008
    @pytest.mark.parametrize(
        ("given", "address"),
        [("192.168.0.10/24", "192.168.0.10/24"), ("010.000.000.009/8", "10.0.0.9/8"), ("", None), (None, None)],
    )
    def test_with_its_network(self, given: object, address: str | None) -> None:
        assert Settings.from_mapping({"net.address": given}).address == address

    @pytest.mark.parametrize(
        "given", ["192.168.0.10", "192.168.0.10/", "192.168.0.10/33", "192.168.0.10/-1", "192.168.0.10/²", "x/24",
                  "fe80::1/64", "192.168.0.10/24/24", "192.168.0.10/0240", "192.168.0.10/" + "9" * 5000, 24]
    )  # fmt: skip
    def test_that_is_none(self, given: object) -> None:
        assert refused({"net.address": given}) == (
            f"net.address: {given!r} is not allowed; allowed is an IPv4 address with its prefix, such as "
            "192.168.0.10/24"
        )


def test_one_phase_or_three() -> None:
    assert Settings.from_mapping({"Phase-Connected": "L2"}).one_phase
    assert not Settings.from_mapping({"Phase-Connected": "L2L3L1"}).one_phase


def test_what_follows_is_filled_in() -> None:  # see test_setting_links
    assert Settings.from_mapping({**ALB, "MBTCPSmart-IsEnabled": "True"}).protocol == "Modbus TCP/IP"


def test_what_does_not_go_together_is_refused() -> None:  # see test_setting_checks
    assert "second meter" in refused({**ALB, "MBTCPSmart-IsEnabled": "True", "ALB-ProtocolSelection": P1_PROTOCOL})
