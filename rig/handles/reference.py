"""The reference station, running in this process. The only module of the rig that imports it.

It opens its ports by path exactly as it does on its own (`python -m station`); all the rig adds are taps for the byte
ledger and an ear for its events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rig.errors import ConfigurationError, HarnessError
from rig.handles.base import Capability, Tap, Wiring
from rig.handles.factory import find
from station.errors import PortError, SettingError
from station.runtime import StationRuntime
from station.settings import Settings

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
        if p1 is not None and checked.p1_selected:
            taps[_P1] = p1.attach()
        self._runtime = self._build(
            checked,
            board=wiring.board.url,
            p1=None if p1 is None else p1.url,
            emit=wiring.timeline.emitter("station"),
            tap=lambda port, direction, data: taps[port](direction, data),
        )
        try:
            await self._runtime.start()
        except PortError as error:
            raise HarnessError(f"the reference station cannot start: {error}") from error

    async def stop(self) -> None:
        """Switch it off; safe to call twice."""
        if self._runtime is not None:
            await self._runtime.stop()
            self._runtime = None
