"""`evse-rig run`: what it takes, and that nothing is left when it cannot start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from rig.cli import run as run_module
from rig.run import Wanted


class Suites(Protocol):
    folder: Path

    def case(self, body: str, *, suite: str = "tiny", marked: str = "@judges") -> None: ...


class Ended(Protocol):
    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> list[Wanted]:
    asked: list[Wanted] = []

    def run(wanted: Wanted, _console: object) -> int:
        asked.append(wanted)
        return 0

    monkeypatch.setattr(run_module, "run", run)
    return asked


def test_defaults(evse_rig: Command, wanted: list[Wanted]) -> None:
    assert evse_rig("run").code == 0
    assert wanted == [Wanted(suites=[], jobs=1)]  # the fixture asks for one job
    assert Wanted(suites=[]) == Wanted([], "virtual", 1, None, None, None, None)


def test_everything_chosen(evse_rig: Command, wanted: list[Wanted]) -> None:
    options = ["--bench", "b.toml", "--clock", "real", "--seed", "7", "--report", "out", "--jobs", "2", "-k", "x or y"]
    assert evse_rig("run", "ocp", *options, "alb_p1").code == 0
    assert wanted == [Wanted(["ocp", "alb_p1"], "real", 7, "b.toml", Path("out"), 2, "x or y")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "there is no suite 'nowhere'; there is tiny"),
        (["--clock", "fast"], "clock 'fast' is unknown; use virtual, real or scaled:N"),
        (["--clock", "scaled:0"], "clock 'scaled:0': the factor must be a number above 0"),
        (["--seed", "1.5"], "Invalid value for '--seed': "),
        (["--bench", "none.toml"], "bench file none.toml: there is no such file"),
        (["--bench", "unknown_key.toml"], "bench file unknown_key.toml: Object contains unknown field `bauds`"),
        (["--bench", "external.toml"], "bench file external.toml: an external station lives in real time"),
        (["--bench", "setting.toml"], "the reference station refuses a setting: 'Foo': unknown setting"),
        (["--bench", "port.toml", "--clock", "real"], "line p1, end b: 'ttyUSB0' is no port"),
        (["--bench", "factory.toml"], "factory 'no.such:station': ModuleNotFoundError"),
    ],
)
def test_what_cannot_start(
    suites: Suites,
    evse_rig: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    Path("unknown_key.toml").write_text("[lines.p1]\nbauds = 9600")
    Path("external.toml").write_text('[station]\nkind = "external"')
    Path("setting.toml").write_text("[station.settings]\nFoo = 1")
    Path("port.toml").write_text('[station]\nkind = "external"\n[lines.p1]\nport = "ttyUSB0"')
    Path("factory.toml").write_text('[station]\nfactory = "no.such:station"')
    before = sorted(path.name for path in here.iterdir())
    suites.case("passes(rig)")
    ended = evse_rig("run", "--report", "deep/report", *arguments)
    assert (ended.code, ended.out) == (3, "")
    (line,) = ended.err.splitlines()
    assert line.startswith(f"evse-rig: {message}")
    assert sorted(path.name for path in here.iterdir()) == before


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ("holiday", "report folder holiday holds files that are not a report; choose an empty or a new folder"),
        ("holiday/beach.jpg", "report folder holiday/beach.jpg: there is a file of that name; choose another folder"),
        (
            "holiday/beach.jpg/report",
            "report folder holiday/beach.jpg/report cannot be written: not a directory; "
            "name a folder that you may write to",
        ),
        ("/proc/report", "report folder /proc/report cannot be written: no such file or directory; name a folder"),
    ],
)
def test_where_no_report_can_be(
    suites: Suites,
    evse_rig: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    report: str,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("holiday").mkdir()
    Path("holiday/beach.jpg").touch()
    suites.case("passes(rig)")
    ended = evse_rig("run", "--report", report)
    assert (ended.code, ended.out) == (3, "")
    (line,) = ended.err.splitlines()
    assert line.startswith(f"evse-rig: {message}")
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "beach.jpg",
        "holiday",
        "suites",
        "test_cases.py",
        "tiny",
    ]


def test_suites_run_as_asked(suites: Suites, evse_rig: Command) -> None:
    suites.case("passes(rig)", suite="a")
    suites.case("fails(rig)", suite="b")
    assert evse_rig("run", "a").code == 0
    assert evse_rig("run", "b").code == 1
    both = evse_rig("run", "a", "b", "a")
    assert both.code == 1
    assert "1 pass" in both.out
    assert "1 fail" in both.out
