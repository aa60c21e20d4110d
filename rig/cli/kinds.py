"""The kinds of devices that can be emulated, and the options that each of them takes. Data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from emulators.modbus import Description, load, models
from emulators.modbus.description import SUFFIX
from emulators.p1.versions import DIALECTS, VERSIONS
from emulators.tic import MODES
from rig.cli.commands import counted
from rig.cli.emulated import Emulated, Options
from rig.cli.modbus import ModbusEmulation
from rig.cli.p1 import P1Emulation
from rig.cli.tic import TicEmulation
from rig.clock import VirtualLoop, WallLoop
from rig.errors import ConfigurationError

OWN_FILE = f"FILE{SUFFIX}"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of device: what it is, its versions and the usual one, how it is made, and what options are its own.

    `on_tcp`: it can be served on an address too. `by_visa`: a VISA resource string is a port of it, a real device's.
    """

    what: str
    make: Callable[[Options, VirtualLoop | WallLoop], Emulated]
    options: frozenset[str]
    versions: tuple[str, ...] = ()
    usual_version: str = ""
    on_tcp: bool = False
    by_visa: bool = False

    def version(self, text: str | None) -> str:
        """A version by its name or its beginning: 5.0 is 5.0.2. Raises ConfigurationError."""
        if text is None or not self.versions:
            return self.usual_version
        asked, names = text.upper(), {version.upper(): version for version in self.versions}
        if asked in names:
            return names[asked]
        by_parts = [version for name, version in names.items() if name.startswith(f"{asked}.")]
        found = by_parts or [version for name, version in names.items() if asked and name.startswith(asked)]
        if len(found) != 1:
            raise ConfigurationError(f"there is no version {text!r}; there is {', '.join(self.versions)}")
        return found[0]


P1 = Kind(
    "smart meter with a DSMR P1 port",
    P1Emulation,
    frozenset({"--version", "--request", "--date"}),
    (*VERSIONS, *DIALECTS),
    "5.0.2",
)
TIC = Kind(
    "Linky meter, its TIC output",
    TicEmulation,
    frozenset({"--version", "--producer", "--baud", "--date"}),
    tuple(MODES),
    "standard",
)
MODBUS = Kind(
    "Modbus meter",
    ModbusEmulation,
    frozenset({"--unit", "--set", "--also", "--baud", "--format"}),
    on_tcp=True,
)


def _make_ev(options: Options, loop: VirtualLoop | WallLoop) -> Emulated:
    from rig.cli.ev_instrument import make_ev  # VISA is slow to import, and of no use to all other commands

    return make_ev(options, loop)


EV = Kind(
    "EV simulator box in SCPI; with a VISA resource as --port, a real one",
    _make_ev,
    frozenset(),
    on_tcp=True,
    by_visa=True,
)
# Those that are no Modbus meters.
KINDS: Mapping[str, Kind] = {"p1": P1, "tic": TIC, "ev": EV}


def find_kind(name: str | None) -> Kind:
    """The kind of a name, or of a file. Raises ConfigurationError."""
    if name is None:
        raise ConfigurationError(f"what is to be emulated? there is {', '.join(_names())}")
    if name in KINDS:
        return KINDS[name]
    if name.endswith(SUFFIX) or name in models():
        return MODBUS
    near = get_close_matches(name, _names(), n=1)
    meant = f"is {near[0]} meant? " if near else ""
    raise ConfigurationError(f"{name!r} is not emulated; {meant}there is {', '.join(_names())}")


def listed() -> Iterator[str]:
    """A line about everything that can be emulated."""
    rows = [(name, kind.what, _versions(kind)) for name, kind in KINDS.items()]
    rows += [(name, *_described(load(name))) for name in models()]
    rows.append((OWN_FILE, "a Modbus meter of your own", "see docs/adding-a-meter.md"))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, what, more in rows:
        yield f"{name:<{widths[0]}}  {what:<{widths[1]}}  {more}"


def _versions(kind: Kind) -> str:
    return f"{', '.join(kind.versions)}; default {kind.usual_version}" if kind.versions else "see docs/instruments.md"


def _described(meter: Description) -> tuple[str, str]:
    place = f"RS-485, {meter.rtu.baud} {meter.rtu.char_format}" if meter.transport == "rtu" else "Modbus TCP"
    transformers = "" if meter.transformer is None else f", transformers {meter.transformer.ratio:g} to 1"
    return meter.name, f"{place}, {counted(meter.phases, 'phase')}, unit {meter.unit}{transformers}"


def _names() -> list[str]:
    return [*KINDS, *models(), OWN_FILE]
