"""The handle on the station's P1 reader alone; what it reads is tested with `rig.replay`."""

from __future__ import annotations

from random import Random

import pytest

from rig.clock import VirtualLoop
from rig.errors import HarnessError
from rig.handles.base import Port
from rig.handles.reference import P1Heard, P1ReaderHandle
from rig.lines import Line
from rig.replay import transmit
from rig.timeline import Timeline


def test_a_port_that_is_not_there() -> None:
    loop = VirtualLoop()
    handle = P1ReaderHandle(lambda _heard: None)
    try:
        with pytest.raises(HarnessError, match=r"cannot start.*/dev/no-such-port"):
            loop.run_until_complete(handle.start(Port("/dev/no-such-port", lambda: lambda _direction, _data: None)))
    finally:
        loop.close()
    handle.stop()


def test_silence_after_a_beginning_is_reported_at_its_time() -> None:
    loop, told = VirtualLoop(), list[P1Heard]()

    async def script() -> None:
        handle = P1ReaderHandle(told.append)
        async with Line("p1", loop=loop, timeline=Timeline(), rng=Random(1)) as line:
            await handle.start(Port(line.b.path, lambda: line.b.attach("the reader")))
            await transmit(line, b"/EMU5", lambda _piece: None)
            handle.stop()
            handle.stop()

    try:
        loop.run_until_complete(script())
    finally:
        loop.close()
    assert [(round(heard.at_s, 6), heard.rejected) for heard in told] == [(0.500434, "malformed")]
