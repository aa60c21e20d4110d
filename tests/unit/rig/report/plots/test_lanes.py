"""Strips are drawn where their times and values belong."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from rig.report.plots.canvas import Canvas
from rig.report.plots.decimate import Span
from rig.report.plots.lanes import (
    LEFT,
    PLOT_WIDTH,
    RIGHT_EDGE,
    WIDTH,
    Curve,
    Frame,
    Lane,
    bars,
    current_lane,
    span_lane,
)

SVG = "{http://www.w3.org/2000/svg}"
FRAME = Frame(0.0, PLOT_WIDTH / 10)  # ten pixels a second


def drawn(lane: Lane) -> tuple[list[tuple[str, str]], list[str]]:
    canvas = Canvas(WIDTH, lane.height)
    lane.draw(canvas, 0)
    root = ET.fromstring(canvas.svg("t", "c"))
    paths = [(path.get("d") or "", path.get("style") or "") for path in root.findall(f"{SVG}path")]
    return paths, [text.text or "" for text in root.findall(f"{SVG}text")]


def test_the_frame_maps_time_to_pixels() -> None:
    assert FRAME.per_second == 10
    assert FRAME.x(0.0) == LEFT
    assert FRAME.x(FRAME.end_s) == RIGHT_EDGE


def test_currents_are_steps_that_hold_to_the_end() -> None:
    lane = current_lane(FRAME, "Socket 1, A", [Curve("L1", "l1", [(1.0, 0.0), (2.0, 10.0)])], [(0.0, 16.0)])
    paths, texts = drawn(lane)
    (curve,) = [d for d, style in paths if "--plot-l1" in style and f"H{RIGHT_EDGE}" in d]
    assert curve.startswith(f"M{LEFT + 10} ")
    assert f"H{LEFT + 20}V" in curve
    assert {"Socket 1, A", "offered", "L1", "0", "5", "10", "15"} <= set(texts)
    assert any("--plot-idle" in style for _, style in paths)


def test_export_goes_below_zero() -> None:
    _, texts = drawn(current_lane(FRAME, "P1, A", [Curve("L1", "l1", [(0.0, -10.0), (5.0, 10.0)])], []))
    assert {"−10", "0", "10"} <= set(texts)
    assert "offered" not in texts


def test_a_state_is_named_where_its_name_fits() -> None:
    spans = [Span(0.0, 10.0, "C2"), Span(10.0, 10.01, "B2"), Span(10.01, 20.0, "F")]
    looks = {"C2": ("charge", 1.0), "B2": ("ready", 0.8), "F": ("fault", 1.0)}
    paths, texts = drawn(span_lane(FRAME, "Pilot", spans, looks.__getitem__, 20))
    assert texts == ["C2", "F", "Pilot"]
    (blip,) = [d for d, style in paths if "--plot-ready" in style]
    assert blip == f"M{LEFT + 100} 4H{LEFT + 101}V20H{LEFT + 100}z"  # a pixel wide at least


def test_moments_are_visible() -> None:
    paths, texts = drawn(bars(FRAME, "Log", [([(5.0, 5.0)], "accent", 1.0), ([], "muted", 0.5)], 10))
    assert texts == ["Log"]
    ((path, _),) = paths
    assert path == f"M{LEFT + 50} 0H{LEFT + 51.2}V10H{LEFT + 50}z"
