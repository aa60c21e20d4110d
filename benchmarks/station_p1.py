"""Station-seconds per second: one station, a P1 meter at 1 Hz over a 115200 baud pty, a car charging, one core."""

from __future__ import annotations

from statistics import median

from rig.case import Case
from rig.clock import stopwatch
from rig.kit.balancing import DSMR5, car, settings
from rig.options import RunOptions

STATION_S = 5_000
REPEATS = 5
GOAL_STATION_S_PER_S = 3_000


def main() -> None:
    rates = sorted(measure() for _ in range(REPEATS))
    print(
        f"station with P1 at 1 Hz: {median(rates):,.0f} station-seconds per second "
        f"(median of {REPEATS} x {STATION_S:,} s, {rates[0]:,.0f} to {rates[-1]:,.0f}; "
        f"{median(rates) / GOAL_STATION_S_PER_S:.1f} times the goal of {GOAL_STATION_S_PER_S:,})"
    )


def measure() -> float:
    """One run, in station-seconds per real second."""
    case = Case("benchmark", RunOptions())
    rate = 0.0

    async def body() -> None:
        nonlocal rate
        async with case.bench(settings(DSMR5, meter_max_a=40.0, station_max_a=25.0), meter=DSMR5) as bench:
            await bench.readings(2)
            await bench.charge(car())
            wall_s = stopwatch()
            await case.until(case.now_s() + STATION_S)
            rate = STATION_S / wall_s()

    case.run(body())
    case.close()
    return rate


if __name__ == "__main__":
    main()
