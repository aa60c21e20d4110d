"""Serial lines: everything that a cable does. Start reading at `line.py`; the user's view is docs/lines.md."""

from rig.lines.end import EndSpec, ModemLines, Tap
from rig.lines.faults import BitFlip, Delay, Double, Drop, Fault, Noise, Stuck, Truncate, Unplug, WrongBaud
from rig.lines.format import CharFormat, PortSettings
from rig.lines.injection import Injection
from rig.lines.line import Line

__all__ = [
    "BitFlip",
    "CharFormat",
    "Delay",
    "Double",
    "Drop",
    "EndSpec",
    "Fault",
    "Injection",
    "Line",
    "ModemLines",
    "Noise",
    "PortSettings",
    "Stuck",
    "Tap",
    "Truncate",
    "Unplug",
    "WrongBaud",
]
