"""Making a meter of a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from emulators.errors import BadConfiguration
from emulators.site import Site
from rig.clock import Calendar, VirtualLoop
from rig.errors import ConfigurationError
from rig.meters.base import BenchMeter, Place
from rig.meters.kinds import MeterKind, PortName
from rig.meters.serial import P1Meter, RtuMeter, TicMeter
from rig.meters.tcp import TcpMeter
from rig.timeline import Timeline

_MAKERS: Mapping[PortName, Callable[[MeterKind, Place], BenchMeter]] = {
    "p1": P1Meter,
    "tic": TicMeter,
    "rtu": RtuMeter,
    "tcp": TcpMeter,
}
_NOWHERE: Mapping[PortName, str] = {"p1": "pty", "tic": "pty", "rtu": "pty", "tcp": "tcp:127.0.0.1:0"}


def make(kind: MeterKind, place: Place) -> BenchMeter:
    """A meter of that kind on its cable, not yet switched on. Raises ConfigurationError."""
    try:
        return _MAKERS[kind.port](kind, place)
    except BadConfiguration as error:
        raise ConfigurationError(str(error)) from error


def breaks_of(kind: MeterKind) -> tuple[str, ...]:
    """What can be wrong with a meter of that kind, `BenchMeter.breaks`, without putting one on a bench."""
    loop = VirtualLoop()
    try:
        place = Place(loop, Timeline(), Calendar(), Random(0), lambda _now_s: Site().read(0.0), _NOWHERE[kind.port])
        return tuple(make(kind, place).breaks)
    finally:
        loop.close()
