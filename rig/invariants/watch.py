"""Listening to a run and telling the invariants of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

from rig.bench.bench import Bench
from rig.bench.seen import Seen
from rig.case import Case
from rig.invariants.base import Invariant
from rig.invariants.connection import Connection, StationLimit
from rig.invariants.contactor import ContactorOpens
from rig.invariants.facts import Facts, facts_of
from rig.invariants.hearing import Hearing
from rig.invariants.offers import Needs14A, Offers
from rig.invariants.turns import Turns
from rig.judge import Judge
from rig.timeline import Event

_MAKE: Mapping[str, type[Invariant]] = {
    "connection": Connection,
    "station": StationLimit,
    "offers": Offers,
    "contactor": ContactorOpens,
    "needs_14_a": Needs14A,
    "turns": Turns,
}
NAMES = tuple(_MAKE)
# Of all that is seen, what invariants ask about.
_KINDS = ("pilot", "contactor", "currents", "site")


class Watch:
    """Those of the invariants that apply, from `now_s` on; `hear` every event, then `judge`.

    `facts` tells those of the bench; what was changed about them holds from a reboot on.
    """

    def __init__(self, facts: Callable[[], Facts], now_s: float, leave_out: Collection[str] = ()) -> None:
        self._facts = facts
        now = facts()
        self._made = [make(now) for name, make in _MAKE.items() if name not in leave_out]
        self.invariants = [each for each in self._made if each.applies]
        self._hearing = Hearing(now)
        self._seen = Seen(now.orders)
        self._began_s = self._now_s = now_s

    def hear(self, event: Event) -> None:
        """The next event."""
        if self._hearing.concerns(event):
            self._until(event.at_s)
            if event.kind == "reboot":
                self._rebooted()
            self._hearing.hear(event)
            for each in self._made:
                each.unheard = not self._hearing.possible
        elif event.kind in _KINDS:
            self._until(event.at_s)
            self._seen.take(event)

    def _rebooted(self) -> None:
        now = self._hearing.facts = self._facts()
        for each in self._made:
            each.facts = now
            if each.applies and each not in self.invariants:
                self.invariants.append(each)

    def _until(self, at_s: float) -> None:
        if at_s > self._now_s:
            for invariant in (each for each in self.invariants if each.applies):
                invariant.lasted(self._now_s, at_s, self._seen)
            self._now_s = at_s

    def judge(self, judge: Judge, now_s: float, *, broken_only: bool = False) -> None:
        """One verdict of each, of what was so up to `now_s`; with `broken_only` of those that were broken."""
        self._until(now_s)
        for invariant in self.invariants:
            broken = invariant.broken
            if broken is None and broken_only:
                judge.held.add(invariant.clause)
                continue
            watched = {"since_s": round(self._began_s, 6), "watched_until_s": round(now_s, 6)}
            judge.beyond.add(invariant.clause)
            judge.holds(
                invariant.clause,
                invariant.what,
                holds=broken is None,
                seen="held" if broken is None else f"{broken.seen} at {broken.at_s:g} s",
                promised=invariant.promised,
                evidence=watched if broken is None else {"at_s": broken.at_s, **watched},
            )


@contextmanager
def invariants(
    rig: Case, bench: Bench, leave_out: Collection[str] = (), *, broken_only: bool = False
) -> Iterator[Watch]:
    """They hold for the time of a `with` block, all but those of `leave_out` (see `NAMES`); verdicts come at its end.

    Their clauses need no mark on the case. With `broken_only` those that held are noted without a verdict of their own.
    """
    watch = Watch(lambda: facts_of(bench, rig.options.bench.measuring.uncertainty_s), rig.now_s(), leave_out)
    for event in rig.timeline.events:
        if event.at_s >= bench.began_s:  # of this bench, and not of one before it in the same case
            watch.hear(event)
    leave = rig.timeline.listen(watch.hear)
    try:
        yield watch
    finally:
        leave()
    watch.judge(rig.judge, rig.now_s(), broken_only=broken_only)
