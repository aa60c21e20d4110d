"""The commands of an emulated device: what can be typed, and what that does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rig.errors import ConfigurationError

CarryOut = Callable[[list[str]], str]
"""From the words behind a command's name to what is so now. Raises ConfigurationError, having changed nothing."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name, what it does, and the lines about it in the help."""

    name: str
    carry_out: CarryOut
    help: Sequence[tuple[str, str]]


class Commands:
    """The commands of a device. `L1=16A` is short for `load L1=16A`."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self._commands = {command.name: command for command in commands}

    @property
    def help(self) -> Sequence[tuple[str, str]]:
        """What to type, and what that does."""
        return [line for command in self._commands.values() for line in command.help]

    def do(self, typed: str) -> str:
        """Carry out what was typed. Raises ConfigurationError."""
        name, *words = typed.split()
        command = self._commands.get(name.lower())
        if command is None and "=" in name and "load" in self._commands:
            command, words = self._commands["load"], [name, *words]
        if command is None:
            raise ConfigurationError(f"there is no command {name!r}; help lists them")
        return command.carry_out(words)


def counted(value: int, what: str) -> str:
    """A number and its noun: 1 frame, 2 frames."""
    return f"{value} {what}{'' if value == 1 else 's'}"
