"""A car played by an instrument: `evse-rig emulate ev --port TCPIP::host::port::SOCKET` drives an EV simulator box."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar, get_args

from rig.cli.commands import Command, Commands, counted
from rig.cli.emulated import TCP, Emulated, Options
from rig.cli.ev import EvEmulation, refuse_a_house
from rig.cli.served import joined
from rig.clock import VirtualLoop, WallLoop
from rig.errors import ConfigurationError, RigError
from rig.instruments import EvSimulator, PilotMeasured, Refused, VisaSettings
from rig.instruments.ev_simulator import RATINGS_A, STATES, Diode, Short
from rig.instruments.readings import PerPhase

MEASURE_EVERY_S = 1.0

_T = TypeVar("_T")
Act = Callable[[], Awaitable[None]]


def make_ev(options: Options, loop: VirtualLoop | WallLoop) -> Emulated:
    """An emulated box on an address, or a real one behind a VISA resource string, by what `--port` says."""
    if options.port is None or options.port.startswith(TCP):
        return EvEmulation(options, loop)
    return EvThroughInstrument(options)


class EvThroughInstrument:
    """See Emulated. What is typed is told to the box in its order; what came of it is in the status.

    The pilot is measured every second. At the end the box is left as it is.
    """

    def __init__(self, options: Options) -> None:
        refuse_a_house(options)
        self._box = EvSimulator(VisaSettings(options.port or ""))
        self._commands = Commands(self._own_commands())
        self._acts: asyncio.Queue[tuple[str, Act] | None] = asyncio.Queue()
        self._measured: PilotMeasured | None = None
        self._told = 0
        self._last = ""
        self._failed: Callable[[RigError], None] = lambda _error: None
        self._work: asyncio.Task[None] | None = None

    @property
    def help(self) -> Sequence[tuple[str, str]]:
        """See Emulated."""
        return self._commands.help

    async def open(self, failed: Callable[[RigError], None]) -> None:
        """See Emulated."""
        self._failed = failed
        await self._box.open()
        self._work = asyncio.create_task(self._carry_out())

    async def close(self) -> None:
        """See Emulated. What was typed before is told first."""
        if self._work is not None:
            self._acts.put_nowait(None)
            await self._work
            self._work = None
        await self._box.close()

    def introduce(self) -> Sequence[str]:
        """See Emulated."""
        return [f"EV simulator box {self._box.identity}, at {self._box.name}"]

    def do(self, command: str) -> str:
        """See Emulated."""
        if "=" in command.split()[0]:
            raise ConfigurationError(f"there is no command {command.split()[0]!r}; help lists them")
        return self._commands.do(command)

    def status(self) -> str:
        """See Emulated."""
        return joined(self._pilot(), self.sent(), f"last: {self._last}" if self._last else "")

    def sent(self) -> str:
        """See Emulated."""
        return counted(self._told, "command")

    def _pilot(self) -> str:
        measured = self._measured
        if measured is None:
            return "not measured yet"
        levels = " / ".join("?" if volt is None else f"{volt:+.2f}" for volt in (measured.high_v, measured.low_v))
        if measured.duty is None or measured.frequency_hz is None:
            return f"{levels} V, no PWM"
        return f"{levels} V, {measured.frequency_hz:.1f} Hz, {measured.duty * 100:.2f} %"

    # -- in the background ---------------------------------------------------------------------------------------

    async def _carry_out(self) -> None:
        """One thing after the other, and a measurement when nothing is to be done."""
        try:
            self._measured = await self._box.measure()
            while (act := await self._next()) is not None:
                typed, tell = act
                try:
                    await tell()
                except Refused as error:
                    self._last = str(error)
                else:
                    self._last = f"{typed}: done"
                self._told += 1
                self._measured = await self._box.measure()
        except RigError as error:
            self._failed(error)

    async def _next(self) -> tuple[str, Act] | None:
        while True:
            try:
                async with asyncio.timeout(MEASURE_EVERY_S):
                    return await self._acts.get()
            except TimeoutError:
                self._measured = await self._box.measure()

    # -- its commands --------------------------------------------------------------------------------------------

    def _own_commands(self) -> list[Command]:
        box = self._box

        def row(name: str, parse: Callable[[str], _T], tell: Callable[[_T], Awaitable[None]], *words: str) -> Command:
            def carry_out(typed: list[str]) -> str:
                if len(typed) != 1:
                    raise ConfigurationError(f"write {words[0].split(',')[0]}")
                value = parse(typed[0])
                return self._add(f"{name} {typed[0]}", lambda: tell(value))

            return Command(name, carry_out, ((words[0], words[1]),))

        return [
            row("state", _word("state", STATES, str.upper), box.set_state, "state C", "play A, B, C, D or E"),
            row("r2", _ohm, lambda ohm: box.set_resistors(base_ohm=ohm), "r2 2740", "the resistor of state B, in Ohm"),
            row("r3", _ohm, lambda ohm: box.set_resistors(charge_ohm=ohm), "r3 1300", "what state C puts beside it"),
            row("diode", _word("diode", get_args(Diode)), box.set_diode, "diode shorted", "present, shorted, missing"),
            row("short", _word("short", get_args(Short)), box.set_short, "short pilot", "none, pilot, diode: to earth"),
            row("pilot", _switch, box.set_pilot, "pilot off, pilot on", "break the pilot wire, mend it"),
            row("earth", _switch, box.set_earth, "earth off, earth on", "break the earth wire, mend it"),
            row("cable", _rating, box.set_cable, "cable 32", "13, 20, 32 or 63 A"),
            row(
                "load",
                _amperes,
                lambda amps: box.set_load(*amps),
                "load 16,16,0",
                "A on L1, L2, L3 in state C; or on all",
            ),
            Command("reset", self._reset, (("reset", "unplugged, all parts good"),)),
        ]

    def _reset(self, words: list[str]) -> str:
        if words:
            raise ConfigurationError("write reset, and nothing behind it")
        return self._add("reset", self._box.reset)

    def _add(self, typed: str, act: Act) -> str:
        self._acts.put_nowait((typed, act))
        return f"{typed}: told to the box"


def _word(what: str, words: Sequence[_T], spelled: Callable[[str], str] = str.lower) -> Callable[[str], _T]:
    def parse(text: str) -> _T:
        for word in words:
            if word == spelled(text):
                return word
        raise ConfigurationError(f"{what} {text!r}: there is {', '.join(map(str, words))}")

    return parse


def _ohm(text: str) -> float:
    try:
        ohm = float(text)
    except ValueError:
        ohm = -1.0
    if not 0 < ohm < float("inf"):
        raise ConfigurationError(f"{text!r} is no resistance: write a number of Ohm, e.g. 2740")
    return ohm


def _amperes(text: str) -> PerPhase:
    words = [word.upper().removesuffix("A") for word in text.split(",")]
    try:
        l1_a, l2_a, l3_a = (float(word) for word in (words * 3 if len(words) == 1 else words))
    except ValueError:
        raise ConfigurationError(f"load {text!r}: write one current in ampere, or three, e.g. 16,16,0") from None
    return l1_a, l2_a, l3_a


def _switch(text: str) -> bool:
    return _word("it", ("off", "on"))(text) == "on"


def _rating(text: str) -> int:
    for rating_a in RATINGS_A:
        if text.upper().removesuffix("A") == str(rating_a):
            return rating_a
    raise ConfigurationError(f"cable {text!r}: there is {', '.join(map(str, RATINGS_A))}")
