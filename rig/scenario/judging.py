"""Judging the expectations of a scenario by what the timeline holds once it was played."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rig.bench.seen import Seen, instants
from rig.handles import Capability
from rig.judge import Judge
from rig.kit.balancing import OFFER_STEP_A, PWM_STEP_A
from rig.meters import MeterKind
from rig.scenario.asked import Asked, said_of
from rig.scenario.form import Condition, Expect
from rig.timeline import Event

# What a bench has to see for a condition; the others need the pilot.
_NEEDS: Mapping[str, Capability] = {"display": "panel", "led": "panel", "log": "log", "limit_source": "monitor"}


class Expectations:
    """Judges what was expected at events of the timeline.

    `orders` are the grid's phases at each socket's terminals, `meter` the one that offers are computed from, None for
    none; `capabilities` are those of the bench.
    """

    def __init__(
        self,
        judge: Judge,
        events: Sequence[Event],
        orders: Mapping[int, str],
        meter: MeterKind | None,
        capabilities: frozenset[Capability],
    ) -> None:
        self._judge = judge
        self._events = events
        self._orders = orders
        self._capabilities = capabilities
        # An offer is rounded down to a tenth; the duty cycle is as near to it as its generator can set it.
        error_a = 0.0 if meter is None else meter.error_a
        self._below_a, self._above_a = error_a + OFFER_STEP_A + PWM_STEP_A, error_a + PWM_STEP_A

    def judge(self, number: int, expect: Expect, clauses: Sequence[str], index: int) -> None:
        """The expectation of step `number`, which is event `index` of the timeline."""
        asked = self._asked(expect)
        what = f"step {number}: {expect.what or asked}"
        missing = _NEEDS.get(asked.name, "pilot")
        if missing not in self._capabilities:
            for clause in clauses:
                self._judge.without(clause, "not-testable", f"{what}: this bench has no {missing} of the station")
            return
        start = index
        if expect.after is not None:
            found = self._first(self._asked(expect.after), index, expect.after.within_s)
            if found is None:
                self._missed(clauses, what, expect, index)
                return
            start = self._events.index(found)
        for clause in clauses:
            self._one(clause, what, expect, asked, start)

    def _one(self, clause: str, what: str, expect: Expect, asked: Asked, start: int) -> None:
        if expect.within_s is not None:
            self._within(clause, what, expect, asked, start, expect.within_s)
        elif expect.never_for_s is not None:
            self._always(clause, f"{what}, never", asked, start, expect.never_for_s, wanted=False)
        elif expect.always_for_s is not None:
            self._always(clause, f"{what}, all the time", asked, start, expect.always_for_s, wanted=True)
        else:
            self._now(clause, what, asked, start)

    def _asked(self, condition: Condition) -> Asked:
        return Asked(condition, self._below_a, self._above_a)

    def _first(self, asked: Asked, start: int, within_s: float, *, wanted: bool = True) -> Event | None:
        """The first event from `start` on after which it is so, or is not."""
        until_s = self._events[start].at_s + within_s
        found = instants(self._events, start, until_s, self._orders)
        return next((event for event, seen in found if asked.holds(seen) is wanted), None)

    def _at(self, at: Event | int) -> Seen:
        index = at if isinstance(at, int) else self._events.index(at)
        return next(seen for _, seen in instants(self._events, index, -math.inf, self._orders))

    def _missed(self, clauses: Sequence[str], what: str, expect: Expect, index: int) -> None:
        assert expect.after is not None
        anchor = self._asked(expect.after)
        for clause in clauses:
            self._judge.holds(
                clause,
                f"{what}: what it counts from",
                holds=False,
                seen=f"not in {expect.after.within_s:g} s; {said_of(anchor, self._at(index))} at first",
                promised=str(anchor),
                evidence={"at_s": self._events[index].at_s},
            )

    def _now(self, clause: str, what: str, asked: Asked, index: int) -> None:
        seen, at_s = self._at(index), self._events[index].at_s
        if asked.in_amperes:
            limit_a, below_a, above_a = asked.bounds_a
            self._judge.value(
                clause,
                what,
                measured=asked.value(seen),
                limit=limit_a,
                unit="A",
                early=below_a,
                late=above_a,
                evidence={"at_s": at_s},
            )
            return
        self._judge.holds(
            clause,
            what,
            holds=asked.holds(seen),
            seen=said_of(asked, seen),
            promised=str(asked),
            evidence={"at_s": at_s},
        )

    def _within(self, clause: str, what: str, expect: Expect, asked: Asked, start: int, within_s: float) -> None:
        begins = self._events[start]
        end = self._first(asked, start, within_s)
        earliest_s = expect.not_before_s
        last_s = begins.at_s + within_s
        *_, (_, last) = instants(self._events, start, last_s if end is None else end.at_s, self._orders)
        self._judge.elapsed(
            clause,
            what,
            start=begins,
            end=end,
            limit_s=within_s if earliest_s is None else earliest_s,
            early_s=None if earliest_s is None else 0.0,
            late_s=0.0 if earliest_s is None else within_s - earliest_s,
            watched_until_s=last_s,
            evidence={"seen": said_of(asked, last), "promised": str(asked)},
        )

    def _always(self, clause: str, what: str, asked: Asked, start: int, for_s: float, *, wanted: bool) -> None:
        event = self._first(asked, start, for_s, wanted=not wanted)
        self._judge.never(
            clause,
            what,
            event=event,
            watched_s=for_s,
            promised=f"{'' if wanted else 'not '}{asked}",
            evidence={"since_s": self._events[start].at_s},
        )
