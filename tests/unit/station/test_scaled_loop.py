"""A loop whose time is the wall clock times a factor."""

import asyncio
import selectors

import pytest

from station import scaled_loop
from station.scaled_loop import ScaledLoop


def test_time_starts_at_zero_and_passes_that_much_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    wall_s = 1000.0
    monkeypatch.setattr(asyncio.SelectorEventLoop, "time", lambda _: wall_s)
    loop = ScaledLoop(50.0)
    assert loop.time() == 0.0
    wall_s += 2.0
    assert loop.time() == 100.0
    loop.close()


def test_waiting_is_that_much_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float | None] = []
    real = selectors.PollSelector.select

    def select(self: selectors.PollSelector, timeout: float | None = None) -> object:
        waited.append(timeout)
        return real(self, timeout)

    monkeypatch.setattr(selectors.PollSelector, "select", select)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await asyncio.sleep(100.0)
        assert loop.time() - began_s >= 100.0

    scaled_loop.run(main(), 10_000.0)
    assert max(wait_s for wait_s in waited if wait_s is not None) <= 0.01


def test_it_says_what_it_is() -> None:
    loop = ScaledLoop(2.0)
    assert repr(loop) == "<ScaledLoop x2>"
    loop.close()
