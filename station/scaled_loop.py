"""An event loop whose time is the wall clock times a factor, starting at 0.

For a station in a process of its own beside a rig that runs its clock with the same factor.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _ScaledSelector(selectors.PollSelector):
    def __init__(self, speed: float) -> None:
        super().__init__()
        self._speed = speed

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As usual; `timeout` is in the loop's time."""
        return super().select(timeout if timeout is None else timeout / self._speed)


class ScaledLoop(asyncio.SelectorEventLoop):
    """`speed` (above 0) loop seconds pass per wall clock second."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        super().__init__(_ScaledSelector(speed))
        self._began_s = super().time()

    def time(self) -> float:
        """Seconds since the loop was made, times the speed."""
        return (super().time() - self._began_s) * self._speed

    def __repr__(self) -> str:
        return f"<ScaledLoop x{self._speed:g}>"


def run(main: Coroutine[Any, Any, None], speed: float) -> None:
    """Run a coroutine to its end on a scaled loop."""
    with asyncio.Runner(loop_factory=lambda: ScaledLoop(speed)) as runner:
        runner.run(main)
