"""The emulated EV simulator box of `evse-rig emulate ev`: told what to play in SCPI, on a pilot that is typed at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from emulators.errors import BadConfiguration, EmulatorError, PortError
from emulators.instruments import BenchPilot, ev_box_instrument
from emulators.instruments.ev_commands import COMMANDS
from emulators.pilot.circuit import HIGH, LOW, Signal, pwm
from emulators.pilot.codec import duty_for, read_duty
from emulators.scpi import Instrument, ScpiServer, TcpPort
from rig.cli.commands import Command, Commands, counted
from rig.cli.emulated import Options
from rig.cli.served import Served, joined
from rig.clock import VirtualLoop, WallLoop
from rig.errors import ConfigurationError, HarnessError, RigError

# A port of its own for everybody who just tries it.
FREE_PORT = "tcp:127.0.0.1:0"
_EVERYWHERE = "0.0.0.0"
_LEVELS = {"high": HIGH, "low": LOW}


class EvEmulation(Served):
    """See Emulated. The generator of the pilot, which a station would have, begins at +12 V and is typed at."""

    def __init__(self, options: Options, loop: VirtualLoop | WallLoop) -> None:
        refuse_a_house(options)
        self._loop = loop
        self._pilot = BenchPilot()
        instrument = ev_box_instrument(self._pilot)
        # The same box, with an error queue of its own: what is mistyped here is no error of a client's.
        self._typed = Instrument(instrument.device, COMMANDS, instrument.identity)
        self._messages = 0
        self._last = ""
        self._server = ScpiServer(instrument, name="box", emit=self._note)
        self._outlet_of_box = _ScpiOutlet(options.port or FREE_PORT, self._server)
        super().__init__(self._outlet_of_box, Commands(self._own_commands()))

    def introduce(self) -> Sequence[str]:
        """See Emulated."""
        port = self._outlet_of_box.port
        _, host, number = port.address.split(":")
        host = "127.0.0.1" if host == _EVERYWHERE else host
        return [
            f"EV simulator box, SCPI, on {port.address}",
            f"its VISA resource is TCPIP::{host}::{number}::SOCKET, a line feed ends a message; or try: "
            f"echo '*IDN?' | socat -t 1 - TCP:{host}:{number}",
        ]

    def status(self) -> str:
        """See Emulated."""
        plateaus = self._pilot.plateaus
        return joined(
            f"state {self._pilot.state}",
            f"{plateaus.high_v:+.2f} / {plateaus.low_v:+.2f} V",
            self._offer(),
            counted(self._server.connections, "client"),
            counted(self._messages, "message"),
            "hangs" if self._server.mute else "",
            f"last: {self._last}" if self._last else "",
        )

    def sent(self) -> str:
        """See Emulated."""
        return counted(self._messages, "message")

    def do(self, command: str) -> str:
        """See Emulated. There is no house whose loads could be set without a word before them."""
        if "=" in command.split()[0]:
            raise ConfigurationError(f"there is no command {command.split()[0]!r}; help lists them")
        return super().do(command)

    # -- its commands --------------------------------------------------------------------------------------------

    def _own_commands(self) -> list[Command]:
        return [
            Command("pwm", self._pwm, (("pwm 26.7", "the station's generator makes PWM, in percent"),)),
            Command("offer", self._offer_a, (("offer 16A", "the same, for a current"),)),
            Command("high", lambda words: self._level("high", words), (("high, low", "it makes +12 V or -12 V"),)),
            Command("low", lambda words: self._level("low", words), ()),
            Command("scpi", self._execute, (("scpi EV:STAT C", "tell or ask the box something, as a client would"),)),
            Command("fault", self._fault, (("fault silent, fault off", "the box hangs: it takes messages only"),)),
        ]

    def _pwm(self, words: list[str]) -> str:
        return self._drive(round(_number(words, "%", "pwm 26.7") * 1000), "pwm 26.7, from 0.001 to 99.999")

    def _offer_a(self, words: list[str]) -> str:
        offer_a = _number(words, "A", "offer 16A")
        try:
            return self._drive(duty_for(round(offer_a * 1000)), "")
        except BadConfiguration as error:
            raise ConfigurationError(str(error)) from None

    def _drive(self, duty_mpct: int, example: str) -> str:
        try:
            signal: Signal = pwm(duty_mpct)
        except BadConfiguration:
            raise ConfigurationError(f"{duty_mpct / 1000:g} % is no PWM: write {example}") from None
        self._pilot.drive(signal)
        return f"state {self._pilot.state}, {self._offer()}"

    def _level(self, level: str, words: list[str]) -> str:
        if words:
            raise ConfigurationError(f"write {level}, and nothing behind it")
        self._pilot.drive(_LEVELS[level])
        return f"state {self._pilot.state}"

    def _execute(self, words: list[str]) -> str:
        if not words:
            raise ConfigurationError("write scpi and a message, e.g. scpi EV:STAT C")
        answer = self._typed.execute(" ".join(words).encode(), self._loop.time())
        errors = self._typed.status.errors
        if errors:
            raise ConfigurationError("; ".join([str(errors.take()) for _ in range(len(errors))]))
        return f"state {self._pilot.state}" if answer is None else answer.decode("ascii")

    def _fault(self, words: list[str]) -> str:
        if words not in (["silent"], ["off"]):
            raise ConfigurationError("write fault silent or fault off")
        self._server.mute = words == ["silent"]
        return "it hangs" if self._server.mute else "all is well"

    def _offer(self) -> str:
        duty_mpct = self._pilot.signal.duty_mpct
        if duty_mpct is None:
            return "no PWM"
        offer = read_duty(duty_mpct)
        means = str(offer.meaning) if offer.ma is None else f"{offer.ma / 1000:g} A"
        return f"{duty_mpct / 1000:g} %, {means}"

    def _note(self, _at_s: float, kind: str, fields: dict[str, object]) -> None:
        if kind == "scpi":
            self._messages += 1
            self._last = str(fields["message"])
            if fields["answer"] is not None:
                self._last += f" -> {fields['answer']}"
            elif fields["errors"]:
                self._last += " -> an error"


class _ScpiOutlet:
    """See Outlet: a SCPI server on an address. Raises ConfigurationError for another form of address."""

    def __init__(self, address: str, server: ScpiServer) -> None:
        try:
            self.port = TcpPort(server, address)
        except BadConfiguration as error:
            raise ConfigurationError(f"--port: {error}") from None
        self._watch: asyncio.Task[None] | None = None

    @property
    def where(self) -> str:
        """See Outlet."""
        return self.port.address

    async def open(self, failed: Callable[[RigError], None]) -> None:
        """See Outlet."""
        try:
            self.port.start()
        except PortError as error:
            raise HarnessError(str(error)) from error
        self._watch = asyncio.create_task(self._wait(failed))

    async def close(self) -> None:
        """See Outlet."""
        self.port.close()
        if self._watch is not None:
            await self._watch

    async def _wait(self, failed: Callable[[RigError], None]) -> None:
        try:
            await self.port.wait()
        except EmulatorError as error:
            failed(HarnessError(str(error)))


def refuse_a_house(options: Options) -> None:
    """Raises ConfigurationError for options that a box has no use for."""
    given = {"--load": options.load, "--pv": options.pv, "--phases": options.phases}
    for name, value in given.items():
        if value:
            raise ConfigurationError(f"{name}: there is no house behind an EV simulator box; leave it out")


def _number(words: list[str], unit: str, example: str) -> float:
    """The one number that was typed, with or without its unit."""
    try:
        (text,) = words
        return float(text.removesuffix(unit).removesuffix(unit.lower()))
    except ValueError:
        raise ConfigurationError(f"a number is missing: write {example}") from None
