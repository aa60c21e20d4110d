"""24 hours of station time: two sockets, two cars, a P1 meter at 1 Hz, turns of 15 minutes, on one core."""

from __future__ import annotations

from rig.bench.file import BenchFile
from rig.case import Case
from rig.clock import stopwatch
from rig.kit.balancing import DSMR5, car, settings
from rig.kit.turns import connected, turns
from rig.options import RunOptions

STATION_S = 24 * 3600
GOAL_S = 60.0


def main() -> None:
    wall_s, count = measure()
    print(
        f"two sockets that alternate behind P1 at 1 Hz: {STATION_S // 3600} h of station time, {count} turns, in "
        f"{wall_s:.1f} s (goal: {GOAL_S:.0f} s)"
    )


def measure(file: BenchFile | None = None, station_s: float = STATION_S) -> tuple[float, int]:
    """One run, on the usual bench unless `file` has another: real seconds, and how many turns there were."""
    case = Case("benchmark", RunOptions(bench=file or BenchFile()))
    wall_s = 0.0

    async def body() -> None:
        nonlocal wall_s
        async with case.bench(settings(DSMR5, meter_max_a=25.0), meter=DSMR5, sockets=2) as bench:
            bench.house(14.0)
            await bench.readings(2)
            await connected(case, bench, car(), car())
            watch = stopwatch()
            await case.until(case.now_s() + station_s)
            wall_s = watch()

    case.run(body())
    count = len(turns(case))
    case.close()
    return wall_s, count


if __name__ == "__main__":
    main()
