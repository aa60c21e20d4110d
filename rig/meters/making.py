"""Making a meter of a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from emulators.errors import BadConfiguration
from rig.errors import ConfigurationError
from rig.meters.base import BenchMeter, Place
from rig.meters.kinds import MeterKind, PortName
from rig.meters.serial import P1Meter, RtuMeter, TicMeter
from rig.meters.tcp import TcpMeter

_MAKERS: Mapping[PortName, Callable[[MeterKind, Place], BenchMeter]] = {
    "p1": P1Meter,
    "tic": TicMeter,
    "rtu": RtuMeter,
    "tcp": TcpMeter,
}


def make(kind: MeterKind, place: Place) -> BenchMeter:
    """A meter of that kind on its cable, not yet switched on. Raises ConfigurationError."""
    try:
        return _MAKERS[kind.port](kind, place)
    except BadConfiguration as error:
        raise ConfigurationError(str(error)) from error
