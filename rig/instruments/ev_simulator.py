"""An EV simulator box: it plays the car on a control pilot, draws a load, and measures what it sees there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal, NamedTuple, TypeVar

from rig.errors import ConfigurationError, HarnessError
from rig.instruments.readings import DutyUnit, PerPhase, duty_of, per_phase_of, value_of
from rig.instruments.scpi import ScpiInstrument, Turn
from rig.instruments.visa import VisaSettings

_T = TypeVar("_T")

State = Literal["A", "B", "C", "D", "E"]
Diode = Literal["present", "shorted", "missing"]
Short = Literal["none", "pilot", "diode"]
STATES: tuple[State, ...] = ("A", "B", "C", "D", "E")
RATINGS_A = (13, 20, 32, 63)  # IEC 61851-1 annex B


class BoxCommands(NamedTuple):
    """How a product is told; `{}` is where the value goes. A product that cannot do something has "" there.

    `load` takes L1, L2, L3 in ampere, separated by commas, as `power_factors` does; `volts` and `amps` are answered so.
    `compound` says whether the product takes several questions in one message, separated by `;`, and answers them in
    one, separated so too.
    """

    state: str
    base_ohm: str
    charge_ohm: str
    ventilate_ohm: str
    diode: Mapping[Diode, str]
    short: Mapping[Short, str]
    pilot: str
    earth: str
    plug_ohm: str
    plug_open: str
    rating_a: str
    load: str
    power_factors: str
    frequency: str
    duty: str
    high: str
    low: str
    duty_unit: DutyUnit
    volts: str
    amps: str
    compound: bool


# The box of emulators/instruments; that of a maker gets a table of its own.
OURS = BoxCommands(
    state=":EV:STATe {}",
    base_ohm=":EV:RESistor:BASE {}",
    charge_ohm=":EV:RESistor:CHARge {}",
    ventilate_ohm=":EV:RESistor:VENTilate {}",
    diode={"present": ":EV:DIODe PRESent", "shorted": ":EV:DIODe SHORted", "missing": ":EV:DIODe MISSing"},
    short={"none": ":EV:SHORt NONE", "pilot": ":EV:SHORt PILot", "diode": ":EV:SHORt DIODe"},
    pilot=":EV:PILot {}",
    earth=":EV:EARTh {}",
    plug_ohm=":EV:PROXimity:RESistor {}",
    plug_open=":EV:PROXimity:RESistor OPEN",
    rating_a=":EV:PROXimity:RATing {}",
    load=":EV:LOAD:CURRent {}",
    power_factors=":EV:LOAD:PFACtor {}",
    frequency=":MEASure:PILot:FREQuency?",
    duty=":MEASure:PILot:DUTY?",
    high=":MEASure:PILot:HIGH?",
    low=":MEASure:PILot:LOW?",
    duty_unit="percent",
    volts=":MEASure:VOLTage?",
    amps=":MEASure:CURRent?",
    compound=True,
)
# By the names that bench files use.
BOXES: Mapping[str, BoxCommands] = {"evse-rig": OURS}


class PilotMeasured(NamedTuple):
    """A pilot as an instrument measured it: frequency and duty (0 ... 1) are None on a constant level."""

    frequency_hz: float | None
    duty: float | None
    high_v: float | None
    low_v: float | None


class Looked(NamedTuple):
    """All that a box measures: the pilot, voltages behind the contactor in volt, currents into the box in ampere."""

    pilot: PilotMeasured
    volts: PerPhase
    amps: PerPhase


class EvSimulator(ScpiInstrument):
    """See ScpiInstrument. Raises ConfigurationError for what the box cannot do, before anything is sent."""

    def __init__(self, settings: VisaSettings, commands: BoxCommands = OURS, *, turn: Turn | None = None) -> None:
        super().__init__(settings, turn=turn)
        self._commands = commands

    async def reset(self) -> None:
        """Unplugged, all parts good."""
        await self.command("*RST")

    async def set_state(self, state: State) -> None:
        """Play this state by its resistors: A is unplugged, E shorts the pilot."""
        await self._tell("state", self._commands.state, _one_of("state", state, STATES))

    async def set_resistors(
        self, *, base_ohm: float | None = None, charge_ohm: float | None = None, ventilate_ohm: float | None = None
    ) -> None:
        """R2, and R3 of states C and D; None: as it is."""
        given = {"base_ohm": base_ohm, "charge_ohm": charge_ohm, "ventilate_ohm": ventilate_ohm}
        for name, ohm in given.items():
            if ohm is not None:
                await self._tell(name, getattr(self._commands, name), f"{ohm:g}")

    async def set_diode(self, diode: Diode) -> None:
        """The diode in line with the resistors; missing is open."""
        await self._tell("diode", self._commands.diode[_one_of("diode", diode, self._commands.diode)])

    async def set_short(self, short: Short) -> None:
        """Short to earth the pilot, or what is behind the diode, or nothing."""
        await self._tell("short", self._commands.short[_one_of("short", short, self._commands.short)])

    async def set_pilot(self, whole: bool) -> None:
        """Whether the pilot wire is whole."""
        await self._tell("pilot", self._commands.pilot, _switch(whole))

    async def set_earth(self, whole: bool) -> None:
        """Whether the earth wire is whole."""
        await self._tell("earth", self._commands.earth, _switch(whole))

    async def set_plug_ohm(self, ohm: float | None) -> None:
        """The resistor between proximity contact and earth; None: open."""
        if ohm is None:
            await self._tell("plug resistor", self._commands.plug_open)
        else:
            await self._tell("plug resistor", self._commands.plug_ohm, f"{ohm:g}")

    async def set_cable(self, rating_a: int) -> None:
        """A cable of that rating in ampere: 13, 20, 32 or 63."""
        await self._tell("cable", self._commands.rating_a, _one_of("cable", rating_a, RATINGS_A))

    async def set_load(self, l1_a: float, l2_a: float, l3_a: float) -> None:
        """What the load bank draws on each phase in ampere, in states C and D while there is mains."""
        await self._tell("load", self._commands.load, f"{l1_a:g},{l2_a:g},{l3_a:g}")

    async def set_power_factors(self, l1: float, l2: float, l3: float) -> None:
        """How much of the load (0 ... 1) is in phase with the voltage, phase by phase."""
        await self._tell("power factor", self._commands.power_factors, f"{l1:g},{l2:g},{l3:g}")

    async def measure(self) -> PilotMeasured:
        """The pilot as it arrives at the box."""
        return self._pilot_of(*await self._one_by_one(self._pilot_questions))

    async def look(self) -> Looked:
        """All that the box measures: at one moment, by one message, where the product takes several questions in one.

        Raises HarnessError for another number of answers, and for one that is no measured value, with the question.
        """
        commands = self._commands
        if not (commands.volts and commands.amps):
            raise ConfigurationError(f"{self.name}: this box cannot measure voltages and currents")
        ask = self.query_all if commands.compound else self._one_by_one
        *pilot, volts, amps = await ask((*self._pilot_questions, commands.volts, commands.amps))
        return Looked(
            self._pilot_of(*pilot),
            self._read(per_phase_of, commands.volts, volts),
            self._read(per_phase_of, commands.amps, amps),
        )

    @property
    def _pilot_questions(self) -> tuple[str, str, str, str]:
        """What `_pilot_of` wants the answers to."""
        commands = self._commands
        return commands.frequency, commands.duty, commands.high, commands.low

    async def _one_by_one(self, questions: Sequence[str]) -> list[str]:
        return [await self.query(question) for question in questions]

    def _pilot_of(self, frequency: str, duty: str, high: str, low: str) -> PilotMeasured:
        commands = self._commands
        return PilotMeasured(
            self._read(value_of, commands.frequency, frequency),
            self._read(lambda answer: duty_of(answer, commands.duty_unit), commands.duty, duty),
            self._read(value_of, commands.high, high),
            self._read(value_of, commands.low, low),
        )

    def _read(self, read: Callable[[str], _T], question: str, answer: str) -> _T:
        """The answer as a value. Raises HarnessError that says who was asked what."""
        try:
            return read(answer)
        except HarnessError as error:
            raise HarnessError(f"{self.name}: {question!r}: {error}") from error

    async def _tell(self, what: str, template: str, value: object = "") -> None:
        if not template:
            raise ConfigurationError(f"{self.name}: this box cannot set its {what}")
        await self.command(template.format(value))


def _switch(on: bool) -> str:
    return "ON" if on else "OFF"


def _one_of(what: str, value: _T, known: Collection[_T]) -> _T:
    if value not in known:
        raise ConfigurationError(f"{what} {value!r}: there is {', '.join(map(str, known))}")
    return value
