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
    Shade,
    bars,
    current_lane,
    notes_lane,
    span_lane,
)

SVG = "{http://www.w3.org/2000/svg}"
FRAME = Frame(0.0, PLOT_WIDTH / 10)  # ten pixels a second


def drawn(lane: Lane) -> tuple[list[tuple[str, str]], list[str]]:
    canvas = Canvas(WIDTH, lane.height)
    lane.draw(canvas, 0)
    root = ET.fromstring(canvas.svg("t", "c"))
    paths = [(path.get("d") or "", path.get("style") or "") for path in root.findall(f"{SVG}path")]
    return paths, [text.text or "" for text in root.iter(f"{SVG}text")]


def test_the_frame_maps_time_to_pixels() -> None:
    assert FRAME.per_second == 10
    assert FRAME.x(0.0) == LEFT
    assert FRAME.x(FRAME.end_s) == RIGHT_EDGE


def test_currents_are_steps_that_hold_to_the_end() -> None:
    lines = [Curve("offered", "offer", [(0.0, 16.0)]), Curve("L1", "l1", [(1.0, 0.0), (2.0, 10.0)])]
    paths, texts = drawn(current_lane(FRAME, "Socket 1, A", lines))
    (curve,) = [d for d, style in paths if "--plot-l1" in style and f"H{RIGHT_EDGE}" in d]
    assert curve.startswith(f"M{LEFT + 10} ")
    assert "h10V" in curve
    assert {"Socket 1, A", "offered", "L1", "0", "5", "10", "15"} <= set(texts)


def test_an_area_reaches_down_to_nothing_and_a_shade_over_the_whole_height() -> None:
    area = Curve("drawn, L1", "drawn", [(1.0, 10.0), (2.0, 0.0)])
    paused = Shade("paused", "idle", [Span(2.0, 4.0, "paused")])
    paths, texts = drawn(current_lane(FRAME, "Socket 1, A", [], areas=[area], shades=[paused]))
    (outline, _) = [d for d, style in paths if "--plot-drawn" in style]
    assert outline.startswith(f"M{LEFT + 10} 100V")  # the line of 0 A
    assert outline.endswith("z")
    (shade, _) = [(d, style) for d, style in paths if "--plot-idle" in style]
    assert shade == (f"M{LEFT + 20} 57h20", "fill:none;stroke:var(--plot-idle,#e3e7ec);stroke-width:86")
    assert {"drawn, L1", "paused"} <= set(texts)


def test_what_is_empty_is_not_in_the_legend() -> None:
    _, texts = drawn(current_lane(FRAME, "A", [Curve("limit", "alarm", [])], shades=[Shade("paused", "idle", [])]))
    assert not {"limit", "paused"} & set(texts)


def test_lanes_can_share_a_scale() -> None:
    _, texts = drawn(current_lane(FRAME, "A", [Curve("L1", "l1", [(0.0, 1.0)])], highest_a=32.0))
    assert "30" in texts


def test_export_goes_below_zero() -> None:
    _, texts = drawn(current_lane(FRAME, "P1, A", [Curve("L1", "l1", [(0.0, -10.0), (5.0, 10.0)])]))
    assert {"−10", "0", "10"} <= set(texts)
    assert "offered" not in texts


LOOKS = {"C2": ("charge", 1.0), "B2": ("ready", 0.8), "F": ("fault", 1.0)}


def test_a_state_is_named_where_its_name_fits() -> None:
    spans = [Span(0.0, 10.0, "C2"), Span(10.0, 10.01, "B2"), Span(10.01, 20.0, "F")]
    paths, texts = drawn(span_lane(FRAME, "Pilot", spans, LOOKS.__getitem__, 20))
    assert texts == ["C2", "F", "Pilot", "B2"]  # B2 in the legend
    blip, _ = [d for d, style in paths if "--plot-ready" in style]
    assert blip == f"M{LEFT + 100} 12h1"  # a pixel wide at least


def test_a_name_that_does_not_fit_stands_beside_its_state_where_there_is_room() -> None:
    lane = span_lane(FRAME, "Pilot", [Span(0.0, 0.5, "C2"), Span(59.5, 60.0, "F")], LOOKS.__getitem__, 20)
    paths, texts = drawn(lane)
    assert texts == ["C2", "F", "Pilot"]
    assert lane.height == 20
    assert len(paths) == 2


def test_the_same_name_is_not_repeated_for_ever() -> None:
    spans = [Span(n * 2.0, n * 2.0 + 1.9, "C2") for n in range(30)]
    _, texts = drawn(span_lane(FRAME, "Pilot", spans, LOOKS.__getitem__, 20))
    assert texts.count("C2") == 4


def test_short_names_share_a_row_of_the_legend() -> None:
    def height(names: str) -> int:
        spans = [Span(n * 0.1, n * 0.1 + 0.1, name) for n, name in enumerate(names)]
        return span_lane(FRAME, "Pilot", [*spans, Span(n_s := len(names) * 0.1, n_s + 50, "last")], look, 20).height

    def look(_: str) -> tuple[str, float]:
        return "idle", 1.0

    assert 20 < height("AB") == height("ABC") < height("ABCDE")


def test_notes_are_signs_with_words_where_there_is_room() -> None:
    notes = {"plugged": [(1.0, 1.0), (30.0, 30.0)], "probing": [(1.5, 20.0)], "unplugged": [(59.9, 59.9)]}
    paths, texts = drawn(notes_lane(FRAME, notes))
    assert texts == ["plugged, probing", "plugged", "unplugged"]
    plugged, probing, unplugged = (d for d, _ in paths)
    assert plugged == f"M{LEFT + 6} 10h8l-4-8zm290 0h8l-4-8z"  # up
    assert probing == f"M{LEFT + 15} 13.5H{LEFT + 200}"
    assert unplugged == f"M{LEFT + 595} 2h8l-4 8z"  # down


def test_notes_without_room_are_signs_only() -> None:
    _, texts = drawn(notes_lane(FRAME, {"plugged": [(float(n), float(n)) for n in range(50)]}))
    assert texts == ["plugged"]


def test_moments_are_visible() -> None:
    paths, texts = drawn(bars(FRAME, "Log", [([(5.0, 5.0)], "accent", 1.0), ([], "muted", 0.5)], 10))
    assert texts == ["Log"]
    ((path, style),) = paths
    assert path == f"M{LEFT + 50} 5h1"
    assert "stroke-width:10" in style
