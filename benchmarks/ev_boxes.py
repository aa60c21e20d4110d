"""An hour of two cars in turns, played by EV boxes through VISA, beside the same of emulated cars; on one core."""

from __future__ import annotations

from statistics import median

from benchmarks.alternating_24h import measure
from rig import paths
from rig.bench.file import load_bench

STATION_S = 3600
REPEATS = 5


def main() -> None:
    boxes = load_bench(paths.fixtures() / "benches" / "ev-boxes.toml")
    emulated_s, boxed_s = (median(measure(file, STATION_S)[0] for _ in range(REPEATS)) for file in (None, boxes))
    poll_s = boxes.instruments.ev.poll_s if boxes.instruments.ev else 0.0
    print(
        f"two cars that alternate, played by EV boxes that are looked at every {poll_s:g} s: "
        f"{STATION_S / boxed_s:,.0f} station-s/s, {boxed_s / emulated_s:.1f} times as long as emulated cars "
        f"({STATION_S / emulated_s:,.0f} station-s/s; medians of {REPEATS})"
    )


if __name__ == "__main__":
    main()
