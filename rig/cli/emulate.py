"""`evse-rig emulate`: one emulated device on one port, changed live from the terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from emulators.p1.versions import VERSIONS
from rig.cli.emulated import Emulated, Options, Request
from rig.cli.live import REFRESH_S, Live
from rig.cli.loops import run_on
from rig.cli.p1 import P1Emulation
from rig.clock import ClockSpec, VirtualLoop, WallLoop, today
from rig.clock.calendar import DEFAULT_ZONE
from rig.errors import ConfigurationError
from rig.lines.opening import check_where

_STDIN = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of device that can be emulated: what it is, its versions (the last one is the default), and how."""

    what: str
    versions: tuple[str, ...]
    make: Callable[[Options, VirtualLoop | WallLoop], Emulated]


KINDS: Mapping[str, Kind] = {
    "p1": Kind("smart meter with a DSMR P1 port", tuple(VERSIONS), P1Emulation),
}


def emulate_command(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="What to emulate; --list shows what there is.")
    ] = None,
    port: Annotated[
        str, typer.Option(metavar="URL", help="A tty, rfc2217://host:port, socket://host:port, or pty for a new one.")
    ] = "pty",
    version: Annotated[
        str | None, typer.Option(metavar="V", help="Version of its protocol; default: the newest.")
    ] = None,
    phases: Annotated[int, typer.Option(metavar="N", help="1 or 3.")] = 3,
    load: Annotated[
        list[str] | None, typer.Option(metavar="L1=10A", help="What the house draws on a phase; may be repeated.")
    ] = None,
    pv: Annotated[
        list[str] | None, typer.Option(metavar="L1=12A", help="What its PV supplies on a phase; may be repeated.")
    ] = None,
    request: Annotated[
        Request, typer.Option(help="P1: send while the port's CTS or DSR asks for it, or always.")
    ] = "always",
    clock: Annotated[
        str, typer.Option(metavar="CLOCK", help="real, or scaled:N for a station that runs so too.")
    ] = "real",
    date: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="The meter's date and time at the start, e.g. 2026-03-29T01:59:30; default: now."
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
        for name, row in KINDS.items():
            console.print(f"{name}: {row.what}; versions {', '.join(row.versions)}")
        return 0
    row = _find_kind(kind)
    spec = _check_clock(clock)
    options = Options(
        port=_check_port(port, request),
        version=_find_version(row, version),
        phases=phases,
        load=load or (),
        pv=pv or (),
        request=request,
        start=_read_date(date),
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


def _find_kind(name: str | None) -> Kind:
    if name is None or name not in KINDS:
        wrong = "what is to be emulated?" if name is None else f"{name!r} is not emulated;"
        raise ConfigurationError(f"{wrong} there is {', '.join(KINDS)}")
    return KINDS[name]


def _find_version(kind: Kind, text: str | None) -> str:
    """The version by its name or its beginning: 5.0 is 5.0.2."""
    if text is None:
        return kind.versions[-1]
    found = [version for version in kind.versions if f"{version}.".startswith(f"{text}.")]
    if len(found) != 1:
        raise ConfigurationError(f"there is no version {text!r}; there is {', '.join(kind.versions)}")
    return found[0]


def _check_clock(text: str) -> ClockSpec:
    spec = ClockSpec.parse(text)
    if spec.kind == "virtual":
        raise ConfigurationError("clock virtual: what reads the port is not in this process; use real or scaled:N")
    return spec


def _check_port(port: str, request: Request) -> str:
    if port != "pty":
        check_where("--port", port)
    if request != "always" and (port == "pty" or port.startswith("socket:")):
        raise ConfigurationError(
            f"--request {request}: a {'pty' if port == 'pty' else 'socket'} has no modem lines; "
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
