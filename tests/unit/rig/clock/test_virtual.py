"""Virtual time: jumps only when nothing can happen before, over real descriptors."""

from __future__ import annotations

import asyncio
import os
import threading
import time
import tty
from collections.abc import Iterator

import pytest

from rig.clock import BytesLost, Stalled, VirtualLoop, virtual
from rig.clock.virtual import Livelock


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    for task in asyncio.all_tasks(loop):
        task.cancel()
    if asyncio.all_tasks(loop):
        loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(loop), return_exceptions=True))
    loop.close()


def test_time_starts_at_zero_and_jumps_exactly(loop: VirtualLoop) -> None:
    seen: list[float] = []

    async def main() -> None:
        for due_s in (0.1, 0.3, 100.0, 1200.0, 86400.25):
            await asyncio.sleep(due_s - loop.time())
            seen.append(loop.time())

    loop.run_until_complete(main())
    assert seen == [0.1, 0.3, 100.0, 1200.0, 86400.25]


@pytest.mark.parametrize("due_s", [0.1, 0.7, 1.1, 33.3, 1e-7, 7200.000001])
def test_a_timer_never_runs_early(loop: VirtualLoop, due_s: float) -> None:
    ran_at: list[float] = []
    loop.call_at(due_s, lambda: ran_at.append(loop.time()))
    loop.run_until_complete(asyncio.sleep(due_s + 1))
    assert ran_at[0] == pytest.approx(due_s, abs=1e-9)


def test_a_byte_in_a_tty_is_handled_before_time_moves(loop: VirtualLoop) -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    got: list[tuple[float, bytes]] = []
    loop.add_reader(slave, lambda: got.append((loop.time(), os.read(slave, 100))))

    async def main() -> None:
        for number in range(200):
            os.write(master, b"%d\n" % number)
            await asyncio.sleep(1.0)

    loop.run_until_complete(main())
    loop.remove_reader(slave)
    os.close(slave)
    os.close(master)
    assert got == [(float(number), b"%d\n" % number) for number in range(200)]


def test_a_byte_in_a_counted_tty_is_handled_before_time_moves(loop: VirtualLoop) -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    hop = loop.ledger.hop("p1: cable to station")
    hop.opened(slave)
    got: list[tuple[float, bytes]] = []

    def read() -> None:
        got.append((loop.time(), os.read(slave, 100)))
        hop.received(len(got[-1][1]))

    loop.add_reader(slave, read)

    async def main() -> None:
        for number in range(200):
            hop.sent(os.write(master, b"%d\n" % number))
            await asyncio.sleep(1.0)

    loop.run_until_complete(main())
    loop.remove_reader(slave)
    hop.closed()
    os.close(slave)
    os.close(master)
    assert got == [(float(number), b"%d\n" % number) for number in range(200)]


def test_what_is_there_at_once_is_handled_in_the_order_of_registration(loop: VirtualLoop) -> None:
    pairs = [os.openpty() for _ in range(4)]
    hops = [loop.ledger.hop(f"cable to port {number}") for number in range(4)]
    read: list[int] = []

    def reader(number: int) -> None:
        hops[number].received(len(os.read(pairs[number][1], 100)))
        read.append(number)

    async def main() -> None:
        for number, (_, slave) in enumerate(pairs):
            tty.setraw(slave)
            hops[number].opened(slave if number % 2 else None)
            loop.add_reader(slave, reader, number)
        for number in (3, 2, 1, 0):
            hops[number].sent(os.write(pairs[number][0], b"x"))
        await asyncio.sleep(1.0)

    loop.run_until_complete(main())
    for hop, (master, slave) in zip(hops, pairs, strict=True):
        loop.remove_reader(slave)
        hop.closed()
        os.close(slave)
        os.close(master)
    assert read == [0, 1, 2, 3]


def test_a_tty_that_is_counted_no_longer_shows_its_hang_up(loop: VirtualLoop) -> None:
    master, slave = os.openpty()
    hop = loop.ledger.hop("p1: cable to station")
    hop.opened(slave)
    hung_up = asyncio.Event()
    loop.add_reader(slave, hung_up.set)

    async def main() -> float:
        await asyncio.sleep(1.0)
        hop.closed()
        os.close(master)
        await asyncio.wait_for(hung_up.wait(), 1.0)
        loop.remove_reader(slave)
        return loop.time()

    assert loop.run_until_complete(main()) == 1.0
    os.close(slave)


