"""What a report is made of, as plain data: the run, its cases, the clause table and the over-current bands.

The report knows neither the catalogue nor the plugin; whoever ran the cases fills in these structs.
"""

from __future__ import annotations

import msgspec

from rig.verdicts import Outcome, Verdict


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one run. `station_s` and `wall_s` are seconds; `started` is an ISO 8601 date or null.

    A run in virtual time leaves `started` out, so that two runs of one seed give the same report but for `wall_s`.
    """

    version: str
    commit: str | None
    clock: str
    seed: int
    bench: str
    station: str
    station_s: float
    wall_s: float
    started: str | None = None
    self_test: str = "not run"


class CaseResult(msgspec.Struct, frozen=True, kw_only=True):
    """One case: what was done, what was judged, and where the evidence lies (paths relative to the report folder).

    `plot` is the SVG fragment of `case_timeline_svg`, made where the case ran. `error` tells why there is no verdict.
    `held` are the clauses that were watched at every moment and never broken.
    """

    case: str
    suite: str
    title: str
    outcome: Outcome
    doc: str = ""
    clauses: list[str] = []
    verdicts: list[Verdict] = []
    held: list[str] = []
    station_s: float = 0.0
    log: list[str] = []
    plot: str = ""
    timeline_path: str | None = None
    captures: list[str] = []
    error: str | None = None


class ClauseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the catalogue with its fate in this run. `status` and `reason` are the catalogue's own words."""

    id: str
    area: str
    text: str
    source: str
    status: str
    reason: str = ""
    verdict: Outcome | None = None
    cases: list[str] = []


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """One documented over-current band: from `lower_pct` (inclusive) up to `upper_pct` (exclusive, null: open) of the
    allowed current the station trips after `trip_after_s`, at most the two tolerances away from it.
    """

    clause: str
    lower_pct: float
    upper_pct: float | None
    trip_after_s: float
    tolerance_early_s: float = 0.0
    tolerance_late_s: float = 0.0


class TripPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One measured point of the trip curve. `after_s` is the trip time, or how long it was watched without a trip."""

    ratio_pct: float
    after_s: float
    tripped: bool
    verdict: Outcome


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that `write_report` needs. Cases and clauses are shown in the order in which they are given.

    `obstacles` says in a sentence what is missing, by the names that reasons of clauses begin with. Without `pictures`
    nothing is drawn.
    """

    run: RunInfo
    pictures: bool = True
    cases: list[CaseResult] = []
    clauses: list[ClauseRow] = []
    bands: list[Band] = []
    obstacles: dict[str, str] = {}
