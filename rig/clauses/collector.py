"""A pytest plugin for `rig.clauses.coverage`: writes which collected case judges which clauses, as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--clause-map FILE`: where to write the map."""
    parser.addoption("--clause-map", metavar="FILE", help="write {case id: [clause ids]} of the collected cases")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, so that suites can be collected without the project's configuration."""
    config.addinivalue_line("markers", "clause(*ids): the catalogue rows that this case judges")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Write the map once all cases are known."""
    target = session.config.getoption("--clause-map")
    if target:
        cases = {
            item.nodeid: [str(clause) for mark in item.iter_markers("clause") for clause in mark.args]
            for item in session.items
        }
        Path(target).write_text(json.dumps(cases), encoding="utf-8")
