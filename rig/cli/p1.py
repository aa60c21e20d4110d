"""The P1 meter of `evse-rig emulate p1`: a house with loads and PV, its meter, and the cable to a port."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from emulators.errors import BadConfiguration, EmulatorError
from emulators.p1 import faults
from emulators.p1.meter import Corrupt, Meter
from emulators.p1.port import P1Port
from emulators.site import Site
from rig.cli.amperes import spelled, with_settings
from rig.cli.emulated import Options
from rig.clock import Calendar, VirtualLoop, WallLoop
from rig.errors import ConfigurationError, HarnessError, RigError
from rig.lines import EndSpec, Line
from rig.timeline import Event, Timeline

_HOUSE, _PV = "house", "pv"

# What to type after `fault`, what it makes of a telegram, and that in words.
FAULTS: Mapping[str, tuple[Callable[[], Corrupt], str]] = {
    "badcrc": (faults.bad_crc, "a wrong CRC"),
    "biterror": (partial(faults.bit_error, "1-0:1.7.0"), "a bit of the import power flipped, which the CRC tells"),
    "cut": (faults.truncated, "only the first half arrives"),
    "late": (faults.started_in_the_middle, "only the second half arrives"),
    "nocrc": (faults.no_crc, "no CRC after the !"),
    "nul": (faults.nul_after_crc, "a NUL between the CRC and the line end"),
    "glued": (faults.glued, "from the second one on, the telegram before runs on into this one"),
    "frozen": (faults.frozen, "the figures of the first one, with right CRCs and a running clock"),
}


class P1Emulation:
    """See Emulated. Currents are those of the grid connection: house loads minus PV, import positive."""

    def __init__(self, options: Options, loop: VirtualLoop | WallLoop) -> None:
        self._options = options
        self._loop = loop
        self._calendar = Calendar(options.start)
        try:
            self._site = Site(phases=options.phases)
            self._meter = self._make_meter()
        except BadConfiguration as error:
            raise ConfigurationError(str(error)) from None
        none = (0.0,) * options.phases
        self._site.add_load(_HOUSE, *none)
        self._site.add_pv(_PV, *none)
        self._load_a = self._pv_a = none
        self._set_currents(with_settings(none, options.load), with_settings(none, options.pv))
        self._line = self._make_line()
        self._port: P1Port | None = None
        self._watch: asyncio.Task[None] | None = None
        self._fault = ""
        self._fault_ends_after: int | None = None
        self._overrun = False
        self._commands: Mapping[str, Callable[[list[str]], str]] = {
            "load": lambda words: self._change(load=words),
            "pv": lambda words: self._change(pv=words),
            "request": self._set_request,
            "fault": self._set_fault,
        }

    def _make_meter(self, first_after_s: float | None = None) -> Meter:
        options = self._options
        return Meter(
            options.version, self._site.read, self._calendar.at, phases=options.phases, first_after_s=first_after_s
        )

    def _make_line(self) -> Line:
        options, version = self._options, self._meter.version
        timeline = Timeline()
        timeline.listen(self._note)
        timeline.listen(lambda _event: timeline.events.clear())  # nobody reads it, and a meter runs for weeks
        modem_lines = {"always": None, "cts": "CTS", "dsr": "DSR"}
        return Line(
            "p1",
            loop=self._loop,
            timeline=timeline,
            rng=random.Random(),
            baud=version.baud,
            fmt=version.char_format,
            b=EndSpec(options.port, request_line=modem_lines[options.request]),  # type: ignore[arg-type]
            request=True if options.request == "always" else None,
        )

    # -- on its port ---------------------------------------------------------------------------------------------

    async def open(self, failed: Callable[[RigError], None]) -> None:
        """See Emulated."""
        line = self._line
        await line.open()
        line.on_failure(failed)
        try:
            self._port = P1Port(self._meter, line.a.path, tap=line.a.attach("the meter"))
        except EmulatorError as error:
            await line.close()
            raise HarnessError(str(error)) from error
        line.on_request(lambda active, _now_s: self._port.set_request(active) if self._port else None)
        self._port.set_request(line.request)
        self._watch = asyncio.create_task(self._watch_port(self._port, failed))

    async def _watch_port(self, port: P1Port, failed: Callable[[RigError], None]) -> None:
        try:
            await port.wait()
        except EmulatorError as error:
            failed(HarnessError(str(error)))

    async def close(self) -> None:
        """See Emulated."""
        if self._port is not None:
            self._port.close()
        if self._watch is not None:
            await self._watch
        await self._line.close()

    def _note(self, event: Event) -> None:
        """The line records a chunk that arrived before it records that there was no room for it."""
        self._overrun = event.kind == "overrun" or (self._overrun and event.kind != "frame")

    # -- for the user --------------------------------------------------------------------------------------------

    help: Sequence[tuple[str, str]] = (
        ("L1=16A  all=10  load L2=5", "what the house draws, per phase"),
        ("pv L2=5A", "what its PV supplies, per phase"),
        ("request off, request on", "the Data Request, where no modem line carries it"),
        *((f"fault {name} [COUNT]", words) for name, (_, words) in FAULTS.items()),
        ("fault off", "telegrams as they should be"),
    )

    def introduce(self) -> Sequence[str]:
        """See Emulated."""
        options, version, path = self._options, self._meter.version, self._line.b.path
        phases = "1 phase" if options.phases == 1 else f"{options.phases} phases"
        what = f"P1 meter, DSMR {version.name}, {phases}, a telegram every {self._meter.interval_s:g} s"
        if options.port != "pty":
            return [f"{what}, on {path} at {version.baud} {version.char_format}"]
        return [
            f"{what}, on {path}",
            f"read it with any P1 reader ({version.baud} {version.char_format}) or: cat {path}",
        ]

    def do(self, command: str) -> str:
        """See Emulated."""
        name, *words = command.split()
        handler = self._commands.get(name.lower())
        if handler is not None:
            return handler(words)
        if "=" in name:
            return self._change(load=[name, *words])
        raise ConfigurationError(f"there is no command {name!r}; help lists them")

    def status(self) -> str:
        """See Emulated."""
        parts = [self._currents(), self.sent(), self._request()]
        if self._faulty:
            parts.append(f"fault {self._fault}{self._fault_left()}")
        if self._overrun:
            parts.append("nobody reads it" if self._options.port == "pty" else "the port takes it too slowly")
        return " | ".join(parts)

    def sent(self) -> str:
        """See Emulated."""
        count = self._meter.telegrams - (0 if self._port is None else self._port.dropped)
        return f"{count} telegram{'' if count == 1 else 's'}"

    def _currents(self) -> str:
        return spelled(self._site.read(self._loop.time()).current_a[: self._options.phases])

    def _request(self) -> str:
        return f"request {'on' if self._line.request else 'off'}"

    # -- its commands --------------------------------------------------------------------------------------------

    def _change(self, *, load: Sequence[str] = (), pv: Sequence[str] = ()) -> str:
        if not load and not pv:
            raise ConfigurationError("a current is missing, e.g. L1=10A, L2=2.5 or all=6")
        self._set_currents(with_settings(self._load_a, load), with_settings(self._pv_a, pv))
        return self._currents()

    def _set_currents(self, load_a: tuple[float, ...], pv_a: tuple[float, ...]) -> None:
        """Raises ConfigurationError, leaving things as they were, when a telegram has no room for the numbers."""
        before = self._load_a, self._pv_a
        self._on_site(load_a, pv_a)
        now_s = self._loop.time()
        probe = self._make_meter(first_after_s=0.0)
        probe.request(True, now_s)
        try:
            probe.step(now_s)
        except BadConfiguration as error:
            self._on_site(*before)
            raise ConfigurationError(f"these currents are more than a telegram can say: {error}") from None

    def _on_site(self, load_a: tuple[float, ...], pv_a: tuple[float, ...]) -> None:
        self._site.set_load(_HOUSE, *load_a)
        self._site.set_pv(_PV, *pv_a)
        self._load_a, self._pv_a = load_a, pv_a

    def _set_request(self, words: list[str]) -> str:
        if words not in (["on"], ["off"]):
            raise ConfigurationError("write request on or request off")
        if self._options.request != "always":
            raise ConfigurationError(f"the consumer drives the Data Request, on {self._options.request.upper()}")
        self._line.request = words == ["on"]
        return self._request()

    def _set_fault(self, words: list[str]) -> str:
        name, *count = words or [""]
        if (name, count) == ("off", []):
            self._fault, self._meter.corrupt = "", None
            return "telegrams are as they should be"
        if name not in FAULTS:
            raise ConfigurationError(f"there is no fault {name!r}; there is off, {', '.join(FAULTS)}")
        if len(count) > 1 or not all(word.isdecimal() and int(word) > 0 for word in count):
            raise ConfigurationError(f"how many telegrams? Write fault {name} 3, or fault {name} for all from now on")
        make, words_for_it = FAULTS[name]
        sent = self._meter.telegrams
        self._fault = name
        self._fault_ends_after = sent + int(count[0]) if count else None
        self._meter.corrupt = faults.during(make(), sent + 1, self._fault_ends_after)
        return f"fault {name}{self._fault_left()}: {words_for_it}"

    @property
    def _faulty(self) -> bool:
        ends_after = self._fault_ends_after
        return bool(self._fault) and (ends_after is None or self._meter.telegrams < ends_after)

    def _fault_left(self) -> str:
        ends_after = self._fault_ends_after
        return "" if ends_after is None else f", {ends_after - self._meter.telegrams} to go"
