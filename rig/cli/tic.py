"""The Linky meter of `evse-rig emulate tic`: a house with loads and PV, its meter's TIC output, and the cable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from emulators.errors import BadConfiguration
from emulators.tic import MODES, faults
from emulators.tic.contracts import BASE, PRODUCER
from emulators.tic.meter import Meter
from emulators.tic.modes import CHAR_FORMAT
from emulators.tic.port import TicPort
from rig.cli.commands import Command, Commands, counted
from rig.cli.emulated import FRESH_PTY, Options
from rig.cli.house import House
from rig.cli.outlets import SerialOutlet
from rig.cli.paced_tic import PacedTicPort
from rig.cli.served import Served, joined
from rig.cli.telegram_faults import Corrupt, TelegramFault, TelegramFaults
from rig.clock import Calendar, VirtualLoop, WallLoop
from rig.errors import ConfigurationError
from rig.lines import Line

DEFAULT_PHASES = 3
# A pty has no baud rate; there the port takes the meter's time, and its cable is much faster.
_PTY_BAUD = 115200
_LONGEST_INTERRUPTION_S = 3600.0


def _at_first(make: Callable[..., Corrupt], *places: tuple[str, ...]) -> Callable[[], Corrupt]:
    """A fault at the first of these places that the frame has: the modes have other labels, and so have phases."""

    def made() -> Corrupt:
        candidates = [make(*place) for place in places]

        def apply(frame: bytes, number: int) -> bytes:
            for candidate in candidates:
                try:
                    return candidate(frame, number)
                except BadConfiguration:
                    continue
            raise BadConfiguration(f"frames of this mode have no {' or '.join(place[0] for place in places)}")

        return apply

    return made


_CURRENT = (("IINST1",), ("IINST",), ("IRMS1",))
_POWER = (("PAPP", "48370"), ("SINSTS", "48370"))
_PAIR = (("IINST1", "IINST2"), ("IINST", "IMAX"), ("IRMS1", "URMS1"))

# What to type after `fault`, what it makes of a frame, and that in words.
FAULTS: Mapping[str, TelegramFault] = {
    "badsum": TelegramFault(_at_first(faults.bad_checksum, *_CURRENT), "the current of L1 has a wrong checksum"),
    "biterror": TelegramFault(
        _at_first(faults.bit_error, *_CURRENT), "a bit of the current of L1 flipped, which the checksum tells"
    ),
    "lost": TelegramFault(faults.unnoticed_loss, "four characters of PJOURF+1 lost, which no checksum tells"),
    "othersum": TelegramFault(faults.other_checksum, "all checksums by the rule of the other mode"),
    "missing": TelegramFault(_at_first(faults.missing, *_CURRENT), "the current of L1 left out"),
    "swapped": TelegramFault(_at_first(faults.swapped, *_PAIR), "two groups in each other's place"),
    "garbage": TelegramFault(_at_first(faults.showing, *_POWER), "48370 VA, with a right checksum"),
    "zero-current": TelegramFault(faults.zero_current, "all currents 0 while the powers are not"),
    "nul": TelegramFault(_at_first(faults.nul_in, ("STGE",), ("MOTDETAT",)), "a NUL at the end of the status"),
    "cut": TelegramFault(faults.truncated, "only the first half arrives"),
    "late": TelegramFault(faults.started_in_the_middle, "only the second half arrives"),
    "eot": TelegramFault(faults.interrupted, "EOT ends the frame half-way"),
    "standby": TelegramFault(faults.standby, "nothing but the meter's address"),
    "silent": TelegramFault(faults.silence, "no frames at all"),
    "frozen": TelegramFault(faults.frozen, "the figures of the first one, with right checksums and a running clock"),
}


class TicEmulation(Served):
    """See Emulated. Currents are those of the grid connection: house loads minus PV, import positive."""

    def __init__(self, options: Options, loop: VirtualLoop | WallLoop) -> None:
        self._options = options
        self._loop = loop
        self._calendar = Calendar(options.start)
        self._house = House(DEFAULT_PHASES if options.phases is None else options.phases, loop, self._frames)
        try:
            self._meter = self._make_meter(options.version)
        except BadConfiguration as error:
            raise ConfigurationError(str(error)) from None
        self._house.change(load=options.load, pv=options.pv)
        port = options.port or FRESH_PTY
        self._cable = SerialOutlet(
            "tic",
            port,
            loop,
            self._plug,
            baud=_PTY_BAUD if port == FRESH_PTY else self._meter.baud,
            char_format=CHAR_FORMAT,
        )
        self._faults = TelegramFaults(
            FAULTS,
            "frame",
            begun=lambda: self._meter.frames,
            now=lambda: self._frame(self._meter.mode.name, loop.time()),
            put=self._put_fault,
        )
        mode = Command("mode", self._set_mode, ((f"mode {', mode '.join(MODES)}", "switch the output over"),))
        interrupt = Command(
            "interrupt", self._interrupt, (("interrupt 5", "EOT breaks the frame off, then 5 s of silence"),)
        )
        super().__init__(self._cable, Commands([*self._house.commands, mode, interrupt, self._faults.command]))

    def _make_meter(self, mode: str) -> Meter:
        options = self._options
        return Meter(
            mode,
            self._house.read,
            self._calendar.at,
            phases=self._house.phases,
            producer=options.producer,
            contract=PRODUCER if options.producer else BASE,
            baud=options.baud,
        )

    def _frame(self, mode: str, now_s: float) -> bytes:
        """What the meter would send now. Raises BadConfiguration when it has no room for what the site says."""
        return self._make_meter(mode).step(now_s)

    def _frames(self, now_s: float) -> None:
        """Either mode has to have room: the output may be switched."""
        for mode in MODES:
            self._frame(mode, now_s)

    def _plug(self, line: Line) -> TicPort:
        def cut() -> None:
            line.cut("a>b")

        make = PacedTicPort if self._cable.is_pty else TicPort
        return make(self._meter, line.a.path, tap=line.a.attach("the meter"), on_abort=cut)

    # -- for the user --------------------------------------------------------------------------------------------

    def introduce(self) -> Sequence[str]:
        """See Emulated."""
        meter, path = self._meter, self._cable.where
        kind = "a producer's" if self._options.producer else "a consumer's"
        phases = counted(self._house.phases, "phase")
        what = f"Linky meter, {kind}, mode {meter.mode.name}, {phases}, {self._subscribed_a} A subscribed per phase"
        if not self._cable.is_pty:
            return [f"{what}, on {path} at {meter.baud} {CHAR_FORMAT}"]
        return [f"{what}, on {path}", f"read it with any TIC reader ({meter.baud} {CHAR_FORMAT}) or: cat {path}"]

    def status(self) -> str:
        """See Emulated."""
        return joined(
            self._house.currents(),
            self.sent(),
            f"mode {self._meter.mode.name}",
            self._overload(),
            self._faults.status,
            self._cable.status,
        )

    def sent(self) -> str:
        """See Emulated."""
        port = self._cable.port
        return counted(self._meter.frames - (0 if port is None else port.dropped), "frame")

    @property
    def _subscribed_a(self) -> int:
        return self._meter.nameplate.subscribed_a(self._house.phases)

    def _overload(self) -> str:
        over = max(self._house.current_a, key=abs)
        return f"overload, above {self._subscribed_a} A" if round(abs(over)) > self._subscribed_a else ""

    def _set_mode(self, words: list[str]) -> str:
        if len(words) != 1 or words[0] not in MODES:
            raise ConfigurationError(f"write mode {' or mode '.join(MODES)}")
        if words[0] != self._meter.mode.name:
            self._meter.set_mode(words[0])
            self._cable.retune(self._meter.baud, CHAR_FORMAT)
        return f"mode {words[0]}, at {self._meter.baud} {CHAR_FORMAT}"

    def _interrupt(self, words: list[str]) -> str:
        try:
            (for_s,) = [float(word) for word in words]
        except ValueError:
            for_s = -1.0
        port = self._cable.port
        if not 0.0 <= for_s <= _LONGEST_INTERRUPTION_S or port is None:
            raise ConfigurationError(f"for how many seconds? Write interrupt 5, up to {_LONGEST_INTERRUPTION_S:g}")
        port.interrupt(for_s)
        return f"silent for {for_s:g} s"

    def _put_fault(self, fault: Corrupt | None) -> None:
        self._meter.corrupt = fault
