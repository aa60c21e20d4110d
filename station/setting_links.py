"""Settings that follow from others when nothing else is said: the tools know fewer of them than the back office."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from station.errors import SettingError
from station.meter_rows import TCP_CUSTOM
from station.setting_planned import EMS, METER, METER_AND_EMS, RTU_AS_SOURCE
from station.setting_rows import P1_PROTOCOL, RTU_PROTOCOL, TCP_PROTOCOL

CUSTOM_UNIT = 1


class Link(NamedTuple):
    """When fields were given these values, `field` is `value` unless it was given too."""

    when: Mapping[str, object]
    field: str
    value: object


# In the order in which they are followed: a later one sees what an earlier one filled in.
LINKS = (
    Link({"data_source": RTU_AS_SOURCE}, "protocol", RTU_PROTOCOL),  # ALB-RTU-023, X-38
    Link({"p1_balancing": True}, "protocol", P1_PROTOCOL),
    Link({"mbtcp_enabled": True}, "protocol", TCP_PROTOCOL),  # the steps of 000 §5.3.3.6 do not set the protocol
    Link({"data_source": METER, "protocol": TCP_PROTOCOL}, "mbtcp_enabled", True),  # CFG-016
    Link({"data_source": METER_AND_EMS, "protocol": TCP_PROTOCOL}, "mbtcp_enabled", True),  # CFG-016
    Link({"data_source": EMS}, "ems_enabled", True),  # CFG-019, X-24
    Link({"data_source": METER_AND_EMS}, "ems_enabled", True),  # O-45
    Link({"ems_enabled": True}, "data_source", EMS),
    Link({"mbtcp_model": TCP_CUSTOM}, "mbtcp_unit", CUSTOM_UNIT),  # ALB-TCP-020, X-27
)


def fill_in(given: Mapping[str, object]) -> dict[str, Any]:
    """What was given, by field, and what follows from it.

    Raises SettingError when Modbus RTU is given as the data source together with another protocol.
    """
    filled: dict[str, Any] = dict(given)
    for link in LINKS:
        if all(filled.get(field) == value for field, value in link.when.items()):
            filled.setdefault(link.field, link.value)
    if filled.get("data_source") == RTU_AS_SOURCE:
        if filled["protocol"] != RTU_PROTOCOL:
            raise SettingError(
                f"alb.data_source: {RTU_AS_SOURCE!r} is a protocol, and ALB-ProtocolSelection says "
                f"{filled['protocol']!r}; give 'Meter', or the same protocol"
            )
        filled["data_source"] = METER
    return filled
