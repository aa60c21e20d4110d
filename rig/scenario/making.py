"""What the words of a scenario stand for: cars, faults of a line, faults of a pilot."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from emulators.pilot.circuit import PilotFaults
from emulators.vehicle import garage
from emulators.vehicle.spec import VehicleSpec
from rig.errors import ConfigurationError
from rig.lines import faults
from rig.scenario.form import Car, LineFault, PilotFault
from rig.scenario.words import one_of

PILOT_FAULTS = PilotFaults.__struct_fields__
LINE_FAULTS: Mapping[str, type[faults.Fault]] = {
    "bit_flip": faults.BitFlip,
    "drop": faults.Drop,
    "double": faults.Double,
    "delay": faults.Delay,
    "truncate": faults.Truncate,
    "noise": faults.Noise,
    "unplug": faults.Unplug,
    "stuck": faults.Stuck,
    "wrong_baud": faults.WrongBaud,
}


def car_of(car: Car, folder: Path) -> VehicleSpec:
    """A car by name, from a file, or from its keys. Raises BadConfiguration."""
    if isinstance(car, str):
        return garage.load(_found(car, folder)).spec
    own = {key: value for key, value in car.items() if key != "like"}
    keys = garage.read(_found(str(car["like"]), folder)) if "like" in car else {"name": "a car"}
    return garage.car_of({**keys, **own}, "car").spec


def _found(car: str, folder: Path) -> str:
    """A file is found from the folder of the scenario; the name of a car stays as it is."""
    if car.endswith(garage.SUFFIX):
        return str(folder / car)
    one_of("car", car, garage.cars(), "car; FILE.toml names one of yours")
    return car


def line_fault(told: LineFault) -> faults.Fault:
    """The fault of a line with its figures. Raises ConfigurationError."""
    kind = LINE_FAULTS[told.fault]
    known = [field.name for field in dataclasses.fields(kind)]
    for name in told.with_:
        one_of(f"with.{name}", name, known, "figure of this fault")
    try:
        figures: dict[str, Any] = {name: _tuples(value) for name, value in told.with_.items()}
        return kind(**figures)
    except TypeError as error:
        raise ConfigurationError(f"with: {error}; it has {', '.join(known)}") from None


def pilot_faults(told: Iterable[PilotFault]) -> PilotFaults:
    """The faults of a pilot that are on together."""
    on: dict[str, Any] = {each.fault: each.ohm if each.fault == "resistor_ohm" else True for each in told}
    return PilotFaults(**on)


def _tuples(value: object) -> object:
    """Lists of a TOML file as the tuples that the faults have."""
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value
