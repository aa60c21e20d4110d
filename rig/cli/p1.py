"""The P1 meter of `evse-rig emulate p1`: a house with loads and PV, its meter, and the cable to a port."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal

from emulators.errors import BadConfiguration
from emulators.p1 import faults
from emulators.p1.meter import Meter
from emulators.p1.port import P1Port
from rig.cli.commands import Command, Commands, counted
from rig.cli.emulated import FRESH_PTY, Options, Request
from rig.cli.house import House
from rig.cli.outlets import SerialOutlet
from rig.cli.served import Served, joined
from rig.cli.telegram_faults import TelegramFault, TelegramFaults
from rig.clock import Calendar, VirtualLoop, WallLoop
from rig.errors import ConfigurationError
from rig.lines import Line

DEFAULT_PHASES = 3

_MODEM_LINES: Mapping[Request, Literal["CTS", "DSR"] | None] = {"always": None, "cts": "CTS", "dsr": "DSR"}

# What to type after `fault`, what it makes of a telegram, and that in words.
FAULTS: Mapping[str, TelegramFault] = {
    "badcrc": TelegramFault(faults.bad_crc, "a wrong CRC"),
    "biterror": TelegramFault(
        partial(faults.bit_error, "1-0:1.7.0"), "a bit of the import power flipped, which the CRC tells"
    ),
    "cut": TelegramFault(faults.truncated, "only the first half arrives"),
    "late": TelegramFault(faults.started_in_the_middle, "only the second half arrives"),
    "nocrc": TelegramFault(faults.no_crc, "no CRC after the !"),
    "nul": TelegramFault(faults.nul_after_crc, "a NUL between the CRC and the line end"),
    "glued": TelegramFault(faults.glued, "from the second one on, the telegram before runs on into this one"),
    "frozen": TelegramFault(faults.frozen, "the figures of the first one, with right CRCs and a running clock"),
}


class P1Emulation(Served):
    """See Emulated. Currents are those of the grid connection: house loads minus PV, import positive."""

    def __init__(self, options: Options, loop: VirtualLoop | WallLoop) -> None:
        self._options = options
        self._loop = loop
        self._calendar = Calendar(options.start)
        self._house = House(DEFAULT_PHASES if options.phases is None else options.phases, loop, self._telegram)
        try:
            self._meter = self._make_meter()
        except BadConfiguration as error:
            raise ConfigurationError(str(error)) from None
        self._house.change(load=options.load, pv=options.pv)
        version = self._meter.version
        self._cable = SerialOutlet(
            "p1",
            options.port or FRESH_PTY,
            loop,
            self._plug,
            baud=version.baud,
            char_format=version.char_format,
            request_line=_MODEM_LINES[options.request],
            request=True if options.request == "always" else None,
        )
        self._faults = TelegramFaults(
            FAULTS,
            "telegram",
            begun=lambda: self._meter.telegrams,
            now=lambda: self._telegram(loop.time()),
            put=self._put_fault,
        )
        request = Command("request", self._set_request, (("request off, request on", _REQUEST_WORDS),))
        super().__init__(self._cable, Commands([*self._house.commands, request, self._faults.command]))

    def _make_meter(self, first_after_s: float | None = None) -> Meter:
        return Meter(
            self._options.version,
            self._house.read,
            self._calendar.at,
            phases=self._house.phases,
            first_after_s=first_after_s,
        )

    def _telegram(self, now_s: float) -> bytes:
        """What the meter would send now. Raises BadConfiguration when it has no room for what the site says."""
        probe = self._make_meter(first_after_s=0.0)
        probe.request(True, now_s)
        return probe.step(now_s)

    def _plug(self, line: Line) -> P1Port:
        port = P1Port(self._meter, line.a.path, tap=line.a.attach("the meter"))
        line.on_request(lambda active, _now_s: port.set_request(active))
        port.set_request(line.request)
        return port

    # -- for the user --------------------------------------------------------------------------------------------

    def introduce(self) -> Sequence[str]:
        """See Emulated."""
        version, path = self._meter.version, self._cable.where
        phases = counted(self._house.phases, "phase")
        what = f"P1 meter, version {version.name}, {phases}, a telegram every {self._meter.interval_s:g} s"
        if not self._cable.is_pty:
            return [f"{what}, on {path} at {version.baud} {version.char_format}"]
        return [
            f"{what}, on {path}",
            f"read it with any P1 reader ({version.baud} {version.char_format}) or: cat {path}",
        ]

    def status(self) -> str:
        """See Emulated."""
        return joined(self._house.currents(), self.sent(), self._request(), self._faults.status, self._cable.status)

    def sent(self) -> str:
        """See Emulated."""
        port = self._cable.port
        return counted(self._meter.telegrams - (0 if port is None else port.dropped), "telegram")

    def _request(self) -> str:
        return f"request {'on' if self._cable.line.request else 'off'}"

    def _set_request(self, words: list[str]) -> str:
        if words not in (["on"], ["off"]):
            raise ConfigurationError("write request on or request off")
        if self._options.request != "always":
            raise ConfigurationError(f"the consumer drives the Data Request, on {self._options.request.upper()}")
        self._cable.line.request = words == ["on"]
        return self._request()

    def _put_fault(self, fault: Callable[[bytes, int], bytes] | None) -> None:
        self._meter.corrupt = fault


_REQUEST_WORDS = "the Data Request, where no modem line carries it"
