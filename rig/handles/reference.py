"""The reference station, running in this process. The only module of the rig that imports it.

It opens its ports by path exactly as it does on its own (`python -m station`); all the rig adds are taps for the byte
ledger and an ear for its events.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rig.errors import ConfigurationError, HarnessError
from rig.handles.base import Capability, Port, Tap, Wiring
from rig.handles.factory import find
from station.errors import PortError, SettingError
from station.runtime import StationRuntime
from station.serial_port import SerialPort, open_serial
from station.settings import Settings
from station.sources.p1.reader import P1Reader
from station.sources.reading import BadTelegram, Reading

_P1 = "p1"
_BOARD = "board"


class ReferenceHandle:
    """`factory` is "" for the station as it is, or where to find another way to build it (see `factory.find`)."""

    capabilities: frozenset[Capability] = frozenset({"pilot", "log", "panel", "status", "settings"})

    def __init__(self, name: str = "", factory: str = "") -> None:
        self.name = name or factory or "reference station"
        self._build: Callable[..., StationRuntime] = find(factory) if factory else StationRuntime
        self._runtime: StationRuntime | None = None

    async def start(self, wiring: Wiring, settings: Mapping[str, object]) -> None:
        """Switch it on. Raises ConfigurationError for settings it refuses, HarnessError for ports it cannot open."""
        try:
            checked = Settings.from_mapping(settings)
        except SettingError as error:
            raise ConfigurationError(f"the reference station refuses a setting: {error}") from None
        taps: dict[str, Tap] = {_BOARD: wiring.board.attach()}
        p1 = wiring.ports.get(_P1)
        try:
            self._runtime = self._build(
                checked,
                board=wiring.board.url,
                p1=None if p1 is None else p1.url,
                emit=wiring.timeline.emitter("station"),
                tap=lambda port, direction, data: taps[port](direction, data),
            )
            if p1 is not None and self._runtime.reads_p1:
                taps[_P1] = p1.attach()
            await self._runtime.start()
        except PortError as error:
            raise HarnessError(f"the reference station cannot start: {error}") from error

    async def stop(self) -> None:
        """Switch it off; safe to call twice."""
        if self._runtime is not None:
            await self._runtime.stop()
            self._runtime = None


@dataclass(frozen=True, slots=True)
class P1Heard:
    """What the station's P1 reader made of something that looked like a telegram, at `at_s` of the run.

    `rejected` is "" for a reading; otherwise "crc", "malformed" or "unsupported" (a version below 4.0), and `reason`
    has the reader's words. `current_a` is signed, import positive, and 0.0 for phases that the meter lacks.
    """

    at_s: float
    rejected: Literal["", "crc", "malformed", "unsupported"] = ""
    reason: str = ""
    version: str = ""
    phases: int = 0
    current_a: tuple[float, float, float] = (0.0, 0.0, 0.0)


class P1ReaderHandle:
    """The station's serial port and P1 reader without the rest of the station, for replaying captures."""

    def __init__(self, heard: Callable[[P1Heard], None]) -> None:
        """`heard` is called for every telegram, read or rejected."""
        self._heard = heard
        self._reader = P1Reader()
        self._port: SerialPort | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def start(self, port: Port) -> None:
        """Open the port and listen. Raises HarnessError when it cannot be opened."""
        self._loop = asyncio.get_running_loop()
        tap = port.attach()
        try:
            self._port = await open_serial(
                port.url,
                _P1,
                on_data=self._on_data,
                on_lost=self._on_lost,
                tap=lambda _name, direction, data: tap(direction, data),
            )
        except PortError as error:
            raise HarnessError(f"the station's P1 reader cannot start: {error}") from error

    def stop(self) -> None:
        """Close the port; safe to call twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._port is not None:
            self._port.close()
            self._port = None

    def _on_data(self, data: bytes) -> None:
        self._report(self._reader.receive(data, self._loop.time()))

    def _on_timer(self) -> None:
        self._report(self._reader.step(self._loop.time()))

    def _on_lost(self, reason: str) -> None:
        raise HarnessError(f"the station's P1 reader lost its port: {reason}")

    def _report(self, items: Sequence[Reading | BadTelegram]) -> None:
        for item in items:
            if isinstance(item, Reading):
                self._heard(P1Heard(item.at_s, version=item.version, phases=item.phases, current_a=item.current_a))
            else:
                self._heard(P1Heard(item.at_s, item.kind, item.reason))
        if self._timer is not None:
            self._timer.cancel()
        due_s = self._reader.next_deadline_s()
        self._timer = None if due_s is None else self._loop.call_at(due_s, self._on_timer)
