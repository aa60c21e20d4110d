"""The bench file: what stands on this bench and where it is plugged in. TOML, validated with a line that helps."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from rig.errors import ConfigurationError

MAX_UNCERTAINTY_S = 60.0
MAX_SOCKETS = 2
PROBING = "probing.duration_s"  # a key of [station.settings] that the rig has to understand by itself
EMULATED = "emulated"
MAX_CHANNEL = 8
# More is no measurement of a pilot any more.
MAX_UNCERTAINTY_V, MAX_UNCERTAINTY_DUTY_PCT, MAX_UNCERTAINTY_A = 1.0, 5.0, 1.0
# A box that is looked at more often has no time for anything else; a car that looks less often is none.
POLL_S = (0.01, 1.0)


class StationEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[station]`. `kind` reference: ours, in this process. external: somebody's, on the ports named below."""

    kind: Literal["reference", "external"] = "reference"
    name: str = ""
    # Only for kind "reference": another way to build it, "module:function"; the faulty stations of the tests use it.
    factory: str = ""
    # How an external station is built; of the reference station each case says what it needs.
    sockets: int = 1
    feeders: int = 1
    # reference: what to set. external: how its owner has set it; cases that need other settings are not testable.
    settings: dict[str, str | int | float | bool] = {}


class P1Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[lines.p1]`. `port` is "pty" or the device or URL of the cable towards the station."""

    port: str = "pty"
    # The modem line on which the station's Data Request arrives; "" when the cable has none (always requested).
    request_line: Literal["", "cts", "dsr"] = ""


class SerialLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[lines.tic]` and `[lines.rtu]`. `port` is "pty" or the device or URL of the cable towards the station."""

    port: str = "pty"


class TcpLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[lines.tcp]`. Where the emulated Modbus TCP/IP meter listens for the station, `tcp:host:port`; 0: any port."""

    listen: str = "tcp:127.0.0.1:0"


class BoardLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[lines.board]`. Where the rig listens for the station's board link: "unix", or "tcp:127.0.0.1:PORT"."""

    listen: str = "unix"


class Lines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[lines]`. A line that is missing is not on the bench, and clauses that need it are not testable there."""

    p1: P1Line | None = None
    tic: SerialLine | None = None
    rtu: SerialLine | None = None
    tcp: TcpLine | None = None
    board: BoardLine | None = None


class EvBox(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[instruments.ev]`: an EV simulator box that is plugged into the socket. See Instruments for the rest.

    With `plays_cars` it plays the cars of all cases, and is looked at every `poll_s`; `uncertainty_a` is how far a
    current it measures may be off.
    """

    resource: str = EMULATED
    dialect: Literal["evse-rig"] = "evse-rig"
    timeout_s: float = 5.0
    baud: int = 9600
    backend: str = "@py"
    uncertainty_v: float = 0.05
    uncertainty_duty_pct: float = 0.1
    plays_cars: bool = False
    poll_s: float = 0.1
    uncertainty_a: float = 0.05


class Scope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[instruments.scope]`: an oscilloscope on the control pilot. `family` "": by what it says that it is.

    The emulated one speaks like `family`, "keysight" unless given. The uncertainties are those of an eight-bit scope at
    4 V per division, and of edges that take microseconds.
    """

    resource: str = EMULATED
    family: Literal["", "keysight", "rigol", "siglent"] = ""
    channel: int = 1
    timeout_s: float = 5.0
    baud: int = 9600
    backend: str = "@py"
    uncertainty_v: float = 0.1
    uncertainty_duty_pct: float = 0.2


class Instruments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[instruments]`. One that is missing is not on the bench, and clauses that need it are not testable there.

    `ev_2` and `scope_2` stand at socket 2. `resource` is a VISA resource string, or "emulated": an instrument of the
    rig, on the socket of its own board. `timeout_s` is for an answer, in real seconds; `baud` for a serial port;
    `backend` "" is the VISA library of the machine. `uncertainty_v` and `uncertainty_duty_pct` (percentage points) are
    how far its readings may be off.
    """

    ev: EvBox | None = None
    scope: Scope | None = None
    ev_2: EvBox | None = None
    scope_2: Scope | None = None

    def ev_at(self, socket: int) -> EvBox | None:
        """The box at that socket."""
        return self.ev if socket == 1 else self.ev_2

    def scope_at(self, socket: int) -> Scope | None:
        """The oscilloscope at that socket."""
        return self.scope if socket == 1 else self.scope_2


class Measuring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[measuring]`. What the bench adds to the uncertainty of every measured time, s."""

    uncertainty_s: float = 0.0


class BenchFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole bench. Without a file: the reference station with everything on ptys and loopback."""

    name: str = "reference station on ptys and loopback"
    station: StationEntry = StationEntry()
    lines: Lines = Lines(p1=P1Line(), tic=SerialLine(), rtu=SerialLine(), tcp=TcpLine(), board=BoardLine())
    instruments: Instruments = Instruments(ev=EvBox(), scope=Scope(), ev_2=EvBox(), scope_2=Scope())
    measuring: Measuring = Measuring()


def load_bench(path: Path) -> BenchFile:
    """Read and check a bench file. Raises ConfigurationError saying what is wrong where, and what would be right."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(f"bench file {path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"bench file {path} cannot be read: {error}") from None
    try:
        bench = msgspec.convert({"name": path.stem, **tomllib.loads(text)}, BenchFile)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"bench file {path} is not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"bench file {path}: {_explain(str(error))}") from None
    _check(path, bench)
    return bench


_STRUCTS: dict[str, type[msgspec.Struct]] = {
    "": BenchFile,
    "station": StationEntry,
    "lines": Lines,
    "lines.p1": P1Line,
    "lines.tic": SerialLine,
    "lines.rtu": SerialLine,
    "lines.tcp": TcpLine,
    "lines.board": BoardLine,
    "instruments": Instruments,
    "instruments.ev": EvBox,
    "instruments.scope": Scope,
    "instruments.ev_2": EvBox,
    "instruments.scope_2": Scope,
    "measuring": Measuring,
}


def _explain(message: str) -> str:
    """msgspec says `... - at `$.lines.p1``; say it as a user of the file would, with the keys that are allowed."""
    what, _, where = message.partition(" - at ")
    table = where.strip("`").removeprefix("$").removeprefix(".")
    text = f"{what} in [{table}]" if table else f"{what} at the top level"
    struct = _STRUCTS.get(table)
    if "unknown field" in what and struct is not None:
        text += f"; allowed are: {', '.join(struct.__struct_fields__)}"
    return text


def _check(path: Path, bench: BenchFile) -> None:
    uncertainty_s = bench.measuring.uncertainty_s
    if not 0.0 <= uncertainty_s <= MAX_UNCERTAINTY_S:
        raise ConfigurationError(
            f"bench file {path}: uncertainty_s = {uncertainty_s:g} in [measuring]; "
            f"it must be from 0 to {MAX_UNCERTAINTY_S:g} s"
        )
    if bench.station.kind == "external" and bench.station.factory:
        raise ConfigurationError(
            f'bench file {path}: [station] kind = "external" takes no factory; the rig does not build that station'
        )
    _check_built(path, bench.station)
    _check_probing(path, bench.station.settings.get(PROBING, 0))
    if bench.lines.tcp is not None:
        _check_tcp(path, bench.lines.tcp)
    for name in Instruments.__struct_fields__:
        if (instrument := getattr(bench.instruments, name)) is not None:
            _check_instrument(path, name, instrument, bench.station.kind)
    if bench.station.kind == "reference":
        _check_reference(path, bench.lines)


