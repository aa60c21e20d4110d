"""Scenario files as cases of `evse-rig run`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest


class Suites(Protocol):
    def case(self, body: str, *, suite: str = "tiny", marked: str = "@judges") -> None: ...


class Ended(Protocol):
    code: int
    out: str
    err: str


Command = Callable[..., Ended]
GOOD = """
name = "A car charges"
description = "As it should."
clauses = ["M3-003"]
seed = 7
[[step]]
plug = { car = "obedient-1p" }
[[step]]
at_s = 30
expect = { offered_a = 32.0 }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    here = tmp_path / "bugs"
    here.mkdir()
    monkeypatch.chdir(here)
    (here / "good.scenario.toml").write_text(GOOD)
    return here


def rows(report: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((report / "results.json").read_text(encoding="utf-8"))["results"]
    return found


def test_a_file_is_a_case_with_a_report(folder: Path, suites: Suites, evse_rig: Command) -> None:
    ended = evse_rig("run", "good.scenario.toml", "--report", "out")
    assert (ended.code, ended.err) == (0, "")
    verdicts = {(row["case"], row["clause"], row["verdict"]) for row in rows(folder / "out")}
    assert verdicts == {("bugs/good", clause, "pass") for clause in ("M3-003", "M3-001", "M3-002")}
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "A car charges" in page


def test_a_folder_of_files_beside_a_suite(folder: Path, suites: Suites, evse_rig: Command) -> None:
    suites.case("passes(rig)")
    (folder / "bad.scenario.toml").write_text(GOOD.replace("32.0", "20.0"))
    ended = evse_rig("run", "tiny", ".")
    assert ended.code == 1
    assert "✓ 2 pass  ✗ 1 fail" in ended.out


def test_one_without_expectations_is_there_for_what_always_holds(
    folder: Path, suites: Suites, evse_rig: Command
) -> None:
    (folder / "good.scenario.toml").write_text(
        '[[step]]\nplug = { car = "obedient-1p" }\n[[step]]\nat_s = 9\nunplug = {}\n'
    )
    ended = evse_rig("run", "good.scenario.toml", "--report", "out")
    assert ended.code == 0
    assert {row["clause"] for row in rows(folder / "out")} == {"M3-001", "M3-002"}


def test_what_this_bench_cannot_do_is_not_testable(folder: Path, suites: Suites, evse_rig: Command) -> None:
    (folder / "more.scenario.toml").write_text(GOOD + '[bench]\nmeter = "dsmr5"\n')
    (folder / "bench.toml").write_text("[lines.board]\n")
    ended = evse_rig("run", ".", "--bench", "bench.toml")
    assert ended.code == 0
    assert "○ 1 not-testable" in ended.out


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("none", None, "there is no such file"),
        ("key", "[bench]\nmetre = 3", "[bench]: Object contains unknown field `metre`; is meter meant?"),
        (
            "car",
            '[[step]]\nplug = { car = "slo" }',
            "step 1, plug: car: 'slo' is no car; FILE.toml names one of yours; is",
        ),
        ("setting", "[station]\nStation-MaxCurent = 3", "[station]: 'Station-MaxCurent': unknown setting; did"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_3(
    folder: Path, suites: Suites, evse_rig: Command, name: str, text: str | None, message: str
) -> None:
    file = folder / f"{name}.scenario.toml"
    if text is not None:
        file.write_text(text)
    ended = evse_rig("run", file.name)
    assert (ended.code, ended.out) == (3, "")
    (line,) = ended.err.splitlines()
    assert line.startswith("evse-rig: scenario ")
    assert f"/{file.name}: {message}" in line


def test_the_seed_of_the_file_counts(folder: Path, suites: Suites, evse_rig: Command) -> None:
    text = """
seed = 7
[station]
FeatureLicenseKey = "ALB"
Active-LoadBalancing = "On"
[bench]
meter = "dsmr5"
[[step]]
line_fault = { fault = "noise" }
[[step]]
at_s = 9
expect = { pilot = "A1", clause = "M3-003" }
"""

    def timeline(seed: int) -> bytes:
        (folder / "good.scenario.toml").write_text(text.replace("seed = 7", f"seed = {seed}"))
        assert evse_rig("run", "good.scenario.toml", "--report", f"out-{seed}").code == 0
        return (folder / f"out-{seed}" / "timeline.jsonl").read_bytes()

    assert timeline(7) != timeline(8)


def test_check_and_show(folder: Path, suites: Suites, evse_rig: Command) -> None:
    ended = evse_rig("scenario", "check", ".")
    assert (ended.code, ended.out, ended.err) == (0, "1 scenario as they should be\n", "")
    (folder / "a.scenario.toml").write_text("nmae = 3")
    (folder / "b.scenario.toml").write_text("[station]\nX = 3")
    ended = evse_rig("scenario", "check", ".")
    assert (ended.code, ended.out) == (3, "")
    assert [line.split(":")[1] for line in ended.err.splitlines()] == [
        " scenario a.scenario.toml",
        " scenario b.scenario.toml",
    ]
    ended = evse_rig("scenario", "show", "good.scenario.toml")
    assert ended.code == 0
    assert ended.out.startswith("A car charges\n  As it should.\n")
    assert ended.out.endswith("       30 s  expect offered 32 A on socket 1  [M3-003]\n")
    assert evse_rig("scenario", "show", "a.scenario.toml").code == 3
