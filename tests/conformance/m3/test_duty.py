"""What the duty cycle says, measured by a scope: the current that is offered, and what the station shows of it."""

from __future__ import annotations

import pytest

from emulators.pilot.codec import duty_for
from rig.case import Case
from rig.clauses.timings import limit
from rig.kit.balancing import DSMR5, heard
from rig.kit.balancing import settings as balanced
from rig.kit.pilot import SETTLED_S, judge_duty, of_rating, settings, unprobed

MINIMUM_A = limit("M3-002").value
# Both formulas, their ends, and the gap between them: 51 to 52.5 A can only be said as 51 A. A cable carries 63 A.
OFFERS_A = (6.0, 6.1, 8.0, 10.0, 13.0, 16.0, 20.0, 25.0, 32.0, 40.0, 48.0, 50.9, 51.0, 52.0, 52.5, 54.0, 60.0, 63.0)
LARGEST_CABLE_A = 63


@pytest.mark.parametrize("offer_a", OFFERS_A)
@pytest.mark.clause("M3-003", "M3-013")
async def test_duty_says_the_offer(rig: Case, offer_a: float) -> None:
    """From 6 to 63 A the duty cycle is that of the offer, and live monitoring shows it

    I = duty x 0.6 A up to 85 %, (duty - 64) x 2.5 A above; both in state B and in state C.
    """
    promised_pct = duty_for(round(1000 * offer_a)) / 1000
    async with rig.bench(of_rating(rig, settings(offer_a), LARGEST_CABLE_A)) as bench:
        box, scope = await bench.ev_box(), await bench.scope()
        await box.set_cable(LARGEST_CABLE_A)
        await unprobed(bench.outlet(1), box)
        for state in ("B", "C"):
            await box.set_state("B" if state == "B" else "C")
            await rig.until(rig.now_s() + SETTLED_S)
            seen = await scope.measure()
            what = f"duty cycle for {offer_a:g} A, state {state}"
            judge_duty(rig, "M3-003", what, seen.duty, promised_pct, scope.uncertainty_duty)
        if "monitor" not in bench.capabilities:
            rig.judge.without("M3-013", "not-testable", "this bench has no monitor of the station")
            return
        shown = bench.observed.field("monitor", "duty_pct")
        if not isinstance(shown, int | float):
            rig.judge.holds("M3-013", "duty cycle shown", holds=False, seen=str(shown), promised="a percentage")
            return
        what = "duty cycle measured beside the one shown"
        judge_duty(rig, "M3-013", what, seen.duty, shown, scope.uncertainty_duty)


@pytest.mark.clause("M3-013")
async def test_no_duty_is_shown_without_pwm(rig: Case) -> None:
    """At an empty socket there is no PWM, and live monitoring shows none: before a session, and after it"""
    async with rig.bench(settings()) as bench:
        rig.need(bench.capabilities, "monitor")
        box, scope = await bench.ev_box(), await bench.scope()
        for when in ("before", "after"):
            await rig.until(rig.now_s() + SETTLED_S)
            seen = await scope.measure()
            shown = bench.observed.field("monitor", "duty_pct")
            rig.judge.holds(
                "M3-013",
                f"duty cycle shown {when} a session",
                holds=seen.duty is None and not isinstance(shown, int | float),
                seen=f"{shown} shown, {seen.duty} measured",
                promised="none",
            )
            await box.set_cable(LARGEST_CABLE_A)
            await box.set_state("C")
            await rig.until(rig.now_s() + SETTLED_S)
            await box.reset()


@pytest.mark.parametrize(("left_a", "offered"), [(6.2, True), (5.8, False), (5.0, False)])
@pytest.mark.clause("M3-002")
async def test_never_less_than_six_amperes(rig: Case, left_a: float, offered: bool) -> None:
    """A meter leaves a little more than 6 A, or a little less: 10 % of duty cycle are the least, below is no PWM"""
    max_a = 25.0
    async with rig.bench(balanced(DSMR5, meter_max_a=max_a), meter=DSMR5) as bench:
        box, scope = await bench.ev_box(), await bench.scope()
        bench.house(max_a - left_a)
        await heard(rig, bench)
        await box.set_cable(LARGEST_CABLE_A)
        await box.set_state("C")
        await rig.until(rig.now_s() + 60.0)
        seen = await scope.measure()
        if offered:
            least_pct = duty_for(round(1000 * MINIMUM_A)) / 1000
            off_pct = limit("M3-003.duty-tolerance").value
            rig.judge.value(
                "M3-002",
                f"duty cycle with {left_a:g} A left",
                measured=100 * (seen.duty or 0.0),
                limit=least_pct,
                unit="%",
                early=off_pct,
                late=None,
                uncertainty=100 * scope.uncertainty_duty,
            )
        else:
            rig.judge.holds(
                "M3-002",
                f"the pilot with {left_a:g} A left",
                holds=seen.duty is None,
                seen="constant" if seen.duty is None else f"PWM of {100 * seen.duty:.2f} %",
                promised="no PWM",
            )
