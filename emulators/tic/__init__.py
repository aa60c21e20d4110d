"""The TIC output of Linky meters: frames, the meter that sends them, and the port that puts them on a wire."""

from emulators.tic.codec import decode, encode
from emulators.tic.frame import Frame, Group
from emulators.tic.meter import Meter
from emulators.tic.modes import MODES
from emulators.tic.nameplate import MobilePeak, Nameplate

__all__ = ["MODES", "Frame", "Group", "Meter", "MobilePeak", "Nameplate", "decode", "encode"]
