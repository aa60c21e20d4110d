"""Switching faults on and off on a running line."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from types import TracebackType

from rig.errors import HarnessError
from rig.lines.faults import Fault

ActiveFaults = list[tuple[Fault, Random]]


class Faults:
    """The faults that act on one line now, in the order in which they began."""

    def __init__(self, rng: Random, changed: Callable[[Fault, bool], None]) -> None:
        """`changed(fault, on)` is called after each change."""
        self._rng = rng
        self._changed = changed
        self._active: ActiveFaults = []

    def acting(self, direction: str) -> ActiveFaults:
        """Those that act on one direction, "a>b" or "b>a"."""
        return [entry for entry in self._active if entry[0].direction in (direction, "both")]

    @property
    def line_parted(self) -> bool:
        """Whether the plug is out."""
        return any(fault.parts_the_line for fault, _rng in self._active)

    def begin(self, fault: Fault) -> tuple[Fault, Random]:
        """From now on `fault` acts; returns what `end` wants back."""
        # A generator for each: what one fault draws does not depend on what the others drew before it.
        entry = (fault, Random(self._rng.getrandbits(64)))
        self._active.append(entry)
        self._changed(fault, True)
        return entry

    def end(self, entry: tuple[Fault, Random]) -> None:
        """The fault that `begin` returned acts no longer."""
        self._active = [other for other in self._active if other is not entry]
        self._changed(entry[0], False)


class Injection:
    """One fault on one line, to be used in a `with` statement or by `start` and `stop`; and again after that."""

    def __init__(self, faults: Faults, fault: Fault) -> None:
        self._faults = faults
        self._fault = fault
        self._entry: tuple[Fault, Random] | None = None

    def start(self) -> None:
        """The fault begins now. Raises HarnessError when it acts already."""
        if self._entry is not None:
            raise HarnessError(f"the fault {self._fault.kind} acts already; stop it before starting it again")
        self._entry = self._faults.begin(self._fault)

    def stop(self) -> None:
        """The fault ends now. Harmless when it does not act."""
        entry, self._entry = self._entry, None
        if entry is not None:
            self._faults.end(entry)

    def __enter__(self) -> Injection:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
