"""The worked configurations for one and two power cables, and what is advised about the maxima."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.kit.balancing import at_most
from rig.kit.settings import SettingsCase
from rig.kit.turns import connected, judge_drawn, judge_shares, offers, quick_car, sharing, unshared

CAR = quick_car()
CABLE_A = 16.0
SLB = {"FeatureLicenseKey": "SLB", "Static-LoadBalancing": "On"}


@pytest.mark.clause("SLB-032")
async def test_one_cable_of_16_a(rig: Case) -> None:
    """Station 16 A, sockets 16 A each, on one cable: one car has 16 A, two have less than that each (S-CFG16-1)"""
    async with rig.bench(sharing(CABLE_A, connector_max_a=CABLE_A), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await bench.outlet(1).charge(CAR)
        judge_shares(rig, bench, "SLB-032", "one car", CABLE_A, 0.0)
        bench.unplug()
        await rig.until(rig.now_s() + 10.0)
        await connected(rig, bench, CAR, CAR)
        rig.judge.holds(
            "SLB-032",
            "offers to two cars",
            holds=all(0.0 < offer_a < CABLE_A for offer_a in offers(bench)) and at_most(sum(offers(bench)), CABLE_A),
            seen=f"{offers(bench)} A",
            promised=f"less than {CABLE_A:g} A each, {CABLE_A:g} A or less together",
        )
        judge_drawn(rig, "SLB-032", "most drawn on one phase", CABLE_A)


@pytest.mark.parametrize("balancing", [True, False], ids=["SLB", "no feature"])
@pytest.mark.clause("SLB-033")
async def test_two_cables_of_16_a(rig: Case, balancing: bool) -> None:
    """Station 32 A, sockets 16 A each, on a cable each: two cars have 16 A each (S-CFG16-2)"""
    both_a = 2 * CABLE_A
    config = sharing(both_a, connector_max_a=CABLE_A) if balancing else unshared(both_a, CABLE_A)
    async with rig.bench(config, sockets=2, feeders=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, CAR, CAR)
        judge_shares(rig, bench, "SLB-033", "two cars", CABLE_A, CABLE_A)


@pytest.mark.clause("SLB-026")
async def test_more_than_14_a_for_a_test(rig: Case) -> None:
    """A station's maximum that is lowered for a test is taken; at less than 14 A that does not go unsaid"""
    case = SettingsCase(rig)
    key = "Station-MaxCurrent"
    case.advises("SLB-026", "lowered too far", {**SLB, key: 13.9}, key)
    case.is_content("SLB-026", "lowered for a test", {**SLB, key: 14.1}, key)


@pytest.mark.clause("SLB-024")
async def test_the_maximum_of_each_socket(rig: Case) -> None:
    """Who sets a station's maximum is told to set that of each of its two sockets with it"""
    case = SettingsCase(rig)
    station = {**SLB, "station.sockets": 2, "Station-MaxCurrent": 25}
    one, two = ({f"Connector{number}-MaxCurrent": 16} for number in (1, 2))
    case.advises("SLB-024", "the station's alone", station, "Connector1-MaxCurrent")
    case.advises("SLB-024", "that of socket 2 is missing", {**station, **one}, "Connector2-MaxCurrent")
    case.is_content("SLB-024", "all of them", {**station, **one, **two}, "Connector")
