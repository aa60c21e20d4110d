"""Turns: how long they are, in which order they come, and that nobody waits longer than one."""

from __future__ import annotations

from itertools import pairwise

import pytest

from emulators.vehicle.spec import VehicleSpec
from rig.bench import Bench
from rig.case import Case
from rig.clauses.timings import limit, timing
from rig.kit.balancing import car
from rig.kit.sharing import settled
from rig.kit.turns import (
    HANDOVER_S,
    LOOP_S,
    connected,
    judge_drawn,
    offers,
    pauses,
    quick_car,
    sharing,
    turns,
)

DEFAULT = timing("ALT-011")
LEAST_S = limit("ALT-013.min").value
# Too little for two cars of 6 A.
STATION_MAX_A = 11.9
QUICK = quick_car()


async def watched(rig: Case, bench: Bench, spec: VehicleSpec, period_s: float, periods: int) -> float:
    """Two cars take turns for so many periods; returns when the watch began."""
    rig.need(bench.capabilities, "pilot")
    await connected(rig, bench, spec, spec)
    since_s = rig.now_s()
    await rig.until(since_s + periods * period_s + HANDOVER_S)
    return since_s


def judge_turns(rig: Case, clause: str, period_s: float, since_s: float) -> None:
    """From each swap to the next it takes the period, and there are some."""
    found = turns(rig, since_s)
    whole = [(before.end, turn) for before, turn in pairwise(found) if before.end is not None and turn.end is not None]
    rig.judge.holds(
        clause,
        f"whole turns of {period_s:g} s",
        holds=len(whole) >= 2 and all(before.socket != after.socket for before, after in pairwise(found)),
        seen=f"of sockets {[turn.socket for turn in found]}",
        promised="two or more, of one socket and the other",
    )
    for swap, turn in whole:
        rig.judge.elapsed(
            clause,
            f"turn of socket {turn.socket}",
            start=swap,
            end=turn.end,
            limit_s=period_s,
            late_s=DEFAULT.tolerance_late_s,
            watched_until_s=rig.now_s(),
        )


@pytest.mark.clause("ALT-007", "ALT-012", "ALT-025")
async def test_the_default_period(rig: Case) -> None:
    """Nobody set a period: every 900 s, and not before, the one that charges pauses and the other one charges"""
    async with rig.bench(sharing(STATION_MAX_A), sockets=2) as bench:
        since_s = await watched(rig, bench, QUICK, DEFAULT.value_s, 4)
        for clause in ("ALT-007", "ALT-012", "ALT-025"):
            judge_turns(rig, clause, DEFAULT.value_s, since_s)


@pytest.mark.parametrize("period_s", [LEAST_S, 100.0, 3600.0])
@pytest.mark.clause("ALT-007", "ALT-016")
async def test_a_period_of_ones_own(rig: Case, period_s: float) -> None:
    """The period that is set counts"""
    async with rig.bench(sharing(STATION_MAX_A, period_s=period_s), sockets=2) as bench:
        since_s = await watched(rig, bench, QUICK, period_s, 4)
        for clause in ("ALT-007", "ALT-016"):
            judge_turns(rig, clause, period_s, since_s)


@pytest.mark.parametrize("spec", [QUICK, car()], ids=["quick", "after 1 s"])
@pytest.mark.clause("ALT-006", "SLB-005")
async def test_one_charges_and_one_waits(rig: Case, spec: VehicleSpec) -> None:
    """At every moment one is offered current and the other is not, but while it changes hands

    The one that pauses may take 5 s to stop; the other is offered its current then and no later.
    """
    async with rig.bench(sharing(STATION_MAX_A, period_s=LEAST_S), sockets=2) as bench:
        since_s = await watched(rig, bench, spec, LEAST_S, 6)
        found = turns(rig, since_s)
        for before, after in pairwise(found):
            gap_s = None if before.end is None else after.start.at_s - before.end.at_s
            rig.judge.holds(
                "ALT-006",
                f"from socket {before.socket} to socket {after.socket}",
                holds=gap_s is not None and 0.0 <= gap_s <= HANDOVER_S,
                seen="both are offered current" if gap_s is None else f"nobody is offered any for {gap_s:g} s",
                promised=f"one of them all the time, but for {HANDOVER_S:g} s",
                evidence={"at_s": after.start.at_s},
            )
        one_a, other_a = sorted(offers(bench))
        rig.judge.holds(
            "ALT-006",
            "offers after six periods",
            holds=len(found) > 1 and one_a == 0.0 < other_a,
            seen=f"{offers(bench)} A after {len(found)} turns",
            promised="one charges, one waits",
        )
        judge_drawn(rig, "SLB-005", "most drawn on one phase", STATION_MAX_A)


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.clause("ALT-008", "ALT-009")
async def test_the_highest_socket_first(rig: Case, first: int) -> None:
    """When turns begin, the highest socket is served first and the lowest is paused first, whoever came first"""
    async with rig.bench(sharing(STATION_MAX_A), sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        for number in (first, 3 - first):
            bench.outlet(number).plug_in(QUICK)
            await rig.until(rig.now_s() + HANDOVER_S)
        await bench.probed()
        await settled(rig, bench)
        one_a, two_a = offers(bench)
        rig.judge.holds("ALT-008", "offer to socket 2", holds=two_a > 0.0, seen=f"{two_a:g} A", promised="served first")
        rig.judge.holds(
            "ALT-009", "offer to socket 1", holds=one_a == 0.0, seen=f"{one_a:g} A", promised="paused first"
        )


@pytest.mark.parametrize("period_s", [LEAST_S, DEFAULT.value_s])
@pytest.mark.clause("ALT-020")
async def test_nobody_waits_longer_than_a_period(rig: Case, period_s: float) -> None:
    """Of two cars the one that is paused resumes within a period, each time, both of them (X-47)"""
    async with rig.bench(sharing(STATION_MAX_A, period_s=period_s), sockets=2) as bench:
        since_s = await watched(rig, bench, QUICK, period_s, 6)
        found = pauses(rig, since_s)
        sockets = {pause.socket for pause in found if pause.end is not None}
        rig.judge.holds(
            "ALT-020",
            "pauses that ended, in six periods",
            holds=sockets == {1, 2},
            seen=f"of sockets {sorted(sockets)}",
            promised="of both",
        )
        for pause in found:
            if pause.end is not None or rig.now_s() - pause.start.at_s > period_s + HANDOVER_S:
                rig.judge.elapsed(
                    "ALT-020",
                    f"pause of socket {pause.socket}",
                    start=pause.start,
                    end=pause.end,
                    limit_s=period_s,
                    early_s=None,
                    late_s=LOOP_S + DEFAULT.tolerance_late_s,
                    watched_until_s=rig.now_s(),
                )
