"""The capacity table: what cars of one, two and three phases get of 25 A, alone and together."""

from __future__ import annotations

from typing import Literal, NamedTuple

import pytest

from emulators.vehicle.spec import VehicleSpec
from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.balancing import PWM_STEP_A, car
from rig.kit.sharing import settled
from rig.kit.turns import SOCKETS, connected, judge_drawn, judge_shares, sharing

NOMINAL_V = 230.0
# The table gives kW truncated to 0.1 (O-53).
KW_STEP = 0.1
CABLE_A = 25.0


class Row(NamedTuple):
    """One row of the table: phases of the car at each socket, 0 for none; what each gets, in A and in kW."""

    clause: str
    scenario: str
    input: Literal["1ph", "3ph", "2x3ph"]
    phases: tuple[int, int]
    offers_a: tuple[float, float]
    power_kw: tuple[float, float]


ROWS = (
    Row("SLB-009", "S-SLBCAP-1", "1ph", (1, 0), (25.0, 0.0), (5.7, 0.0)),
    Row("SLB-009", "S-SLBCAP-1", "1ph", (0, 1), (0.0, 25.0), (0.0, 5.7)),
    Row("SLB-009", "S-SLBCAP-2", "1ph", (1, 1), (12.5, 12.5), (2.8, 2.8)),
    Row("SLB-010", "S-SLBCAP-3", "3ph", (1, 0), (25.0, 0.0), (5.7, 0.0)),
    Row("SLB-010", "S-SLBCAP-3", "3ph", (0, 1), (0.0, 25.0), (0.0, 5.7)),
    Row("SLB-010", "S-SLBCAP-3", "3ph", (1, 1), (25.0, 25.0), (5.7, 5.7)),
    Row("SLB-011", "S-SLBCAP-4", "3ph", (1, 2), (25.0, 25.0), (5.7, 11.4)),
    Row("SLB-011", "S-SLBCAP-4", "3ph", (2, 1), (25.0, 25.0), (11.4, 5.7)),
    Row("SLB-012", "S-SLBCAP-5", "3ph", (3, 0), (25.0, 0.0), (17.2, 0.0)),
    Row("SLB-012", "S-SLBCAP-5", "3ph", (0, 3), (0.0, 25.0), (0.0, 17.2)),
    Row("SLB-013", "S-SLBCAP-6", "3ph", (3, 3), (12.5, 12.5), (8.6, 8.6)),
    Row("SLB-014", "S-SLBCAP-7", "3ph", (3, 1), (12.5, 12.5), (8.6, 2.8)),
    Row("SLB-014", "S-SLBCAP-7", "3ph", (1, 3), (12.5, 12.5), (2.8, 8.6)),
    Row("SLB-015", "S-SLBCAP-8", "3ph", (3, 2), (12.5, 12.5), (8.6, 5.7)),
    Row("SLB-015", "S-SLBCAP-8", "3ph", (2, 3), (12.5, 12.5), (5.7, 8.6)),
    Row("SLB-016", "S-SLBCAP-9", "2x3ph", (3, 3), (25.0, 25.0), (17.2, 17.2)),
)


def willing(phases: int) -> VehicleSpec:
    """A car that draws all it is offered, for a time that is too short for an over-current."""
    return VehicleSpec(phases=phases, max_a=32.0)


def bench_of(rig: Case, row: Row) -> Bench:
    feeders = 2 if row.input == "2x3ph" else 1
    config = sharing(CABLE_A * feeders, connector_max_a=CABLE_A)
    if row.input == "1ph":
        one_phase = {**config, "Phase-Connected": "L1"}
        return rig.bench(one_phase, sockets=SOCKETS, phases=1, feeder="L1", probing=True)
    return rig.bench(config, sockets=SOCKETS, feeders=feeders, probing=True)


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=f"{row.input} {row.phases}", marks=pytest.mark.clause(row.clause)) for row in ROWS]
)
async def test_the_table(rig: Case, row: Row) -> None:
    """Each row of the capacity table, after the probes of its cars: offers in A, and the power that they draw in kW"""
    async with bench_of(rig, row) as bench:
        rig.need(bench.capabilities, "pilot")
        for outlet, phases in zip(bench.outlets, row.phases, strict=True):
            if phases:
                await outlet.charge(willing(phases))
                await rig.until(rig.now_s() + timing("PRB-006").value_s + 10.0)
        await settled(rig, bench)
        judge_shares(rig, bench, row.clause, row.scenario, *row.offers_a)
        for outlet, phases, power_kw in zip(bench.outlets, row.phases, row.power_kw, strict=True):
            rig.judge.value(
                row.clause,
                f"{row.scenario}: power at socket {outlet.number}",
                measured=round(sum(outlet.observed.drawn_a) * NOMINAL_V / 1000, 3),
                limit=power_kw,
                unit="kW",
                early=PWM_STEP_A * phases * NOMINAL_V / 1000,
                late=KW_STEP if phases else 0.0,
            )


@pytest.mark.clause("SLB-022", "SLB-027")
async def test_one_phase_each(rig: Case) -> None:
    """Two one-phase cars use different phases: each has 25 A, and nothing is shared (S-SLB-6, S-SLB-12)"""
    async with rig.bench(sharing(CABLE_A), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, car(phases=1), car(phases=1), probing=True)
        for clause in ("SLB-022", "SLB-027"):
            judge_shares(rig, bench, clause, "offers to two one-phase cars", CABLE_A, CABLE_A)


@pytest.mark.clause("SLB-005", "SLB-027", "SLB-028")
async def test_one_phase_beside_three(rig: Case) -> None:
    """A one-phase car beside a three-phase car shares one phase with it, which is full and no more than that"""
    async with rig.bench(sharing(CABLE_A), sockets=2, probing=True) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, willing(1), willing(3), probing=True)
        for clause in ("SLB-027", "SLB-028"):
            judge_shares(rig, bench, clause, "offers on one phase", CABLE_A / 2, CABLE_A / 2)
        judge_drawn(rig, "SLB-005", "most drawn on one phase", CABLE_A + PWM_STEP_A)
