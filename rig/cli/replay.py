"""`evse-rig replay`: a user's own P1 or TIC capture into the station's reader, or out of a real port."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer
from rich.console import Console

from rig.captured import KINDS, Kind, KindName, Piece, kind_of
from rig.cli.loops import run_on
from rig.clock import ClockSpec, VirtualLoop, WallLoop, self_test
from rig.errors import ConfigurationError
from rig.lines import EndSpec, Line
from rig.lines.opening import check_where
from rig.replay import Replayed, replay, transmit
from rig.timeline import Timeline

# A real station lives in real time.
PORT_CLOCK = ClockSpec("real")
ALL_READ, SOME_REJECTED = 0, 1
SCHEMA = 1

Outcome = Literal["read", "crc", "malformed", "unsupported", "repeated", "ignored", "sent"]
REJECTIONS: tuple[Outcome, ...] = ("crc", "malformed", "unsupported")
# What the reader calls a version is one of P1; TIC has modes.
_VERSION = {"p1": "version {}", "tic": "{}"}


class TelegramReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One piece of a capture: where it is in the file, and what became of it. Currents in A, import positive."""

    offset: int
    length: int
    outcome: Outcome
    version: str = ""
    current_a: tuple[float, ...] = ()
    reason: str = ""


class FileReport(msgspec.Struct, frozen=True, kw_only=True):
    """All pieces of one file. `kind` is that of the port: "p1" or "tic"."""

    file: str
    kind: KindName
    notes: list[str]
    telegrams: list[TelegramReport]


@dataclass(frozen=True, slots=True)
class _Capture:
    path: Path
    data: bytes
    kind: Kind


def replay_command(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Captures: the raw bytes of a P1 or TIC port.")
    ],
    port: Annotated[
        str | None, typer.Option(metavar="URL", help="Send them out of this port in real time instead.")
    ] = None,
    kind: Annotated[
        KindName | None, typer.Option(help="Of what port they are; without it, the bytes tell.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document at the end.")] = False,
) -> int:
    """Replay P1 or TIC captures, byte for byte, into the station's reader and say what it makes of each telegram.

    With --port they are sent to a real station instead, one telegram per interval.

    Ends with 0 when all telegrams were read (or sent), 1 when some were rejected, 2 when a port failed, 3 when a file
    cannot be read or holds no telegram.
    """
    captures = [_load(path, kind) for path in files]
    console = Console(soft_wrap=True, highlight=False, markup=False)
    quiet = Console(quiet=True) if as_json else console
    if port is None:
        self_test()
        reports = [_into_reader(capture, quiet) for capture in captures]
    else:
        reports = _out_of_port(port, captures, quiet)
    counts: Counter[str] = Counter(telegram.outcome for report in reports for telegram in report.telegrams)
    quiet.print(_summary(counts, port))
    if as_json:
        document = msgspec.json.encode({"schema": SCHEMA, "counts": counts, "files": reports})
        console.print(msgspec.json.format(document).decode())
    return SOME_REJECTED if any(counts[outcome] for outcome in REJECTIONS) else ALL_READ


def _load(path: Path, name: KindName | None) -> _Capture:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"capture {path} cannot be read: {error.strerror}") from None
    try:
        if name is None:
            return _Capture(path, data, kind_of(data))
        KINDS[name].check(data)
    except ConfigurationError as error:
        raise ConfigurationError(f"capture {path} {error}") from None
    return _Capture(path, data, KINDS[name])


def _into_reader(capture: _Capture, console: Console) -> FileReport:
    async def on_a_line(loop: VirtualLoop | WallLoop) -> list[Replayed]:
        async with _line(loop, capture, "pty") as line:
            return await replay(line, capture.data, capture.kind)

    replayed = run_on(ClockSpec("virtual"), on_a_line)
    report = _begin(capture, console)
    for item in replayed:
        _add(report, _read(item), console)
    return report


def _out_of_port(port: str, captures: list[_Capture], console: Console) -> list[FileReport]:
    if port == "pty":
        raise ConfigurationError("--port: nobody listens on a new pty; give the port that leads to the station")
    check_where("--port", port)

    async def send(loop: VirtualLoop | WallLoop) -> list[FileReport]:
        reports = []
        for capture in captures:
            async with _line(loop, capture, port) as line:
                reports.append(await _send(line, capture, console))
        return reports

    return run_on(PORT_CLOCK, send)


async def _send(line: Line, capture: _Capture, console: Console) -> FileReport:
    report = _begin(capture, console)
    pieces = capture.kind.pieces(capture.data)
    await transmit(line, pieces, lambda piece: _add(report, _sent(piece), console))
    return report


def _line(loop: VirtualLoop | WallLoop, capture: _Capture, port: str) -> Line:
    timeline = Timeline()
    timeline.listen(lambda _event: timeline.events.clear())  # nobody reads it, and a capture may be a day long
    settings = capture.kind.settings(capture.data)
    return Line(
        capture.kind.name,
        loop=loop,
        timeline=timeline,
        rng=random.Random(),
        baud=settings.baud,
        fmt=settings.fmt,
        b=EndSpec(port),
    )


def _read(item: Replayed) -> TelegramReport:
    heard = item.heard
    if heard is None:
        return TelegramReport(offset=item.offset, length=item.length, outcome="ignored")
    return TelegramReport(
        offset=item.offset,
        length=item.length,
        outcome=heard.rejected or "read",
        version=heard.version,
        current_a=heard.current_a[: heard.phases],
        reason=heard.reason,
    )


def _sent(piece: Piece) -> TelegramReport:
    return TelegramReport(offset=piece.offset, length=len(piece.data), outcome="sent")


def _begin(capture: _Capture, console: Console) -> FileReport:
    report = FileReport(
        file=str(capture.path), kind=capture.kind.name, notes=capture.kind.notes(capture.data), telegrams=[]
    )
    console.print(f"{report.file}: {len(capture.data)} bytes")
    for note in report.notes:
        console.print(f"note: {note}")
    console.print("   offset  bytes")
    return report


def _add(report: FileReport, telegram: TelegramReport, console: Console) -> None:
    report.telegrams.append(telegram)
    console.print(f"{telegram.offset:>9} {telegram.length:>6}  {_words(telegram, report.kind)}")


def _words(telegram: TelegramReport, kind: KindName) -> str:
    if telegram.outcome == "read":
        currents = [f"L{phase} {current_a:+.2f} A" for phase, current_a in enumerate(telegram.current_a, 1)]
        return "  ".join([_VERSION[kind].format(telegram.version), *currents])
    if telegram.outcome in REJECTIONS:
        return f"rejected ({telegram.outcome}): {_printable(telegram.reason)}"
    return "ignored: no telegram begins here" if telegram.outcome == "ignored" else "sent"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


def _summary(counts: Counter[str], port: str | None) -> str:
    if port is not None:
        return f"{counts['sent']} sent to {port}"
    rejected = {outcome: counts[outcome] for outcome in REJECTIONS if counts[outcome]}
    why = f" ({', '.join(f'{count} {outcome}' for outcome, count in rejected.items())})" if rejected else ""
    ignored = f", {counts['ignored']} ignored" if counts["ignored"] else ""
    return f"{counts['read']} read, {sum(rejected.values())} rejected{why}{ignored}"
