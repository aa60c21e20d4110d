"""The judge of one case: takes what was observed, consults the clause and timing tables, and keeps the verdicts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from rig.clauses.timings import Timing, early_tolerance_s, late_tolerance_s
from rig.errors import Finding
from rig.timeline import Event
from rig.verdicts import Outcome, Verdict, judge_fact, judge_value

# Outcomes that make a case a finding: it did not pass, and the bench could have seen it pass.
_FINDINGS: tuple[Outcome, ...] = ("fail", "inconclusive")


class Sight(Protocol):
    """How well a bench sees what happens at its sockets."""

    @property
    def late_s(self) -> float:
        """How much later than it happens something may be seen."""

    @property
    def offer_error_a(self) -> float:
        """How far off an offer may be that is seen, in ampere."""


class Judge:
    """Collects verdicts; `finish` raises `Finding` if the station fell short anywhere.

    `known` raises ConfigurationError for a clause id that is not in the catalogue. `uncertainty_s` is what the bench
    adds to the uncertainty of every time, e.g. the latency of a USB adapter. `sight` is the bench, once there is one.
    """

    def __init__(self, case: str, known: Callable[[str], object], uncertainty_s: float = 0.0) -> None:
        self.case = case
        self.verdicts: list[Verdict] = []
        self.beyond: set[str] = set()
        """Clauses that are judged beyond those that the case is marked with: by invariants."""
        self.held: set[str] = set()
        """Clauses of invariants that were watched all the time and held."""
        self._known = known
        self.sight: Sight | None = None
        self._uncertainty_s = uncertainty_s

    @property
    def _offer_error_a(self) -> float:
        return 0.0 if self.sight is None else self.sight.offer_error_a

    def _keep(self, verdict: Verdict) -> Verdict:
        self._known(verdict.clause)
        self.verdicts.append(verdict)
        return verdict

    def value(
        self,
        clause: str,
        what: str,
        *,
        measured: float,
        limit: float,
        unit: str,
        early: float | None = 0.0,
        late: float | None = 0.0,
        uncertainty: float = 0.0,
        evidence: dict[str, Any] | None = None,
    ) -> Verdict:
        """A quantity in `unit`: may lie from `limit - early` to `limit + late`; None means any distance."""
        return self._keep(
            judge_value(
                clause=clause,
                case=self.case,
                what=what,
                measured=measured,
                limit=limit,
                unit=unit,
                tolerance_early=early,
                tolerance_late=late,
                uncertainty=uncertainty + (self._offer_error_a if unit == "A" else 0.0),
                evidence=evidence,
            )
        )

    def elapsed(
        self,
        clause: str,
        what: str,
        *,
        start: Event,
        end: Event | None,
        limit_s: float,
        early_s: float | None = 0.0,
        late_s: float | None = 0.0,
        watched_until_s: float,
        evidence: dict[str, Any] | None = None,
    ) -> Verdict:
        """The time from one event to another. `end` None: it did not happen up to `watched_until_s`, which fails."""
        seen: dict[str, Any] = {"from_s": start.at_s, "from": f"{start.source} {start.kind}", **(evidence or {})}
        if end is None:
            return self._keep(
                Verdict(
                    clause=clause,
                    case=self.case,
                    verdict="fail",
                    what=what,
                    measured=f"did not happen within {watched_until_s - start.at_s:g} s",
                    unit="s",
                    limit=limit_s,
                    tolerance_early=early_s,
                    tolerance_late=late_s,
                    evidence={**seen, "watched_until_s": watched_until_s},
                )
            )
        return self.value(
            clause,
            what,
            measured=end.at_s - start.at_s,
            limit=limit_s,
            unit="s",
            early=early_s,
            late=late_s,
            uncertainty=start.uncertainty_s + end.uncertainty_s + self._uncertainty_s,
            evidence={**seen, "to_s": end.at_s, "to": f"{end.source} {end.kind}"},
        )

    def timed(
        self,
        row: Timing,
        what: str,
        *,
        start: Event,
        end: Event | None,
        watched_until_s: float,
        clause: str | None = None,
        evidence: dict[str, Any] | None = None,
    ) -> Verdict:
        """As `elapsed`, with the documented time and its tolerances from the timing table.

        `clause` is another clause that rests on the same time; None: the row's own.
        """
        return self.elapsed(
            clause or row.clause,
            what,
            start=start,
            end=end,
            limit_s=row.value_s,
            early_s=early_tolerance_s(row),
            late_s=late_tolerance_s(row),
            watched_until_s=watched_until_s,
            evidence=evidence,
        )

    def holds(
        self,
        clause: str,
        what: str,
        *,
        holds: bool,
        seen: str,
        promised: str,
        clear_s: float = math.inf,
        evidence: dict[str, Any] | None = None,
    ) -> Verdict:
        """Something that is or is not so. `seen` and `promised` say in words what was observed and is documented.

        `clear_s` is how far from a documented instant it was looked at; when the bench's times are known no better than
        that, the verdict is inconclusive.
        """
        verdict = judge_fact(
            clause=clause, case=self.case, what=what, holds=holds, seen=seen, promised=promised, evidence=evidence
        )
        known_s = self._uncertainty_s + (0.0 if self.sight is None else self.sight.late_s)
        if clear_s <= known_s:
            verdict = msgspec.structs.replace(verdict, verdict="inconclusive", uncertainty=known_s)
        return self._keep(verdict)

    def never(
        self,
        clause: str,
        what: str,
        *,
        event: Event | None,
        watched_s: float,
        promised: str,
        clear_s: float = math.inf,
        evidence: dict[str, Any] | None = None,
    ) -> Verdict:
        """Something must not happen while it was watched; `event` is the first time it did, if it did.

        `clear_s`: as in `holds`.
        """
        seen = f"did not happen in {watched_s:g} s" if event is None else f"happened at {event.at_s:g} s"
        details: dict[str, Any] = {"watched_s": watched_s, **(evidence or {})}
        if event is not None:
            details |= {"at_s": event.at_s, "event": f"{event.source} {event.kind}", "data": event.data}
        return self.holds(
            clause, what, holds=event is None, seen=seen, promised=promised, clear_s=clear_s, evidence=details
        )

    def without(self, clause: str, outcome: Outcome, reason: str) -> Verdict:
        """A clause that could not be judged: `not-testable` on this bench, or an `error` of the harness."""
        return self._keep(
            Verdict(clause=clause, case=self.case, verdict=outcome, what="not judged", evidence={"reason": reason})
        )

    def finish(self) -> None:
        """Raise Finding, naming every verdict that is not a pass."""
        findings = [verdict for verdict in self.verdicts if verdict.verdict in _FINDINGS]
        if findings:
            raise Finding("\n".join(describe(verdict) for verdict in findings))


def describe(verdict: Verdict) -> str:
    """One line: clause, what, measured against promised."""
    unit = f" {verdict.unit}" if verdict.unit else ""
    text = f"{verdict.clause} {verdict.verdict}: {verdict.what}: measured {verdict.measured}"
    text += unit if isinstance(verdict.measured, float) else ""
    text += f", promised {verdict.limit}{unit if isinstance(verdict.limit, float | int) else ''}"
    if verdict.margin is not None:
        text += f" (margin {verdict.margin:g}{unit}, uncertainty {verdict.uncertainty:g}{unit})"
    return text
