"""Hours at a meter: turns go on and on, and nobody gets more of them than the other."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.balancing import DSMR4, car, settings
from rig.kit.turns import HANDOVER_S, connected, judge_drawn, pauses, turns

HOURS_S = 4 * 3600.0
MAX_A, HOUSE_A = 25.0, 14.0
PERIOD = timing("ALT-011")


@pytest.mark.clause("ALT-007", "ALT-020", "ALT-024", "SLB-005")
async def test_four_hours(rig: Case) -> None:
    """The house leaves 11 A for four hours: sixteen turns of 15 minutes, each car has eight of them

    No pause is longer than a period, and the two together never draw more than there is.
    """
    async with rig.bench(settings(DSMR4, meter_max_a=MAX_A), meter=DSMR4, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(HOUSE_A)
        await bench.readings(2)
        await connected(rig, bench, car(), car())
        since_s = rig.now_s()
        await rig.until(since_s + HOURS_S)
        found = turns(rig, since_s)
        for before, turn in pairwise(found):
            if before.end is not None and turn.end is not None:
                rig.judge.elapsed(
                    "ALT-007",
                    f"turn of socket {turn.socket}",
                    start=before.end,
                    end=turn.end,
                    limit_s=PERIOD.value_s,
                    late_s=PERIOD.tolerance_late_s,
                    watched_until_s=rig.now_s(),
                )
        counts = [sum(turn.socket == outlet.number for turn in found) for outlet in bench.outlets]
        longest_s = max((pause.end.at_s - pause.start.at_s for pause in pauses(rig, since_s) if pause.end), default=0.0)
        least = int(HOURS_S / PERIOD.value_s / 2) - 1
        rig.judge.holds(
            "ALT-024",
            "turns in four hours",
            holds=min(counts) >= least and abs(counts[0] - counts[1]) <= 1,
            seen=f"{counts[0]} and {counts[1]}",
            promised=f"as many for one as for the other, {least} or more",
        )
        rig.judge.value(
            "ALT-020",
            "longest pause",
            measured=longest_s,
            limit=PERIOD.value_s,
            unit="s",
            early=None,
            late=HANDOVER_S + PERIOD.tolerance_late_s,
        )
        judge_drawn(rig, "SLB-005", "most drawn on one phase", MAX_A - HOUSE_A, since_s)
