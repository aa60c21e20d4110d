"""A TIC port that takes the meter's time."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from emulators.site import Site
from emulators.tic import Meter, decode
from rig.cli.paced_tic import PacedTicPort
from rig.clock import Calendar, VirtualLoop
from rig.clock.calendar import DEFAULT_START

EOT = b"\x04"


class Bench:
    """A meter in historique mode on a pty, and when its groups arrive at the far end."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.far, self.near = os.openpty()
        tty.setraw(self.near)
        self.heard: list[tuple[float, bytes]] = []
        self.aborted = 0
        loop.add_reader(self.far, self._read)
        site = Site()
        site.add_load("house", 5.0)
        self.meter = Meter("historique", site.read, Calendar(DEFAULT_START).at)
        self.port = PacedTicPort(self.meter, os.ttyname(self.near), tap=None, on_abort=self._abort)

    def _read(self) -> None:
        self.heard.append((self.loop.time(), os.read(self.far, 4096)))

    def _abort(self) -> None:
        self.aborted += 1

    @property
    def data(self) -> bytes:
        return b"".join([data for _, data in self.heard])

    def close(self) -> None:
        self.port.close()
        self.loop.remove_reader(self.far)
        os.close(self.far)
        os.close(self.near)


def run(script: Callable[[Bench], Awaitable[None]]) -> None:
    loop = VirtualLoop()

    async def main() -> None:
        bench = Bench(loop)
        try:
            bench.port.wake()
            await script(bench)
        finally:
            bench.close()
            await bench.port.wait()

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


def test_each_group_arrives_when_its_last_bit_has_passed() -> None:
    async def script(bench: Bench) -> None:
        begun_s = bench.meter.next_deadline_s()
        await asyncio.sleep(2.5)
        length = 0
        for at_s, group in bench.heard[:10]:
            length += len(group)
            assert group.endswith(b"\r")
            assert abs(at_s - begun_s - length * 10 / 1200) < 0.001
        frame = bench.data[: bench.data.index(b"\x03") + 1]
        assert decode(frame).mode == "historique"

    run(script)


def test_an_interruption_throws_away_what_had_not_passed() -> None:
    async def script(bench: Bench) -> None:
        await asyncio.sleep(0.5)
        bench.port.interrupt(1.0)
        before = bench.data
        assert 20 < len(before) <= 60  # 60 characters in half a second
        await asyncio.sleep(0.9)
        assert bench.data == before + EOT
        assert bench.aborted == 1
        await asyncio.sleep(4.0)
        again = bench.data[len(before) + 1 :]
        assert decode(again[: again.index(b"\x03") + 1]).mode == "historique"

    run(script)


def test_nothing_follows_when_it_is_closed() -> None:
    async def script(bench: Bench) -> None:
        await asyncio.sleep(0.5)
        bench.port.close()
        before = bench.data
        await asyncio.sleep(5.0)
        assert bench.data == before

    run(script)


def test_a_frame_that_begins_too_early_waits_for_the_one_before() -> None:
    """A meter counts from when it was asked for a frame, and the port from when it got it."""

    class Hasty:
        baud = 1200

        def __init__(self) -> None:
            self.frames = [b"AAAA\rBBBB\r", b"CCCC\r"]

        def next_deadline_s(self) -> float | None:
            return 0.05 * (3 - len(self.frames)) if self.frames else None

        def step(self, now_s: float) -> bytes:
            return self.frames.pop(0)

    async def script(bench: Bench) -> None:
        bench.port.close()
        hasty: Any = Hasty()
        port = PacedTicPort(hasty, os.ttyname(bench.near), tap=None, on_abort=bench._abort)
        await asyncio.sleep(1.0)
        port.close()
        assert [data for _, data in bench.heard] == [b"AAAA\r", b"BBBB\r", b"CCCC\r"]
        first_s, second_s, third_s = (at_s for at_s, _ in bench.heard)
        assert second_s - first_s == pytest.approx(50 / 1200)
        assert third_s - second_s == pytest.approx(50 / 1200)

    run(script)
