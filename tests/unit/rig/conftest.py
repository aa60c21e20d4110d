"""Small suites in a folder of the test, and `evse-rig` run on them in this process."""

from __future__ import annotations

import gc
import json
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rig import paths
from rig.cli.app import run

HEAD = """
import asyncio
import os
import pytest
from rig.bench import NotCharging
from rig.errors import ConfigurationError, Finding, HarnessError, NotTestableHere
from rig.kit import balancing, overdraw
from rig.meters import KINDS

CLAUSE = "OCP-003"
judges = pytest.mark.clause(CLAUSE)


def passes(rig, clause=CLAUSE):
    rig.judge.holds(clause, "a fact", holds=True, seen="so", promised="so")


def fails(rig, clause=CLAUSE):
    rig.judge.holds(clause, "a fact", holds=False, seen="otherwise", promised="so")

"""


@dataclass(frozen=True)
class Suites:
    """The folder that stands for `tests/conformance`."""

    folder: Path

    def write(self, code: str, *, suite: str = "tiny", module: str = "cases") -> None:
        """A module of cases, with `passes`, `fails` and `judges` at hand."""
        (self.folder / suite).mkdir(parents=True, exist_ok=True)
        text = HEAD + textwrap.dedent(code)
        (self.folder / suite / f"test_{module}.py").write_text(text, encoding="utf-8")

    def case(self, body: str, *, suite: str = "tiny", marked: str = "@judges") -> None:
        """A module with the one case `the_case`."""
        indented = textwrap.indent(textwrap.dedent(body).strip(), "    ")
        self.write(f"{marked}\nasync def test_the_case(rig):\n{indented}\n", suite=suite)


@pytest.fixture
def suites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Suites]:
    folder = tmp_path / "suites"
    folder.mkdir()
    monkeypatch.setattr(paths, "suites", lambda: folder)
    before = set(sys.modules)
    yield Suites(folder)
    # pytest keeps what it imported under names that do not tell one folder of suites from another.
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)) or name == "tiny":
            del sys.modules[name]


@dataclass(frozen=True)
class Ended:
    """How a command line ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def light_heap() -> Iterator[None]:
    """Every session of pytest ends by collecting garbage; this keeps what the outer session holds out of it."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def evse_rig(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, light_heap: None) -> Command:
    """`evse-rig` in this process; wide enough that no line is broken, and without workers unless they are asked for."""
    monkeypatch.setenv("COLUMNS", "250")

    def command(*arguments: object) -> Ended:
        capsys.readouterr()
        texts = [str(argument) for argument in arguments]
        if texts[0] == "run" and "--jobs" not in texts:
            texts += ["--jobs", "1"]
        code = run(texts)
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return command


@pytest.fixture
def results() -> Callable[[Path], list[dict[str, Any]]]:
    """The rows of a report's results.json."""

    def read(report: Path) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads((report / "results.json").read_text(encoding="utf-8"))["results"]
        return rows

    return read
