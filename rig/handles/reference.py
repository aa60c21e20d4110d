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
from rig.handles.settings_face import SettingsFace
from station.errors import PortError, SettingError
from station.meter_check import MeterCheck
from station.runtime import StationRuntime
from station.serial_port import SerialPort, open_serial
from station.setting_desk import SettingsDesk
from station.settings import Settings
from station.sources.readers import Tuning, line_for, reader_for
from station.sources.reading import BadTelegram, Reading
from station.storage import Storage

_P1 = "p1"
_BOARD = "board"


class ReferenceHandle:
    """`factory` is "" for the station as it is, or where to find another way to build it (see `factory.find`).

    What is found there may carry a `settings_face` of its own as an attribute.
    """

    capabilities: frozenset[Capability] = frozenset(
        {"pilot", "log", "panel", "status", "monitor", "settings", "reboot"}
    )

    def __init__(self, name: str = "", factory: str = "") -> None:
        self.name = name or factory or "reference station"
        self._build: Callable[..., StationRuntime] = find(factory) if factory else StationRuntime
        self.settings_face: SettingsFace | None = getattr(self._build, "settings_face", None) or SettingsDesk()
        self._runtime: StationRuntime | None = None
        self._opened: list[Port] = []
        self._storage: Storage | None = None

    async def start(self, wiring: Wiring, settings: Mapping[str, object]) -> None:
        """Switch it on. Raises ConfigurationError for settings it refuses, HarnessError for ports it cannot open."""
        self._wiring = wiring
        self._storage = _storage(settings)
        await self._switch_on(self._storage)

    async def _switch_on(self, storage: Storage) -> None:
        wiring, checked = self._wiring, storage.settings
        taps: dict[str, Tap] = {_BOARD: wiring.board.attach()}
        self._opened = [wiring.board]
        try:
            self._runtime = self._build(
                checked,
                board=wiring.board.url,
                **_meters(wiring, checked.meter_port),
                emit=wiring.timeline.emitter("station"),
                tap=lambda port, direction, data: taps[port](direction, data),
                storage=storage,
            )
            if (opens := self._runtime.meter_port) is not None and opens in wiring.ports:
                taps[opens] = wiring.ports[opens].attach()
                self._opened.append(wiring.ports[opens])
            await self._runtime.start()
        except PortError as error:
            raise HarnessError(f"the reference station cannot start: {error}") from error

    async def stop(self) -> None:
        """Switch it off; safe to call twice."""
        if self._runtime is not None:
            await self._runtime.stop()
            self._runtime = None
        for port in self._opened:
            port.detach()
        self._opened.clear()

    def configure(self, changes: Mapping[str, object]) -> str:
        """See StationHandle."""
        assert self._runtime is not None
        return self._runtime.configure(changes)

    async def reboot(self) -> None:
        """See StationHandle."""
        assert self._runtime is not None
        assert self._storage is not None
        boot_s = self._runtime.core.settings.boot_s
        await self.stop()
        await asyncio.sleep(boot_s)
        await self._switch_on(self._storage)

    async def check_meter(self, wiring: Wiring, settings: Mapping[str, object]) -> list[str]:
        """See StationHandle."""
        checked, said = _storage(settings).settings, list[str]()
        port = checked.meter_port
        tap = wiring.ports[port].attach() if port is not None and port in wiring.ports else None
        try:
            check = MeterCheck(
                checked,
                said.append,
                **_meters(wiring, port),
                tap=None if tap is None else lambda _port, way, data: tap(way, data),
            )
            await check.run(1)
        except (PortError, SettingError) as error:
            said.append(str(error))
        return said


def _storage(settings: Mapping[str, object]) -> Storage:
    try:
        return Storage(settings)
    except SettingError as error:
        raise ConfigurationError(f"the reference station refuses a setting: {error}") from None


def _meters(wiring: Wiring, selected: str | None) -> dict[str, str]:
    """Where the runtime finds meters: the P1 port by its name, any other one as the meter that is selected."""
    return {
        "p1" if name == _P1 else "meter": port.url for name, port in wiring.ports.items() if name in (_P1, selected)
    }


@dataclass(frozen=True, slots=True)
class Heard:
    """What the station's reader made of something that looked like a telegram, at `at_s` of the run.

    `rejected` is "" for a reading; otherwise "crc", "malformed", "unsupported" (a P1 version below 4.0) or "repeated"
    (the one before again, date and all), and `reason` has the reader's words. `version` is the version of P1 or the
    mode of TIC. `current_a` is signed, import positive, and 0.0 for phases that the meter lacks.
    """

    at_s: float
    rejected: Literal["", "crc", "malformed", "unsupported", "repeated"] = ""
    reason: str = ""
    version: str = ""
    phases: int = 0
    current_a: tuple[float, float, float] = (0.0, 0.0, 0.0)


class MeterReaderHandle:
    """The station's serial port and its reader of P1 or TIC without the rest of it, for replaying captures."""

    def __init__(self, kind: Literal["p1", "tic"], heard: Callable[[Heard], None]) -> None:
        """`heard` is called for every telegram, read or rejected."""
        settings = Settings()
        self._kind = kind
        self._heard = heard
        self._reader = reader_for(settings, kind, "")
        self._line = line_for(settings, kind)
        self._port: SerialPort | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def start(self, port: Port) -> None:
        """Open the port and listen. Raises HarnessError when it cannot be opened."""
        self._loop = asyncio.get_running_loop()
        tap = port.attach()
        try:
            self._port = await open_serial(
                port.url,
                self._kind,
                on_data=self._on_data,
                on_lost=self._on_lost,
                tap=lambda _name, direction, data: tap(direction, data),
                line=self._line,
            )
        except PortError as error:
            raise HarnessError(f"the station's {self._kind} reader cannot start: {error}") from error

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
        if isinstance(self._reader, Tuning) and self._reader.line != self._line and self._port is not None:
            self._line = self._reader.line
            self._port.configure(self._line)

    def _on_timer(self) -> None:
        self._report(self._reader.step(self._loop.time()))

    def _on_lost(self, reason: str) -> None:
        raise HarnessError(f"the station's {self._kind} reader lost its port: {reason}")

    def _report(self, items: Sequence[Reading | BadTelegram]) -> None:
        for item in items:
            if isinstance(item, Reading):
                self._heard(Heard(item.at_s, version=item.version, phases=item.phases, current_a=item.current_a))
            else:
                self._heard(Heard(item.at_s, item.kind, item.reason))
        if self._timer is not None:
            self._timer.cancel()
        due_s = self._reader.next_deadline_s()
        self._timer = None if due_s is None else self._loop.call_at(due_s, self._on_timer)
