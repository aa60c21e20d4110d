"""An hour of two cars in turns, played by EV boxes through VISA, beside the same of emulated cars; on one core."""

from __future__ import annotations

from statistics import median

from rig import paths
from rig.bench.file import BenchFile, load_bench
from rig.case import Case
from rig.clock import stopwatch
from rig.kit.balancing import DSMR5, car, settings
from rig.kit.turns import connected
from rig.options import RunOptions

STATION_S = 3600
REPEATS = 5


def main() -> None:
    boxes = load_bench(paths.fixtures() / "benches" / "ev-boxes.toml")
    emulated_s, boxed_s = (median(measure(file) for _ in range(REPEATS)) for file in (BenchFile(), boxes))
    poll_s = boxes.instruments.ev.poll_s if boxes.instruments.ev else 0.0
    print(
        f"two cars that alternate, played by EV boxes that are looked at every {poll_s:g} s: "
        f"{STATION_S / boxed_s:,.0f} station-s/s, {boxed_s / emulated_s:.1f} times as long as emulated cars "
        f"({STATION_S / emulated_s:,.0f} station-s/s; medians of {REPEATS})"
    )


def measure(file: BenchFile) -> float:
    """One run: real seconds."""
    case = Case("benchmark", RunOptions(bench=file))
    wall_s = 0.0

    async def body() -> None:
        nonlocal wall_s
        async with case.bench(settings(DSMR5, meter_max_a=25.0), meter=DSMR5, sockets=2) as bench:
            bench.house(14.0)
            await bench.readings(2)
            await connected(case, bench, car(), car())
            watch = stopwatch()
            await case.until(case.now_s() + STATION_S)
            wall_s = watch()

    case.run(body())
    case.close()
    return wall_s


if __name__ == "__main__":
    main()
