"""Every kind of meter on its port: read by the reference station, broken in every way, and gone without a trace."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest
from pcapng import FileScanner
from pcapng.blocks import EnhancedPacket

from rig.clock import Calendar, VirtualLoop
from rig.kit import balancing
from rig.meters import KINDS, MeterKind, Place, make
from rig.timeline import Timeline
from tests.unit.rig.meters.conftest import Yard, descriptors, reads, shown_a

# By then a station has found what its meter speaks, and the slowest one has told twice.
FOUND_S = 25.0
# Two intervals of the slowest meter and one second, well below the time after which a silent one is lost.
SETTLED_S = {"p1": 21.0, "tic": 6.0, "rtu": 3.0, "tcp": 3.0}


def ways(kind: MeterKind) -> list[str]:
    """What can go wrong with a meter of that kind."""
    loop = VirtualLoop()
    where = "tcp::0" if kind.port == "tcp" else "pty"
    meter = make(kind, Place(loop, Timeline(), Calendar(), Random(1), lambda _now_s: None, where))  # type: ignore[arg-type, return-value]
    loop.close()
    return list(meter.breaks)


EVERY_BREAK = [pytest.param(kind, what, id=f"{kind}-{what}") for kind in KINDS.values() for what in ways(kind)]
# What a good station reads in spite of it; the wire has it otherwise, or later.
READ_ALL_THE_SAME = {"two segments", "late", "zero current"}
# Nothing comes through any more.
SILENT = {"unplugged", "refused", "silent", "reset"}
# For a while: the station makes a new connection when nothing has come for three of its time-outs.
MENDS_ITSELF = {"half-open"}


@balancing.meters()
def test_read_by_the_station(yard: Yard, meter: MeterKind) -> None:
    async def body() -> None:
        async with yard.bench(meter) as bench:
            bench.house(*(3.34, 7.1, 2.45)[: meter.phases])
            await asyncio.sleep(FOUND_S)
            assert reads(bench, (3.34, 7.1, 2.45)), shown_a(bench)
            bench.house(*(12.3, 1.2, 0.0)[: meter.phases])
            await asyncio.sleep(SETTLED_S[meter.port])
            assert reads(bench, (12.3, 1.2, 0.0)), shown_a(bench)

    yard.run(body)


@balancing.meters(kind for kind in KINDS.values() if kind.export_error_a is not None)
def test_export_is_read_as_export(yard: Yard, meter: MeterKind) -> None:
    async def body() -> None:
        async with yard.bench(meter) as bench:
            bench.pv(8.2)
            await asyncio.sleep(FOUND_S)
            assert reads(bench, (-8.2, -8.2, -8.2), exporting=True), shown_a(bench)

    yard.run(body)


@balancing.meters(kind for kind in KINDS.values() if kind.export_error_a is None)
def test_export_that_the_meter_cannot_tell_is_not_read_as_export(yard: Yard, meter: MeterKind) -> None:
    """Or its row would be wrong."""

    async def body() -> None:
        async with yard.bench(meter) as bench:
            bench.house(15.0, 0.0, 0.0)
            bench.pv(0.0, 8.2, 0.0)
            await asyncio.sleep(FOUND_S)
            shown = shown_a(bench)
            assert shown is not None
            assert shown[1] > 0.0

    yard.run(body)


@pytest.mark.parametrize(("meter", "what"), EVERY_BREAK)
def test_what_goes_wrong_begins_and_ends(yard: Yard, meter: MeterKind, what: str) -> None:
    async def body() -> None:
        before = descriptors()
        async with yard.bench(meter) as bench:
            bench.house(3.3)
            await asyncio.sleep(FOUND_S)
            assert reads(bench, (3.3, 3.3, 3.3))
            with bench.meter.broken(what):
                began_s = yard.loop.time()
                await asyncio.sleep(SETTLED_S[meter.port])
                bench.house(9.4)
                await asyncio.sleep(SETTLED_S[meter.port])
                came = yard.arrived(bench.meter, began_s)
                if what in MENDS_ITSELF:
                    await asyncio.sleep(SETTLED_S[meter.port])
                assert reads(bench, (9.4, 9.4, 9.4)) == (what in READ_ALL_THE_SAME | MENDS_ITSELF), shown_a(bench)
                if what == "frozen" or (what == "repeated" and meter.model == "historique"):  # which has no date
                    assert reads(bench, (3.3, 3.3, 3.3)), shown_a(bench)
                # The end of what was on the wire may still have come.
                came_s = [event.at_s for event in came if event.at_s > began_s + meter.interval_s + 0.2]
                assert (not came_s) == (what in SILENT or (what == "stuck" and meter.polled))
                if what in MENDS_ITSELF:
                    assert came_s[0] > began_s + 3.0
            await asyncio.sleep(FOUND_S)
            assert reads(bench, (9.4, 9.4, 9.4)), shown_a(bench)
        assert descriptors() == before

    yard.run(body)
    assert yard.loop.ledger.in_flight == 0


@balancing.meters()
def test_one_break_after_the_other_leaves_nothing_behind(yard: Yard, meter: MeterKind) -> None:
    async def body() -> None:
        async with yard.bench(meter) as bench:
            await asyncio.sleep(FOUND_S)
            for number, what in enumerate(bench.meter.breaks):
                with bench.meter.broken(what):
                    await asyncio.sleep(2.5)
                house_a = 1.0 + number
                bench.house(house_a)
                await asyncio.sleep(FOUND_S)
                assert reads(bench, (house_a,) * 3), (what, shown_a(bench))

    yard.run(body)


@balancing.meters()
def test_switched_off_twice_and_on_again(yard: Yard, meter: MeterKind) -> None:
    async def body() -> None:
        before = descriptors()
        where = "tcp::0" if meter.port == "tcp" else "pty"
        for _ in range(2):
            alone = yard.meter(meter, where, requested=True)
            assert descriptors() == before
            await alone.open()
            assert descriptors() > before
            assert alone.port().url
            await asyncio.sleep(3.0)
            alone.wake()
            await alone.close()
            await alone.close()
            alone.wake()  # harmless
            await asyncio.sleep(0.0)
            assert descriptors() == before
            assert yard.loop.ledger.in_flight == 0

    yard.run(body)


@balancing.meters()
def test_the_capture_has_what_was_said(yard: Yard, meter: MeterKind, tmp_path: Path) -> None:
    async def body() -> None:
        async with yard.bench(meter, files=tmp_path) as bench:
            await asyncio.sleep(FOUND_S)
            assert len(yard.arrived(bench.meter)) > 0

    yard.run(body)
    (path,) = tmp_path.iterdir()
    assert path.name == f"{meter.port}.pcapng"
    with path.open("rb") as file:
        packets = [block.packet_data for block in FileScanner(file) if isinstance(block, EnhancedPacket)]
    head = 40 if meter.port == "tcp" else 12  # of IPv4 and TCP, of the serial line
    assert len([packet for packet in packets if len(packet) > head]) == len(yard.timeline.of("frame", meter.port))


@balancing.meters()
def test_two_runs_are_equal_and_name_nothing_of_the_machine(meter: MeterKind, tmp_path: Path) -> None:
    texts, captures = [], []
    for number in range(2):
        yard = Yard()
        traces: list[str] = []

        async def body(yard: Yard = yard, traces: list[str] = traces, number: int = number) -> None:
            async with yard.bench(meter, files=tmp_path / str(number)) as bench:
                url = bench.meter.port().url
                # A number alone may also be the end of a time or a check sum.
                traces += [url, f":{url.rpartition(':')[2]}"]
                bench.house(3.3)
                await asyncio.sleep(FOUND_S)
                for what in bench.meter.breaks:
                    with bench.meter.broken(what):
                        await asyncio.sleep(11.0)
                    await asyncio.sleep(1.7)

        yard.run(body)
        yard.loop.close()
        text = yard.text()
        for trace in (*traces, "/dev/", "pts", "127.0.0.1:", str(tmp_path)):
            assert trace.encode() not in text, trace
        texts.append(text)
        captures.append((tmp_path / str(number) / f"{meter.port}.pcapng").read_bytes())
    assert texts[0] == texts[1]
    assert captures[0] == captures[1]
    assert meter.port.encode() in texts[0]
