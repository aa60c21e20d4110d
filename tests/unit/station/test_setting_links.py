"""Settings that follow from others."""

import pytest

from station.errors import SettingError
from station.setting_links import LINKS, fill_in
from station.setting_planned import EMS, METER, METER_AND_EMS, RTU_AS_SOURCE
from station.setting_rows import P1_PROTOCOL, RTU_PROTOCOL, TCP_PROTOCOL, TIC_PROTOCOL


@pytest.mark.parametrize(
    ("given", "follows"),
    [
        ({}, {}),
        ({"safe_a": 7.0}, {}),
        ({"p1_balancing": True}, {"protocol": P1_PROTOCOL}),
        ({"p1_balancing": False}, {}),
        ({"mbtcp_enabled": True}, {"protocol": TCP_PROTOCOL}),
        ({"mbtcp_enabled": False}, {}),
        ({"data_source": METER}, {}),
        ({"data_source": METER, "protocol": TCP_PROTOCOL}, {"mbtcp_enabled": True}),  # CFG-016
        ({"data_source": METER, "protocol": RTU_PROTOCOL}, {}),
        ({"protocol": TCP_PROTOCOL}, {}),  # the back office says so itself (ALB-TCP-021)
        ({"data_source": METER_AND_EMS, "protocol": TCP_PROTOCOL}, {"mbtcp_enabled": True, "ems_enabled": True}),
        ({"data_source": EMS}, {"ems_enabled": True}),
        ({"ems_enabled": True}, {"data_source": EMS}),
        ({"ems_enabled": False}, {}),
        ({"mbtcp_model": "None"}, {"mbtcp_unit": 1}),
        ({"mbtcp_model": "Socomec"}, {}),
    ],
)
def test_what_follows(given: dict[str, object], follows: dict[str, object]) -> None:
    assert fill_in(given) == {**given, **follows}


@pytest.mark.parametrize(
    "given",
    [
        {"mbtcp_enabled": True, "protocol": P1_PROTOCOL},
        {"p1_balancing": True, "protocol": TIC_PROTOCOL},
        {"data_source": METER, "protocol": TCP_PROTOCOL, "mbtcp_enabled": False},
        {"data_source": EMS, "ems_enabled": False},
        {"ems_enabled": True, "data_source": METER},
        {"mbtcp_model": "None", "mbtcp_unit": 5},
    ],
)
def test_what_was_said_is_not_overridden(given: dict[str, object]) -> None:
    assert fill_in(given) == given


def test_nothing_is_done_to_what_was_given() -> None:
    given = {"data_source": EMS}
    fill_in(given)
    assert given == {"data_source": EMS}


class TestModbusRtuAsDataSource:  # ALB-RTU-023, X-38
    @pytest.mark.parametrize("protocol", [{}, {"protocol": RTU_PROTOCOL}])
    def test_is_a_meter(self, protocol: dict[str, object]) -> None:
        given = {"data_source": RTU_AS_SOURCE, **protocol}
        assert fill_in(given) == {"data_source": METER, "protocol": RTU_PROTOCOL}

    def test_with_another_protocol(self) -> None:
        with pytest.raises(SettingError) as caught:
            fill_in({"data_source": RTU_AS_SOURCE, "protocol": TCP_PROTOCOL})
        assert str(caught.value) == (
            "alb.data_source: 'Modbus RTU' is a protocol, and ALB-ProtocolSelection says 'Modbus TCP/IP'; "
            "give 'Meter', or the same protocol"
        )


def test_no_link_is_its_own_reason() -> None:
    assert all(link.field not in link.when for link in LINKS)
