"""What goes on at a Modbus meter, for its status line: requests, who is connected, and what came to nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from emulators.modbus.description import BAUD, CHAR_FORMAT
from rig.cli.commands import counted

_FUNCTIONS = {3: "holding", 4: "input", 6: "write", 8: "echo", 16: "write"}


class Traffic:
    """Listens to the events of meters, bus and server.

    `line_changed` is called when a line setting was written. With `several` meters it says whose a request was.
    """

    def __init__(self, line_changed: Callable[[], None], *, several: bool) -> None:
        self._line_changed = line_changed
        self._several = several
        self._requests = 0
        self._last = ""
        self._connections: set[int] = set()
        self._counting = True
        self._notes: Mapping[str, Callable[[dict[str, Any]], None]] = {
            "request": self._note_request,
            "unheard": self._note_unheard,
            "connection": self._note_connection,
            "setting": self._note_setting,
        }

    def note(self, _at_s: float, kind: str, fields: dict[str, Any]) -> None:
        """An `Emit` for the emulators."""
        note = self._notes.get(kind)
        if note is not None:
            note(fields)

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """What is asked in this time is the user's own doing and no traffic."""
        self._counting = False
        try:
            yield
        finally:
            self._counting = True

    @property
    def requests(self) -> str:
        """How many requests were answered."""
        return counted(self._requests, "request")

    @property
    def connections(self) -> str:
        """How many clients are connected."""
        return counted(len(self._connections), "connection")

    @property
    def last(self) -> str:
        """The last request, or why nobody heard it."""
        return f"last: {self._last}" if self._last else ""

    def _note_request(self, fields: dict[str, Any]) -> None:
        if not self._counting:
            return
        self._requests += 1
        function, address, count = fields["function"], fields["address"], fields["count"]
        what = _FUNCTIONS.get(function, f"function {function}")
        if address is not None:
            what += f" {address} x{count}"
        whose = f"unit {fields['unit']} " if self._several else ""
        self._last = f"{whose}{what}: {fields['answer']}"

    def _note_unheard(self, fields: dict[str, Any]) -> None:
        self._last = f"not answered: {fields['why']}"

    def _note_connection(self, fields: dict[str, Any]) -> None:
        number, what = fields["connection"], fields["what"]
        if what == "accepted":
            self._connections.add(number)
        else:
            self._connections.discard(number)
        if what == "refused":
            self._last = f"connection refused: {fields['why']}"

    def _note_setting(self, fields: dict[str, Any]) -> None:
        if fields["name"] in (BAUD, CHAR_FORMAT):
            self._line_changed()
