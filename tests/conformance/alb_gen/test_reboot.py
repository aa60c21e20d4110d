"""Settings that are changed while the station charges: stored at once, in force after the reboot."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.balancing import charging, judge_set_offer, meters, one_of_each_port, settings, settled
from rig.meters import MeterKind

BEFORE_A, AFTER_A = 20.0, 13.0
# Longer than any control loop of a station that would take the new value at once.
WATCHED_S = 60.0


@meters(one_of_each_port())
@pytest.mark.clause("ALB-GEN-016", "CFG-053")
async def test_a_changed_limit_holds_from_the_reboot_on(rig: Case, meter: MeterKind) -> None:
    """The maximum smart meter current is changed while a car charges: nothing changes until the station has rebooted

    The reboot takes a minute at most, and the car that is plugged in goes on charging after it, under the new limit.
    """
    async with rig.bench(settings(meter, meter_max_a=BEFORE_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot", "reboot")
        await charging(rig, bench)
        refusal = bench.configure({"SmartMeter-MaxCurrent": AFTER_A})
        rig.judge.holds("ALB-GEN-016", "the change", holds=not refusal, seen=refusal or "taken", promised="taken")
        await rig.until(rig.now_s() + WATCHED_S)
        judge_set_offer(rig, "ALB-GEN-016", "offer until the reboot", bench.observed.offered_a, BEFORE_A)
        began = await bench.reboot()
        drawing = await bench.drawing(within_s=timing("CFG-053").value_s)
        what = "from the reboot to the car drawing again"
        rig.judge.timed(timing("CFG-053"), what, start=began, end=drawing, watched_until_s=rig.now_s())
        await settled(rig, bench)
        judge_set_offer(rig, "ALB-GEN-016", "offer after the reboot", bench.observed.offered_a, AFTER_A)
