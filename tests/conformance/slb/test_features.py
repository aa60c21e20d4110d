"""When sockets share, and when each has its half: licence, setting, and the one cable on which they always do."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.kit.settings import SettingsCase
from rig.kit.sharing import settled
from rig.kit.turns import connected, joined, judge_shares, quick_car, sharing, unshared

CAR = quick_car()
STATION_MAX_A = 25.0
HALF_A = STATION_MAX_A / 2
UNLOCKED = {"FeatureLicenseKey": "SLB"}
# 32 A, what an Eve Double on one power cable is rated at.
ALWAYS_FROM_A = 32.0


@pytest.mark.clause("SLB-002")
async def test_a_licence_is_needed(rig: Case) -> None:
    """Standard load balancing can be turned on with its licence and not without"""
    case = SettingsCase(rig)
    on = {"Static-LoadBalancing": "On"}
    case.refuses("SLB-002", "turned on without a licence", on)
    case.takes("SLB-002", "turned on with its licence", {**UNLOCKED, **on}, on)


@pytest.mark.parametrize("more", [{}, UNLOCKED], ids=["no licence", "not turned on"])
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.clause("SLB-002", "SLB-023")
async def test_half_for_one(rig: Case, number: int, more: dict[str, object]) -> None:
    """Without a feature one car alone has half of 25 A, whatever the other socket does (O-69, S-SLB-11)"""
    async with rig.bench({**unshared(STATION_MAX_A), **more}, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await bench.outlet(number).charge(CAR)
        shares = [HALF_A if outlet.number == number else 0.0 for outlet in bench.outlets]
        for clause in ("SLB-002", "SLB-023"):
            judge_shares(rig, bench, clause, "offer to one car without load balancing", *shares)


@pytest.mark.clause("SLB-023")
async def test_half_for_each(rig: Case) -> None:
    """Without a feature two cars have half each, and keep it when the other one draws nothing or leaves (S-SLB-11)"""
    async with rig.bench(unshared(STATION_MAX_A), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, CAR, CAR)
        judge_shares(rig, bench, "SLB-023", "offers without load balancing", HALF_A, HALF_A)
        vehicle = bench.outlet(1).vehicle
        assert vehicle is not None
        await bench.draw(vehicle, 0.0)
        await rig.until(rig.now_s() + 300.0)
        judge_shares(rig, bench, "SLB-023", "offers when one draws nothing", HALF_A, HALF_A)
        bench.unplug()
        await rig.until(rig.now_s() + 10.0)
        judge_shares(rig, bench, "SLB-023", "offers when one has left", 0.0, HALF_A)


@pytest.mark.clause("SLB-003", "SLB-004", "SLB-037")
async def test_one_cable_of_32_a(rig: Case) -> None:
    """On one cable of 32 A the sockets share without a licence: all for one, divided for two (norm, X-34)"""
    async with rig.bench(unshared(ALWAYS_FROM_A), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await bench.outlet(1).charge(CAR)
        for clause in ("SLB-003", "SLB-004", "SLB-037"):
            judge_shares(rig, bench, clause, "offer to one car", ALWAYS_FROM_A, 0.0)
        await joined(rig, bench, bench.outlet(2), CAR)
        await settled(rig, bench)
        for clause in ("SLB-003", "SLB-004", "SLB-037"):
            judge_shares(rig, bench, clause, "offers to two cars", ALWAYS_FROM_A / 2, ALWAYS_FROM_A / 2)


@pytest.mark.clause("SLB-037")
async def test_a_limited_connection(rig: Case) -> None:
    """With the licence they share the fixed capacity of a grid connection that is less than the station could take"""
    async with rig.bench(sharing(STATION_MAX_A), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await bench.outlet(2).charge(CAR)
        judge_shares(rig, bench, "SLB-037", "offer to one car", 0.0, STATION_MAX_A)
