"""The whole run: hours of station time, how long they take, and the most memory a process of it uses."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from rig.clock import stopwatch

REPEATS = 3


def main() -> None:
    walls_s, station_s = [], 0.0
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report"
            wall_s = stopwatch()
            command = [sys.executable, "-m", "rig", "run", "--report", str(report)]
            subprocess.run(command, check=True, capture_output=True)
            walls_s.append(wall_s())
            station_s = json.loads((report / "results.json").read_text(encoding="utf-8"))["run"]["station_s"]
    peak_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"evse-rig run --report: {station_s / 3600:.1f} h of station time in {median(walls_s):.1f} s "
        f"(median of {REPEATS}, start-up and report included), peak {peak_mib:.0f} MiB in one process"
    )


if __name__ == "__main__":
    main()
