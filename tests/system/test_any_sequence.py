"""Whatever happens to a station, in any sequence: what has to hold all the time holds (rig.invariants).

Hypothesis makes up scenarios (`sequences`), and they are played on real ttys and sockets in virtual time. One that is
not kept is shrunk and written as a scenario file; the message says how to replay it. EVSE_RIG_DEEP=1 plays some
hundred days of a station's life, `--rig-seed N` others of them.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from rig.bench.file import BenchFile, StationEntry
from rig.case import Case
from rig.options import RunOptions
from rig.scenario import SUFFIX, Scenario, load, play, script, text_of
from tests.system.sequences import scenarios

ROOT = Path(__file__).parents[2]
# Not in a folder of pytest's, which keeps only those of its last runs.
FOUND = ROOT / "found"
DEEP = bool(os.environ.get("EVSE_RIG_DEEP"))
SHARDS = (1, 2)
# Hypothesis varies what it has come upon: many short searches see more than a long one.
SEARCHES, EXAMPLES, MOST_STEPS = (50, 20, 25) if DEEP else (2, 8, 15)
# What one shard has to get through in the deep profile.
LEAST_DAYS = 100.0
DAY_S = 86_400.0
NOT_PLAYED = "not-played"


class NotKept(AssertionError):
    """A scenario in which something did not hold."""


@cache
def not_kept(clause: str) -> type[NotKept]:
    """One class for each clause: Hypothesis takes failures of one class for the same, and shrinks one into another."""
    return type(f"NotKept_{clause}", (NotKept,), {})


class Search:
    """Plays scenarios on one kind of bench. What is not kept is written to `folder`, a file for each clause."""

    def __init__(self, folder: Path, station: StationEntry | None = None) -> None:
        self._folder = folder
        self._options = dataclasses.replace(RunOptions(), bench=BenchFile(station=station or StationEntry()))
        self.played_s = 0.0

    def play(self, scenario: Scenario) -> None:
        """Raises NotKept, with the clause in its class, when something of it did not hold."""
        case = Case("found/any", self._options)
        try:
            case.run(play(case, script(scenario)))
            wrong = {verdict.clause: verdict.measured for verdict in case.judge.verdicts if verdict.verdict != "pass"}
        except Exception as error:  # noqa: BLE001 - whatever ends a case is what the scenario has found
            wrong = {NOT_PLAYED: f"{type(error).__name__}: {error}"}
        finally:
            self.played_s += case.now_s()
            case.close()
        for clause, seen in wrong.items():
            self._folder.mkdir(exist_ok=True)
            file = self._folder / f"{clause}{SUFFIX}"
            file.write_text(text_of(scenario), encoding="utf-8")
            raise not_kept(clause)(f"{clause}: {seen}\nreplay it: evse-rig run {file}")

    def run(self, examples: int, most_steps: int, seed_of: str) -> None:
        """Play so many scenarios with up to so many steps each. Raises NotKept with what the last one shrank to."""
        quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
        configured = settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=quiet,
            phases=[Phase.generate, Phase.shrink],
            print_blob=False,
        )
        seed(seed_of)(configured(given(scenarios(most_steps))(lambda scenario: self.play(scenario))))()


@pytest.mark.timeout(1800 if DEEP else 120)
@pytest.mark.parametrize("shard", SHARDS)
def test_what_has_to_hold_holds(shard: int, request: pytest.FixtureRequest) -> None:
    search = Search(FOUND)
    for number in range(SEARCHES):
        search.run(EXAMPLES, MOST_STEPS, f"{request.config.getoption('--rig-seed')}/{shard}/{number}")
    if DEEP:
        assert search.played_s >= LEAST_DAYS * DAY_S


BENCH = """
[station]
factory = "{factory}"
[lines.p1]
[lines.tic]
[lines.rtu]
[lines.tcp]
[lines.board]
"""


FAULTY = [("over_current:keeps_the_contactor_closed", "M3-001"), ("balancing:swaps_l2_and_l3", "ALB-GEN-008")]


@pytest.mark.parametrize(("factory", "clause"), FAULTY if DEEP else FAULTY[:1])
def test_a_faulty_station_is_found_and_the_file_replays_it(factory: str, clause: str, tmp_path: Path) -> None:
    station = StationEntry(factory=f"tests.faulty.{factory}")
    with pytest.raises(not_kept(clause)) as caught:
        Search(tmp_path, station).run(300, 12, "1")
    file = tmp_path / f"{clause}{SUFFIX}"
    assert f"evse-rig run {file}" in str(caught.value)
    assert len(load(file).steps) <= 4
    bench, report = tmp_path / "bench.toml", tmp_path / "report"
    bench.write_text(BENCH.format(factory=station.factory), encoding="utf-8")
    command = [sys.executable, "-m", "rig", "run", file, "--bench", bench, "--report", report]
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    verdicts = json.loads((report / "results.json").read_text(encoding="utf-8"))["results"]
    assert {row["clause"] for row in verdicts if row["verdict"] == "fail"} == {clause}
