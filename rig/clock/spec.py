"""Which clock runs: `virtual`, `real`, or `scaled:N`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rig.clock.ledger import Ledger
from rig.clock.virtual import VirtualLoop
from rig.clock.wall import WallLoop
from rig.errors import ConfigurationError

# Beyond this a scaled run measures the host's scheduling, not the station.
MAX_FACTOR = 1000.0


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """A clock by name. `factor` is how many seconds of the run one real second lasts; 1 unless scaled."""

    kind: Literal["virtual", "real", "scaled"] = "virtual"
    factor: float = 1.0

    @classmethod
    def parse(cls, text: str) -> ClockSpec:
        """Read `virtual`, `real` or `scaled:N`. Raises ConfigurationError."""
        if text in ("virtual", "real"):
            return cls(text)  # type: ignore[arg-type]
        name, _, number = text.partition(":")
        if name == "scaled":
            try:
                factor = float(number)
            except ValueError:
                factor = 0.0
            if 0.0 < factor <= MAX_FACTOR:
                return cls("scaled", factor)
            raise ConfigurationError(
                f"clock {text!r}: the factor must be a number above 0 and at most {MAX_FACTOR:g}, e.g. scaled:10"
            )
        raise ConfigurationError(f"clock {text!r} is unknown; use virtual, real or scaled:N")

    def __str__(self) -> str:
        return f"scaled:{self.factor:g}" if self.kind == "scaled" else self.kind

    def make_loop(self, ledger: Ledger | None = None) -> VirtualLoop | WallLoop:
        """A fresh loop whose time starts at 0."""
        if self.kind == "virtual":
            return VirtualLoop(ledger)
        return WallLoop(self.factor, ledger)


def stopwatch() -> Callable[[], float]:
    """A function that tells the real seconds since this call; for reporting how long a run took, never for verdicts."""
    began_s = time.perf_counter()
    return lambda: time.perf_counter() - began_s
