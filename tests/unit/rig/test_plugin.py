"""Plain pytest with the plugin: the same verdicts and the same report, without the command line on top."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest


class Suites(Protocol):
    folder: Path

    def write(self, code: str, *, suite: str = "tiny", module: str = "cases") -> None: ...
    def case(self, body: str, *, suite: str = "tiny", marked: str = "@judges") -> None: ...


class Ended(Protocol):
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Session:
    code: int
    lines: list[str]

    def has(self, text: str) -> bool:
        return any(text in line for line in self.lines)


Plain = Callable[..., Session]


@pytest.fixture
def plain(
    suites: Suites, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, light_heap: None
) -> Plain:
    """pytest in this process, on the folder of suites."""
    monkeypatch.setenv("COLUMNS", "250")
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> Session:
        capsys.readouterr()
        fixed = [
            "-c",
            "/dev/null",
            "--rootdir",
            str(suites.folder),
            "--import-mode=importlib",
            "-p",
            "no:cacheprovider",
        ]
        code = pytest.main([*fixed, "-ra", "--strict-markers", *map(str, arguments), str(suites.folder)])
        out, err = capsys.readouterr()
        return Session(int(code), (out + err).splitlines())

    return run


def test_outcomes_are_those_of_pytest(suites: Suites, plain: Plain) -> None:
    suites.write(
        """
        @judges
        async def test_passes(rig): passes(rig)
        @judges
        async def test_fails(rig): fails(rig)
        @judges
        async def test_is_inconclusive(rig):
            rig.judge.value(CLAUSE, "a time", measured=1.0, limit=1.0, unit="s", uncertainty=0.5)
        @judges
        async def test_is_not_testable(rig): raise NotTestableHere("no pilot here")
        @judges
        async def test_forgets(rig): pass
        @judges
        def test_is_no_coroutine(rig): fails(rig)
        @pytest.mark.skip(reason="not today")
        @judges
        async def test_is_skipped(rig): fails(rig)
        """
    )
    session = plain()
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.has("4 failed, 1 passed, 2 skipped")
    assert session.has("test_cases.py::test_fails - rig.errors.Finding: OCP-003 fail: a fact")
    assert session.has("test_cases.py::test_is_inconclusive - rig.errors.Finding: OCP-003 inconclusive")
    assert session.has("test_cases.py::test_forgets - the case ended without judging OCP-003")
    assert session.has("test_cases.py::test_is_no_coroutine")
    assert session.has("not testable: no pilot here")
    assert session.has("not testable: not today")
    assert session.has("evse-rig: seed 1")
    assert not session.has("evse-rig: report in")


def test_a_case_that_could_judge_only_some_of_its_clauses(suites: Suites, plain: Plain) -> None:
    suites.case("passes(rig)\nraise NotTestableHere('no log here')", marked="@pytest.mark.clause('OCP-003', 'OCP-004')")
    session = plain()
    assert (session.code, session.has("not testable: no log here")) == (0, True)


def test_the_report_is_that_of_evse_rig_run(
    suites: Suites, plain: Plain, evse_rig: Callable[..., Ended], tmp_path: Path
) -> None:
    suites.write(
        """
        @pytest.mark.parametrize("house_a", [0.0, 9.0])
        @judges
        async def test_offer(rig, house_a):
            meter = KINDS["dsmr5"]
            async with rig.bench(balancing.settings(meter, meter_max_a=20.0), meter=meter) as bench:
                bench.house(house_a)
                await bench.charge(balancing.car())
                await rig.until(300.0)
                rig.judge.value(CLAUSE, "offer", measured=bench.observed.offered_a, limit=20.0 - house_a, unit="A",
                                early=0.5, late=0.5)
        """
    )
    session = plain("--rig-report", tmp_path / "plain", "--rig-seed", "7")
    assert session.code == 0
    assert session.has(f"evse-rig: report in {tmp_path / 'plain'}")
    assert session.has("evse-rig: seed 7")
    assert evse_rig("run", "--report", tmp_path / "ours", "--seed", "7").code == 0

    def read(name: str) -> tuple[bytes, dict[str, Any]]:
        whole = json.loads((tmp_path / name / "results.json").read_text())
        whole["run"].pop("wall_s")
        return (tmp_path / name / "timeline.jsonl").read_bytes(), whole

    assert read("plain") == read("ours")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ours", "plain", "suites"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rig-clock", "fast"], "clock 'fast' is unknown; use virtual, real or scaled:N"),
        (["--rig-bench", "none.toml"], "bench file none.toml: there is no such file"),
        (["--rig-seed", "x"], "invalid int value: 'x'"),
        (["--rig-report", "/dev/null/report"], "report folder /dev/null/report cannot be written: not a directory"),
    ],
)
def test_bad_options_end_a_session_before_it_starts(
    suites: Suites, plain: Plain, arguments: list[str], message: str
) -> None:
    suites.case("passes(rig)")
    session = plain(*arguments)
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.has(message)
    assert not session.has("Traceback")


def test_a_report_that_cannot_be_written_fails_the_session(
    suites: Suites, plain: Plain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rig.gather.write_report", full)
    suites.case("passes(rig)")
    session = plain("--rig-report", tmp_path / "report")
    assert session.code == pytest.ExitCode.INTERNAL_ERROR
    assert session.has("cannot be written: no space left on device")
    assert not session.has("report in")
    assert list(tmp_path.glob("report*")) == []


def test_a_session_without_cases_is_none_of_ours(suites: Suites, plain: Plain, tmp_path: Path) -> None:
    suites.write("def test_theirs(): pass\ndef test_fails(): raise ValueError('theirs')")
    session = plain()
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert not session.has("evse-rig:")


def test_an_interrupted_session_writes_no_report(suites: Suites, plain: Plain, tmp_path: Path) -> None:
    suites.write("@judges\nasync def test_a(rig): passes(rig)\n@judges\nasync def test_b(rig): raise KeyboardInterrupt")
    assert plain("--rig-report", tmp_path / "report").code == pytest.ExitCode.INTERRUPTED
    assert list(tmp_path.glob("report*")) == []


def test_a_machine_without_virtual_time_gives_errors_and_no_verdict(
    suites: Suites, plain: Plain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.plugin.self_test", lambda: pytest.fail("virtual time does not hold"))
    suites.case("passes(rig)")
    assert plain("--rig-report", tmp_path / "report").code == pytest.ExitCode.TESTS_FAILED
    (row,) = json.loads((tmp_path / "report" / "results.json").read_text())["results"]
    assert (row["case"], row["verdict"]) == ("tiny/cases/the_case", "error")
    assert "virtual time does not hold" in row["evidence"]["reason"]


def test_real_time_needs_no_self_test(suites: Suites, plain: Plain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rig.plugin.self_test", lambda: pytest.fail("virtual time does not hold"))
    suites.case("await rig.until(1.0)\npasses(rig)")
    assert plain("--rig-clock", "scaled:1000").code == 0
