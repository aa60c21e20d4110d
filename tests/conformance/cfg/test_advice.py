"""What a station takes but advises against."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from rig.case import Case
from rig.kit.settings import ALB_ON, SCN, Given, SettingsCase

TCP: Given = {**ALB_ON, "ALB-ProtocolSelection": "Modbus TCP/IP", "MBTCPSmart-IsEnabled": "True"}
NETWORK: Given = {**SCN, "SCN-IsEnabled": "True", "SCN-TotalStaticCurrent": 100}


@dataclass(frozen=True, slots=True)
class Advice:
    """Settings that call for advice on `key`, and the nearest ones that do not."""

    what: str
    clauses: tuple[str, ...]
    key: str
    doubtful: Given
    sound: Given


ADVICE = (
    *(
        Advice(
            f"14 A, {key}", ("ALB-GEN-051",), key,
            {**ALB_ON, "SmartMeter-MaxCurrent": 25, key: 13.9}, {**ALB_ON, "SmartMeter-MaxCurrent": 25, key: 14},
        )
        for key in ("Station-MaxCurrent", "Connector1-MaxCurrent", "SmartMeter-MaxCurrent")
    ),
    Advice("14 A for a car, without a meter", ("SLB-034",), "Station-MaxCurrent", {"Station-MaxCurrent": 13.9},
           {"Station-MaxCurrent": 14}),
    Advice(
        "safe current of the network", ("SCN-074",), "SCN-SocketSafeCurrent",
        {**NETWORK, "SCN-SocketSafeCurrent": 6}, {**NETWORK, "SCN-SocketSafeCurrent": 6.1},
    ),
    Advice("probing current", ("PRB-016",), "Chameleon-MinCurrent", {"Chameleon min current (A)": 6},
           {"Chameleon min current (A)": 14}),
    Advice(
        "same network", ("ALB-TCP-008",), "MBTCPSmart-IPAddress",
        {**TCP, "net.address": "192.168.0.10/24", "MBTCPSmart-IPAddress": "192.168.1.4"},
        {**TCP, "net.address": "192.168.0.10/24", "MBTCPSmart-IPAddress": "192.168.000.254"},
    ),
    Advice(
        "same network, a narrow one", ("ALB-TCP-008",), "MBTCPSmart-IPAddress",
        {**TCP, "net.address": "192.168.0.10/28", "MBTCPSmart-IPAddress": "192.168.0.16"},
        {**TCP, "net.address": "192.168.0.10/28", "MBTCPSmart-IPAddress": "192.168.0.14"},
    ),
    Advice("meter in a network", ("ALB-TCP-057",), "SCN-IsEnabled", {**TCP, **NETWORK}, NETWORK),
    Advice(
        "unit that cannot be sent", ("ALB-TCP-027",), "MBTCPSmart-SlaveUnitID",
        {**TCP, "MBTCPSmart-SlaveUnitID": 256}, {**TCP, "MBTCPSmart-SlaveUnitID": 255},
    ),
    Advice(
        "energy management before balancing", ("EMS-030",), "Active-LoadBalancing",
        {**ALB_ON, "Active-LoadBalancing": "Off", "MbsSlaveTCPIP": "On"}, {**ALB_ON, "MbsSlaveTCPIP": "On"},
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    "advice", [pytest.param(row, id=row.what, marks=pytest.mark.clause(*row.clauses)) for row in ADVICE]
)
async def test_advice(rig: Case, advice: Advice) -> None:
    """Settings that the documents advise against do not go unsaid, and their nearest neighbours raise no alarm"""
    case = SettingsCase(rig)
    for clause in advice.clauses:
        case.advises(clause, f"{advice.what}: doubtful", advice.doubtful, advice.key)
        case.is_content(clause, f"{advice.what}: sound", advice.sound, advice.key)


@pytest.mark.parametrize("key", ["Station-MaxCurrent", "SmartMeter-MaxCurrent"])
@pytest.mark.clause("ALB-GEN-051")
async def test_little_current_is_no_error(rig: Case, key: str) -> None:
    """Less than 14 A serves ordinary cars: it is advised against, not refused (X-35)"""
    case = SettingsCase(rig)
    case.takes("ALB-GEN-051", f"{key} = 10 A", {**ALB_ON, key: 10}, {key: "10.0"})
