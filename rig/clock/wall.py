"""The wall clock, as it is (`real`) or times a factor (`scaled`); both start at 0 like the virtual one."""

from __future__ import annotations

import asyncio
import selectors
import time

from rig.clock.ledger import Ledger


class _ScaledSelector(selectors.PollSelector):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self._factor = factor

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout if timeout is None else timeout / self._factor)


class WallLoop(asyncio.SelectorEventLoop):
    """An event loop on which one real second lasts `factor` seconds. Factor 1 is real time."""

    def __init__(self, factor: float = 1.0, ledger: Ledger | None = None) -> None:
        self.ledger = ledger or Ledger()
        self._factor = factor
        self._began_s = time.monotonic()
        super().__init__(_ScaledSelector(factor))

    def time(self) -> float:
        """Seconds since the loop was made, times the factor."""
        return (time.monotonic() - self._began_s) * self._factor

    async def idle(self) -> None:
        """Return at once: in real time every instant is over as soon as it is there (see VirtualLoop.idle)."""
