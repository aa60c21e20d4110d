"""How long a P1 telegram takes to write and to read, beside dsmr-parser. `python -m benchmarks.p1_codec` prints it."""

from __future__ import annotations

import timeit
from collections.abc import Callable
from statistics import median
from typing import Any

import msgspec
from dsmr_parser import telegram_specifications
from dsmr_parser.parsers import TelegramParser

from emulators.p1 import MbusReading, Telegram, decode, encode

TELEGRAMS = 1000
REPEATS = 15
# dsmr-parser takes about a millisecond for one.
PEER_TELEGRAMS = 100
PEER_REPEATS = 5

FIRST = Telegram(
    version="5.0.2",
    ident="EMU5\\2EVTEST-50-3P",
    stamp="260703131502S",
    equipment_id="E0099000000050326",
    import_wh=(2_345_678, 3_456_789),
    export_wh=(1_234_567, 2_789_012),
    tariff=2,
    import_w=0,
    export_w=3125,
    failures=11,
    long_failures=4,
    failure_log=(("250601073322S", 3710),),
    sags=(0, 1, 0),
    swells=(3, 0, 1),
    voltage_dv=(2384, 2310, 2369),
    current_ma=(10_000, 1000, 4000),
    phase_import_w=(0, 310, 0),
    phase_export_w=(2415, 0, 1020),
    mbus=(
        MbusReading(
            channel=1,
            device_type=3,
            equipment_id="G0099000000050326",
            stamp="260703131500S",
            reading_milli=987_654,
        ),
    ),
)


def stream() -> list[Telegram]:
    """Three-phase telegrams in which everything differs that differs from second to second on a real meter."""
    return [
        msgspec.structs.replace(
            FIRST,
            stamp=f"2607031315{n % 60:02}S",
            import_wh=(2_345_678, 3_456_789 + n),
            import_w=n,
            voltage_dv=(2384 - n % 50, 2310 + n % 40, 2369),
            current_ma=(n % 40 * 1000, 1000, n % 30 * 1000),
            phase_import_w=(n, 310 + n, 0),
            phase_export_w=(0, 0, 1020 + n),
        )
        for n in range(TELEGRAMS)
    ]


def microseconds_each(work: Callable[[Any], object], items: list[Any], repeats: int) -> float:
    """The median over `repeats` runs of the time for one item."""

    def run() -> None:
        for item in items:
            work(item)

    return median(timeit.repeat(run, number=1, repeat=repeats)) / len(items) * 1e6


def main() -> None:
    telegrams = stream()
    data = [encode(telegram) for telegram in telegrams]
    texts = [telegram.decode("ascii") for telegram in data[:PEER_TELEGRAMS]]
    encode_us = microseconds_each(encode, telegrams, REPEATS)
    decode_us = microseconds_each(decode, data, REPEATS)
    peer_us = microseconds_each(TelegramParser(telegram_specifications.V5).parse, texts, PEER_REPEATS)
    print(f"P1 telegram, DSMR 5.0.2, three phases, {len(data[0])} bytes (medians)")
    print(f"  encode       {encode_us:8.1f} us  {1e6 / encode_us:9,.0f} telegrams/s")
    print(f"  decode       {decode_us:8.1f} us  {1e6 / decode_us:9,.0f} telegrams/s")
    print(f"  dsmr-parser  {peer_us:8.1f} us  {1e6 / peer_us:9,.0f} telegrams/s, decode is {peer_us / decode_us:.0f} x")


if __name__ == "__main__":
    main()
