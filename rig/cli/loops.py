"""Running a command's coroutine on a loop of the chosen clock, cleaned up whatever ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from rig.clock import ClockSpec, VirtualLoop, WallLoop

_T = TypeVar("_T")


def run_on(clock: ClockSpec, main: Callable[[VirtualLoop | WallLoop], Coroutine[Any, Any, _T]]) -> _T:
    """The result of `main(loop)`. Ctrl-C cancels it, and KeyboardInterrupt follows when it has cleaned up."""
    loop = clock.make_loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main(loop))
