"""A SCPI instrument: a device, the table of its commands, and what all instruments have in common. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from emulators.scpi.commands import Command, CommandTable, carry_out
from emulators.scpi.errors import UNDEFINED_HEADER, ScpiError
from emulators.scpi.message import Unit, parse
from emulators.scpi.parameters import Number
from emulators.scpi.status import REGISTER_MAX, Status

SCPI_VERSION = "1999.0"


@dataclass(frozen=True, slots=True)
class Identity:
    """What `*IDN?` answers: manufacturer, model, serial number, firmware."""

    manufacturer: str
    model: str
    serial: str = "EMULATED"
    firmware: str = "1.0"

    def __str__(self) -> str:
        return f"{self.manufacturer},{self.model},{self.serial},{self.firmware}"


class Device(Protocol):
    """What stands behind the commands."""

    def reset(self, now_s: float) -> None:
        """`*RST`: all settings as they were when it was new."""


DeviceT = TypeVar("DeviceT", bound=Device)


class Instrument(Generic[DeviceT]):
    """Carries out program messages. All its connections share the one error queue, as on most instruments.

    Raises BadConfiguration for a table with headers that cannot be.
    """

    def __init__(self, device: DeviceT, commands: Sequence[Command[DeviceT]], identity: Identity) -> None:
        self.device = device
        self.identity = identity
        self.status = Status()
        self._own = CommandTable(commands)
        self._common: CommandTable[Instrument[Any]] = CommandTable(COMMON)

    def execute(self, message: bytes, now_s: float) -> bytes | None:
        """Carry out a message without its line feed; the answer without its own, None when there is none.

        Nothing is raised for what the message says: that goes to the error queue. A message that cannot be read does
        nothing at all. A unit that is not understood ends its message, since what follows it may be meant for its
        path; one that is understood and cannot be carried out ends nothing.
        """
        try:
            units = parse(message)
        except ScpiError as error:
            self.status.put(error)
            return None
        answers: list[bytes] = []
        for unit in units:
            try:
                answer = self._carry_out(unit, now_s)
            except ScpiError as error:
                self.status.put(error)
                if error.is_command_error:
                    break
            else:
                if answer is not None:
                    answers.append(answer.encode("ascii") if isinstance(answer, str) else answer)
        return b";".join(answers) if answers else None

    def _carry_out(self, unit: Unit, now_s: float) -> str | bytes | None:
        common = self._common.find(unit)
        if common is not None:
            command, _ = common
            return carry_out(command, self, unit, (), now_s)
        own = self._own.find(unit)
        if own is None:
            raise ScpiError(UNDEFINED_HEADER, str(unit)[:60])
        return carry_out(own[0], self.device, unit, own[1], now_s)


_REGISTER = Number(0, REGISTER_MAX)

# IEEE 488.2, 10; SCPI-99 volume 2, 21. Everything is done when its answer is given, so nothing is ever waited for.
COMMON: tuple[Command[Instrument[Any]], ...] = (
    Command("*IDN", "manufacturer, model, serial number, firmware", query=lambda each, _: str(each.identity)),
    Command("*RST", "all settings as new", change=lambda each, call: each.device.reset(call.now_s)),
    Command("*CLS", "no errors, no events", change=lambda each, _: each.status.clear()),
    Command(
        "*OPC",
        "set the event when all is done; asked: 1 when all is done",
        change=lambda each, _: each.status.complete(),
        query=lambda _each, _: "1",
    ),
    Command("*WAI", "wait until all is done", change=lambda _each, _: None),
    Command("*TST", "self-test; 0: all is well", query=lambda _each, _: "0"),
    Command("*ESR", "the events since it was last asked", query=lambda each, _: str(each.status.take_events())),
    Command(
        "*ESE",
        "which events show in the status byte",
        (_REGISTER,),
        change=lambda each, call: setattr(each.status, "event_mask", round(call.values[0])),  # type: ignore[arg-type]
        query=lambda each, _: str(each.status.event_mask),
    ),
    Command(
        "*SRE",
        "which bits of the status byte ask for service",
        (_REGISTER,),
        change=lambda each, call: setattr(each.status, "service_mask", round(call.values[0])),  # type: ignore[arg-type]
        query=lambda each, _: str(each.status.service_mask),
    ),
    Command("*STB", "the status byte", query=lambda each, _: str(each.status.byte())),
    Command(":SYSTem:ERRor[:NEXT]", "the oldest error", query=lambda each, _: str(each.status.errors.take())),
    Command(":SYSTem:ERRor:COUNt", "how many errors there are", query=lambda each, _: str(len(each.status.errors))),
    Command(":SYSTem:VERSion", "the version of SCPI", query=lambda _each, _: SCPI_VERSION),
)
