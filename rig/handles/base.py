"""What the rig needs of a station: to switch it on and off, and to know what of it can be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from rig.handles.settings_face import SettingsFace
from rig.timeline import Timeline

# pilot: the control pilot and the socket's current; log, panel, status: what the station says in its log, on its
# display and LED, and towards a back office; monitor: its live monitoring values; settings: the rig can set the
# station's parameters; reboot: it can do so, and take settings before it does.
Capability = Literal["pilot", "log", "panel", "status", "monitor", "settings", "reboot"]

Tap = Callable[[str, bytes], None]
"""Told ("rx" or "tx", bytes) after every read and write of a port; this is how the byte ledger learns of them."""


def _stays() -> None:
    """Nothing is to be done."""


@dataclass(frozen=True, slots=True)
class Port:
    """Where a port of the station is. `attach` is called when a station in this process opens it, `detach` when it
    has closed it again.
    """

    url: str
    attach: Callable[[], Tap]
    detach: Callable[[], None] = _stays


@dataclass(frozen=True, slots=True)
class Wiring:
    """Everything the bench connects to a station."""

    timeline: Timeline
    board: Port
    ports: Mapping[str, Port] = field(default_factory=dict)


class StationHandle(Protocol):
    """A station under test. `capabilities` says what a bench can observe and drive through it.

    `settings_face` is None for a station whose settings the rig can neither read nor set.
    """

    name: str
    capabilities: frozenset[Capability]
    settings_face: SettingsFace | None

    async def start(self, wiring: Wiring, settings: Mapping[str, object]) -> None:
        """Switch it on. Raises ConfigurationError for settings it refuses, HarnessError for ports it cannot open."""

    async def stop(self) -> None:
        """Switch it off; safe to call twice."""

    def configure(self, changes: Mapping[str, object]) -> str:
        """Change settings of a station that is on. They are stored and hold from its next reboot on (ALB-GEN-016).

        Returns why the station does not take them, "" when it does. Raises NotTestableHere when it cannot be set.
        """

    async def reboot(self) -> None:
        """Let a station that is on reboot; returns when it is on again (CFG-053: within a minute).

        Raises NotTestableHere when the rig cannot make it do so.
        """

    async def check_meter(self, wiring: Wiring, settings: Mapping[str, object]) -> list[str]:
        """Press its button 'Test Smart Meter' while it is otherwise off; returns the lines that it says.

        Raises NotTestableHere when it has none that the rig can press, ConfigurationError for settings it refuses.
        """
