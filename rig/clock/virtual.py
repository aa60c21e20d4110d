"""Virtual time over real descriptors: the loop jumps to the next deadline when nothing can happen before it.

The rules, in the order in which `_IdleSelector.select` applies them:

1. what is there to be read is handled first, at the present instant. A tty is asked by poll(2), which flushes the
   kernel's pending delivery, as epoll_wait(2) does not. Ttys to which nobody can write uncounted are asked while the
   ledger counts bytes on them, all others each time;
2. while the byte ledger is not zero, or an executor job runs, time stands still and the loop waits for real;
3. otherwise nothing can happen before the next timer: who waits for that instant to be over (`idle`) goes first, one
   after the other, and then time jumps there;
4. with no timer either, nobody will ever wake anybody: `Stalled` says who waits.

Every descriptor in the loop must be driven from within the process (or through the ledger): a program outside that
answers on its own account is invisible to these rules and needs the real or the scaled clock.
"""

from __future__ import annotations

import asyncio
import os
import select
import selectors
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, TypeVar

from rig.clock.ledger import Ledger
from rig.errors import HarnessError

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

_T = TypeVar("_T")

# Real seconds to wait for bytes that were written but do not arrive, before calling the machine broken.
LOST_BYTES_AFTER_S = 10.0
# One real wait for the kernel or a worker thread; short, since each wake only re-checks the rules above.
_REAL_WAIT_S = 0.05
# A loop that turns so often at one instant will not get away from it: something is due again and again.
MOST_TURNS = 200_000


class Stalled(HarnessError):
    """Nothing is scheduled and nothing is in flight, yet tasks wait: they would wait for ever."""


class BytesLost(HarnessError):
    """Bytes written to a descriptor of this process never arrived at its other end."""


class Livelock(HarnessError):
    """Something is always due at once, so that time never moves on."""


