"""Somebody's station on the bench's ports: the rig can neither switch it nor look inside.

What the bench's own instruments see of it (the control pilot and the socket's current, if its board link, an adapter
that speaks the link, or an EV simulator box is connected) counts; what only its firmware knows does not.
"""

from __future__ import annotations

from collections.abc import Mapping

from rig.errors import NotTestableHere
from rig.handles.base import Capability, Wiring
from rig.handles.settings_face import SettingsFace


class ExternalHandle:
    """`sees_pilot`: a board link, or EV boxes that play the cars, show the pilot and the current of each socket."""

    settings_face: SettingsFace | None = None

    def __init__(self, name: str, sees_pilot: bool) -> None:
        self.name = name or "external station"
        self.capabilities: frozenset[Capability] = frozenset({"pilot"} if sees_pilot else ())

    async def start(self, wiring: Wiring, settings: Mapping[str, object]) -> None:
        """It runs already, set as its owner set it; `Bench` has checked that against what the case needs."""

    async def stop(self) -> None:
        """It goes on running."""

    def configure(self, changes: Mapping[str, object]) -> str:  # noqa: ARG002
        """A person would have to do it."""
        raise NotTestableHere("only a person can change the settings of this station")

    async def reboot(self) -> None:
        """A person would have to do it."""
        raise NotTestableHere("only a person can reboot this station")

    async def check_meter(self, wiring: Wiring, settings: Mapping[str, object]) -> list[str]:  # noqa: ARG002
        """A person would have to press it."""
        raise NotTestableHere("only a person can press 'Test Smart Meter' of this station")
