"""The drawing comes out in the pixels, colours and words that went in."""

from __future__ import annotations

import os
import re
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
    assert boxes.get("d") == "M1 2H3V4H1zm9 8H20V30H10z"
    (text,) = root.iter(f"{SVG}text")
    assert (text.get("x"), text.get("y"), text.text) == ("50", "60", "here")
    (group,) = root.findall(f"{SVG}g")
    assert group.get("style") == "text-anchor:end"
    assert list(group) == [text]


def test_bars_are_whole_pixels_in_one_path_a_row() -> None:
    canvas = Canvas(300, 200)
    canvas.bars([(10.2, 0, 20.4, 10), (30.6, 0, 30.7, 10), (40, 5, 41, 10)], "idle")
    drawn = [(path.get("d"), path.get("style")) for path in parsed(canvas).findall(f"{SVG}path")]
    style = f"fill:none;stroke:var(--plot-idle,{INKS['idle']});stroke-width:"
    assert drawn == [("M10 5H20M31 5h1", f"{style}10"), ("M40 7.5h1", f"{style}5")]


def test_a_description_follows_the_title() -> None:
    canvas = Canvas(10, 10)
    assert "<title>t</title><desc>a &lt; b</desc>" in canvas.svg("t", "c", "a < b")
    assert "<desc>" not in canvas.svg("t", "c")


def absolute(path: str) -> list[tuple[float, float]]:
    """The corners of a path that `Canvas` wrote, as a browser reads it."""
    corners: list[tuple[float, float]] = []
    x = y = 0.0
    began = (0.0, 0.0)
    for letter, values in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        numbers = [float(n) for n in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", values)]
        if letter in "zZ":
            x, y = began
            continue
        at = (x, y) if letter.islower() else (0.0, 0.0)
        if letter in "Hh":
            x = at[0] + numbers[0]
        elif letter in "Vv":
            y = at[1] + numbers[0]
        else:
            x, y = at[0] + numbers[0], at[1] + numbers[1]
        if letter in "Mm":
            began = (x, y)
        corners.append((round(x, 1), round(y, 1)))
    return corners


PLACE = st.tuples(st.integers(0, 7000), st.integers(0, 4000)).map(lambda place: (place[0] / 10, place[1] / 10))
OUTLINES = st.lists(st.lists(PLACE, min_size=3, max_size=8, unique=True), min_size=1, max_size=5)


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(OUTLINES, st.booleans())
def test_short_paths_lead_to_the_same_places(outlines: list[list[tuple[float, float]]], closed: bool) -> None:
    canvas = Canvas(700, 400)
    if closed:
        canvas.polygons(outlines, "idle")
    else:
        canvas.lines(outlines, "idle")
    (path,) = parsed(canvas).findall(f"{SVG}path")
    assert absolute(path.get("d") or "") == [corner for outline in outlines for corner in outline]


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
    first, second = root.iter(f"{SVG}text")
    assert (first.text or "") == printable(text).replace("\n", " ")
    assert second.text == "word0"
    assert root.find(f"{SVG}title") is not None
