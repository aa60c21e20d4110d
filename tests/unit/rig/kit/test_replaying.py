"""What the reader said, in a line; only the reference station has a reader that can be looked into.

The replaying itself is judged by the suites of captures.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from rig.captured import P1
from rig.errors import NotTestableHere
from rig.handles.reference import Heard
from rig.kit.replaying import read_by_station, seen
from rig.replay import Replayed


@pytest.mark.parametrize(
    ("heard", "words"),
    [
        (None, "ignored"),
        (Heard(1.0, "crc", "no"), "crc: no"),
        (Heard(1.0, version="50", phases=1, current_a=(-1.5, 0.0, 0.0)), "read: L1 -1.500 A"),
        (Heard(1.0, phases=3, current_a=(1.0, 2.0, -3.0)), "read: L1 +1.000 A, L2 +2.000 A, L3 -3.000 A"),
    ],
)
def test_what_was_seen(heard: Heard | None, words: str) -> None:
    assert seen(Replayed(0, 10, heard)) == words


@pytest.mark.parametrize(("kind", "factory"), [("external", ""), ("reference", "somewhere:build")])
def test_another_station_cannot_be_looked_into(kind: str, factory: str) -> None:
    station = SimpleNamespace(kind=kind, factory=factory)
    rig: Any = SimpleNamespace(options=SimpleNamespace(bench=SimpleNamespace(station=station)))
    with pytest.raises(NotTestableHere, match="only the reference station's own reader"):
        asyncio.run(read_by_station(rig, b"/", P1))
