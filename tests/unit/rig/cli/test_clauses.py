"""`evse-rig clauses`: prints, and refuses what it does not know."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from rig.clauses import catalogue, coverage


class Ended(Protocol):
    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collecting the suites is tested elsewhere, and takes a process of its own."""
    monkeypatch.setattr(coverage, "tested_by", lambda _suites: {"OCP-003": ["ocp/test_bands.py::test_trips[105%]"]})


def test_the_suites_are_asked_for_real(evse_rig: Command) -> None:
    ended = evse_rig("clauses", "--area", "OCP")
    assert (ended.code, ended.err) == (0, "")
    for clause in catalogue.load().select("OCP"):
        assert clause.id in ended.out
    assert "ocp/bands: " in ended.out  # where they are judged
    assert "ALB-GEN-001" not in ended.out


@pytest.mark.usefixtures("judged")
def test_all_of_them(evse_rig: Command) -> None:
    ended = evse_rig("clauses")
    assert (ended.code, ended.err) == (0, "")
    assert "ocp/bands: 1 case" in ended.out
    assert all(clause in ended.out for clause in ("OCP-001", "NET-001"))


@pytest.mark.usefixtures("judged")
def test_by_status(evse_rig: Command) -> None:
    ended = evse_rig("clauses", "--area", "OCP", "--status", "tested")
    assert ended.code == 0
    shown = {clause.id for clause in catalogue.load().select("OCP") if f"{clause.id} " in ended.out}
    assert shown == {clause.id for clause in catalogue.load().select("OCP", "tested")}


@pytest.mark.usefixtures("judged")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--area", "OPC"], "unknown area (known: OCP, PRB"),
        (["--area", "ocp"], "unknown area (known: OCP, PRB"),
        (["--status", "done"], "unknown status (known: tested"),
    ],
)
def test_what_is_unknown(evse_rig: Command, arguments: list[str], message: str) -> None:
    ended = evse_rig("clauses", *arguments)
    assert (ended.code, ended.out) == (3, "")
    (line,) = ended.err.splitlines()
    assert line.startswith(f"evse-rig: {message}")


def test_suites_that_cannot_be_collected(evse_rig: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rig.paths.suites", lambda: tmp_path / "none")
    ended = evse_rig("clauses")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("evse-rig: no conformance suites in ")
