"""`python -m benchmarks` (or `make bench`): every benchmark, one after the other. Quiet machine, please."""

from __future__ import annotations

from benchmarks import (
    allocator,
    alternating_24h,
    ev_boxes,
    meters_32,
    modbus_emulators,
    p1_codec,
    p1_reader,
    station_p1,
    suites,
    tic_codec,
)

for benchmark in (
    allocator,
    p1_codec,
    p1_reader,
    tic_codec,
    modbus_emulators,
    meters_32,
    station_p1,
    alternating_24h,
    ev_boxes,
    suites,
):
    benchmark.main()
