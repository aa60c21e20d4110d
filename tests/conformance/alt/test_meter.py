"""Turns that begin and end with what the house leaves."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rig.case import Case
from rig.clauses.timings import limit, timing
from rig.kit.balancing import meters, settings
from rig.kit.sharing import settled
from rig.kit.turns import connected, judge_drawn, offers, quick_car, turns
from rig.meters import KINDS, MeterKind

MAX_A = 25.0
PERIOD_S = limit("ALT-013.min").value
METERS = [KINDS["dsmr5"], KINDS["sdm72d"]]


@pytest.mark.parametrize("house_a", [(14.0,), (1.0, 14.0, 2.0)], ids=["on all phases", "on L2"])
@meters(METERS)
@pytest.mark.clause("ALT-024", "ALT-007")
async def test_the_house_takes_more(rig: Case, meter: MeterKind, house_a: tuple[float, ...]) -> None:
    """The house leaves 20 A and two cars charge; it leaves 11 A and they take turns; it leaves 20 A and both charge

    The fullest phase counts. The turns last a period each.
    """
    config = {**settings(meter, meter_max_a=MAX_A), "SCN-AlternatingPeriod": PERIOD_S}
    async with rig.bench(config, meter=meter, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(5.0)
        await bench.readings(2)
        await connected(rig, bench, quick_car(), quick_car())
        _judge_both(rig, "ALT-024", "20 A are left", offers(bench))
        bench.house(*house_a)
        await rig.until(rig.now_s() + 3 * meter.interval_s)
        await settled(rig, bench)
        since_s = rig.now_s()
        await rig.until(since_s + 4 * PERIOD_S)
        found = turns(rig, since_s)
        rig.judge.holds(
            "ALT-024",
            "whose turn it was when 11 A were left",
            holds=len(found) > 2 and {turn.socket for turn in found} == {1, 2},
            seen=f"sockets {[turn.socket for turn in found]}",
            promised="one and the other",
        )
        for before, turn in pairwise(found):
            if before.end is None or turn.end is None:
                continue
            rig.judge.elapsed(
                "ALT-007",
                f"turn of socket {turn.socket}",
                start=before.end,
                end=turn.end,
                limit_s=PERIOD_S,
                late_s=timing("ALT-011").tolerance_late_s,
                watched_until_s=rig.now_s(),
            )
        judge_drawn(rig, "ALT-024", "most drawn by both when 11 A were left", MAX_A - max(house_a), since_s)
        bench.house(5.0)
        await rig.until(rig.now_s() + 3 * meter.interval_s)
        await settled(rig, bench)
        _judge_both(rig, "ALT-024", "20 A are left again", offers(bench))


def _judge_both(rig: Case, clause: str, what: str, offers_a: tuple[float, ...]) -> None:
    rig.judge.holds(
        clause,
        what,
        holds=all(offers_a),
        seen=f"offers of {offers_a} A",
        promised="both charge",
    )
