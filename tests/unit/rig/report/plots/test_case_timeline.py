"""The plot of a case: complete, small, the same every time."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from rig.report.plots import case_timeline_svg, moments_of
from rig.timeline import Event
from rig.verdicts import Outcome, Verdict

SVG = "{http://www.w3.org/2000/svg}"
# Noise in everything; what cars and stations do stays well below.
LARGEST_BYTES = 18_000
LARGEST_DAY_BYTES = 15_500

MANY = 500_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 50_000


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def session() -> list[Event]:
    return [
        Event(0.0, "board", "pilot", {"socket": 1, "state": "A1", "offered_a": None}),
        Event(5.0, "board", "pilot", {"socket": 1, "state": "C2", "offered_a": 16.0}),
        Event(5.0, "board", "contactor", {"socket": 1, "closed": True}),
        Event(6.0, "board", "currents", {"socket": 1, "i_a": [16.8, 0.0, 0.0]}),
        Event(7.0, "p1", "telegram", {"meter": "P1", "i_a": [20.0, -3.0, 1.0], "corrupted": False}),
        Event(8.0, "line", "fault", {"line": "p1", "fault": "unplugged", "on": True}),
        Event(60.0, "line", "fault", {"line": "p1", "fault": "unplugged", "on": False}),
        Event(106.0, "board", "pilot", {"socket": 1, "state": "F", "offered_a": None}),
        Event(106.0, "station", "log", {"text": "302", "documented": True}),
        Event(120.0, "station", "limit", {"source": "safe current", "limit_a": 6.0}),
    ]


def noise(count: int) -> list[Event]:
    dice = random.Random(1)

    def fields(kind: str) -> dict[str, Any]:
        currents = [dice.uniform(-5, 20) for _ in range(3)]
        of_kind: dict[str, dict[str, Any]] = {
            "pilot": {"socket": 1, "state": dice.choice(["B2", "C2", "F"]), "offered_a": dice.uniform(6, 16)},
            "currents": {"socket": 1, "i_a": currents},
            "telegram": {"meter": "P1", "i_a": currents, "corrupted": dice.random() < 0.1},
            "vehicle": {"socket": 1, "what": dice.choice(["plugged", "unplugged"])},
            "monitor": {"meter_a": dice.choice([None, [1.0, 1.0, 1.0]])},
            "contactor": {"socket": 1, "closed": dice.random() < 0.5},
            "log": {"text": "x", "documented": dice.random() < 0.5},
            "fault": {"fault": f"fault {dice.randrange(20)}", "on": dice.random() < 0.5},
            "limit": {"source": dice.choice(["p1", "station"]), "limit_a": 6.0},
        }
        return of_kind[kind]

    kinds = ["pilot", "currents", "telegram", "contactor", "log", "fault", "limit", "vehicle", "monitor"]
    return [Event(index * 0.01, "x", kinds[index % 9], fields(kinds[index % 9])) for index in range(count)]


def test_every_strip_of_a_session() -> None:
    shown = texts(case_timeline_svg(session(), title="a session", moments=[("tripped", 106.0), ("elsewhere", 999.0)]))
    assert {"Socket 1, A", "offered", "drawn, L1", "Pilot", "C2", "F", "Contactor closed"} <= set(shown)
    assert {"beyond offer", "P1, A", "Telegrams"} <= set(shown)
    assert {"Fault", "p1: unplugged", "Limit by", "Log lines", "Time, s", "0", "100", "tripped"} <= set(shown)
    assert "elsewhere" not in shown


def test_phases_without_current_are_left_out_of_the_socket() -> None:
    shown = texts(case_timeline_svg([event for event in session() if event.kind != "telegram"]))
    assert "drawn, L1" in shown
    assert not {"L1", "L2", "L3"} & set(shown)


def test_phases_that_differ_are_drawn_one_by_one() -> None:
    currents = Event(6.0, "board", "currents", {"socket": 1, "i_a": [10.0, 10.0, 4.0]})
    shown = texts(case_timeline_svg([session()[0], session()[1], currents, session()[-1]]))
    assert {"drawn, most", "L1, L2", "L3"} <= set(shown)
    equal = Event(6.0, "board", "currents", {"socket": 1, "i_a": [10.0, 10.0, 10.0]})
    shown = texts(case_timeline_svg([session()[0], session()[1], equal, session()[-1]]))
    assert "drawn, L1–L3" in shown
    assert "L3" not in shown


def test_no_events() -> None:
    assert texts(case_timeline_svg([], title="empty")) == ["no events were recorded"]


@pytest.mark.parametrize("count", [1, 10])
def test_few_events(count: int) -> None:
    assert "Time, s" in texts(case_timeline_svg(session()[:count]))


@pytest.mark.parametrize("count", [300, 3_000, MANY])
def test_many_events_stay_small(count: int) -> None:
    svg = case_timeline_svg(noise(count), title="noise", moments=[(f"moment {n}", n * 10.0) for n in range(8)])
    assert len(svg.encode()) <= LARGEST_BYTES
    assert ("14 more faults" in texts(svg)) == (count > 300)


def test_a_peak_among_many_events_is_drawn() -> None:
    quiet = [Event(n * 0.1, "b", "currents", {"socket": 1, "i_a": [float(n % 2), 0, 0]}) for n in range(20_000)]
    peak = Event(1000.05, "b", "currents", {"socket": 1, "i_a": [80.0, 0, 0]})
    # With the peak the scale reaches up to it; a plot that lost it would end at 1 A.
    assert "50" in texts(case_timeline_svg([*quiet[:10_001], peak, *quiet[10_001:]]))
    assert "50" not in texts(case_timeline_svg(quiet))


def test_two_sockets_and_two_meters() -> None:
    events = [Event(float(n), "b", "pilot", {"socket": n, "state": "C2", "offered_a": 6.0}) for n in (2, 1)]
    events += [Event(3.0, "p1", "telegram", {"meter": name, "i_a": [1.0, 1.0, 1.0]}) for name in ("P1", "TIC")]
    shown = texts(case_timeline_svg(events))
    labels = ["Socket 1, A", "Socket 2, A", "P1, A", "TIC, A"]
    assert [text for text in shown if text in labels] == labels


def day_of_two_cars() -> list[Event]:
    """Two cars that take turns of a quarter of an hour, as the events come from board, car and station."""
    events = [Event(0.0, "rig", "limits", {"station_a": 20.0, "meter_a": None})]
    for socket, phases in ((1, "L1L2L3"), (2, "L2L3L1")):
        events.append(Event(0.0, "rig", "wiring", {"socket": socket, "phases": phases}))
        events.append(Event(0.0, "car", "vehicle", {"socket": socket, "what": "plugged"}))

    def pilot(at_s: float, socket: int, offered_a: float | None, state: str) -> Event:
        signal = "high" if offered_a is None else "pwm"
        return Event(
            at_s, "board", "pilot", {"socket": socket, "signal": signal, "offered_a": offered_a, "state": state}
        )

    for turn in range(96):
        at_s, on, off = turn * 900.0, 1 + turn % 2, 2 - turn % 2
        events += [
            Event(at_s, "station", "limit", {"socket": off, "source": "alternating", "limit_a": 0.0}),
            pilot(at_s, off, None, "C1"),
            Event(at_s + 1.0, "board", "currents", {"socket": off, "i_a": [0.0] * 3}),
            pilot(at_s + 1.0, off, None, "B1"),
            Event(at_s + 1.1, "board", "contactor", {"socket": off, "closed": False}),
            Event(at_s + 1.2, "station", "limit", {"socket": on, "source": "station", "limit_a": 11.9}),
            pilot(at_s + 1.2, on, 11.9, "B2"),
            pilot(at_s + 2.2, on, 11.9, "C2"),
            Event(at_s + 2.3, "board", "contactor", {"socket": on, "closed": True}),
            Event(at_s + 2.3, "board", "currents", {"socket": on, "i_a": [11.9] * 3}),
        ]
    return [*events, Event(86_400.0, "station", "log", {"text": "x", "documented": False})]


def steps_down(svg: str, ink: str) -> int:
    """How often the longest line of an ink comes back to the lowest place that it reaches."""
    lines = [
        e.get("d") or ""
        for e in ET.fromstring(svg).iter(f"{SVG}path")
        if f"stroke:var(--plot-{ink}," in (e.get("style") or "")
    ]
    heights = re.findall(r"V([\d.]+)", max(lines, key=len))
    return heights.count(max(heights, key=float))


def test_a_day_of_two_cars_stays_small_and_loses_no_turn() -> None:
    svg = case_timeline_svg(day_of_two_cars(), title="a day")
    assert len(svg.encode()) <= LARGEST_DAY_BYTES
    assert {"Socket 1, A", "Socket 2, A", "All sockets, A", "limit", "fullest phase", "paused", "Time, h"} <= set(
        texts(svg)
    )
    assert {"station", "alternating", "B1", "C2"} <= set(texts(svg))  # not melted into one another
    assert steps_down(svg, "offer") in (47, 48)


def test_a_picture_is_told_in_words() -> None:
    words = ET.fromstring(case_timeline_svg(day_of_two_cars(), title="a day")).find(f"{SVG}desc")
    assert words is not None
    assert words.text == (
        "24 h from 0 s on. "
        "Socket 1: offered 11.9 A, changed 95 times, drew 11.9 A at most, paused for 12 h 1 min, "
        "drew more than it was offered for 1 s at most. "
        "Socket 2: offered 11.9 A, changed 95 times, drew 11.9 A at most, paused for 12 h 1 min, "
        "drew more than it was offered for 1 s at most. "
        "All sockets together drew 11.9 A at most of 20 A from the fullest phase."
    )


def test_same_events_same_bytes() -> None:
    assert case_timeline_svg(session(), title="x") == case_timeline_svg(session(), title="x")


def test_moments_with_long_names_do_not_overlap() -> None:
    names = [(f"a moment with a long name {n}", 50.0 + n * 0.5) for n in range(6)]
    svg = case_timeline_svg(session(), moments=names)
    rows: dict[str, list[float]] = {}
    for element in ET.fromstring(svg).iter(f"{SVG}text"):
        if (element.text or "").startswith("a moment"):
            rows.setdefault(element.get("y") or "", []).append(float(element.get("x") or 0))
    assert len(rows) == 3
    assert all(b - a > 150 for xs in rows.values() for a, b in pairwise(sorted(xs)))


def verdict(outcome: Outcome, **evidence: object) -> Verdict:
    return Verdict(clause="A", case="c", verdict=outcome, what="w", evidence=evidence)


def test_moments_of_verdicts_begin_with_the_findings() -> None:
    passed = verdict("pass", from_s=5, to_s=105.0, ratio_pct=105.0, to="board pilot")
    failed = verdict("fail", from_s=5, watched_until_s=9.5, unplugged_at_s=7.5, odd_at_s="?")
    moments = [("from", 5.0), ("watched until", 9.5), ("unplugged", 7.5), ("to", 105.0)]
    assert moments_of([passed, failed]) == moments


def test_a_case_with_many_moments_shows_some() -> None:
    assert len(moments_of([verdict("pass", at_s=float(n)) for n in range(40)])) == 8


def test_two_moments_of_one_name_are_both_drawn() -> None:
    svg = case_timeline_svg(session(), moments=[("at", 20.0), ("at", 90.0)])
    assert texts(svg).count("at") == 2


def test_matplotlib_is_imported_at_the_first_drawing_only() -> None:
    code = "import sys, rig.report.plots; sys.exit('matplotlib' in sys.modules or 'jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
