"""Meters served to programs that are not ours, over a socket and over a line between two pseudo-terminals."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulators.modbus.bus import RtuBus
from emulators.modbus.description import load
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.rtu_port import RtuPort
from emulators.modbus.tcp_port import TcpPort
from emulators.modbus.tcp_server import TcpServer
from emulators.site import GridReading, Site
from rig.clock import ClockSpec, WallLoop
from rig.lines import Line
from rig.timeline import Timeline

# A program outside may be slow to start on a busy machine.
PATIENCE_S = 60.0
KNOWING_THE_CLAMPS = {"sdm120ct": {"ct_primary_a": 500}, "sdm72ct": {"ct_ratio": 100}}


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that ended: its exit code and what it printed, errors among it."""

    code: int
    text: str


Served = Callable[..., AbstractAsyncContextManager[str]]


@dataclass(frozen=True, slots=True)
class Outside:
    """Meters for programs outside. Each of the two gives what the program has to open: a port number, a tty."""

    over_tcp: Served
    over_rtu: Served

    def run(
        self, served: AbstractAsyncContextManager[str], *commands: Callable[[str], Sequence[str | Path]]
    ) -> list[Ended]:
        """Serve, and run the commands one after the other; each is made of what there is to open."""

        async def scenario() -> list[Ended]:
            async with asyncio.timeout(PATIENCE_S), served as where:
                return [await _ended(command(where)) for command in commands]

        with asyncio.Runner(loop_factory=lambda: ClockSpec("real").make_loop()) as runner:
            return runner.run(scenario())


async def _ended(command: Sequence[str | Path]) -> Ended:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    text, _ = await process.communicate()
    return Ended(process.returncode or 0, text.decode(errors="replace"))


@asynccontextmanager
async def _over_tcp(*meters: ModbusMeter, **options: Any) -> AsyncIterator[str]:
    port = TcpPort(TcpServer(meters), "tcp::0", **options)
    port.start()
    try:
        yield str(port.port)
    finally:
        port.close()
        await port.wait()


@asynccontextmanager
async def _over_rtu(*meters: ModbusMeter, **options: Any) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, WallLoop)
    line = meters[0].line
    cable = Line(
        "rs485",
        loop=loop,
        timeline=Timeline(),
        rng=random.Random(1),
        baud=line.baud,
        fmt=line.char_format,
        **options,
    )
    async with cable:
        # In real time a busy machine may hand over a frame in two parts, some milliseconds apart.
        bus = RtuBus(meters, silence_s=0.05)
        port = RtuPort(bus, cable.a.path, tap=cable.a.attach("the meters"))
        try:
            yield cable.b.path
        finally:
            cable.a.detach()
            port.close()
            await port.wait()


@pytest.fixture
def outside() -> Outside:
    return Outside(_over_tcp, _over_rtu)


class House:
    """A connection on which nothing changes, so that a meter read at any time shows `reading`."""

    def __init__(self) -> None:
        site = Site(voltage_v=(231.0, 229.5, 230.25))
        site.add_load("house", 10.0, 4.5, 1.25)
        site.add_pv("pv", 0.0, 0.0, 8.0)
        self.reading = site.read(0.0)

    def read(self, _now_s: float) -> GridReading:
        return self.reading

    def meter(self, model: str, **options: Any) -> ModbusMeter:
        """A meter of that model. Where clamps stand before it, it knows their ratio."""
        return ModbusMeter(load(model), self.read, settings=KNOWING_THE_CLAMPS.get(model), **options)

    def values(self, phases: int) -> dict[str, float]:
        """What the site says, by quantity, for those that it says itself."""
        reading = self.reading
        values = {"frequency_hz": 50.0, "power_w": sum(reading.power_w[:phases])}
        for phase in range(phases):
            label = f"l{phase + 1}"
            values[f"voltage_{label}_v"] = reading.voltage_v[phase]
            values[f"current_{label}_a"] = abs(reading.current_a[phase])
            values[f"signed_current_{label}_a"] = reading.current_a[phase]
            values[f"power_{label}_w"] = reading.power_w[phase]
            values[f"apparent_{label}_va"] = abs(reading.current_a[phase]) * reading.voltage_v[phase]
        return values


@pytest.fixture
def house() -> House:
    return House()
