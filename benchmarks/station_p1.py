"""Station-seconds per second: one station, a P1 meter at 1 Hz over a 115200 baud pty, a car charging, one core.

Once with a house that draws the same all the time, and once with one that draws something else each second, so that no
telegram says what the one before it said, and the offer follows.

Each station-second has two writes to a tty, and for each the process waits until a thread of the kernel has delivered
it, 5 us or, where that thread has to wake a sleeping core of a virtual machine, 90 us. So the rate by the clock on the
wall is that of the machine as well; by processor time it is ours.
"""

from __future__ import annotations

import time
from statistics import median
from typing import NamedTuple

from rig.case import Case
from rig.clock import stopwatch
from rig.kit.balancing import DSMR5, car, settings
from rig.options import RunOptions

STATION_S = 5_000
REPEATS = 5
GOAL_STATION_S_PER_S = 3_000


class Rates(NamedTuple):
    """Station-seconds per real second, and per second of processor time."""

    by_wall: float
    by_cpu: float


def main() -> None:
    for restless in (False, True):
        _print("restless" if restless else "steady", [measure(restless) for _ in range(REPEATS)])


def _print(house: str, runs: list[Rates]) -> None:
    rates = sorted(run.by_wall for run in runs)
    print(
        f"station with P1 at 1 Hz, {house} house: {median(rates):,.0f} station-seconds per second "
        f"(median of {REPEATS} x {STATION_S:,} s, {rates[0]:,.0f} to {rates[-1]:,.0f}; "
        f"{median(rates) / GOAL_STATION_S_PER_S:.1f} times the goal of {GOAL_STATION_S_PER_S:,}), "
        f"{median(run.by_cpu for run in runs):,.0f} per second of processor time"
    )


def measure(restless: bool) -> Rates:
    """One run."""
    case = Case("benchmark", RunOptions())
    rates = Rates(0.0, 0.0)

    async def body() -> None:
        nonlocal rates
        async with case.bench(settings(DSMR5, meter_max_a=40.0, station_max_a=25.0), meter=DSMR5) as bench:
            await bench.readings(2)
            await bench.charge(car())
            wall_s, cpu_s = stopwatch(), time.process_time()
            end_s = case.now_s() + STATION_S
            while restless and case.now_s() < end_s - 1.0:
                bench.house(*(case.random.uniform(15.0, 30.0) for _ in range(3)))
                await case.until(case.now_s() + 1.0)
            await case.until(end_s)
            rates = Rates(STATION_S / wall_s(), STATION_S / (time.process_time() - cpu_s))

    case.run(body())
    case.close()
    return rates


if __name__ == "__main__":
    main()
