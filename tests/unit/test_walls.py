"""The walls that no linter draws: who may name the `time` module, and who may read a wall clock."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("rig", "emulators", "station", "tests", "benchmarks")
CLOCK = ROOT / "rig" / "clock"
# Benchmarks measure how long things really take; they are neither tests nor part of a run.
MAY_NAME_TIME = (CLOCK, ROOT / "benchmarks", ROOT / "tests" / "unit" / "rig" / "clock")
WALL_CLOCK_CALLS = {"now", "utcnow", "today"}


def source_files() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def names_time(tree: ast.AST) -> list[int]:
    """Lines that import `time`, whole or in part."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "time" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "time" and node.level == 0)
    ]


def reads_wall_clock(tree: ast.AST) -> list[int]:
    """Lines that call `datetime.now()` and its like."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WALL_CLOCK_CALLS
        and ast.unparse(node.func.value) in {"datetime", "datetime.datetime", "date", "datetime.date"}
    ]


def calls_clock_in_default(tree: ast.AST) -> list[int]:
    """Lines of functions whose default arguments are evaluated from a clock, once, at import."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for default in (*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None))
        for call in ast.walk(default)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in WALL_CLOCK_CALLS | {"time", "monotonic", "perf_counter"}
    ]


@pytest.mark.parametrize("path", list(source_files()), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_clock_knows_what_time_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not any(path.is_relative_to(allowed) for allowed in MAY_NAME_TIME):
        assert names_time(tree) == []
        assert reads_wall_clock(tree) == []
    assert calls_clock_in_default(tree) == []


@pytest.mark.parametrize(
    ("code", "finder"),
    [
        ("import time", names_time),
        ("from time import monotonic", names_time),
        ("import os, time as t", names_time),
        ("from datetime import datetime\nx = datetime.now()", reads_wall_clock),
        ("def f(now=loop.time()): ...", calls_clock_in_default),
        ("def f(*, now=datetime.now()): ...", calls_clock_in_default),
    ],
)
def test_the_finders_find(code: str, finder: object) -> None:
    assert callable(finder)
    assert finder(ast.parse(code))


def test_only_one_module_of_the_rig_imports_the_station() -> None:
    importers = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "rig").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "station")
        or (isinstance(node, ast.Import) and any(a.name.split(".")[0] == "station" for a in node.names))
    ]
    assert set(importers) <= {"rig/handles/reference.py"}
