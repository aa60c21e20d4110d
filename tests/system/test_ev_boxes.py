"""The suites with cars that are played by EV simulator boxes, through VISA: the bench file that a user would take.

All of them in the long profile. In the short one some of every suite in which cars matter.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BENCH = ROOT / "fixtures" / "benches" / "ev-boxes.toml"
FAULTY = tomllib.loads((ROOT / "tests" / "faulty" / "expected.toml").read_text(encoding="utf-8"))
LINES = "".join(f"[lines.{line}]\n" for line in ("p1", "tic", "rtu", "tcp", "board"))
DEEP = os.environ.get("EVSE_RIG_DEEP") == "1"
# By what is on either side of the verdicts: the pilot, its times, and currents.
SHORT = """
    test_a_session or test_while_charging or test_a_dip_of_the_mains or test_plugged_in_again or test_words_and_light
    or test_running_sessions or test_one_charges_and_one_waits or test_each_for_its_own_minute or test_the_example
    or test_internal_rotation or test_a_car_stops or test_two_sockets
"""
FINDINGS = 1


def run(folder: Path, selection: Sequence[str], bench: Path) -> tuple[int, list[dict[str, Any]], str]:
    """The exit code, the verdicts, and what was printed."""
    report = folder / "report"
    command = [sys.executable, "-m", "rig", "run", *selection, "--bench", str(bench), "--report", str(report)]
    done = subprocess.run([*command, "--no-pictures"], capture_output=True, text=True, timeout=3600, check=False)
    results: list[dict[str, Any]] = json.loads((report / "results.json").read_text(encoding="utf-8"))["results"]
    return done.returncode, results, done.stdout + done.stderr


def test_every_clause_is_kept(tmp_path: Path) -> None:
    selection = () if DEEP else ("m3", "prb", "alt", "slb", "ph", "scm", "ui", "-k", " ".join(SHORT.split()))
    code, results, output = run(tmp_path, selection, BENCH)
    assert code == 0, output
    assert {row["verdict"] for row in results} == {"pass"}, output
    assert {row["clause"].split("-")[0] for row in results} >= {"M3", "PRB", "ALT", "SLB", "PH", "SCM", "UI"}


@pytest.mark.parametrize(
    ("room", "name"),
    [
        ("pilot", "wants_a_pause_between_cars"),
        ("pilot", "ends_the_session_in_a_dip"),
        ("probing", "probes_for_57_s"),
    ],
)
def test_a_wrong_station_is_rejected(room: str, name: str, tmp_path: Path) -> None:
    """By the same clauses as with emulated cars."""
    row = FAULTY[room][name]
    bench = tmp_path / "bench.toml"
    station = f'[station]\nfactory = "tests.faulty.{room}:{name}"\n'
    bench.write_text(BENCH.read_text(encoding="utf-8") + station + LINES, encoding="utf-8")
    code, results, output = run(tmp_path, (*row["suites"].split(), "-k", row["cases"]), bench)
    assert code == FINDINGS, output
    assert {found["clause"] for found in results if found["verdict"] == "fail"} == set(row["fails"].split()), output
