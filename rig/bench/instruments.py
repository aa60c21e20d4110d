"""The instruments of a bench: an EV simulator box and an oscilloscope, through VISA whether real or emulated.

The emulated ones stand on the sockets of the bench's board and listen on loopback. VISA calls block in a thread; what
an instrument is told and asked is done while nothing else happens at that instant of virtual time, so that two runs
give the same timeline. That has the readings as events of the kind `measured`, and what was told as `told`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any

from emulators.board.socket import Socket
from emulators.instruments import DIALECTS, ev_box_instrument, oscilloscope_instrument
from emulators.instruments.on_socket import SocketInlet, SocketProbe
from emulators.scpi import Instrument, ScpiServer, TcpPort
from rig.bench.instrument_entries import EMULATED, EvBox, Scope
from rig.clock import VirtualLoop, WallLoop
from rig.instruments import EvSimulator, Oscilloscope, PilotMeasured, VisaSettings
from rig.instruments.ev_simulator import BOXES
from rig.instruments.families import FAMILIES
from rig.timeline import Timeline

ANY_PORT = "tcp:127.0.0.1:0"
USUAL_FAMILY = "keysight"
# An emulated instrument that does not answer in this real time, on a busy machine too, never will.
EMULATED_TIMEOUT_S = 30.0


class BenchEvBox(EvSimulator):
    """See EvSimulator; all that it is told and measures goes on the timeline, as of source "ev box" or "ev box 2"."""

    def __init__(self, entry: EvBox, settings: VisaSettings, log: Log) -> None:
        super().__init__(settings, BOXES[entry.dialect], turn=log.turn)
        self.uncertainty_v, self.uncertainty_duty = entry.uncertainty_v, entry.uncertainty_duty_pct / 100
        self._log = log

    async def command(self, text: str) -> None:
        """See ScpiInstrument."""
        await self._log.told(text, super().command(text))

    async def measure(self) -> PilotMeasured:
        """See EvSimulator."""
        return await self._log.measured(super().measure(), self.uncertainty_v, self.uncertainty_duty)


class BenchScope(Oscilloscope):
    """See Oscilloscope; all that it is told and measures goes on the timeline, as of source "scope" or "scope 2"."""

    def __init__(self, entry: Scope, settings: VisaSettings, log: Log) -> None:
        family = FAMILIES[entry.family] if entry.family else None
        super().__init__(settings, channel=entry.channel, family=family, turn=log.turn)
        self.uncertainty_v, self.uncertainty_duty = entry.uncertainty_v, entry.uncertainty_duty_pct / 100
        self._log = log

    async def command(self, text: str) -> None:
        """See ScpiInstrument."""
        await self._log.told(text, super().command(text))

    async def measure(self) -> PilotMeasured:
        """See Oscilloscope."""
        return await self._log.measured(super().measure(), self.uncertainty_v, self.uncertainty_duty)


class Turn:
    """One thing after the other, each while nothing else happens at its instant of virtual time."""

    def __init__(self, loop: VirtualLoop | WallLoop) -> None:
        self._loop = loop
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> None:
        await self._lock.acquire()
        try:
            await self._loop.idle()
        except BaseException:
            self._lock.release()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._loop.idle()  # what the instrument did has had all its consequences
        finally:
            self._lock.release()


class Log:
    """What one instrument does, on the timeline: in the middle of the time that it took, known to half of that."""

    def __init__(self, source: str, timeline: Timeline, loop: VirtualLoop | WallLoop, turn: Turn) -> None:
        self.turn = turn
        self._source = source
        self._timeline = timeline
        self._loop = loop

    async def told(self, text: str, telling: Awaitable[None]) -> None:
        """Something that it was told."""
        began_s = self._loop.time()
        await telling
        self._record(began_s, "told", {"message": text})

    async def measured(
        self, measuring: Awaitable[PilotMeasured], uncertainty_v: float, uncertainty_duty: float
    ) -> PilotMeasured:
        """Something that it measured, to within `uncertainty_v` volt and `uncertainty_duty` (0 ... 1) either way."""
        began_s = self._loop.time()
        measured = await measuring
        fields = {
            "frequency_hz": _rounded(measured.frequency_hz),
            "duty_pct": _rounded(None if measured.duty is None else 100 * measured.duty),
            "high_v": _rounded(measured.high_v),
            "low_v": _rounded(measured.low_v),
            "uncertainty_v": uncertainty_v,
            "uncertainty_duty_pct": _rounded(100 * uncertainty_duty),
        }
        self._record(began_s, "measured", fields)
        return measured

    def _record(self, began_s: float, kind: str, fields: dict[str, Any]) -> None:
        half_s = (self._loop.time() - began_s) / 2
        self._timeline.record(began_s + half_s, self._source, kind, fields, half_s)


class InstrumentShelf:
    """Opens the instruments at the `sockets` of a bench, each when it is asked for the first time.

    `off` takes what has to be undone; `changed` is called after every change at the socket. Everything raises
    HarnessError when an instrument cannot be reached, and ConfigurationError when it is of an unknown family.
    """

    def __init__(
        self,
        sockets: Mapping[int, Socket],
        changed: Callable[[], None],
        loop: VirtualLoop | WallLoop,
        timeline: Timeline,
        off: AsyncExitStack,
    ) -> None:
        self._sockets = sockets
        self._changed = changed
        self._loop = loop
        self._timeline = timeline
        self._off = off
        # In virtual time two that are asked at one instant need an order; in real time nobody waits for a slow one.
        self._turn = Turn(loop) if isinstance(loop, VirtualLoop) else None
        self._boxes: dict[int, BenchEvBox] = {}
        self._scopes: dict[int, BenchScope] = {}

    async def ev_box(self, number: int, entry: EvBox) -> BenchEvBox:
        """The box at that socket: open, plugged in and as new, which is state A without a cable. At the end it is so
        again.
        """
        if number not in self._boxes:
            name = _name("ev box", number)
            if entry.resource == EMULATED:
                inlet = SocketInlet(self._sockets[number], self._loop.time(), self._changed)
                settings = self._served(name, ev_box_instrument(inlet, self._loop.time()))
            else:
                settings = _settings(entry)
            box = BenchEvBox(entry, settings, self._log(name))
            self._off.push_async_callback(box.close)
            await box.open()
            self._off.push_async_callback(box.reset)
            await box.reset()
            self._boxes[number] = box
        return self._boxes[number]

    async def scope(self, number: int, entry: Scope) -> BenchScope:
        """The scope at that socket: open, with a pilot on its screen."""
        if number not in self._scopes:
            name = _name("scope", number)
            if entry.resource == EMULATED:
                dialect = DIALECTS[entry.family or USUAL_FAMILY]
                settings = self._served(name, oscilloscope_instrument(SocketProbe(self._sockets[number]), dialect))
            else:
                settings = _settings(entry)
            scope = BenchScope(entry, settings, self._log(name))
            self._off.push_async_callback(scope.close)
            await scope.open()
            await scope.show_pilot()
            self._scopes[number] = scope
        return self._scopes[number]

    def _log(self, source: str) -> Log:
        return Log(source, self._timeline, self._loop, self._turn or Turn(self._loop))

    def _served(self, name: str, instrument: Instrument[Any]) -> VisaSettings:
        """An emulated instrument on a port of its own: how it is reached."""
        port = TcpPort(ScpiServer(instrument, name=name), ANY_PORT)
        port.start()
        self._off.push_async_callback(port.wait)
        self._off.callback(port.close)
        return VisaSettings(f"TCPIP::127.0.0.1::{port.port}::SOCKET", timeout_s=EMULATED_TIMEOUT_S)


def _name(what: str, number: int) -> str:
    return what if number == 1 else f"{what} {number}"


def _settings(entry: EvBox | Scope) -> VisaSettings:
    return VisaSettings(entry.resource, timeout_s=entry.timeout_s, baud=entry.baud, backend=entry.backend)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
