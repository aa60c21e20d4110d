"""The worked examples of the catalogue on one station: tables of divided currents, and stories as scenario files. And
what a search among all sequences has found (tests/system/test_any_sequence.py).

An example whose clauses are not built yet waits for them: it is a case once the catalogue says that all are tested.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from rig import paths
from rig.case import Case
from rig.clauses import catalogue
from rig.clauses.catalogue import Status
from rig.kit.division import examples
from rig.scenario import Script, found, load, play

TABLE = Path(__file__).with_name("division.toml")
STORIES = paths.fixtures() / "scenarios" / "catalogue"
FOUND = paths.fixtures() / "scenarios" / "found"


def judged(scripts: Iterable[Script]) -> list[Any]:
    """Those that can be judged, each marked with its clauses."""
    known = catalogue.load()
    return [
        pytest.param(script, id=script.scenario.name, marks=pytest.mark.clause(*script.clauses))
        for script in scripts
        if all(known.clause(clause).status is Status.TESTED for clause in script.clauses)
    ]


@pytest.mark.parametrize("script", judged([*examples(TABLE), *map(load, found(STORIES))]))
async def test_example(rig: Case, script: Script) -> None:
    """A worked example of the catalogue

    The tables of phases (S-PHASE), of cables of 16 A (S-CFG16), of capacities (S-SLBCAP) and of Standard Load
    Balancing (S-SLB) say what each socket offers once every car has had its minute. The others take their course: cars
    come and go, loads change, and at each turn the example says what is offered.
    """
    await play(rig, script)


@pytest.mark.parametrize("script", judged(map(load, found(FOUND))))
async def test_found(rig: Case, script: Script) -> None:
    """A sequence of events in which a station was once seen to break a promise"""
    await play(rig, script)
