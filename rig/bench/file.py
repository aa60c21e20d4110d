"""The bench file: what stands on this bench and where it is plugged in. TOML, validated with a line that helps."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from rig.bench.instrument_entries import EvBox, Instruments, Scope, check_instruments
from rig.errors import ConfigurationError

MAX_UNCERTAINTY_S = 60.0
MAX_SOCKETS = 2
PROBING = "probing.duration_s"  # a key of [station.settings] that the rig has to understand by itself


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
    check_instruments(
        f"bench file {path}",
        bench.instruments,
        sockets=bench.station.sockets if bench.station.kind == "external" else None,
        linked=bench.lines.board is not None,
    )
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
