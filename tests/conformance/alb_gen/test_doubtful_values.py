"""Meters on Modbus that answer in good form, with values that cannot be all of the truth."""

from __future__ import annotations

import pytest

from emulators.modbus import faults
from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.balancing import (
    LOSS_CLAUSE,
    SAFE_A,
    SLOWEST_RISE_S_PER_A,
    charging,
    judge_set_offer,
    meters,
    off_by_a,
    offers_since,
    settings,
)
from rig.meters import KINDS, MeterKind
from rig.meters.serial import RtuMeter

MAX_A = 25.0
# As long as it takes an offer to rise by several steps, if it does.
WATCHED_S = 4 * SLOWEST_RISE_S_PER_A


@meters([KINDS["sdm72d"], KINDS["e27"]])
@pytest.mark.clause("ALB-GEN-008")
async def test_zero_current_beside_a_power(rig: Case, meter: MeterKind) -> None:
    """A meter that shows no current and yet the power of one: the offer does not rise

    A current transformer is short-circuited or a register is not what it was taken for. Which of the two is right
    nobody can tell; the larger one is the safe one. A loss of the meter would be as good an answer.
    """
    load_a = 9.0
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(load_a)
        await charging(rig, bench)
        since_s = rig.now_s()
        with bench.meter.broken("zero current"):
            await rig.until(since_s + WATCHED_S)
            highest_a = max(offer_a for _, offer_a in offers_since(rig, since_s))
        rig.judge.value(
            "ALB-GEN-008",
            f"highest offer beside {load_a:g} A that are shown as power alone",
            measured=highest_a,
            limit=MAX_A - load_a,
            unit="A",
            early=None,
            late=off_by_a(meter),
        )


@pytest.mark.clause(LOSS_CLAUSE["rtu"])
async def test_one_phase_without_a_value(rig: Case) -> None:
    """One phase has no value, the two others do: no reading of that meter, and after its time-out the safe current

    A transformer came off: what is not known is not zero.
    """
    meter = KINDS["sdm72d"]
    config = settings(meter, meter_max_a=40.0, station_max_a=MAX_A)
    async with rig.bench(config, meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        assert isinstance(bench.meter, RtuMeter)
        bench.meter.model.inject(faults.not_a_number("current_l2_a"))
        await rig.until(rig.now_s() + timing(meter.loss).value_s + 5.0)
        what = "offer while L2 has no value"
        judge_set_offer(rig, LOSS_CLAUSE["rtu"], what, bench.observed.offered_a, SAFE_A)
