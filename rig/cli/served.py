"""What all emulated devices have in common: a port of their own, and commands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from rig.cli.commands import Commands
from rig.cli.outlets import Outlet
from rig.errors import RigError


class Served(ABC):
    """A device that is reached at `outlet` and obeys `commands`; see Emulated."""

    def __init__(self, outlet: Outlet, commands: Commands) -> None:
        self._outlet = outlet
        self._commands = commands

    async def open(self, failed: Callable[[RigError], None]) -> None:
        """See Emulated."""
        await self._outlet.open(failed)

    async def close(self) -> None:
        """See Emulated."""
        await self._outlet.close()

    @property
    def help(self) -> Sequence[tuple[str, str]]:
        """See Emulated."""
        return self._commands.help

    def do(self, command: str) -> str:
        """See Emulated."""
        return self._commands.do(command)

    @abstractmethod
    def introduce(self) -> Sequence[str]:
        """See Emulated."""

    @abstractmethod
    def status(self) -> str:
        """See Emulated."""

    @abstractmethod
    def sent(self) -> str:
        """See Emulated."""


def joined(*parts: str) -> str:
    """The parts of a status line that say something."""
    return " | ".join([part for part in parts if part])
