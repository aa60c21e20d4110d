"""A command's coroutine on the chosen clock, and Ctrl-C."""

from __future__ import annotations

import asyncio
import signal

import pytest

from rig.cli.loops import run_on
from rig.clock import ClockSpec, VirtualLoop, WallLoop

DAY_S = 86_400.0


def test_the_clock_is_the_chosen_one() -> None:
    async def main(loop: VirtualLoop | WallLoop) -> float:
        await asyncio.sleep(DAY_S)
        return loop.time()

    assert run_on(ClockSpec("virtual"), main) == DAY_S


def test_ctrl_c_ends_it_after_it_has_cleaned_up() -> None:
    ended: list[str] = []

    async def main(loop: VirtualLoop | WallLoop) -> None:
        loop.call_later(1.0, signal.raise_signal, signal.SIGINT)
        try:
            await asyncio.sleep(DAY_S)
        finally:
            ended.append("cleaned up")

    with pytest.raises(KeyboardInterrupt):
        run_on(ClockSpec("scaled", 1000.0), main)
    assert ended == ["cleaned up"]
