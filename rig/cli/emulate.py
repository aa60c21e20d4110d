"""`evse-rig emulate`: one emulated device on one port, changed live from the terminal."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from rig.cli.emulated import FRESH_PTY, TCP, Options, Request
from rig.cli.kinds import Kind, find_kind, listed
from rig.cli.live import REFRESH_S, Live
from rig.cli.loops import run_on
from rig.clock import ClockSpec, VirtualLoop, WallLoop, today
from rig.clock.calendar import DEFAULT_ZONE
from rig.errors import ConfigurationError
from rig.lines.opening import check_where

_STDIN = 0
_VISA = "::"
_HOUSE, _OWN = "The house", "Some meters only"


def emulate_command(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="What to emulate, or a meter file; --list shows what there is.")
    ] = None,
    port: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A tty, rfc2217://host:port, socket://host:port, pty for a new one; "
            "for Modbus TCP tcp:host:port. Default: a new pty, or a free port of this machine.",
        ),
    ] = None,
    phases: Annotated[int | None, typer.Option(metavar="N", help="1 or 3; default: as many as the meter has.")] = None,
    load: Annotated[
        list[str] | None,
        typer.Option(
            metavar="L1=10A", help="What the house draws on a phase; may be repeated.", rich_help_panel=_HOUSE
        ),
    ] = None,
    pv: Annotated[
        list[str] | None,
        typer.Option(
            metavar="L1=12A", help="What its PV supplies on a phase; may be repeated.", rich_help_panel=_HOUSE
        ),
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(
            metavar="V",
            help="P1: version of the standard, default 5.0.2. TIC: historique or standard, which is the default.",
            rich_help_panel=_OWN,
        ),
    ] = None,
    request: Annotated[
        Request | None,
        typer.Option(
            help="P1: send while the port's CTS or DSR asks for it, or always, the default.", rich_help_panel=_OWN
        ),
    ] = None,
    producer: Annotated[
        bool, typer.Option("--producer", help="TIC: the meter of a producer.", rich_help_panel=_OWN)
    ] = False,
    unit: Annotated[
        int | None, typer.Option(metavar="N", help="Modbus: the meter's address.", rich_help_panel=_OWN)
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Modbus: one of the meter's own settings; may be repeated.",
            rich_help_panel=_OWN,
        ),
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(
            metavar="METER:UNIT",
            help="Modbus: one more meter on the same bus or address; may be repeated.",
            rich_help_panel=_OWN,
        ),
    ] = None,
    baud: Annotated[
        int | None,
        typer.Option(metavar="N", help="Modbus RTU, TIC: another baud rate than the usual.", rich_help_panel=_OWN),
    ] = None,
    char_format: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="8N1", help="Modbus RTU: another character format than the usual.", rich_help_panel=_OWN
        ),
    ] = None,
    clock: Annotated[
        str, typer.Option(metavar="CLOCK", help="real, or scaled:N for a station that runs so too.")
    ] = "real",
    date: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="P1, TIC: the meter's date and time at the start, e.g. 2026-03-29T01:59:30; default: now.",
            rich_help_panel=_OWN,
        ),
    ] = None,
    until_eof: Annotated[
        bool, typer.Option("--until-eof", help="End when the commands on standard input end.")
    ] = False,
    show_list: Annotated[bool, typer.Option("--list", help="Show what can be emulated, and end.")] = False,
) -> int:
    """Emulate one device on one port; type commands (or pipe them in) to change it while it runs.

    Ends with 0 after Ctrl-C or quit, 2 when the port failed, 3 on bad usage.
    """
    console = Console(soft_wrap=True, highlight=False, markup=False)
    if show_list:
        for line in listed():
            console.print(line)
        return 0
    row = find_kind(kind)
    assert kind is not None  # otherwise there would be no row
    own: Mapping[str, object] = {
        "--version": version,
        "--request": request,
        "--date": date,
        "--producer": producer or None,
        "--unit": unit,
        "--set": settings,
        "--also": also,
        "--baud": baud,
        "--format": char_format,
    }
    _check_own(kind, row, own)
    spec = _check_clock(clock)
    options = Options(
        model=kind,
        port=_check_port(port, row, request or "always"),
        version=row.version(version),
        phases=phases,
        load=load or (),
        pv=pv or (),
        request=request or "always",
        start=_read_date(date),
        producer=producer,
        unit=unit,
        settings=settings or (),
        also=also or (),
        baud=baud,
        char_format=char_format,
    )

    async def session(loop: VirtualLoop | WallLoop) -> int:
        live = Live(
            row.make(options, loop),
            loop,
            output=console,
            errors=Console(stderr=True, soft_wrap=True, highlight=False, markup=False),
            commands=_standard_input(),
            until_eof=until_eof,
            refresh_s=REFRESH_S * spec.factor,
        )
        return await live.run()

    return run_on(spec, session)


def _check_own(name: str, kind: Kind, own: Mapping[str, object]) -> None:
    """Raises ConfigurationError for an option that was given and that this kind of device has not."""
    for option, value in own.items():
        if value is not None and option not in kind.options:
            own_ones = f"of its own it has {', '.join(sorted(kind.options))}" if kind.options else "leave it out"
            raise ConfigurationError(f"{option}: {name} has no such thing; {own_ones}")


def _check_clock(text: str) -> ClockSpec:
    spec = ClockSpec.parse(text)
    if spec.kind == "virtual":
        raise ConfigurationError("clock virtual: what reads the port is not in this process; use real or scaled:N")
    return spec


def _check_port(port: str | None, kind: Kind, request: Request) -> str | None:
    if kind.by_visa and port is not None and _VISA in port:
        return port
    if port is not None and port.startswith(TCP):
        if not kind.on_tcp:
            raise ConfigurationError(
                f"--port {port}: a {kind.what} has a serial port; socket://host:port leads to that of another machine"
            )
        # Who is used to URLs writes two slashes.
        return port.replace("tcp://", TCP, 1)
    if port not in (None, FRESH_PTY):
        check_where("--port", port)
    is_pty = port in (None, FRESH_PTY)
    if request != "always" and (is_pty or (port or "").startswith("socket:")):
        raise ConfigurationError(
            f"--request {request}: a {'pty' if is_pty else 'socket'} has no modem lines; "
            "use --request always, and type request off or request on"
        )
    return port


def _read_date(text: str | None) -> datetime:
    if text is None:
        return today()
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"--date {text!r} is no date; give e.g. 2026-03-29T01:59:30") from None
    return date.replace(tzinfo=DEFAULT_ZONE) if date.tzinfo is None else date.astimezone(DEFAULT_ZONE)


def _standard_input() -> int | None:
    """Its descriptor; None when whoever started us closed it."""
    try:
        os.fstat(_STDIN)
    except OSError:
        return None
    return _STDIN
