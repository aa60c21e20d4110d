"""Standard load balancing as its display shows it: the power beside the most there could be."""

from __future__ import annotations

import re

import pytest

from rig.bench.outlet import Outlet
from rig.case import Case
from rig.clauses.timings import limit, timing
from rig.kit.turns import LOOP_S, connected, quick_car, sharing

STATION_MAX_A = 25.0
SHARE_A = STATION_MAX_A / 2
UNUSED, UNUSED_A = timing("SLB-007"), limit("SLB-007.unused").value
KW = re.compile(r"(\d+(?:\.\d+)?) of (\d+(?:\.\d+)?) kW")
# A display shows a tenth of a kW, of what was measured some moments ago.
KW_STEP, NOMINAL_V = 0.1, 230.0


def shown_kw(outlet: Outlet) -> tuple[float, float]:
    """The power on the display and the most there could be, kW; nothing of either when it shows something else."""
    found = KW.fullmatch(str(outlet.observed.field("display", "text")))
    return (float("nan"), float("nan")) if found is None else (float(found[1]), float(found[2]))


@pytest.mark.parametrize("donor", [1, 2])
@pytest.mark.clause("SLB-008", "SLB-036", "UI-001", "UI-006", "UI-007")
async def test_a_rate_that_is_lowered(rig: Case, donor: int) -> None:
    """The driver lowers one car's rate by 3.1 A: its display shows less, and after 180 s the other's shows more

    All the while both show what is measured, and less than the most there could be (S-SLB-10).
    """
    async with rig.bench(sharing(STATION_MAX_A), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        await connected(rig, bench, quick_car(), quick_car())
        gives, takes = bench.outlet(donor), bench.outlet(3 - donor)
        for outlet in (gives, takes):
            power_kw, most_kw = shown_kw(outlet)
            for clause in ("UI-001", "UI-006"):
                rig.judge.holds(
                    clause,
                    f"display of socket {outlet.number} with a shared station",
                    holds=0.0 < power_kw < most_kw,
                    seen=str(outlet.observed.field("display", "text")),
                    promised="a power below the most there could be",
                )
            rig.judge.value(
                "UI-007",
                f"power on the display of socket {outlet.number}",
                measured=power_kw,
                limit=sum(outlet.observed.drawn_a) * NOMINAL_V / 1000,
                unit="kW",
                early=KW_STEP,
                late=KW_STEP / 2,
            )
        given_kw, taken_kw = shown_kw(gives)[0], shown_kw(takes)[0]
        vehicle = gives.vehicle
        assert vehicle is not None
        more = takes.observed.expect("display", lambda _event: shown_kw(takes)[0] > taken_kw + KW_STEP)
        start = await gives.draw(vehicle, SHARE_A - UNUSED_A - 0.1)
        await rig.until(start.at_s + 2 * LOOP_S)
        rig.judge.holds(
            "SLB-036",
            "display of the car whose rate was lowered",
            holds=shown_kw(gives)[0] < given_kw,
            seen=f"{shown_kw(gives)[0]:g} kW",
            promised=f"less than {given_kw:g} kW",
        )
        end = await more.within(UNUSED.value_s + 60.0)
        for clause in ("SLB-008", "SLB-036"):
            rig.judge.elapsed(
                clause,
                "the other display shows more",
                start=start,
                end=end,
                limit_s=UNUSED.value_s,
                late_s=UNUSED.tolerance_late_s + LOOP_S,
                watched_until_s=rig.now_s(),
            )
