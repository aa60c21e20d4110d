"""Somebody's station: it is not switched, and only what the bench's instruments see of it counts."""

from __future__ import annotations

import asyncio

import pytest

from rig.handles import ExternalHandle, Port, Wiring
from rig.handles.base import Tap
from rig.timeline import Timeline


@pytest.mark.parametrize(("sees_pilot", "capabilities"), [(True, {"pilot"}), (False, set())])
def test_what_can_be_seen(sees_pilot: bool, capabilities: set[str]) -> None:
    assert ExternalHandle("unit 17", sees_pilot).capabilities == capabilities


def test_names() -> None:
    assert ExternalHandle("unit 17", True).name == "unit 17"
    assert ExternalHandle("", True).name == "external station"


def test_it_is_neither_switched_nor_attached() -> None:
    def attach() -> Tap:
        pytest.fail("the ledger cannot know what somebody's station reads")

    async def body() -> None:
        handle = ExternalHandle("unit 17", sees_pilot=True)
        port = Port("/dev/ttyUSB0", attach)
        await handle.start(Wiring(Timeline(), port, {"p1": port}), {"Station-MaxCurrent": 16})
        await handle.stop()
        await handle.stop()

    asyncio.run(body())
