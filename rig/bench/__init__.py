"""A bench: the station, its lines, its meters and its cars, put together and switched on."""

from rig.bench.bench import Bench
from rig.bench.outlet import NotCharging, Outlet

__all__ = ["Bench", "NotCharging", "Outlet"]
