"""`report.html`: one file that needs nothing else, readable on a phone, in print, in the dark, without scripts."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import quote

from rig.report import words
from rig.report.headline import (
    NOT_PASSED,
    READING_ORDER,
    count_cases,
    failed_without_verdict,
    findings,
    headline,
    judged_clauses,
    ordered_cases,
    tightest,
)
from rig.report.model import Band, CaseResult, ClauseRow, Report, TripPoint
from rig.report.plots import trip_curve_svg, trip_points
from rig.report.why_not import unobservable, waiting
from rig.verdicts import SEVERITY, Outcome, Verdict

if TYPE_CHECKING:
    from markupsafe import Markup

FILE_NAME = "report.html"
_TEMPLATE = "report.html.j2"
_TIGHTEST = 8
# A row judged by more cases than this folds their names away.
_CASES_IN_SIGHT = 4
_SLUG = re.compile(r"[^0-9A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Area:
    """One area of the catalogue: its rows with their places in the page, and how many fared how."""

    name: str
    rows: list[tuple[str, ClauseRow]]
    verdicts: list[tuple[Outcome, int]]
    statuses: list[tuple[str, int]]

    @property
    def judged(self) -> bool:
        """Was any row of this area judged?"""
        return bool(self.verdicts)


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case, its place in the page, and its plot, which is markup already."""

    anchor: str
    case: CaseResult
    plot: Markup


@dataclass(frozen=True, slots=True)
class BandRow:
    """One documented band beside the trips that were measured within it."""

    band: Band
    tripped_s: list[float]
    verdict: Outcome | None


def render_html(report: Report) -> bytes:
    """The bytes of `report.html`; every text in it is escaped."""
    # Imported here, since the workers that only draw plots need no template engine.
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    folder = files("rig.report") / "templates"
    sources = {name: (folder / name).read_text(encoding="utf-8") for name in (_TEMPLATE, "report.css", "report.js")}
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "printable": words.printable,
        "number": words.number,
        "duration": words.duration,
        "promised": words.promised,
        "measured": words.measured,
        "tolerance": words.tolerance,
        "margin": words.margin,
        "evidence": words.evidence,
        "unseen": words.unseen,
        # Paths are relative; quoting the colon too leaves no room for another scheme.
        "link": lambda path: quote(path, safe="/", errors="replace"),
    }
    cases = ordered_cases(report)
    places = _Places()
    views = [CaseView(places.anchor("case", case.case), case, Markup(case.plot)) for case in cases]
    areas = _areas(report.clauses, places)
    points = trip_points(cases)
    drawn = report.pictures and (report.bands or points)
    html = environment.from_string(sources[_TEMPLATE]).render(
        run=report.run,
        headline=headline(report),
        counts=count_cases(report),
        reading_order=READING_ORDER,
        judged=len(judged_clauses(report)),
        rows=len(report.clauses),
        sign=words.SIGN,
        cases_in_sight=_CASES_IN_SIGHT,
        not_passed=[(outcome, _by_case(findings(report, outcome))) for outcome in NOT_PASSED],
        broken=failed_without_verdict(report),
        tightest=tightest(report, _TIGHTEST),
        bands=[_band_row(band, points) for band in sorted(report.bands, key=lambda band: band.lower_pct)],
        trip_curve=Markup(trip_curve_svg(report.bands, points)) if drawn else None,
        areas=areas,
        statuses=sorted({row.status for row in report.clauses}),
        waiting=waiting(report.clauses, report.obstacles),
        unobservable=unobservable(report.clauses, report.obstacles),
        suites=[(suite, list(members)) for suite, members in groupby(views, key=lambda view: view.case.suite)],
        anchors={view.case.case: view.anchor for view in reversed(views)},
        clause_anchors={row.id: anchor for area in areas for anchor, row in reversed(area.rows)},
        css=Markup(sources["report.css"]),
        script=Markup(sources["report.js"]),
        script_hash=_script_hash(sources["report.js"]),
    )
    # Lone surrogates were made visible by `printable`; what slipped through must not cost the report.
    return html.encode("utf-8", "backslashreplace")


def _script_hash(script: str) -> str:
    """What the content security policy of the page allows to run: this script and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


class _Places:
    """Anchors in the page; names that differ only in signs get a number."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def anchor(self, kind: str, name: str) -> str:
        """An anchor that was not given before."""
        base = anchor = f"{kind}-{_SLUG.sub('-', name).strip('-').lower() or 'unnamed'}"
        number = 1
        while anchor in self._taken:
            number += 1
            anchor = f"{base}-{number}"
        self._taken.add(anchor)
        return anchor


def _by_case(pairs: list[tuple[CaseResult, Verdict]]) -> list[tuple[CaseResult, list[Verdict]]]:
    grouped: dict[str, tuple[CaseResult, list[Verdict]]] = {}
    for case, verdict in pairs:
        grouped.setdefault(case.case, (case, []))[1].append(verdict)
    return list(grouped.values())


def _areas(rows: list[ClauseRow], places: _Places) -> list[Area]:
    """The matrix in the order of the catalogue, rows of one area together."""
    areas = []
    for name in dict.fromkeys(row.area for row in rows):
        members = [row for row in rows if row.area == name]
        verdicts = [(outcome, sum(row.verdict == outcome for row in members)) for outcome in READING_ORDER]
        statuses = Counter(row.status for row in members)
        anchored = [(places.anchor("clause", row.id), row) for row in members]
        areas.append(Area(name, anchored, [pair for pair in verdicts if pair[1]], sorted(statuses.items())))
    return areas


def _band_row(band: Band, points: list[TripPoint]) -> BandRow:
    upper = math.inf if band.upper_pct is None else band.upper_pct
    inside = [point for point in points if band.lower_pct <= point.ratio_pct < upper]
    outcome = max((point.verdict for point in inside), key=SEVERITY.index, default=None)
    return BandRow(band, sorted(point.after_s for point in inside if point.tripped), outcome)
