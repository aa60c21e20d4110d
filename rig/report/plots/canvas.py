"""An SVG fragment drawn with matplotlib, in pixels from the top left corner, in colours that the page decides.

matplotlib knows neither CSS variables nor text that the browser lays out, and writes ids that collide when many plots
share a page. So every ink is drawn in a stand-in colour and every text as a stand-in word, and the finished SVG is
tidied: colours become `var(--plot-…)`, words become the escaped text, ids, metadata and needless digits go. The result
depends on the drawing alone: no dates, no random ids.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from rig.report.words import printable

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom

_POINTS_PER_INCH = 72.0

# Every ink with the colour it has outside a report page. The phases follow Okabe and Ito, told apart by colour-blind
# readers, and differ in their dashes as well.
INKS = {
    "ink": "#1f2933",
    "muted": "#5f6b7a",
    "grid": "#d5dae1",
    "offer": "#1f2933",
    "l1": "#0072b2",
    "l2": "#c05a00",
    "l3": "#00805c",
    "drawn": "#94c3e3",
    "idle": "#e3e7ec",
    "ready": "#cfe3f5",
    "charge": "#bfe5d0",
    "fault": "#f3c1b4",
    "alarm": "#b3261e",
    "band": "#cfe3f5",
    "accent": "#0b5c6b",
    "paper": "#ffffff",
}
_STAND_IN = {name: f"#fe00{index:02x}" for index, name in enumerate(INKS)}
_INK_OF = {stand_in: f"var(--plot-{name},{INKS[name]})" for name, stand_in in _STAND_IN.items()}

# Whatever somebody's matplotlibrc says, two machines draw the same.
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "evse-rig",
    "path.simplify": False,
    "path.snap": False,
    "path.sketch": None,
    "path.effects": [],
    "text.usetex": False,
}
# Every field that matplotlib would fill in by itself.
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_ALIGNMENT = {"start": "left", "middle": "center", "end": "right"}


@dataclass(frozen=True, slots=True)
class _Shape:
    """Lines or areas that share a style: the corners of each, and whether they close."""

    outlines: list[Sequence[Point]]
    closed: bool
    style: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Text:
    x: float
    y: float
    text: str
    ink: str
    anchor: str


class Canvas:
    """A drawing of `width` by `height` pixels. What is added later lies on top; texts lie over everything."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._shapes: list[_Shape] = []
        self._texts: list[_Text] = []

    def lines(
        self, lines: Iterable[Sequence[Point]], ink: str, *, width: float = 1.0, dash: Sequence[float] = ()
    ) -> None:
        """Several open lines as one path; `dash` is the length of strokes and gaps in pixels."""
        pattern = (0, tuple(length / width for length in dash)) if dash else "solid"
        style = {"facecolor": "none", "edgecolor": _STAND_IN[ink], "linewidth": width, "linestyle": pattern}
        self._shapes.append(_Shape(list(lines), False, style))

    def polygons(self, polygons: Iterable[Sequence[Point]], ink: str, *, outline: str | None = None) -> None:
        """Several filled areas as one path."""
        edge = _STAND_IN[outline] if outline else "none"
        style = {"facecolor": _STAND_IN[ink], "edgecolor": edge, "linewidth": 1.0}
        self._shapes.append(_Shape(list(polygons), True, style))

    def boxes(self, boxes: Iterable[Box], ink: str, *, outline: str | None = None) -> None:
        """Several filled rectangles as one path."""
        self.polygons(([(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, y0, x1, y1 in boxes), ink, outline=outline)

    def bars(self, bars: Iterable[Box], ink: str) -> None:
        """Filled rectangles as thick lines, a path for each row; half the bytes of boxes.

        They begin and end at whole pixels, and are one pixel wide at least.
        """
        rows: dict[tuple[float, float], list[Sequence[Point]]] = {}
        for left, top, right, bottom in bars:
            start, middle = round(left), (top + bottom) / 2
            rows.setdefault((top, bottom), []).append([(start, middle), (max(round(right), start + 1), middle)])
        for (top, bottom), lines in rows.items():
            self.lines(lines, ink, width=bottom - top)

    def text(self, x: float, y: float, text: str, *, ink: str = "ink", anchor: str = "start") -> None:
        """One line of text with its baseline at `y`; `anchor` is start, middle or end."""
        self._texts.append(_Text(x, y, text, ink, anchor))

    def svg(self, title: str, css_class: str, description: str = "") -> str:
        """The finished fragment; `title` is what a screen reader says, `description` what it says when asked."""
        spoken = _escaped(title)
        described = f"<desc>{_escaped(description)}</desc>" if description else ""
        opening = (
            f'<svg class="plot {css_class}" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}"'
            f' role="img" aria-label="{spoken}" font-family="system-ui,sans-serif" font-size="11"'
            f' stroke-linejoin="round" fill="{_INK_OF[_STAND_IN["ink"]]}">'
        )
        return f"{opening}<title>{spoken}</title>{described}{self._tidied(self._drawn())}</svg>"

    def _drawn(self) -> str:
        """The drawing as matplotlib writes it, in stand-in colours and words."""
        from matplotlib import rc_context
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path
        from matplotlib.transforms import Affine2D

        buffer = io.StringIO()
        with rc_context(_SETTINGS):
            size = (self.width / _POINTS_PER_INCH, self.height / _POINTS_PER_INCH)
            figure = Figure(figsize=size, frameon=False)
            pixels = Affine2D().scale(1 / self.width, -1 / self.height).translate(0, 1) + figure.transFigure
            for shape in self._shapes:
                outlines = [Path(outline, closed=False) for outline in shape.outlines]
                if shape.closed:
                    outlines = [Path([*outline, outline[0]], closed=True) for outline in shape.outlines]
                if outlines:
                    path = Path.make_compound_path(*outlines)
                    figure.add_artist(PathPatch(path, transform=pixels, clip_on=False, **shape.style))
            for index, text in enumerate(self._texts):
                style: Any = {"color": _STAND_IN[text.ink], "ha": _ALIGNMENT[text.anchor], "va": "baseline"}
                figure.text(text.x, text.y, f"{_WORD}{index}", transform=pixels, **style)
            writer: Any = FigureCanvasSVG(figure)
            writer.print_svg(buffer, metadata=_NO_METADATA)
        return buffer.getvalue()

    def _tidied(self, svg: str) -> str:
        elements: list[str] = []
        texts: dict[str, list[str]] = {}  # by style, which is longer than most of them
        for element in _ELEMENT.finditer(svg):
            if element["d"] is not None:
                elements.append(f'<path d="{_compact(element["d"])}" style="{_style(element["path_style"])}"/>')
            else:
                text = _escaped(self._texts[int(element["word"][len(_WORD) :])].text)
                x, y = (_short(float(element[axis])) for axis in ("x", "y"))
                style = _style(element["text_style"].replace(f"fill: {_STAND_IN['ink']}", ""))
                texts.setdefault(style, []).append(f'<text x="{x}" y="{y}">{text}</text>')
        for style, members in texts.items():
            elements.append(f'<g style="{style}">{"".join(members)}</g>' if style else "".join(members))
        return "\n".join(elements)


_WORD = "word"
_ELEMENT = re.compile(
    r'<path d="(?P<d>[^"]*)" style="(?P<path_style>[^"]*)"/>'
    r'|<text style="(?P<text_style>[^"]*)" x="(?P<x>[^"]*)" y="(?P<y>[^"]*)"[^>]*>(?P<word>[^<]*)</text>'
)
_NEEDLESS = re.compile(
    r"font(-size|-family)?: [^;]*(; )?|stroke-linejoin: \w+(; )?|stroke-miterlimit: \w+(; )?|text-anchor: start(; )?"
)
_COLOUR = re.compile("#fe00[0-9a-f]{2}")


def _escaped(text: str) -> str:
    return escape(printable(text).replace("\n", " "))


def _style(style: str) -> str:
    return (
        _COLOUR.sub(lambda found: _INK_OF[found[0]], _NEEDLESS.sub("", style))
        .strip("; ")
        .replace(": ", ":")
        .replace("; ", ";")
    )


def _short(value: float) -> str:
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _compact(path: str) -> str:
    """The same path with one decimal, with `H` and `V` where a line is level or upright, relative where shorter."""
    parts: list[str] = []
    here = began = (0.0, 0.0)
    for command in path.splitlines():
        letter, *numbers = command.split()
        if letter == "z":
            parts.append("z")
            here = began
            continue
        there = (round(float(numbers[0]), 1), round(float(numbers[1]), 1))
        if letter == "M" or there != here:
            parts.append(_shortest(letter, here, there, first=not parts))
        began = there if letter == "M" else began
        here = there
    return "".join(parts)


def _shortest(letter: str, here: Point, there: Point, *, first: bool) -> str:
    """One command from `here` to `there`."""
    axes = [0, 1]
    if letter == "L" and there[1] == here[1]:
        letter, axes = "H", [0]
    elif letter == "L" and there[0] == here[0]:
        letter, axes = "V", [1]
    absolute = letter + _numbers(there[axis] for axis in axes)
    relative = letter.lower() + _numbers(there[axis] - here[axis] for axis in axes)
    return absolute if first or len(absolute) <= len(relative) else relative


def _numbers(values: Iterable[float]) -> str:
    """Numbers one after the other; a minus sign parts them as well as a blank does, and 0.5 needs no 0."""
    texts = [_short(value).replace("0.", ".", 1) if abs(value) < 1 else _short(value) for value in values]
    return " ".join(texts).replace(" -", "-")
