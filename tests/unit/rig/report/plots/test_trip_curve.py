"""The trip curve shows what was promised and what was measured."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from rig.report.model import Band, CaseResult, TripPoint
from rig.report.plots import trip_curve_svg, trip_points
from rig.verdicts import Outcome, Verdict

SVG = "{http://www.w3.org/2000/svg}"
BANDS = [
    Band(clause="OCP-001", lower_pct=100, upper_pct=105, trip_after_s=1200, tolerance_late_s=12),
    Band(clause="OCP-002", lower_pct=105, upper_pct=112, trip_after_s=100, tolerance_late_s=1),
    Band(clause="OCP-004", lower_pct=112, upper_pct=150, trip_after_s=2, tolerance_late_s=0.5),
    Band(clause="OCP-006", lower_pct=150, upper_pct=None, trip_after_s=2),
]


def parsed(bands: list[Band], points: list[TripPoint]) -> tuple[list[tuple[str, str]], list[str]]:
    root = ET.fromstring(trip_curve_svg(bands, points))
    paths = [(path.get("d") or "", path.get("style") or "") for path in root.findall(f"{SVG}path")]
    return paths, [text.text or "" for text in root.iter(f"{SVG}text")]


def point(ratio: float, after: float, verdict: Outcome = "pass", *, tripped: bool = True) -> TripPoint:
    return TripPoint(ratio_pct=ratio, after_s=after, tripped=tripped, verdict=verdict)


def test_documented_steps_are_labelled() -> None:
    paths, texts = parsed(BANDS, [])
    expected = {
        "1200 s",
        "100 s",
        "2 s",
        "100 %",
        "105 %",
        "112 %",
        "150 %",
        "OCP-001",
        "OCP-002",
        "OCP-004",
        "OCP-006",
    }
    assert expected <= set(texts)
    (tolerance,) = [d for d, style in paths if "--plot-band" in style]
    assert tolerance.lower().count("m") == len(BANDS)


def test_every_outcome_has_its_own_mark() -> None:
    base, _ = parsed(BANDS, [])
    shapes = set()
    for outcome in ("pass", "fail", "inconclusive"):
        paths, _ = parsed(BANDS, [point(110.0, 50.0, outcome)])
        (mark,) = [d for d, style in paths if (d, style) not in base]
        shapes.add("".join(letter for letter in mark if letter.isalpha()))
    assert len(shapes) == 3
    waiting, _ = parsed(BANDS, [point(110.0, 50.0, tripped=False)])
    assert len(waiting) == len(base) + 2  # the stem and the head of an arrow


def test_points_beyond_the_scale_are_named() -> None:
    _, texts = parsed(BANDS, [point(200, 1.8), point(300, 1.8), point(155, 1.8)])
    assert "at the right edge: 200 %, 300 %" in texts


def test_points_on_one_pixel_are_drawn_once() -> None:
    assert trip_curve_svg(BANDS, [point(105, 100.2)] * 500) == trip_curve_svg(BANDS, [point(105, 100.2)])


def test_extreme_times_stay_inside_the_plot() -> None:
    svg = trip_curve_svg(BANDS, [point(100, 1e-9), point(100, 1e6), point(0, 5)])
    numbers = [float(e.get("y") or 0) for e in ET.fromstring(svg).iter(f"{SVG}text")]
    assert all(0 <= y <= 380 for y in numbers)


def test_nothing_to_draw() -> None:
    assert "Drawn current" in trip_curve_svg([], [])


def test_points_of_cases() -> None:
    def verdict(**fields: object) -> Verdict:
        values = {"clause": "C", "case": "c", "verdict": "pass", "what": "w", "unit": "s", **fields}
        return Verdict(**values)  # type: ignore[arg-type]

    verdicts = [
        verdict(measured=100.2, evidence={"ratio_pct": 105}),
        verdict(measured="no trip", evidence={"ratio_pct": 99.9, "watched_s": 7200}),
        verdict(verdict="fail", measured="not", evidence={"ratio_pct": 110.0, "from_s": 5.0, "watched_until_s": 125.0}),
        verdict(verdict="fail", measured="happened at 42 s", evidence={"ratio_pct": 99.9, "watched_s": 7200}),
        verdict(measured=16.8, unit="A", evidence={"ratio_pct": 105}),
        verdict(measured=300.0, evidence={}),
        verdict(measured=0.0, evidence={"ratio_pct": 105}),
        verdict(measured="no trip", evidence={"ratio_pct": "?"}),
    ]
    case = CaseResult(case="c", suite="s", title="t", outcome="pass", verdicts=verdicts)
    assert trip_points([case]) == [
        point(105.0, 100.2),
        point(99.9, 7200.0, tripped=False),
        point(110.0, 120.0, "fail", tripped=False),
    ]
