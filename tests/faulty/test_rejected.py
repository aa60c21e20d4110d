"""Every suite rejects the stations that are wrong in its area, by the clauses that they break and by no others.

Each faulty station is run by the command line a user would type, `evse-rig run SUITE --bench FILE --report DIR
--no-pictures`, in a process of its own that was forked off one that is ready (`tests.faulty.runs`).
"""

from __future__ import annotations

import ast
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faulty.runs import Runner

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BENCH = """
[station]
factory = "tests.faulty.{module}:{name}"
[lines.p1]
[lines.tic]
[lines.rtu]
[lines.tcp]
[lines.board]
"""
FINDINGS = 1
# Rooms of faulty stations; what they are built with is none.
ROOMS = (
    "over_current",
    "balancing",
    "sources",
    "settings",
    "field",
    "pilot",
    "phases",
    "suspend",
    "leds",
    "probing",
    "sharing",
)


def expected() -> dict[tuple[str, str], dict[str, Any]]:
    rooms = tomllib.loads(HERE.joinpath("expected.toml").read_text(encoding="utf-8"))
    return {(room, name): row for room, rows in rooms.items() for name, row in rows.items()}


EXPECTED = expected()


def faulty_stations() -> list[tuple[str, str]]:
    found = []
    for room in ROOMS:
        tree = ast.parse(HERE.joinpath(f"{room}.py").read_text(encoding="utf-8"))
        names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        found += [(room, name) for name in names if not name.startswith("_")]
    return found


def test_every_faulty_station_is_expected_somewhere() -> None:
    assert sorted(EXPECTED) == sorted(faulty_stations())


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    with Runner() as ready:
        yield ready


@pytest.mark.parametrize(("room", "name"), EXPECTED, ids=[name for _, name in EXPECTED])
def test_is_rejected_by_the_right_clauses(room: str, name: str, tmp_path: Path, runner: Runner) -> None:
    row = EXPECTED[room, name]
    bench, report = tmp_path / "bench.toml", tmp_path / "report"
    bench.write_text(BENCH.format(module=room, name=name), encoding="utf-8")
    arguments = ["run", *row["suites"].split(), "--bench", str(bench), "--report", str(report), "--no-pictures"]
    arguments += ["--jobs", "1", *(("-k", row["cases"]) if row["cases"] else ())]
    printed = tmp_path / "printed.txt"
    code = runner.run(arguments, printed)
    assert code == FINDINGS, printed.read_text(encoding="utf-8")
    verdicts = json.loads((report / "results.json").read_text(encoding="utf-8"))["results"]
    assert {found["clause"] for found in verdicts if found["verdict"] == "fail"} == set(row["fails"].split())
    assert not [found for found in verdicts if found["verdict"] == "error"]
