"""Meters on a bench: which kinds there are, and each kind on its port with its cable to the station."""

from rig.meters.base import BenchMeter, Place
from rig.meters.kinds import KINDS, MeterKind, PortName, kind
from rig.meters.making import breaks_of, make

__all__ = ["KINDS", "BenchMeter", "MeterKind", "Place", "PortName", "breaks_of", "kind", "make"]