def _check_built(path: Path, station: StationEntry) -> None:
    for key, value, most in (("sockets", station.sockets, MAX_SOCKETS), ("feeders", station.feeders, station.sockets)):
        if not 1 <= value <= most:
            raise ConfigurationError(
                f"bench file {path}: {key} = {value} in [station]; "
                f"a station has 1 to {MAX_SOCKETS} sockets and no more feeders than sockets"
            )
    if station.kind == "reference" and station.sockets != 1:
        raise ConfigurationError(
            f"bench file {path}: sockets = {station.sockets} in [station], but the reference station has as many as "
            'each case needs; leave sockets and feeders out, or set kind = "external"'
        )


def _check_probing(path: Path, lasts_s: object) -> None:
    if isinstance(lasts_s, bool | str) or not isinstance(lasts_s, int | float) or not 0 <= lasts_s < math.inf:
        raise ConfigurationError(
            f'bench file {path}: "{PROBING}" = {lasts_s!r} in [station.settings]; it is a number of seconds, '
            "0 for a station that does not probe"
        )


def _check_tcp(path: Path, line: TcpLine) -> None:
    host, colon, port = line.listen.removeprefix("tcp:").rpartition(":")
    if not (line.listen.startswith("tcp:") and colon and ":" not in host and port.isascii() and port.isdigit()):
        raise ConfigurationError(
            f'bench file {path}: listen = "{line.listen}" in [lines.tcp]; use tcp:host:port with an IPv4 address, '
            "such as tcp:192.168.0.4:502"
        )


def _check_instrument(path: Path, name: str, entry: EvBox | Scope, kind: str) -> None:
    where = f"bench file {path}: [instruments.{name}]"
    for key, most in (("uncertainty_v", MAX_UNCERTAINTY_V), ("uncertainty_duty_pct", MAX_UNCERTAINTY_DUTY_PCT)):
        if not 0.0 <= getattr(entry, key) <= most:
            raise ConfigurationError(f"{where}: {key} = {getattr(entry, key):g}; it must be from 0 to {most:g}")
    if isinstance(entry, EvBox):
        _check_player(where, entry)
    if isinstance(entry, Scope) and not 1 <= entry.channel <= MAX_CHANNEL:
        raise ConfigurationError(f"{where}: channel = {entry.channel}; it must be from 1 to {MAX_CHANNEL}")
    if entry.resource == EMULATED:
        return
    if kind == "reference":
        raise ConfigurationError(
            f'{where}: resource = "{entry.resource}", but the pilot of the reference station is emulated; '
            'leave resource out, or set kind = "external" in [station]'
        )
    from rig.instruments.visa import VisaSettings  # slow to import, and of no use to most benches

    try:
        VisaSettings(entry.resource, timeout_s=entry.timeout_s)
    except ConfigurationError as error:
        raise ConfigurationError(f'{where}: {error}; the one of the rig is "{EMULATED}"') from None


def _check_player(where: str, entry: EvBox) -> None:
    least_s, most_s = POLL_S
    if not least_s <= entry.poll_s <= most_s:
        raise ConfigurationError(f"{where}: poll_s = {entry.poll_s:g}; it must be from {least_s:g} to {most_s:g} s")
    if not 0.0 <= entry.uncertainty_a <= MAX_UNCERTAINTY_A:
        raise ConfigurationError(
            f"{where}: uncertainty_a = {entry.uncertainty_a:g}; it must be from 0 to {MAX_UNCERTAINTY_A:g}"
        )


def _check_reference(path: Path, lines: Lines) -> None:
    if lines.board is None:
        raise ConfigurationError(
            f"bench file {path}: the reference station has no power electronics of its own; "
            "add [lines.board], or leave [lines] out"
        )
    for name in ("p1", "tic", "rtu"):
        line = getattr(lines, name)
        if line is not None and line.port != "pty":
            raise ConfigurationError(
                f'bench file {path}: port = "{line.port}" in [lines.{name}], but the reference station is on a pty of '
                'the rig; leave port out, or set kind = "external" in [station]'
            )
