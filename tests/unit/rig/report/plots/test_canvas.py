"""The drawing comes out in the pixels, colours and words that went in."""

from __future__ import annotations

import os
from xml.etree import ElementTree as ET

import matplotlib
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.report.plots.canvas import INKS, Canvas
from rig.report.words import printable

EXAMPLES = 300 if os.environ.get("EVSE_RIG_DEEP") == "1" else 30
SVG = "{http://www.w3.org/2000/svg}"


def parsed(canvas: Canvas, title: str = "t") -> ET.Element:
    return ET.fromstring(canvas.svg(title, "c"))


def test_pixels_come_out_as_they_went_in() -> None:
    canvas = Canvas(300, 200)
    canvas.lines([[(10, 20), (110, 20), (110, 70.26), (150, 90)], [(0, 0), (5, 0)]], "l1", width=1.5, dash=(6, 3))
    canvas.boxes([(1, 2, 3, 4), (10, 10, 20, 30)], "idle")
    canvas.text(50, 60, "here", anchor="end")
    root = parsed(canvas)
    assert root.get("viewBox") == "0 0 300 200"
    line, boxes = root.findall(f"{SVG}path")
    assert line.get("d") == "M10 20H110V70.3L150 90M0 0H5"
    style = line.get("style") or ""
    assert f"stroke:var(--plot-l1,{INKS['l1']})" in style
    assert "stroke-width:1.5" in style
    assert "stroke-dasharray:6,3" in style
    assert boxes.get("d") == "M1 2H3V4H1zM10 10H20V30H10z"
    (text,) = root.findall(f"{SVG}text")
    assert (text.get("x"), text.get("y"), text.text) == ("50", "60", "here")
    assert "text-anchor:end" in (text.get("style") or "")


def test_nothing_drawn_is_nothing_written() -> None:
    canvas = Canvas(10, 10)
    canvas.lines([], "ink")
    canvas.boxes([], "ink")
    assert [child.tag for child in parsed(canvas)] == [f"{SVG}title"]


def test_many_fragments_share_a_page_without_colliding() -> None:
    canvas = Canvas(10, 10)
    canvas.lines([[(0, 0), (5, 5)]] * 3, "ink")
    canvas.boxes([(0, 0, 1, 1)] * 3, "ink", outline="paper")
    assert not [element for element in parsed(canvas).iter() if "id" in element.attrib]


def test_no_stand_in_colour_is_left() -> None:
    canvas = Canvas(10, 10)
    for ink in INKS:
        canvas.lines([[(0, 0), (5, 5)]], ink)
        canvas.polygons([[(0, 0), (5, 5), (0, 5)]], ink, outline=ink)
        canvas.text(1, 1, "x", ink=ink)
    svg = canvas.svg("t", "c")
    assert "#fe00" not in svg
    assert svg.count("<path") == 2 * len(INKS)
    assert svg.count("<text") == len(INKS)


def test_the_users_matplotlib_settings_change_nothing() -> None:
    def drawn() -> str:
        canvas = Canvas(100, 100)
        canvas.lines([[(0, 0), (50, 50)]], "ink")
        canvas.text(5, 5, "$x$")
        return canvas.svg("t", "c")

    plain = drawn()
    with matplotlib.rc_context(
        {"svg.fonttype": "path", "path.sketch": (5, 50, 2), "font.size": 30, "svg.hashsalt": "x"}
    ):
        assert drawn() == plain


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(st.text(st.characters()), st.text(st.characters()))
def test_any_text_is_well_formed(title: str, text: str) -> None:
    canvas = Canvas(50, 50)
    canvas.text(1, 1, text)
    canvas.text(2, 2, "word0")
    root = parsed(canvas, title)
    first, second = root.findall(f"{SVG}text")
    assert (first.text or "") == printable(text).replace("\n", " ")
    assert second.text == "word0"
    assert root.find(f"{SVG}title") is not None
