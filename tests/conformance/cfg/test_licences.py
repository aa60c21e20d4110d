"""What a licence unlocks, and that nothing else does."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.kit.settings import ALB, SCN, SettingsCase

# What turns each feature on.
TURNED_ON = {
    "SLB": ("Static-LoadBalancing", "On"),
    "ALB": ("Active-LoadBalancing", "On"),
    "SCN": ("SCN-IsEnabled", "True"),
}
LOCKED_BY_ALB = (
    ("Active-LoadBalancing", "On"),
    ("ALB-ProtocolSelection", "Modbus TCP/IP"),
    ("SmartMeter-MaxCurrent", "64"),
    ("SmartMeterIncludesCharger", "False"),
    ("Safe-MaxCurrent", "7"),
    ("MBTCPSmart-IsEnabled", "True"),
    ("MBTCPSmart-ConnectionType", "UDP master"),
    ("MBTCPSmart-IPAddress", "192.168.0.4"),
    ("MBTCPSmart-SlaveUnitID", "6"),
    ("Data Source", "Energy Management System"),
    ("MbsSlaveTCPIP", "On"),
)


@pytest.mark.parametrize(("key", "value"), [pytest.param(*pair, id=pair[0]) for pair in LOCKED_BY_ALB])
@pytest.mark.clause("ALB-GEN-017")
async def test_balancing_is_locked(rig: Case, key: str, value: str) -> None:
    """Active load balancing cannot be configured without its licence, and can with it"""
    case = SettingsCase(rig)
    for licence in ("", "SLB"):
        case.refuses("ALB-GEN-017", f"with licence {licence!r}", {"FeatureLicenseKey": licence, key: value})
    for licence in ("ALB", "SCN"):
        case.takes("ALB-GEN-017", f"with licence {licence!r}", {"FeatureLicenseKey": licence, key: value}, {})


@pytest.mark.parametrize(
    ("key", "value"), [("SCN-IsEnabled", "True"), ("SCN-NetworkName", "FW02"), ("SCN-TotalStaticCurrent", "50")]
)
@pytest.mark.clause("SCN-041")
async def test_the_network_is_locked(rig: Case, key: str, value: str) -> None:
    """A station joins a smart charging network only with that licence"""
    case = SettingsCase(rig)
    for licence in ("", "SLB", "ALB"):
        case.refuses("SCN-041", f"with licence {licence!r}", {"FeatureLicenseKey": licence, key: value})
    case.takes("SCN-041", "with its licence", {**SCN, key: value}, {})


@pytest.mark.parametrize(
    ("clause", "licence", "features", "others"),
    [
        pytest.param("CFG-040", "ALB", {"SLB", "ALB"}, {"SCN"}, marks=pytest.mark.clause("CFG-040"), id="ALB"),
        pytest.param("CFG-041", "SCN", {"SLB", "ALB", "SCN"}, set(), marks=pytest.mark.clause("CFG-041"), id="SCN"),
    ],
)
async def test_what_a_licence_includes(
    rig: Case, clause: str, licence: str, features: set[str], others: set[str]
) -> None:
    """Active load balancing includes standard load balancing; a network includes both"""
    case = SettingsCase(rig)
    given = {"FeatureLicenseKey": licence}
    shown = case.face.shown(given)["UnlockedFeatures"]
    unlocked = {feature.strip() for feature in shown.split(",")}
    rig.judge.holds(
        clause,
        f"features unlocked by {licence}",
        holds=features <= unlocked and not others & unlocked,
        seen=shown,
        promised=", ".join(sorted(features)),
    )
    for feature, (key, value) in TURNED_ON.items():
        if feature in features:
            case.takes(clause, f"{key} with {licence}", {**given, key: value}, {key: value})
        else:
            case.refuses(clause, f"{key} with {licence}", {**given, key: value})


@pytest.mark.clause("CFG-042")
async def test_unlocked_is_not_on(rig: Case) -> None:
    """A licence unlocks a feature and leaves it off; without one it cannot be turned on"""
    case = SettingsCase(rig)
    off = {
        "Active-LoadBalancing": "Off",
        "Static-LoadBalancing": "Off",
        "SCN-IsEnabled": "False",
        "MbsSlaveTCPIP": "Off",
    }
    for given in (ALB, SCN, {"FeatureLicenseKey": "SLB"}):
        case.takes("CFG-042", f"licence {given['FeatureLicenseKey']}", given, off)
    for key, value in TURNED_ON.values():
        case.refuses("CFG-042", f"{key} without a licence", {key: value})
