"""A bench: the station, its lines, its meters and its cars, put together and switched on."""

from rig.bench.bench import Bench, NotCharging

__all__ = ["Bench", "NotCharging"]
