"""The clocks. Nothing outside this package knows which one runs, or names the `time` module."""

from rig.clock.calendar import Calendar, today
from rig.clock.ledger import Hop, Ledger
from rig.clock.selftest import self_test
from rig.clock.spec import ClockSpec, stopwatch
from rig.clock.virtual import BytesLost, Stalled, VirtualLoop
from rig.clock.wall import WallLoop

__all__ = [
    "BytesLost",
    "Calendar",
    "ClockSpec",
    "Hop",
    "Ledger",
    "Stalled",
    "VirtualLoop",
    "WallLoop",
    "self_test",
    "stopwatch",
    "today",
]
