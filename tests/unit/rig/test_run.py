"""A run as a whole: how it ends, what it leaves, and that neither workers nor the environment change it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from rich.console import Console

import rig.run
from rig.errors import HarnessError
from rig.run import Wanted


class Suites(Protocol):
    folder: Path

    def write(self, code: str, *, suite: str = "tiny", module: str = "cases") -> None: ...
    def case(self, body: str, *, suite: str = "tiny", marked: str = "@judges") -> None: ...


class Ended(Protocol):
    code: int
    out: str
    err: str


Command = Callable[..., Ended]
Results = Callable[[Path], list[dict[str, Any]]]


WITH_A_CAPTURE = """
meter = KINDS["dsmr5"]
async with rig.bench(balancing.settings(meter, meter_max_a=25.0), meter=meter) as bench:
    await bench.readings(2)
passes(rig)
"""


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# -- exit codes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("passes(rig)", 0),
        ("raise NotTestableHere('no pilot')", 3),
        ("pytest.skip('no captures here')", 3),
        ("fails(rig)", 1),
        ("rig.judge.value(CLAUSE, 'a time', measured=1.0, limit=1.0, unit='s', uncertainty=0.5)", 1),
        ("raise NotCharging('nothing drawn')", 1),
        ("fails(rig); pytest.skip('and no more')", 1),
        ("pass", 2),
        ("passes(rig, 'OCP-004'); passes(rig)", 2),
        ("raise RuntimeError('broken')", 2),
        ("raise HarnessError('a port is gone')", 2),
        ("passes(rig); await asyncio.Event().wait()", 2),
        ("passes(rig); rig.loop.call_soon(lambda: 1 // 0); await rig.until(1.0)", 2),
        ("fails(rig); raise HarnessError('a port is gone')", 2),
        ("passes(rig); assert 1 == 2", 2),
        ("rig.judge.holds('OCP-999', 'w', holds=True, seen='', promised='')", 2),
    ],
)
def test_one_case_decides_the_exit_code(suites: Suites, evse_rig: Command, body: str, code: int) -> None:
    suites.case(body)
    ended = evse_rig("run")
    assert ended.code == code
    assert "Traceback" not in ended.out + ended.err
    assert len(lines(ended.err)) == (1 if code in (2, 3) else 0)


def test_a_harness_error_outweighs_a_finding(suites: Suites, evse_rig: Command) -> None:
    suites.write("@judges\nasync def test_a(rig): fails(rig)\n@judges\nasync def test_b(rig): raise HarnessError('x')")
    ended = evse_rig("run")
    assert ended.code == 2
    assert lines(ended.err) == ["evse-rig: tiny/cases/b: HarnessError: x"]


def test_one_error_of_many_cases_is_one_line(suites: Suites, evse_rig: Command) -> None:
    suites.write("@pytest.mark.parametrize('n', range(5))\n@judges\nasync def test_a(rig, n): raise HarnessError('x')")
    assert lines(evse_rig("run").err) == ["evse-rig: tiny/cases/a[0] (and 4 more cases): HarnessError: x"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_gives_no_result_is_an_error(suites: Suites, evse_rig: Command, tmp_path: Path, jobs: int) -> None:
    """A test that takes no rig, a file that cannot be imported, a broken fixture, a worker that dies: all are told"""
    suites.write("def test_plain(): raise RuntimeError('plain')\nasync def test_nobody_runs_it(): pass", module="plain")
    suites.write("import there_is_no_such_module", module="broken")
    suites.write(
        "@pytest.fixture\ndef bad(): raise RuntimeError('bad')\n@judges\nasync def test_a(rig, bad): pass",
        module="setup",
    )
    suites.write(
        "@pytest.fixture\ndef bad(rig):\n    yield\n    raise RuntimeError('late')\n"
        "@judges\nasync def test_a(rig, bad): passes(rig)",
        module="teardown",
    )
    suites.write("@judges\nasync def test_good(rig): passes(rig)", module="good")
    expected = []
    if jobs > 1:
        suites.write("@judges\nasync def test_a(rig): os._exit(1)", module="deadly")
        expected = ["evse-rig: tiny/test_deadly.py::test_a: worker crashed while running 'tiny/test_deadly.py::test_a'"]
    ended = evse_rig("run", "--jobs", jobs, "--report", tmp_path / "report")
    assert ended.code == 2
    assert sorted(re.sub(r"worker 'gw\d'", "worker", line) for line in lines(ended.err)) == sorted(
        [
            *expected,
            "evse-rig: tiny/setup/a: RuntimeError: bad",
            "evse-rig: tiny/test_broken.py: cannot be collected: "
            "ModuleNotFoundError: No module named 'there_is_no_such_module'",
            "evse-rig: tiny/test_plain.py::test_nobody_runs_it: "
            "Failed: async def functions are not natively supported.",
            "evse-rig: tiny/test_plain.py::test_plain: RuntimeError: plain",
            "evse-rig: tiny/test_teardown.py::test_a (teardown): RuntimeError: late",
        ]
    )
    assert "2 pass" in ended.out  # one of them broke afterwards
    assert (tmp_path / "report" / "report.html").is_file()


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "loop = asyncio.get_running_loop()\ndef go(): loop.call_soon(go)\ngo()\nawait asyncio.sleep(1)",
    ],
    ids=["in the case", "in a callback"],
)
def test_a_case_that_hangs_is_an_error(
    suites: Suites, evse_rig: Command, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    monkeypatch.setattr(rig.run, "CASE_TIMEOUT_S", 0.3)
    suites.case(body)
    ended = evse_rig("run")
    assert ended.code == 2
    assert "Timeout" in ended.err
    assert len(lines(ended.err)) == 1


def test_no_case_is_bad_usage(suites: Suites, evse_rig: Command) -> None:
    suites.case("passes(rig)")
    ended = evse_rig("run", "-k", "nothing_is_called_so")
    assert (ended.code, lines(ended.err)) == (3, ["evse-rig: the chosen suites hold no case of that name"])
    suites.write("", suite="empty")
    ended = evse_rig("run", "empty")
    assert (ended.code, lines(ended.err)) == (3, ["evse-rig: the chosen suites hold no case"])


def test_a_keyword_that_is_no_expression_is_bad_usage(suites: Suites, evse_rig: Command) -> None:
    suites.case("passes(rig)")
    ended = evse_rig("run", "-k", "a and")
    assert ended.code == 3
    assert len(lines(ended.err)) == 1


def test_a_fault_of_pytest_itself_is_one_line(suites: Suites, evse_rig: Command, tmp_path: Path) -> None:
    suites.case("passes(rig)")
    (suites.folder / "conftest.py").write_text("def pytest_runtest_setup(item):\n    raise SystemError('no way')\n")
    (suites.folder / "tiny" / "conftest.py").write_text("def pytest_sessionstart(session): raise SystemError('no way')")
    ended = evse_rig("run", "--report", tmp_path / "report")
    assert (ended.code, lines(ended.err)) == (2, ["evse-rig: the run broke down: SystemError: no way"])
    assert list(tmp_path.glob("report*")) == []


# -- the report folder ------------------------------------------------------------------------------------------


def test_a_report_and_nothing_beside_it(suites: Suites, evse_rig: Command, tmp_path: Path) -> None:
    suites.case(WITH_A_CAPTURE)
    report = tmp_path / "deep" / "report"
    assert evse_rig("run", "--report", report).code == 0
    assert sorted(path.name for path in report.parent.iterdir()) == ["report"]
    assert sorted(files(report)) == [
        "captures/tiny_cases_the_case/p1.pcapng",
        "junit.xml",
        "report.html",
        "results.json",
        "timeline.jsonl",
    ]
    header = json.loads((report / "timeline.jsonl").read_text().splitlines()[0])
    assert header == {"t": 0.0, "src": "rig", "kind": "case", "data": {"case": "tiny/cases/the_case"}, "u": 0.0}


def test_a_new_report_replaces_all_of_the_old_one(suites: Suites, evse_rig: Command, tmp_path: Path) -> None:
    report = tmp_path / "report"
    suites.case(WITH_A_CAPTURE)
    assert evse_rig("run", "--report", report).code == 0
    (report / "notes.txt").write_text("mine")
    suites.case("passes(rig)", suite="other")
    assert evse_rig("run", "other", "--report", report).code == 0
    assert sorted(files(report)) == ["junit.xml", "notes.txt", "report.html", "results.json", "timeline.jsonl"]
    assert "other/cases/the_case" in (report / "timeline.jsonl").read_text()


def test_ctrl_c_between_cases(suites: Suites, evse_rig: Command, tmp_path: Path) -> None:
    suites.write("@judges\nasync def test_a(rig): passes(rig)\n@judges\nasync def test_b(rig): await asyncio.sleep(1)")
    (suites.folder / "conftest.py").write_text(
        "def pytest_runtest_logreport(report):\n    if report.when == 'call': raise KeyboardInterrupt\n"
    )
    ended = evse_rig("run", "--report", tmp_path / "report")
    assert (ended.code, lines(ended.err)) == (2, ["evse-rig: interrupted"])
    assert list(tmp_path.glob("report*")) == []


def test_an_earlier_report_survives_a_breakdown(suites: Suites, evse_rig: Command, tmp_path: Path) -> None:
    report = tmp_path / "report"
    suites.case(WITH_A_CAPTURE)
    assert evse_rig("run", "--report", report).code == 0
    before = files(report)
    code = "@judges\nasync def test_a(rig): passes(rig)\n@judges\nasync def test_b(rig): os.kill(os.getpid(), 2)"
    suites.write(code, suite="b")
    assert evse_rig("run", "b", "--report", report).code == 2
    assert files(report) == before
    assert [path.name for path in tmp_path.glob("report*")] == ["report"]


def test_an_earlier_report_survives_a_report_that_cannot_be_written(
    suites: Suites, evse_rig: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "report"
    suites.case("passes(rig)")
    assert evse_rig("run", "--report", report).code == 0
    before = files(report)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rig.gather.write_report", full)
    ended = evse_rig("run", "--report", report)
    assert (ended.code, len(lines(ended.err))) == (3, 1)
    assert "no space left on device" in ended.err
    assert files(report) == before
    assert [path.name for path in tmp_path.glob("report*")] == ["report"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_at_a_terminal(tmp_path: Path, jobs: str) -> None:
    """A process of its own, and the signal for all of its group, as a terminal sends it"""
    started = tmp_path / "started"
    os.mkfifo(started)
    reader = os.open(started, os.O_RDONLY | os.O_NONBLOCK)
    (tmp_path / "suites" / "slow").mkdir(parents=True)
    (tmp_path / "suites" / "slow" / "test_slow.py").write_text(
        "import os, pytest\n"
        "from rig.meters import KINDS\n"
        "@pytest.mark.parametrize('n', range(4))\n"
        "@pytest.mark.clause('OCP-003')\n"
        "async def test_slow(rig, n):\n"
        "    async with rig.bench(meter=KINDS['dsmr5']):\n"
        f"        os.write(os.open({str(started)!r}, os.O_WRONLY), b'!')\n"
        "        while True:\n"
        "            await rig.until(rig.now_s() + 3600.0)\n"
    )
    program = (
        "import pathlib\n"
        "from rig import cli, paths\n"
        f"paths.suites = lambda: pathlib.Path({str(tmp_path / 'suites')!r})\n"
        "cli.main()\n"
    )
    arguments = [sys.executable, "-c", program, "run", "--jobs", jobs, "--report", str(tmp_path / "report")]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    ) as process:
        assert select.select([reader], [], [], 60.0)[0]
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    os.close(reader)
    # Python may say something of a worker that the signal hits as it starts or ends; ours is one line, the last.
    assert (process.returncode, lines(err)[-1]) == (2, "evse-rig: interrupted"), err
    assert len(lines(err)) == 1 or jobs != "1", err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scratch", "started", "suites"]
    assert list(scratch.glob("evse-rig-*")) == []


# -- always the same --------------------------------------------------------------------------------------------

# Random faults on the line, cars that pause and resume, meters on every port: everything that could differ from run
# to run. Nothing stands in a TCP connection that could flip a bit.
BUSY = """
from rig.lines import faults

