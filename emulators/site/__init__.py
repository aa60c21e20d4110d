"""The grid connection of a bench: house loads, PV and charging sockets, and what a meter on it would read."""

from emulators.site.profile import Constant, Periodic, Profile, Ramp, Sine, Steps
from emulators.site.reading import GridReading
from emulators.site.site import Draw, Site

__all__ = ["Constant", "Draw", "GridReading", "Periodic", "Profile", "Ramp", "Sine", "Site", "Steps"]
