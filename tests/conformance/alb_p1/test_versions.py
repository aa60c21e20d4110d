"""What a P1 meter is asked for, and the versions of its telegrams that are read."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.errors import NotTestableHere
from rig.kit.balancing import DSMR5, charging, judge_offer, meters, settings
from rig.meters import KINDS, MeterKind

MAX_A = 25.0
HOUSE_A = (9.0, 5.0, 3.0)


@meters([kind for kind in KINDS.values() if kind.port == "p1"])
@pytest.mark.clause("ALB-P1-001", "ALB-P1-013")
async def test_version(rig: Case, meter: MeterKind) -> None:
    """Telegrams of DSMR 4.0 and higher, and of what came from it in Belgium, Luxembourg and Sweden, are read

    Whole amperes or hundredths, with or without voltages and powers per phase, each second or every ten.
    """
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(*HOUSE_A[: meter.phases])
        await charging(rig, bench)
        for clause in ("ALB-P1-001", "ALB-P1-013"):
            judge_offer(rig, bench, clause, f"offer beside {HOUSE_A[0]:g} A on L1", MAX_A - HOUSE_A[0], meter)


@pytest.mark.clause("ALB-P1-012")
async def test_data_request(rig: Case) -> None:
    """A station that is set to DSMR P1 raises the Data Request: without it a meter says nothing"""
    line = rig.options.bench.lines.p1
    if rig.options.bench.station.kind == "external" and (line is None or not line.request_line):
        raise NotTestableHere("the Data Request is not wired to a modem line; set request_line in [lines.p1]")
    async with rig.bench(settings(DSMR5, meter_max_a=MAX_A), meter=DSMR5):
        await rig.until(rig.now_s() + 30.0)
        raised = [event for event in rig.timeline.of("request", "p1") if event.data["active"]]
        rig.judge.holds(
            "ALB-P1-012",
            "the Data Request",
            holds=bool(raised),
            seen=f"raised at {raised[0].at_s:g} s" if raised else "not raised in 30 s",
            promised="raised",
        )