@balancing.meters(KINDS[name] for name in ("dsmr5", "dsmr4", "linky-standard", "sdm72d", "e27"))
@judges
async def test_noise(rig, meter):
    settings = balancing.settings(meter, meter_max_a=20.0)
    async with rig.bench(settings, meter=meter) as bench:
        await balancing.heard(rig, bench)
        await bench.charge(balancing.car())
        flips = faults.BitFlip(probability=0.0005)
        with bench.meter.broken("half-open") if meter.port == "tcp" else bench.meter.line.fault(flips):
            await rig.until(rig.now_s() + 120.0)
        bench.house(9.0)
        await bench.readings(3)
    rig.judge.value(CLAUSE, "offer", measured=bench.observed.offered_a, limit=10.0, unit="A", early=10.0, late=10.0,
        evidence={"throw": rig.random.random()})

@judges
async def test_pauses(rig):
    async with rig.bench(overdraw.SETTINGS) as bench:
        vehicle = await bench.charge(overdraw.car())
        await overdraw.draw_share(bench, vehicle, 15000)
        paused = await bench.observed.pilot("F", within_s=60.0)
        await bench.drawing(within_s=400.0)
    passes(rig)
"""


NOISY = ("dsmr5", "dsmr4", "linky-standard", "sdm72d", "e27")


def report_of(
    evse_rig: Command, report: Path, *arguments: object
) -> tuple[bytes, list[dict[str, Any]], dict[str, Any]]:
    ended = evse_rig("run", "--report", report, *arguments)
    assert ended.code == 0, ended.out + ended.err
    whole = json.loads((report / "results.json").read_text())
    assert isinstance(whole["run"].pop("wall_s"), float)
    return (report / "timeline.jsonl").read_bytes(), whole["results"], whole["run"]


def test_two_runs_with_one_seed_are_equal_whatever_the_workers(
    suites: Suites, evse_rig: Command, tmp_path: Path
) -> None:
    suites.write(BUSY)
    suites.write("@judges\nasync def test_z(rig): passes(rig)\n@judges\nasync def test_a(rig): passes(rig)", suite="aa")
    first = report_of(evse_rig, tmp_path / "first", "--jobs", 1)
    assert report_of(evse_rig, tmp_path / "workers", "--jobs", 2) == first
    captures = [files(tmp_path / name / "captures") for name in ("first", "workers")]
    assert len(captures[0]) == len(NOISY)
    assert captures[0] == captures[1]
    html = [(tmp_path / name / "report.html").read_text() for name in ("first", "workers")]
    assert [len(text) for text in html] == [pytest.approx(len(html[0]), abs=50)] * 2
    expected = ["aa/cases/z", "aa/cases/a", *(f"tiny/cases/noise[{meter}]" for meter in NOISY)]
    headers = [line for line in first[0].splitlines() if b'"kind":"case"' in line]
    assert [json.loads(line)["data"]["case"] for line in headers] == [*expected, "tiny/cases/pauses"]
    assert list(dict.fromkeys(row["case"] for row in first[1])) == [*expected, "tiny/cases/pauses"]


def test_another_seed_changes_only_what_is_random(suites: Suites, evse_rig: Command, tmp_path: Path) -> None:
    suites.write(BUSY)
    first, first_rows, first_run = report_of(evse_rig, tmp_path / "first", "--jobs", 1)
    other, other_rows, other_run = report_of(evse_rig, tmp_path / "other", "--jobs", 1, "--seed", 2)

    def of_case(timeline: bytes, name: str) -> list[bytes]:
        start = timeline.index(f'"case":"tiny/cases/{name}'.encode())
        end = timeline.find(b'"kind":"case"', start)
        return timeline[start : None if end < 0 else end].splitlines()[1:-1]

    assert of_case(first, "pauses") == of_case(other, "pauses")
    assert of_case(first, "noise[dsmr5]") != of_case(other, "noise[dsmr5]")
    throws = [row["evidence"].pop("throw") for row in (*first_rows, *other_rows) if "throw" in row["evidence"]]
    assert len(set(throws)) == 2 * len(NOISY)
    assert [row["clause"] for row in first_rows] == [row["clause"] for row in other_rows]
    assert (first_run.pop("seed"), other_run.pop("seed")) == (1, 2)
    assert first_run == other_run


@contextlib.contextmanager
def every_core_loaded() -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for _ in range(os.cpu_count() or 1):
            busy = stack.enter_context(
                subprocess.Popen([sys.executable, "-c", "print(flush=True)\nwhile True: pass"], stdout=subprocess.PIPE)
            )
            stack.callback(busy.kill)
            assert busy.stdout is not None
            busy.stdout.readline()
        yield


def test_load_changes_nothing(suites: Suites, evse_rig: Command, tmp_path: Path) -> None:
    """The same cases twice: with nothing else to do, and while other processes keep every core busy"""
    suites.write(BUSY)
    idle = report_of(evse_rig, tmp_path / "idle")
    with every_core_loaded():
        assert report_of(evse_rig, tmp_path / "loaded") == idle


def test_results_follow_the_schema(suites: Suites, evse_rig: Command, tmp_path: Path) -> None:
    suites.case("rig.judge.value(CLAUSE, 'a time', measured=5.2, limit=5.0, unit='s', late=0.5)\nawait rig.until(7.0)")
    assert evse_rig("run", "--report", tmp_path / "report").code == 0
    whole = json.loads((tmp_path / "report" / "results.json").read_text())
    assert whole["schema"] == 1
    assert {key: whole["run"][key] for key in ("clock", "seed", "bench", "station", "station_s", "self_test")} == {
        "clock": "virtual",
        "seed": 1,
        "bench": "reference station on ptys and loopback",
        "station": "reference station",
        "station_s": 7.0,
        "self_test": "passed",
    }
    assert whole["results"] == [
        {
            "clause": "OCP-003",
            "case": "tiny/cases/the_case",
            "verdict": "pass",
            "measured": 5.2,
            "unit": "s",
            "limit": 5.0,
            "tolerance_early": 0.0,
            "tolerance_late": 0.5,
            "uncertainty": 0.0,
            "margin": 0.2,
            "evidence": {},
            "what": "a time",
        }
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PYTEST_ADDOPTS", "--deselect tiny --maxfail=1 -k nothing"),
        ("PYTEST_PLUGINS", "there_is_no_such_plugin"),
        ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1"),
    ],
)
def test_the_environment_does_not_reach_pytest(
    suites: Suites, evse_rig: Command, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    suites.case("passes(rig)")
    monkeypatch.setenv(name, value)
    assert evse_rig("run").code == 0
    assert os.environ[name] == value


def test_where_the_user_stands_does_not_matter(
    suites: Suites, evse_rig: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    (here / "conftest.py").write_text("raise SystemError('not mine')")
    monkeypatch.chdir(here)
    suites.case("passes(rig)")
    assert evse_rig("run", "--report", "report").code == 0
    assert (here / "report" / "report.html").is_file()


# -- what one sees ----------------------------------------------------------------------------------------------


def test_the_bar_moves_while_cases_run(suites: Suites) -> None:
    suites.write("@pytest.mark.parametrize('n', range(3))\n@judges\nasync def test_a(rig, n): passes(rig)")
    terminal = io.StringIO()
    console = Console(file=terminal, force_terminal=True, width=120)
    assert rig.run.run(Wanted(["tiny"], jobs=1), console) == 0
    shown = terminal.getvalue()
    assert "tiny/test_cases.py" in shown
    assert "3/3" in shown


def test_a_bench_name_is_no_markup(suites: Suites, evse_rig: Command, tmp_path: Path) -> None:
    suites.case("passes(rig)")
    (tmp_path / "bench.toml").write_text('name = "bench [/3] of [bold]ours"')
    ended = evse_rig("run", "--bench", tmp_path / "bench.toml")
    assert ended.code == 0
    assert "bench [/3] of [bold]ours, clock virtual, seed 1" in ended.out


def test_a_bench_that_cannot_be_switched_on_is_said_once(suites: Suites, evse_rig: Command, tmp_path: Path) -> None:
    suites.write("@pytest.mark.parametrize('n', range(3))\n@judges\nasync def test_a(rig, n): passes(rig)")
    bench = tmp_path / "bench.toml"
    bench.write_text('[station]\nkind = "external"\n[lines.p1]\nport = "/dev/there-is-no-such-port"\n')
    ended = evse_rig("run", "--bench", bench, "--clock", "real", "--report", tmp_path / "report")
    assert ended.code == 2
    assert lines(ended.err) == [
        "evse-rig: line p1, end b: /dev/there-is-no-such-port does not exist; plug the adapter in or correct the path"
    ]
    assert [path.name for path in tmp_path.iterdir() if "report" in path.name] == []


def test_without_a_watcher_the_run_says_so(monkeypatch: pytest.MonkeyPatch, suites: Suites) -> None:
    suites.case("passes(rig)")
    monkeypatch.setattr(pytest, "main", lambda *_args, **_options: pytest.ExitCode.INTERNAL_ERROR)
    with pytest.raises(HarnessError, match="the run broke down: no message"):
        rig.run.run(Wanted([]), Console(file=io.StringIO()))
