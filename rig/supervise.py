"""Running a coroutine on a loop so that nothing goes unnoticed and nothing is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import threading
import weakref
from collections.abc import Coroutine, Iterable, Iterator
from types import FrameType
from typing import Any

from rig.clock import VirtualLoop, WallLoop
from rig.errors import HarnessError, NotTestableHere

# How long what was left running may take to clean up (s of the run) before it is cancelled again, and how often.
CLEAN_UP_WITHIN_S = 10.0
CANCEL_TRIES = 3


def run_supervised(loop: VirtualLoop | WallLoop, body: Coroutine[Any, Any, None]) -> None:
    """Run `body` to its end.

    An exception in a callback ends it at once with HarnessError, whatever `body` makes of it; one in a background task
    that nobody awaited does so as soon as it is noticed, at the latest at the end. NotTestableHere and
    HarnessError stay what they are. Ctrl-C cancels `body`, and KeyboardInterrupt follows when it has cleaned up; a
    second one does not wait. Tasks that are left are cancelled.
    """
    faults: list[BaseException] = []
    tasks: list[weakref.ref[asyncio.Task[Any]]] = []
    numbers = itertools.count(1)

    def on_exception(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        faults.append(context.get("exception") or HarnessError(str(context.get("message"))))
        main.cancel()

    def make_task(loop: asyncio.AbstractEventLoop, body: Any, **how: Any) -> asyncio.Task[Any]:
        # asyncio numbers tasks through the whole process; a stalled run names its own in its error.
        how["name"] = how.get("name") or f"task {next(numbers)}"
        task = asyncio.Task(body, loop=loop, **how)
        tasks.append(weakref.ref(task))
        return task

    loop.set_exception_handler(on_exception)
    loop.set_task_factory(make_task)
    asyncio.set_event_loop(loop)
    main = loop.create_task(body, name="the case")
    try:
        with _cancelled_by_ctrl_c(loop, main):
            try:
                loop.run_until_complete(main)
            finally:
                _drain(loop)
                faults += _never_retrieved(task for ref in tasks if (task := ref()) is not main)
    except (Exception, asyncio.CancelledError):
        if not faults:
            raise
    finally:
        asyncio.set_event_loop(None)
    if faults and isinstance(faults[0], (NotTestableHere, HarnessError)):
        raise faults[0]  # it says by itself what is wrong: with an instrument in the background, say
    if faults:
        raise HarnessError(f"a background task failed: {faults[0]!r}") from faults[0]


@contextlib.contextmanager
def _cancelled_by_ctrl_c(loop: VirtualLoop | WallLoop, main: asyncio.Task[None]) -> Iterator[None]:
    """As asyncio.Runner does it: an exception between any two instructions would leave a loop in disorder."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    interrupted = False

    def on_sigint(_signal: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        if interrupted or main.done():
            raise KeyboardInterrupt
        interrupted = True
        main.cancel()
        loop.call_soon_threadsafe(lambda: None)  # wakes a loop that waits for the wall clock

    signal.signal(signal.SIGINT, on_sigint)
    try:
        yield
    except BaseException as error:
        if interrupted:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if interrupted:
        raise KeyboardInterrupt


def _drain(loop: VirtualLoop | WallLoop) -> None:
    """Cancel what was left running, so that nothing outlives its loop."""
    tries = 0
    while left := asyncio.all_tasks(loop):
        if tries == CANCEL_TRIES:
            names = ", ".join(sorted(task.get_name() for task in left))
            raise HarnessError(f"cancelled {tries} times and still running: {names}")
        tries += 1
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.wait(left, timeout=CLEAN_UP_WITHIN_S))
    # One more turn, in which connections that were closed last are told so.
    loop.run_until_complete(asyncio.sleep(0))


def _never_retrieved(tasks: Iterable[asyncio.Task[Any] | None]) -> list[BaseException]:
    """What ended tasks in which nobody took an interest.

    asyncio tells of these only when it collects such a task as garbage, which may be after the run or never: so ask.
    """
    failed = [task for task in tasks if task and task.done() and not task.cancelled() and task._log_traceback]
    return [error for task in failed if (error := task.exception()) is not None]
