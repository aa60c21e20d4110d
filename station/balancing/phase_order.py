"""Do the meter's phases and the socket's match? A car that draws from one phase tells (ALB-GEN-040). Pure.

When the socket's current has changed on one phase alone, the meter that sees the socket must show that change on the
same phase. When it shows it on another one instead, feeder cable or meter are connected in another order than the
settings say. A load of the house that is switched at the same time can look the same, so it must happen twice, with
nothing in between that says otherwise.
"""

from collections.abc import Sequence
from typing import NamedTuple

# Smaller changes drown in what a house does by itself.
TELLING_A = 4.0
# What of the change must be seen on a phase to count as seen there, or may be seen and count as not seen.
MOST, LEAST = 0.7, 0.3
TIMES = 2
PHASES = range(3)


class Mismatch(NamedTuple):
    """A change on grid phase `socket` (0 for L1), as the settings have it, that the meter saw on `meter` instead."""

    socket: int
    meter: int


class PhaseOrder:
    """Compares one reading with the one before, for a meter that sees the socket."""

    def __init__(self) -> None:
        self._before: tuple[Sequence[float], Sequence[int]] | None = None
        self._suspected: Mismatch | None = None
        self._times = 0

    def step(self, meter_a: Sequence[float], drawn_ma: Sequence[int]) -> Mismatch | None:
        """Take a reading and what the socket drew, per grid phase, all the while it can have been taken.

        Returns the mismatch when it has been seen often enough, once.
        """
        before, self._before = self._before, (tuple(meter_a), tuple(drawn_ma))
        if before is None:
            return None
        drawn_a = [(now - then) / 1000 for now, then in zip(drawn_ma, before[1], strict=True)]
        changed = [phase for phase in PHASES if abs(drawn_a[phase]) > TELLING_A * LEAST]
        if len(changed) != 1 or abs(drawn_a[changed[0]]) < TELLING_A:
            return None
        socket = changed[0]
        seen = [(now - then) / drawn_a[socket] for now, then in zip(meter_a, before[0], strict=True)]
        others = [phase for phase in PHASES if phase != socket and seen[phase] >= MOST]
        if seen[socket] > LEAST or len(others) != 1:
            self._suspected, self._times = None, 0
            return None
        return self._suspect(Mismatch(socket, others[0]))

    def _suspect(self, mismatch: Mismatch) -> Mismatch | None:
        self._times = self._times + 1 if mismatch == self._suspected else 1
        self._suspected = mismatch
        return mismatch if self._times == TIMES else None
