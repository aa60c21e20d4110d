"""Emulated instruments on real sockets, served by the loop that the drivers run on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from emulators.instruments import DIALECTS, BenchPilot, Dialect, ev_box_instrument, oscilloscope_instrument
from emulators.scpi import Instrument, ScpiServer, TcpPort
from rig.clock import VirtualLoop
from rig.instruments.visa import VisaSettings
from rig.timeline import Timeline


class Lab:
    """A pilot and instruments on it. `timeline` has what the instruments were told, and when."""

    def __init__(self) -> None:
        self.pilot = BenchPilot()
        self.timeline = Timeline()
        self.servers: dict[str, ScpiServer] = {}
        self.ports: dict[str, TcpPort] = {}

    @asynccontextmanager
    async def serve(self, name: str, instrument: Instrument[Any], **options: Any) -> AsyncIterator[str]:
        """Serve an instrument; gives its VISA resource string."""
        emit = self.timeline.emitter(name)
        self.servers[name] = server = ScpiServer(instrument, name=name, emit=emit, **options)
        self.ports[name] = port = TcpPort(server, "tcp::0")
        port.start()
        try:
            yield f"TCPIP::127.0.0.1::{port.port}::SOCKET"
        finally:
            port.close()
            await port.wait()

    def box(self, **options: Any) -> Any:
        """An EV simulator box on the pilot."""
        return self.serve("box", ev_box_instrument(self.pilot), **options)

    def scope(self, dialect: Dialect | str = "keysight", **options: Any) -> Any:
        """A scope on the pilot."""
        language = DIALECTS[dialect] if isinstance(dialect, str) else dialect
        return self.serve("scope", oscilloscope_instrument(self.pilot, language), **options)


@pytest.fixture
def lab() -> Lab:
    return Lab()


def in_virtual_time(scenario: Callable[[], Awaitable[None]]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(_whole(scenario))


async def _whole(scenario: Callable[[], Awaitable[None]]) -> None:
    await scenario()


@pytest.fixture
def virtual() -> Callable[[Callable[[], Awaitable[None]]], None]:
    """Runs a scenario in virtual time."""
    return in_virtual_time


@pytest.fixture
def quick() -> Callable[[str], VisaSettings]:
    """Settings for an instrument that is not going to answer."""
    return lambda resource: VisaSettings(resource, timeout_s=0.3, open_timeout_s=1.0)
