"""What the invariants know of a bench, and what they say of a case."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulators.vehicle.garage import load
from rig.case import Case
from rig.invariants import facts_of, invariants
from rig.kit.balancing import DSMR5, settings
from rig.options import RunOptions


@pytest.fixture
def case() -> Iterator[Case]:
    case = Case("a/b/c", RunOptions())
    yield case
    case.close()


def test_facts_are_those_of_the_settings_and_of_the_bench(case: Case) -> None:
    async def body() -> None:
        config = {**settings(DSMR5, meter_max_a=25.0), "Phase-Connected": "L2L3L1"}
        async with case.bench(config, meter=DSMR5, feeder="L2L3L1") as bench:
            facts = facts_of(bench, 0.5)
            assert (facts.grid_a, facts.station_a, facts.interval_s) == (25.0, 32.0, 1.0)
            assert (facts.orders, facts.uncertainty_s, facts.period_s) == ({1: "L2L3L1"}, 0.5, 900.0)
            assert facts.car(1) is None
            vehicle = bench.plug_in(load("obedient-2p").spec)
            assert facts.car(1) is vehicle
            assert facts.phases(1, vehicle) == (1, 2)

    case.run(body())


def test_without_balancing_the_connection_has_no_limit(case: Case) -> None:
    async def body() -> None:
        async with case.bench({"Station-MaxCurrent": 16.0}) as bench:
            assert facts_of(bench).grid_a is None

    case.run(body())


def test_a_case_uses_them_for_the_time_of_a_block(case: Case) -> None:
    async def body() -> None:
        async with case.bench(settings(DSMR5, meter_max_a=25.0), meter=DSMR5, watched=False) as bench:
            with invariants(case, bench, leave_out=("contactor",)):
                await bench.charge(load("obedient-3p").spec)

    case.run(body())
    assert [(verdict.clause, verdict.verdict) for verdict in case.judge.verdicts] == [
        ("ALB-GEN-008", "pass"),
        ("M3-002", "pass"),
    ]
    assert case.judge.beyond == {"ALB-GEN-008", "M3-002"}
