"""Which conformance cases judge which clauses, read from the suites' `clause` markers without running a case."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rig.errors import HarnessError

# Collecting imports the suites and runs nothing.
COLLECT_TIMEOUT_S = 120.0
_COLLECTED = (0, 5)  # pytest's exit codes for cases found and for none found
# How much of pytest's output a failure shows.
_TAIL_LINES = 20


def tested_by(suites: Path) -> dict[str, list[str]]:
    """The ids of the cases that judge each clause, by clause id, in the order of collection.

    `suites` is the folder of the conformance suites. pytest runs in a process of its own, so this works inside a
    pytest session too. Raises HarnessError when the suites cannot be collected.
    """
    judging: dict[str, list[str]] = {}
    for case, clauses in _collect(suites).items():
        for clause in clauses:
            cases = judging.setdefault(clause, [])
            if case not in cases[-1:]:  # a case may carry a clause on itself and on its class
                cases.append(case)
    return judging


def _collect(suites: Path) -> dict[str, list[str]]:
    if not suites.is_dir():
        raise HarnessError(f"no conformance suites in {suites}: there is no such folder")
    # An outer pytest session leaves its options and its worker's name in the environment; neither is meant for us.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    with tempfile.TemporaryDirectory(prefix="evse-rig-clauses-") as folder:
        target = Path(folder) / "clauses.json"
        command = [sys.executable, "-m", "pytest", str(suites), "--collect-only", "--quiet", "--import-mode=importlib"]
        command += ["-p", "no:cacheprovider", "-p", "rig.clauses.collector", f"--clause-map={target}"]
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=COLLECT_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise HarnessError(f"collecting {suites} took longer than {COLLECT_TIMEOUT_S:g} s") from None
        if done.returncode not in _COLLECTED or not target.is_file():
            tail = "\n".join((done.stdout + done.stderr).splitlines()[-_TAIL_LINES:])
            raise HarnessError(f"the suites in {suites} cannot be collected; pytest said:\n{tail}")
        cases: dict[str, list[str]] = json.loads(target.read_text(encoding="utf-8"))
        return cases