class _IdleSelector(selectors.PollSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop
        self._keys: dict[int, selectors.SelectorKey] = {}
        self._place_of: dict[int, int] = {}
        self._device_of: dict[int, int] = {}  # of the ttys among them
        # What is asked each time, and what only while bytes are under way there, by device.
        self._always = select.poll()
        self._counted: dict[int, select.poll] = {}
        self._sorted_for: frozenset[int] | None = None  # the ledger's devices then; None: since then more has changed

    def register(self, fileobj: FileDescriptorLike, events: int, data: Any = None) -> selectors.SelectorKey:
        key = super().register(fileobj, events, data)
        if os.isatty(key.fd):
            self._device_of[key.fd] = os.fstat(key.fd).st_rdev
        return self._changed(key)

    def modify(self, fileobj: FileDescriptorLike, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._changed(super().modify(fileobj, events, data))

    def unregister(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        key = super().unregister(fileobj)
        del self._keys[key.fd]
        self._device_of.pop(key.fd, None)
        self._sorted_for = None
        return key

    def _changed(self, key: selectors.SelectorKey) -> selectors.SelectorKey:
        self._keys[key.fd] = key
        self._sorted_for = None
        return key

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = self._ask()
        loop = self._loop
        loop.turns += 1
        if loop.turns > MOST_TURNS:
            loop.turns = 0  # it still has to be taken down
            raise Livelock(f"at {loop.time():.6f} s of virtual time something is due again and again")
        if events or (timeout is not None and timeout <= 0):
            return events
        if loop.ledger.in_flight or loop.executor_jobs:
            return self._wait_for_real()
        if loop.tell_idle():
            return []
        if timeout is None:
            raise Stalled(loop.describe_stall())
        loop.jump(timeout)
        return []

    def _ask(self) -> list[tuple[selectors.SelectorKey, int]]:
        """What is there now. To ask 80 quiet ttys as well would take 10 to 20 us."""
        ledger = self._loop.ledger
        if self._sorted_for is not ledger.devices:
            self._sort(ledger.devices)
        found = self._always.poll(0)
        for device in ledger.busy:
            if device in self._counted:
                found += self._counted[device].poll(0)
        if len(found) > 1:  # in the order of registration, whatever is asked when
            found.sort(key=lambda one: self._place_of[one[0]])
        return [(key := self._keys[fd], _events(mask) & key.events) for fd, mask in found]

    def _sort(self, devices: frozenset[int]) -> None:
        self._sorted_for = devices
        self._place_of = {fd: place for place, fd in enumerate(self._keys)}
        self._always, self._counted = select.poll(), {}
        for fd, key in self._keys.items():
            device = self._device_of.get(fd)
            if device in devices and key.events == selectors.EVENT_READ:
                self._counted.setdefault(device, select.poll()).register(fd, select.POLLIN)
            else:
                self._always.register(fd, _MASKS[key.events])

    def _wait_for_real(self) -> list[tuple[selectors.SelectorKey, int]]:
        loop = self._loop
        give_up_s = time.monotonic() + LOST_BYTES_AFTER_S
        while True:
            events = super().select(_REAL_WAIT_S)
            if events or not (loop.ledger.in_flight or loop.executor_jobs):
                return events
            if not loop.executor_jobs and time.monotonic() > give_up_s:
                raise BytesLost(
                    f"after {LOST_BYTES_AFTER_S:g} s of real time bytes are still under way to: "
                    f"{loop.ledger.describe()}; this machine loses or delays data between descriptors"
                )


def _events(mask: int) -> int:
    """As in the standard library: what is neither reading nor writing (a hang-up, an error) wakes both."""
    read = selectors.EVENT_READ if mask & ~select.POLLOUT else 0
    return read | (selectors.EVENT_WRITE if mask & ~select.POLLIN else 0)


_MASKS = {
    selectors.EVENT_READ: select.POLLIN,
    selectors.EVENT_WRITE: select.POLLOUT,
    selectors.EVENT_READ | selectors.EVENT_WRITE: select.POLLIN | select.POLLOUT,
}


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose `time()` starts at 0 and moves only by jumps. One per case; not reusable after close."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        self.ledger = ledger or Ledger()
        self.executor_jobs = 0
        self.turns = 0  # of the loop, since time moved last
        self._now_s = 0.0
        self._waiting_for_idle: deque[asyncio.Future[None]] = deque()
        super().__init__(_IdleSelector(self))

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._now_s

    def jump(self, by_s: float) -> None:
        """Move time forward. Only the selector calls this.

        asyncio computes `by_s` as due - now; for due <= 2 * now that difference and this sum are exact, and a first
        jump that lands one rounding short is followed by a second, exact one. So timers run at their own instant.
        """
        self._now_s += by_s
        self.turns = 0

    async def idle(self) -> None:
        """Return when all that happens at this instant has happened, and before time moves on.

        Of several that wait, the next one is told when what the one before it did has happened too. So what they do
        has an order that is the same in every run, even where a thread takes part in it.
        """
        waiting = self.create_future()
        self._waiting_for_idle.append(waiting)
        await waiting

    def tell_idle(self) -> bool:
        """Tell who has waited longest; returns whether anybody did. Only the selector calls this."""
        while self._waiting_for_idle:
            waiting = self._waiting_for_idle.popleft()
            if not waiting.done():  # who was cancelled waits no more
                waiting.set_result(None)
                return True
        return False

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., _T], *args: Any
    ) -> asyncio.Future[_T]:
        """As asyncio's, and time stands still until the job is done."""
        self.executor_jobs += 1
        try:
            future = super().run_in_executor(executor, func, *args)
        except BaseException:
            self.executor_jobs -= 1
            raise
        future.add_done_callback(self._executor_job_done)
        return future

    async def shutdown_default_executor(self) -> None:
        """As asyncio's, which waits for a thread of its own: a job like any other."""
        self.executor_jobs += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self.executor_jobs -= 1

    def _executor_job_done(self, _future: asyncio.Future[Any]) -> None:
        self.executor_jobs -= 1

    def describe_stall(self) -> str:
        """Who waits, for the message of `Stalled`."""
        waiting = sorted(_describe(task) for task in asyncio.all_tasks(self) if not task.done())
        return f"stalled at {self._now_s:.6f} s of virtual time: no timer is set and no byte is under way, but " + (
            "; ".join(waiting) if waiting else "the loop was asked to go on"
        )


def _describe(task: asyncio.Task[Any]) -> str:
    frames = task.get_stack(limit=1)
    where = f" at {frames[-1].f_code.co_qualname}:{frames[-1].f_lineno}" if frames else ""
    return f"{task.get_name()} waits{where}"