def test_time_stands_still_while_the_ledger_is_not_zero(loop: VirtualLoop) -> None:
    read_end, write_end = os.pipe()
    hop = loop.ledger.hop("pipe")
    hop.opened()
    hop.sent(1)
    arrived: list[float] = []

    def read() -> None:
        hop.received(len(os.read(read_end, 10)))
        arrived.append(loop.time())

    loop.add_reader(read_end, read)
    # A thread outside the loop plays a kernel that delivers late in real time.
    writer = threading.Timer(0.05, os.write, (write_end, b"x"))
    writer.start()
    loop.run_until_complete(asyncio.sleep(1000.0))
    writer.join()
    loop.remove_reader(read_end)
    os.close(read_end)
    os.close(write_end)
    assert arrived == [0.0]


def test_bytes_that_never_arrive_are_a_broken_machine_not_a_finding(
    loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(virtual, "LOST_BYTES_AFTER_S", 0.0)
    hop = loop.ledger.hop("p1: cable to station")
    hop.opened()
    hop.sent(3)
    with pytest.raises(BytesLost, match=r"p1: cable to station \(3 bytes\)"):
        loop.run_until_complete(asyncio.sleep(1.0))
    hop.closed()


def test_time_stands_still_while_an_executor_job_runs(loop: VirtualLoop) -> None:
    async def main() -> tuple[float, float]:
        job = loop.run_in_executor(None, time.sleep, 0.05)
        guard = asyncio.ensure_future(asyncio.sleep(1.0))
        await job
        at_s = loop.time()
        await guard
        return at_s, loop.time()

    assert loop.run_until_complete(main()) == (0.0, 1.0)


def test_an_executor_can_be_shut_down(loop: VirtualLoop) -> None:
    async def main() -> None:
        await loop.run_in_executor(None, int)
        await loop.shutdown_default_executor()

    loop.run_until_complete(main())
    assert loop.executor_jobs == 0


def test_a_stall_names_who_waits(loop: VirtualLoop) -> None:
    async def waits_for_godot() -> None:
        await asyncio.get_running_loop().create_future()

    async def main() -> None:
        await asyncio.sleep(5.0)
        await asyncio.create_task(waits_for_godot(), name="the car")

    with pytest.raises(Stalled, match=r"stalled at 5\.0+ s.*the car waits at .*waits_for_godot"):
        loop.run_until_complete(main())


def test_a_deadline_in_the_past_that_never_goes_away_ends_the_run(loop: VirtualLoop) -> None:
    is_due = True

    def again() -> None:
        if is_due:
            loop.call_at(0.0, again)

    async def main() -> None:
        await asyncio.sleep(1.0)
        again()
        await asyncio.sleep(1.0)

    with pytest.raises(Livelock, match=r"at 1\.0+ s of virtual time something is due again and again"):
        loop.run_until_complete(main())
    is_due = False  # so that the loop can be taken down


def test_the_present_is_finished_before_the_future_begins(loop: VirtualLoop) -> None:
    order: list[str] = []
    loop.call_later(1.0, order.append, "later")

    def soon(depth: int) -> None:
        order.append(f"soon {depth}")
        if depth:
            loop.call_soon(soon, depth - 1)

    loop.call_soon(soon, 3)
    loop.run_until_complete(asyncio.sleep(2.0))
    assert order == ["soon 3", "soon 2", "soon 1", "soon 0", "later"]


def test_idle_is_when_all_of_an_instant_has_happened(loop: VirtualLoop) -> None:
    reader, writer = os.pipe()
    happened: list[str] = []
    loop.add_reader(reader, lambda: happened.append(os.read(reader, 10).decode()))

    async def main() -> None:
        loop.call_soon(happened.append, "soon")
        loop.call_later(1e-6, happened.append, "later")
        os.write(writer, b"byte")
        await loop.idle()
        happened.append(f"idle at {loop.time():g} s")
        await asyncio.sleep(1.0)

    loop.run_until_complete(main())
    loop.remove_reader(reader)
    os.close(reader)
    os.close(writer)
    assert happened == ["soon", "byte", "idle at 0 s", "later"]


def test_those_who_wait_for_idle_come_one_after_the_other(loop: VirtualLoop) -> None:
    told: list[str] = []

    async def wait(name: str) -> None:
        await loop.idle()
        told.append(f"{name} begins")
        await loop.run_in_executor(None, threading.Event().wait, 0.02)
        told.append(f"{name} ends")

    async def main() -> None:
        given_up = asyncio.create_task(wait("nobody"))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(wait("first"), wait("second"))

    loop.run_until_complete(main())
    assert told == ["first begins", "first ends", "second begins", "second ends"]
    assert loop.time() == 0.0
