"""An emulated device at a terminal: commands come in, a status line shows how it is, Ctrl-C ends it.

Without a terminal it is the same with commands from a pipe or a file and without the status line.
"""

from __future__ import annotations

import asyncio
import os
import signal

from rich.console import Console

from rig.cli.emulated import Emulated
from rig.clock import VirtualLoop, WallLoop
from rig.errors import ConfigurationError, RigError

DONE, USAGE = 0, 3
REFRESH_S = 0.5
_READ_B = 4096
_END_WORDS = ("quit", "exit")
_HELP = (("status", "how it is now"), ("help", "this list"), ("quit", "end, as Ctrl-C does"))


class Live:
    """One session with an emulated device.

    `commands` is the descriptor that they are read from, None for none; `until_eof` ends the session with it. A
    refused command is one line on `errors`, and the device goes on.
    """

    def __init__(
        self,
        device: Emulated,
        loop: VirtualLoop | WallLoop,
        *,
        output: Console,
        errors: Console,
        commands: int | None,
        until_eof: bool,
        refresh_s: float = REFRESH_S,
    ) -> None:
        self._device = device
        self._loop = loop
        self._output = output
        self._errors = errors
        self._commands = commands
        self._at_terminal = commands is not None and os.isatty(commands)
        # At a terminal Ctrl-D is as good as quit.
        self._until_eof = until_eof or self._at_terminal
        self._screen = _Screen(output, prompt="> " if self._at_terminal else "")
        self._refresh_s = refresh_s
        self._refresh: asyncio.TimerHandle | None = None
        self._ended: asyncio.Future[RigError | None] = loop.create_future()
        self._typed = b""
        self._last_error = ""
        self._refused = False

    async def run(self) -> int:
        """The session, from opening the port to closing it. Returns 0, or 3 when a script held a command that failed.

        Raises RigError when the port cannot be opened or is lost.
        """
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            self._loop.add_signal_handler(number, self._interrupt)
        try:
            await self._device.open(self._end)
            self._begin()
            error = await self._ended
        finally:
            self._stop_reading()
            if self._refresh is not None:
                self._refresh.cancel()
            self._screen.leave()
            await self._device.close()
            for number in signals:
                self._loop.remove_signal_handler(number)
        if error is not None:
            raise error
        self._output.print(f"evse-rig: stopped after {self._device.sent()}")
        return USAGE if self._refused and not self._at_terminal else DONE

    def _begin(self) -> None:
        for line in self._device.introduce():
            self._output.print(line)
        if self._at_terminal:
            self._output.print("type help for what can be changed; Ctrl-C ends it")
        self._screen.show(self._status())
        self._tick()
        if self._commands is None:
            self._end_of_commands()
        else:
            self._loop.add_reader(self._commands, self._read)

    def _interrupt(self) -> None:
        self._refused = False  # who stops it by hand has seen what was refused
        self._end(None)

    def _end(self, error: RigError | None) -> None:
        if not self._ended.done():
            self._ended.set_result(error)

    def _status(self) -> str:
        error = f" | last error: {self._last_error}" if self._last_error else ""
        return f"{self._device.status()}{error}"

    def _tick(self) -> None:
        self._screen.refresh(self._status())
        self._refresh = self._loop.call_later(self._refresh_s, self._tick)

    def _read(self) -> None:
        assert self._commands is not None
        try:
            data = os.read(self._commands, _READ_B)
        except OSError:  # the terminal is gone
            data = b""
        *lines, self._typed = (self._typed + data).split(b"\n")
        if not data and self._typed:
            lines, self._typed = [self._typed], b""
        for line in lines:
            if not self._ended.done():
                self._obey(line.decode(errors="replace").strip())
        if not data:
            self._end_of_commands()

    def _end_of_commands(self) -> None:
        self._stop_reading()
        if self._until_eof:
            self._end(None)

    def _stop_reading(self) -> None:
        if self._commands is not None:
            self._loop.remove_reader(self._commands)

    def _obey(self, command: str) -> None:
        if command in _END_WORDS:
            self._end(None)
            return
        try:
            answer = self._answer(command)
        except ConfigurationError as error:
            self._refused = True
            self._last_error = str(error)
            self._errors.print(f"evse-rig: {error}")
        else:
            if answer:
                self._output.print(answer)
        self._screen.show(self._status())

    def _answer(self, command: str) -> str:
        if command == "help":
            rows = (*self._device.help, *_HELP)
            width = max(len(typed) for typed, _ in rows)
            return "\n".join(f"  {typed:<{width}}  {words}" for typed, words in rows)
        if command == "status":
            return self._status()
        return self._device.do(command) if command else ""


class _Screen:
    """A status line with the line for typing below it, redrawn in place; nothing at all when that is no terminal.

    The terminal stays in its line mode, so the user's keys and the line editing are its own.
    """

    _SAVE, _RESTORE, _UP, _CLEAR = "\x1b7", "\x1b8", "\x1b[1A", "\r\x1b[2K"

    def __init__(self, console: Console, prompt: str) -> None:
        self._console = console
        self._prompt = prompt
        self._live = console.is_terminal and not console.is_dumb_terminal
        self._shown = False

    def show(self, status: str) -> None:
        """Draw both lines below what was printed last."""
        if self._live:
            self._write(f"{self._clip(status)}\n{self._prompt}")
            self._shown = True

    def refresh(self, status: str) -> None:
        """Redraw the status line above what is being typed."""
        if self._shown:
            self._write(f"{self._SAVE}{self._UP}{self._CLEAR}{self._clip(status)}{self._RESTORE}")

    def leave(self) -> None:
        """Clear the line for typing, for what is printed next."""
        if self._shown:
            self._write(self._CLEAR)
            self._shown = False

    def _clip(self, status: str) -> str:
        return status[: self._console.width - 1]

    def _write(self, text: str) -> None:
        self._console.file.write(text)
        self._console.file.flush()
