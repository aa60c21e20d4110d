"""Cars as data: the files in `cars/`, and those that users write.

docs/cars.md explains every key. A file with a mistake is refused with one line that says what and where.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import get_args

import msgspec

from emulators.errors import BadConfiguration
from emulators.pilot.codec import DUTY_TABLES
from emulators.vehicle.spec import BelowMin, VehicleSpec, WakesBy

CARS = files("emulators.vehicle").joinpath("cars")
SUFFIX = ".toml"


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says about the car in words: its name, what is special, where that comes from, what is doubtful."""

    name: str
    about: str = ""
    sources: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


class Car(msgspec.Struct, frozen=True):
    """A car of the garage."""

    about: About
    spec: VehicleSpec


CHOICES: dict[str, tuple[str, ...]] = {
    "below_min": get_args(BelowMin),
    "wakes_by": get_args(WakesBy),
    "duty_table": tuple(DUTY_TABLES),
}
KEYS = (*About.__struct_fields__, *VehicleSpec.__struct_fields__)


def cars() -> tuple[str, ...]:
    """The cars that come with the package."""
    return tuple(sorted(entry.name.removesuffix(SUFFIX) for entry in CARS.iterdir() if entry.name.endswith(SUFFIX)))


def load(car: str | Path) -> Car:
    """A car by its name in `cars()`, or from a file whose name ends in .toml. Raises BadConfiguration."""
    return car_of(read(car), _named(car))


def read(car: str | Path) -> dict[str, object]:
    """The keys of a car, by its name or from its file, for somebody who changes some. Raises BadConfiguration."""
    if str(car).endswith(SUFFIX):
        try:
            return _parsed(Path(car).read_text(encoding="utf-8"), str(car))
        except OSError as error:
            raise BadConfiguration(f"{car}: cannot be read ({error.strerror})") from None
        except UnicodeDecodeError as error:
            raise BadConfiguration(f"{car}: a TOML file is UTF-8, which byte {error.start} is not") from None
    if car not in cars():
        raise BadConfiguration(f"there is no car {str(car)!r}; there is {', '.join(cars())}, or FILE.toml")
    return _parsed(CARS.joinpath(_named(car)).read_text(encoding="utf-8"), _named(car))


def parse(text: str, source: str) -> Car:
    """The car in a TOML text; `source` is named in messages. Raises BadConfiguration."""
    return car_of(_parsed(text, source), source)


def car_of(keys: Mapping[str, object], source: str) -> Car:
    """The car with these keys; `source` is named in messages. Raises BadConfiguration."""
    try:
        given = dict(keys)
        _check_keys(given)
        _check_choices(given)
        about = {key: given.pop(key) for key in About.__struct_fields__ if key in given}
        if "duty_table" in given:
            given["duty_table"] = DUTY_TABLES[str(given["duty_table"])]
        return Car(msgspec.convert(about, About), msgspec.convert(given, VehicleSpec))
    except (msgspec.ValidationError, BadConfiguration) as error:
        raise BadConfiguration(f"{source}: {error}") from None


def _named(car: str | Path) -> str:
    return str(car) if str(car).endswith(SUFFIX) else f"{car}{SUFFIX}"


def _parsed(text: str, source: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"{source}: {error}") from None


def _check_keys(given: dict[str, object]) -> None:
    for key in given:
        if key not in KEYS:
            meant = _meant(key, KEYS)
            raise BadConfiguration(f"{key!r} is no key{meant or '; docs/cars.md lists them'}")


def _check_choices(given: dict[str, object]) -> None:
    for key, words in CHOICES.items():
        word = given.get(key, words[0])
        if word not in words:
            raise BadConfiguration(f"{key} is {word!r}; it is one of {', '.join(words)}{_meant(str(word), words)}")


def _meant(word: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(word, known, n=1)
    return f"; is {near[0]} meant?" if near else ""
