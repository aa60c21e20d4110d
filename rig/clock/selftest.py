"""Does virtual time hold on this machine? Asked before the first verdict.

Two tty pairs are joined by a forwarding cable, as in a suite. A byte string makes round trips while a timer that a
false jump would fire stands guard. On a machine that keeps the property every round trip takes exactly 0 virtual
seconds and the guard never fires.
"""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import Callable

from rig.clock.ledger import Hop
from rig.clock.virtual import VirtualLoop
from rig.errors import HarnessError

ROUND_TRIPS = 100
_GUARD_S = 1.0
_MESSAGE = b"/self-test of the virtual clock\r\n"


class _End:
    """One raw tty pair: `cable` is the master the forwarder holds, `port` the tty a device would open."""

    def __init__(self, loop: VirtualLoop, name: str) -> None:
        self.cable, self.port = os.openpty()
        tty.setraw(self.port)
        os.set_blocking(self.cable, False)
        os.set_blocking(self.port, False)
        self.to_port: Hop = loop.ledger.hop(f"self-test {name}: cable to port")
        self.to_cable: Hop = loop.ledger.hop(f"self-test {name}: port to cable")
        self.to_port.opened(self.port)
        self.to_cable.opened()

    def close(self) -> None:
        self.to_port.closed()
        self.to_cable.closed()
        os.close(self.port)
        os.close(self.cable)


def self_test(loop_factory: Callable[[], VirtualLoop] = VirtualLoop, round_trips: int = ROUND_TRIPS) -> None:
    """Raises HarnessError when this machine lets virtual time pass while bytes are in flight."""
    loop = loop_factory()
    try:
        loop.run_until_complete(_round_trips(loop, round_trips))
    finally:
        loop.close()


async def _round_trips(loop: VirtualLoop, round_trips: int) -> None:
    left, right = _End(loop, "left"), _End(loop, "right")
    answer = bytearray()
    # One future a trip, and no task beside this one: an interrupted self-test leaves nothing behind that waits.
    whole: asyncio.Future[bool] = loop.create_future()

    def forward(source: _End, target: _End) -> None:
        data = os.read(source.cable, 4096)
        source.to_cable.received(len(data))
        target.to_port.sent(os.write(target.cable, data))

    def write(end: _End, data: bytes) -> None:
        end.to_cable.sent(os.write(end.port, data))

    def read(end: _End) -> bytes:
        data = os.read(end.port, 4096)
        end.to_port.received(len(data))
        return data

    def collect() -> None:
        answer.extend(read(left))
        if len(answer) >= len(_MESSAGE) and not whole.done():
            whole.set_result(True)

    def time_out() -> None:
        if not whole.done():
            whole.set_result(False)

    loop.add_reader(left.cable, forward, left, right)
    loop.add_reader(right.cable, forward, right, left)
    loop.add_reader(right.port, lambda: write(right, read(right)))
    loop.add_reader(left.port, collect)
    try:
        for trip in range(1, round_trips + 1):
            began_s = loop.time()
            answer.clear()
            whole = loop.create_future()
            guard = loop.call_later(_GUARD_S, time_out)
            write(left, _MESSAGE)
            if not await whole:
                raise HarnessError(_broken(trip, "a time-out fired although the answer was under way"))
            guard.cancel()
            if answer != _MESSAGE or loop.time() != began_s:
                raise HarnessError(_broken(trip, f"the round trip took {loop.time() - began_s:g} s instead of 0"))
            await asyncio.sleep(_GUARD_S / 4)
    finally:
        for end in (left, right):
            loop.remove_reader(end.cable)
            loop.remove_reader(end.port)
            end.close()


def _broken(trip: int, what: str) -> str:
    return (
        f"virtual time does not hold on this machine: in round trip {trip} of the self-test {what}; "
        "verdicts would be worthless, use --clock real"
    )
